//! `sort`: Shopify's and Jekyll's.
//!
//! With one argument or none, nil comes last, and what has no order among each other is an error
//! (Shopify's). With `"first"` or `"last"` as second argument, nil comes there, texts that are numbers are
//! sorted as numbers, and values of different kinds one kind after the other (Jekyll's, where `"first"` is
//! the default; it compares the texts of different kinds, which puts them in no certain order).

use std::cmp::Ordering;

use super::super::input::{items, str_of, text};
use super::super::sort;
use super::select::Property;
use crate::filter::{Arguments, FilterError, Filtered, Surroundings};
use crate::value::Value;

/// The items of a list by their size, or that of a property; those of the same size in the order in
/// which they came.
pub(super) fn sort<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let Some(nils) = arguments.get(1) else { return sort::sort(input, arguments, around) };
    let nils = Nils::of(nils)?;
    let name = arguments.value(0);
    let property = if name.is_nil() { None } else { Some(Property::of(name, around)?) };
    let mut keyed = Vec::new();
    for item in items(input, around) {
        let item = item?;
        let value = match &property {
            Some(property) => property.get(&item, around)?,
            None => item.clone(),
        };
        keyed.push((key(value, around)?, item));
    }
    sort::sorted(keyed, around, |a, b| nils.order(a, b))
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

    /// A total order of what [`key`] makes, as sorting needs it.
    fn order(self, a: &Value<'_>, b: &Value<'_>) -> Ordering {
        let kinds = self.kind(a).cmp(&self.kind(b));
        kinds.then_with(|| a.order(b).unwrap_or(Ordering::Equal))
    }

    fn kind(self, key: &Value<'_>) -> u8 {
        match key {
            Value::Nil if self == Self::First => 0,
            Value::Bool(false) => 1,
            Value::Bool(true) => 2,
            // Has no order with other numbers.
            Value::Float(number) if number.is_nan() => 3,
            Value::Int(_) | Value::Float(_) => 4,
            Value::Date(_) => 5,
            Value::Nil => 7,
            _ => 6,
        }
    }
}

/// What an item with this value is sorted by: nil, a truth value, a number, a date or a text.
fn key<'v>(value: Value<'v>, around: &Surroundings<'_>) -> Filtered<'v> {
    match value {
        Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Date(_) => Ok(value),
        value => {
            let text = text(value, around)?;
            Ok(number(str_of(&text)).unwrap_or(text))
        }
    }
}

/// A text that is a number in digits, as one.
fn number(text: &str) -> Option<Value<'static>> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    text.parse().map(Value::Int).or_else(|_| text.parse().map(Value::Float)).ok()
}
