//! Filters that choose from lists, and put them together.
//!
//! **Invariant:** the items that come out are those that came in, borrowed or shared.

use std::collections::HashSet;

use super::input::{self, items, property};
use super::unique::Unique;
use crate::filter::{Arguments, FilterError, Filtered, Surroundings};
use crate::limits::{self, Limit};
use crate::value::Value;

/// What is asked of each item of `where`, `reject`, `has`, `find` and `find_index`.
struct Test<'a, 'v> {
    name: Value<'v>,
    /// What the property is to be; it is to be true or something where this is not given.
    target: Option<&'a Value<'v>>,
}

impl<'a, 'v> Test<'a, 'v> {
    fn of(arguments: &'a Arguments<'_, 'v>) -> Self {
        let target = arguments.get(1).filter(|target| !target.is_nil());
        Self { name: arguments.value(0), target }
    }

    /// Whether `item` passes; `None` where it has no properties.
    fn passes(
        &self,
        item: &Value<'v>,
        around: &Surroundings<'_>,
    ) -> Result<Option<bool>, FilterError> {
        let Some(value) = property(item, &self.name, around)? else { return Ok(None) };
        Ok(Some(match self.target {
            Some(target) => input::equal(&value, &input::plain(target), around)?,
            None => value.is_truthy(),
        }))
    }

    /// The first item of `input` that passes, and its index; nil for all where one has no properties.
    fn first(&self, input: Value<'v>, around: &Surroundings<'_>) -> Result<First<'v>, FilterError> {
        for (index, item) in items(input, around).enumerate() {
            let item = item?;
            match self.passes(&item, around)? {
                None => return Ok(First::Unknown),
                Some(true) => return Ok(First::Found(index, item)),
                Some(false) => {}
            }
        }
        Ok(First::None)
    }

    /// The items of `input` that pass, or those that do not; nil where one has no properties.
    fn all(&self, input: Value<'v>, passing: bool, around: &Surroundings<'_>) -> Filtered<'v> {
        let mut found = Vec::new();
        for item in items(input, around) {
            let item = item?;
            match self.passes(&item, around)? {
                None => return Ok(Value::Nil),
                Some(passes) if passes == passing => found.push(item),
                Some(_) => {}
            }
        }
        Ok(Value::list(found))
    }
}

/// What a search comes to.
enum First<'v> {
    Found(usize, Value<'v>),
    None,
    /// An item before it has no properties that could be looked at.
    Unknown,
}

/// `where`.
pub fn select<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    Test::of(arguments).all(input, true, around)
}

pub fn reject<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    Test::of(arguments).all(input, false, around)
}

pub fn has<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    Ok(match Test::of(arguments).first(input, around)? {
        First::Found(..) => Value::Bool(true),
        First::None => Value::Bool(false),
        First::Unknown => Value::Nil,
    })
}

pub fn find<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    Ok(match Test::of(arguments).first(input, around)? {
        First::Found(_, item) => item,
        First::None | First::Unknown => Value::Nil,
    })
}

pub fn find_index<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    Ok(match Test::of(arguments).first(input, around)? {
        First::Found(index, _) => index.into(),
        First::None | First::Unknown => Value::Nil,
    })
}

/// The items of `input` for which `keep` says so of the item or, where the filter is given the name of
/// one, of its property; nil where an item has no properties.
fn kept<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
    mut keep: impl FnMut(Value<'v>) -> Result<bool, Limit>,
) -> Filtered<'v> {
    let name = arguments.get(0).filter(|name| !name.is_nil());
    let mut found = Vec::new();
    for item in items(input, around) {
        let item = item?;
        let of = match name {
            None => Some(item.clone()),
            Some(name) => property(&item, name, around)?,
        };
        let Some(of) = of else { return Ok(Value::Nil) };
        if keep(of)? {
            found.push(item);
        }
    }
    Ok(Value::list(found))
}

pub fn compact<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    kept(input, arguments, around, |value| Ok(!value.is_nil()))
}

#[expect(clippy::mutable_key_type, reason = "the counter of a loop is no part of its hash")]
pub fn uniq<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let mut seen = HashSet::new();
    kept(input, arguments, around, |value| {
        let value = Unique::new(value);
        // As much as was hashed is compared once more, where the same was there before.
        around.budget.work_over(value.size(), 2)?;
        Ok(seen.insert(value))
    })
}

pub fn map<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let (name, items) = (arguments.value(0), items(input, around));
    let mut values = Vec::with_capacity(items.guess());
    for item in items {
        values.push(property(&item?, &name, around)?.unwrap_or_default());
    }
    Ok(Value::list(values))
}

pub fn reverse<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let mut items = items(input, around).all()?;
    items.reverse();
    Ok(Value::list(items))
}

pub fn concat<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let (Value::List(_) | Value::Items(_)) = arguments.value(0) else {
        return FilterError::argument("requires an array argument");
    };
    let (mut all, others) = (items(input, around).all()?, arguments.value(0).for_items());
    limits::list_items(all.len().saturating_add(others.len()))?;
    all.extend(others);
    Ok(Value::list(all))
}

pub fn first<'v>(input: Value<'v>, _: &Arguments<'_, 'v>, _: &Surroundings<'_>) -> Filtered<'v> {
    Ok(match input {
        // Ruby's ranges have ends even where there is nothing between them.
        Value::Range(first, _) => Value::Int(first),
        Value::Str(_) | Value::Text(_) => input::letter(&input, 0).into(),
        Value::Object(_) | Value::Map(_) => input.for_items().get(0).into(),
        input => input.item(0).into(),
    })
}

pub fn last<'v>(input: Value<'v>, _: &Arguments<'_, 'v>, _: &Surroundings<'_>) -> Filtered<'v> {
    Ok(match input {
        Value::Range(_, last) => Value::Int(last),
        Value::Str(_) | Value::Text(_) => input::letter(&input, -1).into(),
        Value::List(_) | Value::Items(_) => {
            input.len().and_then(|length| input.item(length.checked_sub(1)?)).into()
        }
        _ => Value::Nil,
    })
}

/// `default`: another value for nil, false and what is empty; false stays with `allow_false: true`.
pub fn default<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    let keeps_false = arguments.named("allow_false").is_some_and(Value::is_truthy);
    let has_value = input.is_truthy() || (keeps_false && !input.is_nil());
    if has_value && !input::plain(&input).is_empty() {
        return Ok(input);
    }
    Ok(arguments.get(0).cloned().unwrap_or(Value::Str("")))
}
