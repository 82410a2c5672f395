//! `for`, as bengal has it: over lists in place.
//!
//! Liquid's own copies the list that it goes over, and puts its variable in a frame that answers an
//! unknown index with an error.

use std::io::Write;

use liquid_core::model::{ArrayView, KString, Value as Liquid, ValueCow, ValueView};
use liquid_core::parser::{BlockElement, TagToken, TryMatchToken};
use liquid_core::runtime::{Interrupt, InterruptRegister, Renderable, Runtime, Template};
use liquid_core::{
    BlockReflection, Expression, Language, ParseBlock, Result, TagBlock, TagTokenIter,
};

use super::budget::Budget;
use super::scope::Frame;
use super::views::{Fields, NIL, object};

/// `{% for x in list limit: n offset: n reversed %}…{% else %}…{% endfor %}`.
#[derive(Clone, Debug)]
pub(super) struct ForBlock;

impl BlockReflection for ForBlock {
    fn start_tag(&self) -> &str {
        "for"
    }

    fn end_tag(&self) -> &str {
        "endfor"
    }

    fn description(&self) -> &str {
        "Renders its body for each item of a list."
    }
}

impl ParseBlock for ForBlock {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut tokens: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let (variable, list) = head(&mut arguments)?;
        let (limit, offset, reversed) = modifiers(&mut arguments)?;
        let (body, otherwise) = bodies(&mut tokens, options)?;
        tokens.assert_empty();
        Ok(Box::new(For { variable, list, limit, offset, reversed, body, otherwise }))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

/// What a loop begins with, `x in list`: the variable, and what it goes over.
pub(super) fn head(arguments: &mut TagTokenIter<'_>) -> Result<(String, List)> {
    let variable = arguments.expect_next("a name belongs here")?.expect_identifier();
    let variable = variable.into_result()?.to_owned();
    arguments.expect_next("`in` belongs here")?.expect_str("in").into_result()?;
    let list = list(arguments.expect_next("a list or a range belongs here")?)?;
    Ok((variable, list))
}

/// What `token` says to go over.
fn list(token: TagToken<'_>) -> Result<List> {
    match token.expect_value() {
        TryMatchToken::Matches(value) => Ok(List::Value(value)),
        TryMatchToken::Fails(token) => {
            let (start, end) = token.expect_range().into_result()?;
            Ok(List::Range(start, end))
        }
    }
}

fn modifiers(
    arguments: &mut TagTokenIter<'_>,
) -> Result<(Option<Expression>, Option<Expression>, bool)> {
    let (mut limit, mut offset, mut reversed) = (None, None, false);
    while let Some(token) = arguments.next() {
        match token.as_str() {
            "," => {}
            "reversed" => reversed = true,
            "limit" => limit = Some(after_colon(arguments)?),
            "offset" => offset = Some(after_colon(arguments)?),
            _ => {
                let message = "`limit:`, `offset:` or `reversed` belongs here";
                return Err(token.raise_custom_error(message));
            }
        }
    }
    Ok((limit, offset, reversed))
}

/// The value that follows a modifier's name.
pub(super) fn after_colon(arguments: &mut TagTokenIter<'_>) -> Result<Expression> {
    arguments.expect_next("`:` belongs here")?.expect_str(":").into_result()?;
    arguments.expect_next("a value belongs here")?.expect_value().into_result()
}

fn bodies(
    tokens: &mut TagBlock<'_, '_>,
    options: &Language,
) -> Result<(Template, Option<Template>)> {
    let mut body = Vec::new();
    let mut otherwise = None;
    while let Some(element) = tokens.next()? {
        match element {
            BlockElement::Tag(mut tag) if tag.name() == "else" => {
                tag.tokens().expect_nothing()?;
                otherwise = Some(Template::new(tokens.parse_all(options)?));
                break;
            }
            element => body.push(element.parse(tokens, options)?),
        }
    }
    Ok((Template::new(body), otherwise))
}

#[derive(Debug)]
pub(super) enum List {
    Value(Expression),
    Range(Expression, Expression),
}

impl List {
    /// What the loop goes over, this time.
    pub fn evaluate<'l>(&'l self, runtime: &'l dyn Runtime) -> Result<Held<'l>> {
        Ok(match self {
            Self::Value(expression) => Held::Value(expression.evaluate(runtime)?),
            Self::Range(start, end) => Held::Range(number(start, runtime)?, number(end, runtime)?),
        })
    }
}

/// What [`Items`] borrow from.
pub(super) enum Held<'l> {
    Value(ValueCow<'l>),
    Range(i64, i64),
}

impl Held<'_> {
    /// The items.
    pub fn items(&self) -> Items<'_> {
        match self {
            Self::Value(value) => Items::of(value.as_view()),
            Self::Range(start, end) => Items::range(*start, *end),
        }
    }
}

#[derive(Debug)]
struct For {
    variable: String,
    list: List,
    limit: Option<Expression>,
    offset: Option<Expression>,
    reversed: bool,
    body: Template,
    otherwise: Option<Template>,
}

