//! `sort` and `sort_natural`.

use std::cmp::Ordering;

use super::input::{equal, items, property, str_of, text};
use crate::filter::{Arguments, FilterError, Filtered, Surroundings};
use crate::value::Value;

/// The items to sort, each after the value that it is sorted by: itself, or its property. `None` where
/// an item has no properties.
type Keyed<'v> = Option<Vec<(Value<'v>, Value<'v>)>>;

fn keyed<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Result<Keyed<'v>, FilterError> {
    let name = arguments.get(0).filter(|name| !name.is_nil());
    let items = items(input, around);
    let mut keyed = Vec::with_capacity(items.guess());
    for item in items {
        let item = item?;
        let key = match name {
            None => item.clone(),
            Some(name) => match property(&item, name, around)? {
                Some(key) => key,
                None => return Ok(None),
            },
        };
        keyed.push((key, item));
    }
    Ok(Some(keyed))
}

/// The items in the order of their keys; equal ones stay as they stood.
pub fn sorted<'v>(
    mut keyed: Vec<(Value<'v>, Value<'v>)>,
    around: &Surroundings<'_>,
    order: impl Fn(&Value<'v>, &Value<'v>) -> Ordering,
) -> Filtered<'v> {
    // Each key is compared about as often as the number of items can be halved.
    let rounds = u64::from(keyed.len().max(1).ilog2()) + 1;
    let bytes = keyed.iter().map(|(key, _)| size_of_val(key) + key.as_str().map_or(0, str::len));
    around.budget.work_over(bytes.sum(), rounds)?;
    keyed.sort_by(|(a, _), (b, _)| order(a, b));
    Ok(Value::list(keyed.into_iter().map(|(_, item)| item).collect()))
}

pub fn sort<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let Some(keyed) = keyed(input, arguments, around)? else { return Ok(Value::Nil) };
    check(keyed.iter().map(|(key, _)| key), around)?;
    sorted(keyed, around, |a, b| {
        a.is_nil().cmp(&b.is_nil()).then_with(|| a.order(b).unwrap_or(Ordering::Equal))
    })
}

/// That all of `keys` but nil have an order among them. What is the same can be anything.
fn check<'a, 'v: 'a>(
    keys: impl Iterator<Item = &'a Value<'v>>,
    around: &Surroundings<'_>,
) -> Result<(), FilterError> {
    let mut keys = keys.filter(|key| !key.is_nil());
    let Some(first) = keys.next() else { return Ok(()) };
    for key in keys {
        if first.order(key).is_none() && !equal(first, key, around)? {
            return FilterError::argument("cannot sort values of incompatible types");
        }
    }
    Ok(())
}

/// By the texts of the items, those without one last; large and small letters of ASCII are the same, as
/// in Ruby's `casecmp`.
pub fn sort_natural<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let Some(mut keyed) = keyed(input, arguments, around)? else { return Ok(Value::Nil) };
    for (key, _) in keyed.iter_mut().filter(|(key, _)| !key.is_nil() && key.as_str().is_none()) {
        *key = text(std::mem::take(key), around)?;
        around.budget.made(str_of(key).len())?;
    }
    sorted(keyed, around, |a, b| {
        a.is_nil().cmp(&b.is_nil()).then_with(|| folded(str_of(a)).cmp(folded(str_of(b))))
    })
}

/// The bytes of `text` with ASCII letters in lower case.
fn folded(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().map(|byte| byte.to_ascii_lowercase())
}
