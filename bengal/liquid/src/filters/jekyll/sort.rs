//! `sort`: Shopify's and Jekyll's.
//!
//! With one argument or none, nil comes last, and what has no order among each other is an error
//! (Shopify's). With `"first"` or `"last"` as second argument, nil comes there, texts that are numbers are
//! sorted as numbers, and kinds that have no order among each other one kind after the other (Jekyll's,
//! where `"first"` is the default; it compares the texts of different kinds, which is no order).

use std::cmp::Ordering;

use super::super::input::{items, str_of, text};
use super::select::Property;
use crate::filter::{Arguments, FilterError, Filtered, Surroundings};
use crate::value::Value;

/// The items of a list by their size, or that of a property; those of the same size in the order in
/// which they came.
pub(super) fn sort<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    let nils = arguments.get(1).map(Nils::of).transpose()?;
    let property = match arguments.value(0) {
        Value::Nil => None,
        name => Some(Property::of(name)?),
    };
    let mut keyed = Vec::new();
    for item in items(input) {
        let item = item?;
        let value = match &property {
            Some(property) => property.get(&item)?,
            None => item.clone(),
        };
        keyed.push((Key::of(value, nils)?, item));
    }
    if nils.is_none() {
        check_comparable(keyed.iter().map(|(key, _)| key))?;
    }
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b, nils.unwrap_or(Nils::Last)));
    Ok(Value::list(keyed.into_iter().map(|(_, item)| item).collect()))
}

/// Where nil comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nils {
    First,
    Last,
}

impl Nils {
    fn of(argument: &Value<'_>) -> Result<Self, FilterError> {
        match argument.as_str() {
            Some("first") => Ok(Self::First),
            Some("last") => Ok(Self::Last),
            _ => FilterError::argument("the second argument is 'first' or 'last'"),
        }
    }
}

/// What an item is sorted by.
#[derive(Debug)]
enum Key<'v> {
    Nil,
    Number(f64, i64),
    /// A text, date or truth value, or the text of anything else.
    Other(Value<'v>),
}

impl<'v> Key<'v> {
    fn of(value: Value<'v>, nils: Option<Nils>) -> Result<Self, FilterError> {
        Ok(match value {
            Value::Nil => Self::Nil,
            Value::Int(number) => Self::int(number),
            Value::Float(number) => Self::float(number),
            Value::Str(_) | Value::Text(_) if nils.is_some() => {
                number_of(str_of(&value)).unwrap_or(Self::Other(value))
            }
            Value::Str(_) | Value::Text(_) | Value::Date(_) => Self::Other(value),
            Value::Bool(_) if nils.is_some() => Self::Other(value),
            value if nils.is_some() => Self::Other(text(value)?),
            value => return cannot_sort(&value),
        })
    }

    fn int(number: i64) -> Self {
        Self::Number(number as f64, number)
    }

    /// Whole numbers of one float are told apart by the second part: without one of its own, a float
    /// would be equal to two of them that are not equal.
    fn float(number: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
        Self::Number(number, number as i64)
    }

    /// A total order, as sorting needs it.
    fn cmp(&self, other: &Self, nils: Nils) -> Ordering {
        match (self, other) {
            (Self::Number(a, whole_a), Self::Number(b, whole_b)) => {
                // As `total_cmp` has it, but for the two zeros.
                let size = a.partial_cmp(b).unwrap_or_else(|| a.total_cmp(b));
                size.then(whole_a.cmp(whole_b))
            }
            (Self::Other(a), Self::Other(b)) => {
                let by_kind = || self.rank(nils).cmp(&other.rank(nils));
                a.order(b).unwrap_or_else(by_kind)
            }
            _ => self.rank(nils).cmp(&other.rank(nils)),
        }
    }

    fn rank(&self, nils: Nils) -> u8 {
        match self {
            Self::Nil if nils == Nils::First => 0,
            Self::Other(Value::Bool(false)) => 1,
            Self::Other(Value::Bool(true)) => 2,
            Self::Number(..) => 3,
            Self::Other(Value::Date(_)) => 4,
            Self::Other(_) => 5,
            Self::Nil => 6,
        }
    }
}

/// A text that is a number, as one.
fn number_of<'v>(text: &str) -> Option<Key<'v>> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    text.parse().map(Key::int).or_else(|_| text.parse().map(Key::float)).ok()
}

/// Whether all keys but nil are of one kind.
fn check_comparable<'k, 'v: 'k>(
    keys: impl Iterator<Item = &'k Key<'v>>,
) -> Result<(), FilterError> {
    let mut first = None;
    for key in keys.filter(|key| !matches!(key, Key::Nil)) {
        let rank = key.rank(Nils::Last);
        if *first.get_or_insert(rank) != rank {
            return FilterError::argument("cannot sort values of different kinds");
        }
    }
    Ok(())
}

fn cannot_sort<T>(value: &Value<'_>) -> Result<T, FilterError> {
    FilterError::argument(format!("cannot sort by {}", value.kind()))
}