impl Renderable for For {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let held = self.list.evaluate(runtime)?;
        let items = held.items();
        let part = (self.offset.as_ref(), self.limit.as_ref());
        let (offset, length) = items.part(part, runtime)?;
        if length == 0 {
            return self.otherwise.iter().try_for_each(|body| body.render_to(writer, runtime));
        }
        let parent = runtime.try_get(&["forloop".into()]);
        let parent = parent.as_ref().map(ValueCow::as_view);
        let budget = Budget::of(runtime);
        for index in 0..length {
            budget.round()?;
            let at = if self.reversed { length - 1 - index } else { index };
            let item = items.get(offset + at);
            let state = ForLoop::new(index, length, parent);
            let names: [(&str, &dyn ValueView); 2] =
                [(&self.variable, item.as_view()), ("forloop", &state)];
            let frame = Frame::open(runtime, &names);
            self.body.render_to(writer, &frame)?;
            let interrupt = runtime.registers().get_mut::<InterruptRegister>().reset();
            if matches!(interrupt, Some(Interrupt::Break)) {
                break;
            }
        }
        Ok(())
    }
}

/// What a loop goes over.
pub(super) enum Items<'a> {
    Array(&'a dyn ArrayView),
    Pairs(Vec<Liquid>),
    One(&'a dyn ValueView),
    Range(i64, usize),
    None,
}

impl<'a> Items<'a> {
    /// What a loop over `value` goes over: a list's items, an object's pairs, else the value itself.
    pub fn of(value: &'a dyn ValueView) -> Self {
        if let Some(array) = value.as_array() {
            Self::Array(array)
        } else if let Some(object) = value.as_object() {
            let pair = |(name, value): (_, &dyn ValueView)| {
                Liquid::Array(vec![Liquid::scalar(KString::from(name)), value.to_value()])
            };
            Self::Pairs(object.iter().map(pair).collect())
        } else if value.is_nil() || value.is_state() || value.to_kstr().is_empty() {
            Self::None
        } else {
            Self::One(value)
        }
    }

    fn range(start: i64, end: i64) -> Self {
        let length = end.saturating_sub(start).saturating_add(1);
        Self::Range(start, usize::try_from(length).unwrap_or(0))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Array(array) => usize::try_from(array.size()).unwrap_or(0),
            Self::Pairs(pairs) => pairs.len(),
            Self::One(_) => 1,
            Self::Range(_, length) => *length,
            Self::None => 0,
        }
    }

    /// Where the part of them begins that the values of `offset:` and `limit:` leave, and how many it
    /// has.
    pub fn part(
        &self,
        (offset, limit): (Option<&Expression>, Option<&Expression>),
        runtime: &dyn Runtime,
    ) -> Result<(usize, usize)> {
        let offset = count(offset, runtime)?.unwrap_or(0).min(self.len());
        let limit = count(limit, runtime)?.unwrap_or(usize::MAX);
        Ok((offset, limit.min(self.len() - offset)))
    }

    /// The one at `index`, which is less than [`Items::len`].
    pub fn get(&self, index: usize) -> ValueCow<'_> {
        let place = i64::try_from(index).unwrap_or(i64::MAX);
        match self {
            Self::Array(array) => ValueCow::Borrowed(array.get(place).unwrap_or(&NIL)),
            Self::Pairs(pairs) => ValueCow::Borrowed(&pairs[index]),
            Self::One(value) => ValueCow::Borrowed(*value),
            Self::Range(start, _) => ValueCow::Owned(Liquid::scalar(start + place)),
            Self::None => ValueCow::Borrowed(&NIL),
        }
    }
}

fn number(expression: &Expression, runtime: &dyn Runtime) -> Result<i64> {
    let value = expression.evaluate(runtime)?;
    Ok(value.as_scalar().and_then(|scalar| scalar.to_integer()).unwrap_or(0))
}

/// The number that a modifier gives.
pub(super) fn count(
    expression: Option<&Expression>,
    runtime: &dyn Runtime,
) -> Result<Option<usize>> {
    let Some(expression) = expression else { return Ok(None) };
    let value = expression.evaluate(runtime)?;
    let number = value.as_scalar().and_then(|scalar| scalar.to_integer());
    Ok(number.map(|number| usize::try_from(number).unwrap_or(0)))
}

/// `forloop`, within a loop.
#[derive(Debug)]
pub(super) struct ForLoop<'p> {
    index0: i64,
    index: i64,
    rindex0: i64,
    rindex: i64,
    length: i64,
    first: bool,
    pub(super) last: bool,
    parent: Option<&'p dyn ValueView>,
}

impl<'p> ForLoop<'p> {
    /// The state of round `index` of `length`, within the loop `parent`.
    pub fn new(index: usize, length: usize, parent: Option<&'p dyn ValueView>) -> Self {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let index0 = i64::try_from(index).unwrap_or(i64::MAX);
        Self {
            index0,
            index: index0 + 1,
            rindex0: length - index0 - 1,
            rindex: length - index0,
            length,
            first: index0 == 0,
            last: index0 + 1 == length,
            parent,
        }
    }
}

impl Fields for ForLoop<'_> {
    fn field(&self, name: &str) -> Option<&dyn ValueView> {
        Some(match name {
            "index0" => &self.index0,
            "index" => &self.index,
            "rindex0" => &self.rindex0,
            "rindex" => &self.rindex,
            "length" => &self.length,
            "first" => &self.first,
            "last" => &self.last,
            "parentloop" => self.parent?,
            _ => return None,
        })
    }

    fn names(&self) -> Vec<&str> {
        vec!["index0", "index", "rindex0", "rindex", "length", "first", "last"]
    }
}
object!(ForLoop<'p>);
