//! Expressions: literals, paths, ranges, filters, conditions.

use std::borrow::Cow;

use super::cursor::Cursor;
use super::{Parsed, Parser};
use crate::ast::{
    Arguments, Call, Callee, Condition, Each, EachItem, Expression, Filtered, Join, Literal,
    Operator, Path, Remembered, Root, Segment, Term, Test,
};
use crate::error::{Hint, SyntaxError};
use crate::language::Found;
use crate::limits::{MARKUP_WORK, NESTING, TEST_WORK};
use crate::scan::Span;

/// Filters that go over a list: an expression with one of these is worth remembering.
const OVER_LISTS: &[&str] = &[
    "compact",
    "concat",
    "find",
    "find_exp",
    "find_index",
    "group_by",
    "group_by_exp",
    "has",
    "join",
    "jsonify",
    "map",
    "reject",
    "reverse",
    "size",
    "sort",
    "sort_natural",
    "sum",
    "uniq",
    "where",
    "where_exp",
];

/// Filters whose result depends on more than their input and arguments.
const VARYING: &[&str] = &["sample", "markdownify"];

impl Parser<'_, '_> {
    /// An expression and its filters, up to the end of the markup.
    pub(super) fn filtered(&mut self, cursor: &mut Cursor<'_>) -> Parsed<Filtered> {
        let value = self.expression(cursor)?;
        let mut filters = Vec::new();
        while cursor.eat('|') {
            filters.push(self.call(cursor)?);
        }
        let mut filtered = Filtered { value, filters: filters.into(), remembered: None };
        filtered.remembered = self.remembered(&filtered);
        Ok(filtered)
    }

    /// As [`Self::filtered`], with nothing behind it.
    pub(super) fn whole(&mut self, span: Span<'_>) -> Parsed<Filtered> {
        let mut cursor = Cursor::new(span);
        let filtered = self.filtered(&mut cursor)?;
        cursor.end()?;
        Ok(filtered)
    }

    fn call(&mut self, cursor: &mut Cursor<'_>) -> Parsed<Call> {
        cursor.skip();
        let offset = cursor.offset();
        let Some(name) = cursor.word() else {
            return Err(SyntaxError::new("a filter's name belongs here", offset));
        };
        let each = match name {
            "where_exp" => Some(Each::Where),
            "find_exp" => Some(Each::Find),
            "group_by_exp" => Some(Each::Group),
            _ => None,
        };
        if let Some(each) = each {
            return self.each(cursor, name, offset, each);
        }
        let arguments = self.arguments_of_filter(cursor)?;
        let callee = self.callee(name, offset, &arguments)?;
        Ok(Call { name: name.into(), offset: narrow(offset), callee, arguments })
    }

    fn callee(&self, name: &str, offset: usize, given: &Arguments) -> Parsed<Callee> {
        let (callee, (least, most), named) = match self.language.filter(name) {
            Some(Found::Builtin(filter)) => {
                (Callee::Builtin(filter.run), filter.arguments, Cow::Borrowed(filter.named))
            }
            Some(Found::Host(filter)) => {
                let arguments = filter.arguments();
                let bounds = (*arguments.start(), *arguments.end());
                let named = Cow::Owned(filter.named().to_vec());
                (Callee::Host(std::sync::Arc::clone(filter)), bounds, named)
            }
            None => return Err(self.unknown_filter(name, offset)),
        };
        let count = given.positional.len();
        if count < least || count > most {
            let message = format!("`{name}` takes {}, and {count} are given", taken(least, most));
            return Err(SyntaxError::new(message, offset));
        }
        if let Some((wrong, _)) = given.named.iter().find(|(own, _)| !named.contains(&&**own)) {
            let error = SyntaxError::new(format!("`{name}` has no argument `{wrong}`"), offset);
            return Err(error.near(wrong, named.iter().copied()));
        }
        Ok(callee)
    }

    fn unknown_filter(&self, name: &str, offset: usize) -> SyntaxError {
        let error = SyntaxError::new(format!("no filter is named `{name}`"), offset);
        match self.language.same_as(name) {
            Some(same) => error.hint(Some(Hint::Nearest(same.to_owned()))),
            None => error.near(name, self.language.filter_names()),
        }
    }

