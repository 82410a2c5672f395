//! Values of expressions.

use std::cmp::Ordering;

use super::{Evaluated, Renderer, Variable};
use crate::ast::{
    Condition, Expression, Filtered, Join, Literal, Operator, Path, Root, Segment, Term,
};
use crate::error::{Fault, RenderError, Undefined};
use crate::value::{Value, Walk};

/// Undefined names that are noted of one rendering.
pub(super) const NOTED: usize = 1_000;

impl<'m: 'v, 'v> Renderer<'m, 'v> {
    /// The value of `filtered`, from memory where it is remembered.
    pub(super) fn filtered(&mut self, filtered: &'m Filtered) -> Evaluated<'v> {
        match self.remembered(filtered)? {
            Some(entry) => Ok(entry.value.clone()),
            None => self.evaluate(filtered),
        }
    }

    /// The value of `filtered`.
    pub(super) fn evaluate(&mut self, filtered: &'m Filtered) -> Evaluated<'v> {
        let mut value = match filtered.filters.first() {
            Some(call) if &*call.name == "default" => self.asked(&filtered.value)?,
            _ => self.expression(&filtered.value)?,
        };
        for call in &filtered.filters {
            value = self.call(call, value)?;
        }
        Ok(value)
    }

    /// Whether `condition` holds, which stands in a tag at `offset`.
    pub(super) fn holds(
        &mut self,
        offset: u32,
        condition: &'m Condition,
    ) -> Result<bool, Box<RenderError>> {
        let mut holds = false;
        for (term, join) in &condition.terms {
            holds = match term {
                Term::Truthy(expression) => self.asked(expression)?.is_truthy(),
                Term::Compare(left, operator, right) => {
                    let left = match right {
                        right if is_nothing(right) => self.asked(left)?,
                        _ => self.expression(left)?,
                    };
                    let right = self.expression(right)?;
                    let (compared, spent) = compare(&left, *operator, &right);
                    self.spend(offset, spent)?;
                    compared.map_err(|fault| self.fault(offset, fault))?
                }
            };
            match join {
                Some(Join::And) if !holds => break,
                Some(Join::Or) if holds => break,
                _ => {}
            }
        }
        Ok(holds != condition.negated)
    }

    /// The value of an expression.
    pub(super) fn expression(&mut self, expression: &'m Expression) -> Evaluated<'v> {
        match expression {
            Expression::Literal(literal) => Ok(literal.value()),
            Expression::Path(path) => self.path(path),
            Expression::Range(ends) => {
                let (first, last) = (self.expression(&ends.0)?, self.expression(&ends.1)?);
                Ok(Value::Range(range_end(&first), range_end(&last)))
            }
        }
    }

    /// The value of an expression of which it is only asked whether it is there: that is no undefined name,
    /// as there is no other way to ask.
    fn asked(&mut self, expression: &'m Expression) -> Evaluated<'v> {
        match expression {
            Expression::Path(path) => Ok(self.find(path)?.unwrap_or_default()),
            other => self.expression(other),
        }
    }

    pub(super) fn path(&mut self, path: &'m Path) -> Evaluated<'v> {
        match self.find(path)? {
            Some(value) => Ok(value),
            None => {
                self.note(path);
                Ok(Value::Nil)
            }
        }
    }

    pub(super) fn find(&mut self, path: &'m Path) -> Result<Option<Value<'v>>, Box<RenderError>> {
        if !self.captured.is_empty() {
            let own = address(path);
            if let Some((_, value)) = self.captured.iter().find(|(path, _)| *path == own) {
                return Ok(value.clone());
            }
        }
        let mut rest = &*path.rest;
        let root = match &path.root {
            Root::Name(name) => match (self.variable(name).and_then(|own| own.running), rest) {
                (Some(running), [Segment::Name(field) | Segment::Key(field), after @ ..]) => {
                    match self.loops[running].round.get(field) {
                        Some(value) => {
                            rest = after;
                            Some(value)
                        }
                        None => self.name(name),
                    }
                }
                _ => self.name(name),
            },
            Root::Computed(expression) => {
                let name = self.expression(expression)?;
                self.work(path.offset, &name)?;
                if name.is_list() { None } else { self.name(&name.to_text()) }
            }
        };
        let Some(value) = root else { return Ok(None) };
        self.follow(path.offset, value, rest)
    }

    /// What stands in `value` behind the segments `rest` of the path at `offset`.
    fn follow(
        &mut self,
        offset: u32,
        mut value: Value<'v>,
        rest: &'m [Segment],
    ) -> Result<Option<Value<'v>>, Box<RenderError>> {
        for segment in rest {
            let next = match segment {
                Segment::Name(name) => match value.field(name) {
                    Some(field) => Some(field),
                    None => self.command(offset, &value, name)?,
                },
                Segment::Key(name) => value.field(name),
                Segment::Index(index) => at(&value, *index),
                Segment::Computed(expression) => match self.expression(expression)? {
                    Value::Int(index) => at(&value, index),
                    other => {
                        self.work(offset, &other)?;
                        other.as_str().and_then(|name| value.field(name))
                    }
                },
            };
            match next {
                Some(next) => value = next,
                None => return Ok(None),
            }
        }
        Ok(Some(value))
    }

    /// What `.size`, `.first` and `.last` give. Letters and fields are counted one by one.
    fn command(
        &self,
        offset: u32,
        value: &Value<'v>,
        name: &str,
    ) -> Result<Option<Value<'v>>, Box<RenderError>> {
        if !value.is_list() && matches!(name, "size" | "first") {
            self.work(offset, value)?;
        }
        Ok(command(value, name))
    }

    /// What `name` stands for, innermost first.
    pub(super) fn name(&mut self, name: &str) -> Option<Value<'v>> {
        if let Some(variable) = self.variable(name) {
            return Some(match variable.running {
                None => variable.value.clone(),
                Some(running) => Value::Loop(self.shared_loop(running)),
            });
        }
        let counter = self.counters.iter().find(|(own, _)| *own == name);
        counter
            .map(|(_, count)| Value::Int(*count))
            .or_else(|| self.scene.globals.get(name))
            .or_else(|| self.scene.lasting.get(name))
    }

    /// The variable of the template that is named `name`.
    pub(super) fn variable(&self, name: &str) -> Option<&Variable<'m, 'v>> {
        let (locals, assigned) = self.hidden;
        let named = |variable: &&Variable<'m, 'v>| variable.name == name;
        let local = self.locals[locals..].iter().rev().find(named);
        local.or_else(|| self.assigned[assigned..].iter().rev().find(named))
    }

    /// Notes that nothing stands at `path`.
    fn note(&mut self, path: &'m Path) {
        if self.scene.strict && self.undefined.len() < NOTED && self.noted.insert(address(path)) {
            self.undefined.push(Undefined {
                template: self.template.name().to_owned(),
                offset: path.offset as usize,
                path: path.written.to_string(),
            });
        }
    }
}

/// Whether `expression` is `nil`, `blank` or `empty`.
fn is_nothing(expression: &Expression) -> bool {
    matches!(expression, Expression::Literal(Literal::Nil | Literal::Blank | Literal::Empty))
}

/// Where a path is: what tells it from every other.
pub(super) fn address(path: &Path) -> *const u8 {
    std::ptr::from_ref(path).cast()
}

/// What `.size`, `.first` and `.last` give.
fn command<'v>(value: &Value<'v>, name: &str) -> Option<Value<'v>> {
    match name {
        "size" => value.len().map(Value::from),
        "first" if value.is_list() => Some(value.item(0).unwrap_or_default()),
        "first" => match value {
            Value::Object(_) | Value::Map(_) => {
                let pair = value.fields().into_iter().next();
                Some(pair.map(|(name, value)| Value::list(vec![name, value])).unwrap_or_default())
            }
            _ => None,
        },
        "last" if value.is_list() => {
            let last = value.len()?.checked_sub(1);
            Some(last.and_then(|last| value.item(last)).unwrap_or_default())
        }
        _ => None,
    }
}

