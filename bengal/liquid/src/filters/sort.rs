//! `sort` and `sort_natural`.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::input::{items, property};
use crate::filter::{Arguments, FilterError, Filtered, Surroundings};
use crate::limits::TextBuilder;
use crate::value::Value;

/// The items to sort, each after the value that it is sorted by: itself, or its property. `None` where
/// an item has no properties.
type Keyed<'v> = Option<Vec<(Value<'v>, Value<'v>)>>;

fn keyed<'v>(input: Value<'v>, arguments: &Arguments<'_, 'v>) -> Result<Keyed<'v>, FilterError> {
    let name = arguments.get(0).filter(|name| !name.is_nil());
    let items = items(input);
    let mut keyed = Vec::with_capacity(items.guess());
    for item in items {
        let item = item?;
        let key = match name {
            None => item.clone(),
            Some(name) => match property(&item, name)? {
                Some(key) => key,
                None => return Ok(None),
            },
        };
        keyed.push((key, item));
    }
    Ok(Some(keyed))
}

/// The items in the order of their keys, those without a key last; equal ones stay as they stood.
fn sorted<'v, K>(mut keyed: Vec<(K, Value<'v>)>, order: impl Fn(&K, &K) -> Ordering) -> Value<'v> {
    keyed.sort_by(|(a, _), (b, _)| order(a, b));
    Value::list(keyed.into_iter().map(|(_, item)| item).collect())
}

pub fn sort<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    let Some(keyed) = keyed(input, arguments)? else { return Ok(Value::Nil) };
    check(keyed.iter().map(|(key, _)| key))?;
    Ok(sorted(keyed, |a, b| {
        a.is_nil().cmp(&b.is_nil()).then_with(|| a.order(b).unwrap_or(Ordering::Equal))
    }))
}

/// That all of `keys` but nil have an order among them. What is the same can be anything.
fn check<'a, 'v: 'a>(keys: impl Iterator<Item = &'a Value<'v>>) -> Result<(), FilterError> {
    let mut keys = keys.filter(|key| !key.is_nil());
    let Some(first) = keys.next() else { return Ok(()) };
    let comparable = |key: &Value<'v>| first.order(key).is_some() || first == key;
    if keys.all(comparable) {
        return Ok(());
    }
    FilterError::argument("cannot sort values of incompatible types")
}

pub fn sort_natural<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    let Some(keyed) = keyed(input, arguments)? else { return Ok(Value::Nil) };
    let mut texts = Vec::with_capacity(keyed.len());
    for (key, item) in &keyed {
        texts.push((folded(key)?, item.clone()));
    }
    Ok(sorted(texts, |a, b| a.is_none().cmp(&b.is_none()).then_with(|| a.cmp(b))))
}

/// The text of `key` with ASCII letters in lower case, which is all that Ruby's `casecmp` makes equal.
fn folded<'k>(key: &'k Value<'_>) -> Result<Option<Cow<'k, str>>, FilterError> {
    let mut text = match key {
        Value::Nil => return Ok(None),
        Value::Str(text) => Cow::Borrowed(*text),
        Value::Text(text) => Cow::Borrowed(&**text),
        other => {
            let mut text = TextBuilder::default();
            super::input::write(other, &mut text)?;
            Cow::Owned(text.finish())
        }
    };
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        text.to_mut().make_ascii_lowercase();
    }
    Ok(Some(text))
}