    /// `: "p", "p.title == page.title"`: a variable, and what is asked of each item.
    fn each(
        &mut self,
        cursor: &mut Cursor<'_>,
        name: &str,
        offset: usize,
        each: Each,
    ) -> Parsed<Call> {
        let wrong = || {
            let message =
                format!("`{name}` takes the name of a variable and an expression, each in quotes");
            SyntaxError::new(message, offset)
        };
        if !cursor.eat(':') {
            return Err(wrong());
        }
        let variable = in_quotes(cursor)?.ok_or_else(wrong)?;
        if !cursor.eat(',') {
            return Err(wrong());
        }
        let span = in_quotes(cursor)?.ok_or_else(wrong)?;
        cursor.eat(',');
        let test = match each {
            Each::Group => Test::Value(self.whole(span)?),
            Each::Where | Each::Find => Test::Condition(self.condition(span)?),
        };
        let work = TEST_WORK + MARKUP_WORK * span.text.len() as u64;
        let each = EachItem { kind: each, variable: variable.text.into(), test, work };
        let callee = Callee::Each(Box::new(each));
        Ok(Call {
            name: name.into(),
            offset: narrow(offset),
            callee,
            arguments: Arguments::default(),
        })
    }

    fn arguments_of_filter(&mut self, cursor: &mut Cursor<'_>) -> Parsed<Arguments> {
        if !cursor.eat(':') {
            return Ok(Arguments::default());
        }
        self.arguments(cursor)
    }

    /// `a, b, name: c`, as far as it goes.
    pub(super) fn arguments(&mut self, cursor: &mut Cursor<'_>) -> Parsed<Arguments> {
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        loop {
            match cursor.argument_name(':') {
                Some(name) => named.push((name.into(), self.expression(cursor)?)),
                None => positional.push(self.expression(cursor)?),
            }
            if !cursor.eat(',') || cursor.at_end() || cursor.peek() == Some('|') {
                break;
            }
        }
        Ok(Arguments { positional: positional.into(), named: named.into() })
    }

    /// A literal, a path or a range.
    pub(super) fn expression(&mut self, cursor: &mut Cursor<'_>) -> Parsed<Expression> {
        self.depth += 1;
        let parsed = if self.depth > NESTING {
            let message = format!("brackets are nested over {NESTING} deep");
            Err(SyntaxError::new(message, cursor.offset()))
        } else {
            self.operand(cursor)
        };
        self.depth -= 1;
        parsed
    }

    fn operand(&mut self, cursor: &mut Cursor<'_>) -> Parsed<Expression> {
        cursor.skip();
        let offset = cursor.offset();
        match cursor.peek() {
            Some('"' | '\'') => Ok(Expression::Literal(Literal::Text(cursor.quoted()?.into()))),
            Some('(') => self.range(cursor),
            Some('[') => {
                let start = cursor.mark();
                let name = self.bracketed(cursor)?;
                let root = Root::Computed(Box::new(name));
                Ok(Expression::Path(self.path(cursor, root, start)?))
            }
            Some(c) if c.is_ascii_digit() || c == '-' => match cursor.number() {
                Some(number) => Ok(Expression::Literal(number)),
                None => Err(SyntaxError::new("this is no number, or one beyond 64 bits", offset)),
            },
            Some(c) if c.is_ascii_alphabetic() || c == '_' || !c.is_ascii() => {
                let start = cursor.mark();
                let Some(word) = cursor.identifier() else {
                    return Err(self.expected(cursor, offset));
                };
                let more = matches!(cursor.peek(), Some('[')) || cursor.at_dot();
                match literal(word).filter(|_| !more) {
                    Some(literal) => Ok(Expression::Literal(literal)),
                    None => {
                        let root = Root::Name(word.into());
                        Ok(Expression::Path(self.path(cursor, root, start)?))
                    }
                }
            }
            _ => Err(self.expected(cursor, offset)),
        }
    }

    fn expected(&self, cursor: &Cursor<'_>, offset: usize) -> SyntaxError {
        match cursor.peek() {
            None => SyntaxError::new("a value belongs here", offset),
            Some('!') => SyntaxError::new("a value belongs here, not `!`", offset)
                .instead("`unless`, or `== false`, is how it is written here"),
            Some(c) => SyntaxError::new(format!("a value belongs here, not `{c}`"), offset),
        }
    }

    fn range(&mut self, cursor: &mut Cursor<'_>) -> Parsed<Expression> {
        let offset = cursor.offset();
        cursor.eat('(');
        let first = self.expression(cursor)?;
        if !cursor.eat_dots() {
            let error = SyntaxError::new("a range is written `(1..5)`", offset);
            return Err(
                error.instead("conditions have no brackets: nest `if`s, or `assign` a part first")
            );
        }
        let last = self.expression(cursor)?;
        if !cursor.eat(')') {
            return Err(SyntaxError::new("no `)` closes this range", offset));
        }
        Ok(Expression::Range(Box::new((first, last))))
    }

