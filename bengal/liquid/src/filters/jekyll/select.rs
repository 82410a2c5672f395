//! `where`, `find` and `group_by`: the items of a list by one of their properties.
//!
//! Shopify's `where` and Jekyll's differ; this one takes what either selects:
//!
//! * without a target, or where it is nil, the items whose property is neither nil nor false (Shopify's;
//!   Jekyll takes a nil target for "has no such property": `blank` as target does that here);
//! * `empty` or `blank` as target: those whose property is nil, or an empty text or list;
//! * else those whose property is equal to the target, or shows the same text (`2` and `"2"`), or is a
//!   list with an item that does.
//!
//! An object as input is itself the item where it has the property (Shopify's), else its values are the
//! items (Jekyll's). A text as input is the item, and has a property that is a part of it. Other input is
//! given back where there is a target (Jekyll's), else a list of one (Shopify's). A property `a.b` is
//! looked up by that name, then as `b` of `a`.

use rustc_hash::FxHashMap;

use super::super::input::{equal, items, property, str_of, text};
use super::super::list;
use super::lists::nested;
use crate::filter::{Arguments, FilterError, Filtered, Surroundings};
use crate::limits::{ITEM_WORK, Limit};
use crate::value::{Map, Value};

/// `where`.
pub(super) fn select<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let Some(test) = Test::of(arguments, around)? else {
        return list::select(input, arguments, around);
    };
    if is_single(&input) {
        return Ok(input);
    }
    let mut found = Vec::new();
    test.passing(&input, around, |item| {
        found.push(item);
        true
    })?;
    Ok(Value::list(found))
}

/// The first item that `where` would give; nil where there is none.
pub(super) fn find<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let Some(test) = Test::of(arguments, around)? else {
        return list::find(input, arguments, around);
    };
    if is_single(&input) {
        return Ok(input);
    }
    let mut found = Value::Nil;
    test.passing(&input, around, |item| {
        found = item;
        false
    })?;
    Ok(found)
}

/// A list of `{name, items, size}`, one for each text that the items' property shows, in the order in
/// which they first come. What is no list or object is given back.
pub(super) fn group_by<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    if !input.is_list() && !matches!(input, Value::Object(_) | Value::Map(_)) {
        return Ok(input);
    }
    let property = Property::of(arguments.value(0), around)?;
    let mut groups = Groups::default();
    items_of(&input, &property, around, |item| {
        let name = text(property.get(&item, around)?, around)?;
        groups.add(name, item, around)?;
        Ok(true)
    })?;
    groups.list(around)
}

/// Items by what they have in common.
#[derive(Debug, Default)]
pub struct Groups<'v> {
    /// In the order in which they first came.
    groups: Vec<(Value<'v>, Vec<Value<'v>>)>,
    /// The index of each, by the text of its name.
    known: FxHashMap<String, usize>,
}

impl<'v> Groups<'v> {
    /// Adds `item` to the group `name`.
    pub fn add(
        &mut self,
        name: Value<'v>,
        item: Value<'v>,
        around: &Surroundings<'_>,
    ) -> Result<(), Limit> {
        let shown = text(name.clone(), around)?;
        let shown = str_of(&shown);
        around.budget.work_over(shown.len(), 1)?;
        around.budget.made(size_of_val(&item))?;
        let at = match self.known.get(shown) {
            Some(at) => *at,
            None => {
                around.budget.made(shown.len() + size_of_val(&self.groups))?;
                self.known.insert(shown.to_owned(), self.groups.len());
                self.groups.push((name, Vec::new()));
                self.groups.len() - 1
            }
        };
        self.groups[at].1.push(item);
        Ok(())
    }

    /// A list of `{name, items, size}`, one for each group.
    pub fn list(self, around: &Surroundings<'_>) -> Filtered<'v> {
        let group = |(name, items): (Value<'v>, Vec<Value<'v>>)| {
            let size = Value::from(items.len());
            let fields = [("name", name), ("items", Value::list(items)), ("size", size)];
            Value::Map(Map(fields.map(|(name, value)| (Value::Str(name), value)).to_vec()).into())
        };
        nested(self.groups.into_iter().map(group).collect(), around)
    }
}

/// Whether the input is none that items can be found in.
fn is_single(input: &Value<'_>) -> bool {
    matches!(input, Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Date(_))
}

/// The name that items are asked for.
#[derive(Debug)]
pub(super) struct Property<'v> {
    name: Value<'v>,
    text: Value<'v>,
}