/// The item at `index`, from the end where it is negative.
fn at<'v>(value: &Value<'v>, index: i64) -> Option<Value<'v>> {
    if !value.is_list() {
        return None;
    }
    let index = match usize::try_from(index) {
        Ok(index) => index,
        Err(_) => {
            let back = usize::try_from(index.unsigned_abs()).ok()?;
            value.len()?.checked_sub(back)?
        }
    };
    value.item(index)
}

/// An end of a range: a number, or the number that a text begins with.
fn range_end(value: &Value<'_>) -> i64 {
    match value {
        Value::Int(number) => *number,
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        Value::Float(number) => *number as i64,
        other => leading_integer(other.as_str().unwrap_or_default()),
    }
}

/// The whole number that `text` begins with, else 0.
fn leading_integer(text: &str) -> i64 {
    let text = text.trim_start();
    let sign = usize::from(text.starts_with(['-', '+']));
    let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
    text[..sign + digits].parse().unwrap_or(0)
}

/// Whether two values are equal, and the bytes that finding it out has gone over.
pub(super) fn equal(left: &Value<'_>, right: &Value<'_>) -> (bool, usize) {
    let mut walk = Walk::new();
    (left.equals(right, &mut walk), walk.spent())
}

/// Whether `operator` holds between two values, and the bytes that finding it out has gone over.
pub(super) fn compare(
    left: &Value<'_>,
    operator: Operator,
    right: &Value<'_>,
) -> (Result<bool, Fault>, usize) {
    let holds = match operator {
        Operator::Equal | Operator::Unequal => {
            let (same, spent) = equal(left, right);
            return (Ok(same == (operator == Operator::Equal)), spent);
        }
        Operator::Contains => {
            let mut walk = Walk::new();
            return (Ok(left.contains_within(right, &mut walk)), walk.spent());
        }
        Operator::Less => Ordering::is_lt,
        Operator::LessOrEqual => Ordering::is_le,
        Operator::Greater => Ordering::is_gt,
        Operator::GreaterOrEqual => Ordering::is_ge,
    };
    let ordered = |value: &Value<'_>| {
        matches!(value, Value::Int(_) | Value::Float(_) | Value::Date(_))
            || value.as_str().is_some()
    };
    let compared = match left.order(right) {
        Some(order) => Ok(holds(order)),
        None if ordered(left) && ordered(right) => Err(Fault::Order(left.kind(), right.kind())),
        None => Ok(false),
    };
    (compared, left.as_str().map_or(0, str::len))
}