    fn bracketed(&mut self, cursor: &mut Cursor<'_>) -> Parsed<Expression> {
        let offset = cursor.offset();
        cursor.eat('[');
        let inner = self.expression(cursor)?;
        if !cursor.eat(']') {
            return Err(SyntaxError::new("no `]` closes this", offset));
        }
        Ok(inner)
    }

    /// What follows a path's `root`, which began at `start`.
    fn path(&mut self, cursor: &mut Cursor<'_>, root: Root, start: usize) -> Parsed<Path> {
        let mut rest = Vec::new();
        loop {
            if cursor.peek() == Some('[') {
                rest.push(match self.bracketed(cursor)? {
                    Expression::Literal(Literal::Text(name)) => Segment::Key(name),
                    Expression::Literal(Literal::Int(index)) => Segment::Index(index),
                    other => Segment::Computed(other),
                });
            } else if cursor.at_dot() {
                cursor.eat('.');
                cursor.skip();
                let offset = cursor.offset();
                let Some(name) = cursor.identifier() else {
                    return Err(SyntaxError::new("a name belongs behind this `.`", offset));
                };
                rest.push(Segment::Name(name.into()));
            } else {
                break;
            }
        }
        let written = cursor.since(start).trim_end().into();
        Ok(Path { root, rest: rest.into(), offset: narrow(cursor.offset_of(start)), written })
    }

    /// A condition, up to the end of the markup.
    pub(super) fn condition(&mut self, span: Span<'_>) -> Parsed<Condition> {
        let mut cursor = Cursor::new(span);
        let mut terms = Vec::new();
        loop {
            let term = self.term(&mut cursor)?;
            let join = if cursor.eat_word("and") {
                Some(Join::And)
            } else if cursor.eat_word("or") {
                Some(Join::Or)
            } else {
                None
            };
            let last = join.is_none();
            terms.push((term, join));
            if last {
                break;
            }
        }
        cursor.end()?;
        Ok(Condition { terms: terms.into(), negated: false })
    }

    fn term(&mut self, cursor: &mut Cursor<'_>) -> Parsed<Term> {
        let left = self.expression(cursor)?;
        match operator(cursor) {
            None => Ok(Term::Truthy(left)),
            Some(operator) => Ok(Term::Compare(left, operator, self.expression(cursor)?)),
        }
    }

    /// How `filtered` is remembered, where its outermost name lasts and it goes over a list.
    fn remembered(&self, filtered: &Filtered) -> Option<Remembered> {
        let named =
            |names: &[&str]| filtered.filters.iter().any(|call| names.contains(&&*call.name));
        let Expression::Path(Path { root: Root::Name(_), .. }) = &filtered.value else {
            return None;
        };
        let is_pure = |call: &Call| match &call.callee {
            Callee::Host(filter) => filter.is_pure(),
            Callee::Builtin(_) | Callee::Each(_) => true,
        };
        if !named(OVER_LISTS) || named(VARYING) || !filtered.filters.iter().all(is_pure) {
            return None;
        }
        Some(Remembered { id: self.language.next_id() })
    }
}

/// How many arguments a filter takes, in words.
fn taken(least: usize, most: usize) -> String {
    match (least, most) {
        (0, 0) => "no arguments".to_owned(),
        (1, 1) => "1 argument".to_owned(),
        (least, most) if least == most => format!("{least} arguments"),
        (least, most) => format!("{least} to {most} arguments"),
    }
}

/// What stands in quotes, if that comes next.
fn in_quotes<'t>(cursor: &mut Cursor<'t>) -> Parsed<Option<Span<'t>>> {
    if !matches!(cursor.peek(), Some('"' | '\'')) {
        return Ok(None);
    }
    cursor.skip();
    let offset = cursor.offset() + 1;
    Ok(Some(Span { text: cursor.quoted()?, offset }))
}

/// The value that a word stands for.
fn literal(word: &str) -> Option<Literal> {
    Some(match word {
        "nil" | "null" => Literal::Nil,
        "true" => Literal::Bool(true),
        "false" => Literal::Bool(false),
        "empty" => Literal::Empty,
        "blank" => Literal::Blank,
        _ => return None,
    })
}

fn operator(cursor: &mut Cursor<'_>) -> Option<Operator> {
    const OPERATORS: [(&str, Operator); 7] = [
        ("==", Operator::Equal),
        ("!=", Operator::Unequal),
        ("<>", Operator::Unequal),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ];
    let found = OPERATORS.iter().find(|(written, _)| cursor.eat_text(written));
    match found {
        Some((_, operator)) => Some(*operator),
        None => cursor.eat_word("contains").then_some(Operator::Contains),
    }
}

/// An offset as the tree keeps it. Templates over 4 GiB are refused when they are read.
pub(super) fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