impl<'v> Property<'v> {
    pub(super) fn of(name: Value<'v>, around: &Surroundings<'_>) -> Result<Self, FilterError> {
        let text = text(name.clone(), around)?;
        Ok(Self { name, text })
    }

    /// What `item` has of that name; nil where it has nothing.
    pub(super) fn get(&self, item: &Value<'v>, around: &Surroundings<'_>) -> Filtered<'v> {
        match item {
            Value::Object(_) | Value::Map(_) => Ok(self.field(item).unwrap_or_default()),
            item => Ok(property(item, &self.name, around)?.unwrap_or_default()),
        }
    }

    /// `None` where the object has no such field.
    fn field(&self, object: &Value<'v>) -> Option<Value<'v>> {
        let name = str_of(&self.text);
        object.field(name).or_else(|| {
            let (first, rest) = name.split_once('.')?;
            rest.split('.').try_fold(object.field(first)?, |value, name| value.field(name))
        })
    }
}

/// What is asked of each item.
#[derive(Debug)]
struct Test<'v> {
    property: Property<'v>,
    target: Value<'v>,
    /// The target's text.
    shown: Value<'v>,
}

impl<'v> Test<'v> {
    /// `None` where there is no property or no target.
    fn of(
        arguments: &Arguments<'_, 'v>,
        around: &Surroundings<'_>,
    ) -> Result<Option<Self>, FilterError> {
        let (name, target) = (arguments.value(0), arguments.value(1));
        if name.is_nil() || target.is_nil() {
            return Ok(None);
        }
        let shown = text(target.clone(), around)?;
        Ok(Some(Self { property: Property::of(name, around)?, target, shown }))
    }

    /// Hands on the items that pass, as long as `found` asks for more.
    fn passing(
        &self,
        input: &Value<'v>,
        around: &Surroundings<'_>,
        mut found: impl FnMut(Value<'v>) -> bool,
    ) -> Result<(), FilterError> {
        items_of(input, &self.property, around, |item| {
            let passes = self.passes(&self.property.get(&item, around)?, around)?;
            Ok(!passes || found(item))
        })
    }

    fn passes(&self, value: &Value<'v>, around: &Surroundings<'_>) -> Result<bool, FilterError> {
        let shown = str_of(&self.shown);
        if equal(value, &self.target, around)? || shows(value, shown, around)? {
            return Ok(true);
        }
        if value.is_nil() {
            return Ok(matches!(self.target, Value::Empty | Value::Blank));
        }
        if let Value::List(_) | Value::Items(_) = value {
            let items = value.for_items();
            around.budget.work_over(items.len(), ITEM_WORK)?;
            for item in items {
                if shows(&item, shown, around)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// Whether `value` is a single one and shows `shown`.
fn shows(value: &Value<'_>, shown: &str, around: &Surroundings<'_>) -> Result<bool, FilterError> {
    match value {
        Value::Str(_) | Value::Text(_) => Ok(str_of(value) == shown),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Date(_) => {
            Ok(str_of(&text(value.clone(), around)?) == shown)
        }
        _ => Ok(false),
    }
}

/// Calls `each` with the items of `input`, lists within lists opened, as long as it asks for more.
fn items_of<'v>(
    input: &Value<'v>,
    property: &Property<'v>,
    around: &Surroundings<'_>,
    mut each: impl FnMut(Value<'v>) -> Result<bool, FilterError>,
) -> Result<(), FilterError> {
    let values = match input {
        Value::Object(_) | Value::Map(_) if property.field(input).is_none() => {
            let objects = input.fields().into_iter().map(|(_, value)| value);
            let has_fields = |value: &Value<'_>| matches!(value, Value::Object(_) | Value::Map(_));
            Value::list(objects.filter(has_fields).collect())
        }
        input => input.clone(),
    };
    for item in items(values, around) {
        if !each(item?)? {
            break;
        }
    }
    Ok(())
}
