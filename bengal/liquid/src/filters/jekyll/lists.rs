//! Filters that take from lists, add to them, or name their items.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::input::{integer, str_of, text, write};
use super::NESTING;
use crate::filter::{Arguments, FilterError, Filtered, Surroundings};
use crate::limits::{ITEM_WORK, TextBuilder, list_items};
use crate::value::Value;

/// `a, b, and c`; the argument takes the place of `and`. What is no list is a list of one.
pub(super) fn array_to_sentence_string<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    if !input.is_list() {
        return Ok(input);
    }
    let connector = arguments.get(0).cloned().unwrap_or(Value::Str("and"));
    let items = input.for_items();
    let count = items.len();
    if let (1, Some(single @ (Value::Str(_) | Value::Text(_)))) = (count, items.get(0)) {
        return Ok(single);
    }
    let (mut made, connector) = (TextBuilder::default(), text(connector, around)?);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            made.push_str(if count == 2 { " " } else { ", " })?;
            if index + 1 == count {
                made.push_str(str_of(&connector))?;
                made.push(' ')?;
            }
        }
        write(&item, &mut made, around)?;
    }
    Ok(Value::from(made.finish()))
}

/// The list with the argument after its items.
pub(super) fn push<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    if !input.is_list() {
        return Ok(input);
    }
    list_items(input.for_items().len().saturating_add(1))?;
    nested(input.for_items().into_iter().chain([arguments.value(0)]).collect(), around)
}

/// The list with the argument before its items.
pub(super) fn unshift<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    if !input.is_list() {
        return Ok(input);
    }
    list_items(input.for_items().len().saturating_add(1))?;
    nested([arguments.value(0)].into_iter().chain(input.for_items()).collect(), around)
}

/// The list without its last items, one or as many as the argument says.
pub(super) fn pop<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    let left = |length: usize, count: usize| 0..length.saturating_sub(count);
    without(input, arguments, left)
}

/// The list without its first items, one or as many as the argument says.
pub(super) fn shift<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    without(input, arguments, |length, count| count.min(length)..length)
}

fn without<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    left: impl FnOnce(usize, usize) -> std::ops::Range<usize>,
) -> Filtered<'v> {
    if !input.is_list() {
        return Ok(input);
    }
    let items = input.for_items();
    let left = left(items.len(), count(arguments)?);
    if left.len() == items.len() {
        return Ok(input);
    }
    list_items(left.len())?;
    Ok(Value::list(left.filter_map(|index| items.get(index)).collect()))
}

/// The first argument as a number of items, 1 where there is none.
fn count(arguments: &Arguments<'_, '_>) -> Result<usize, FilterError> {
    let number = arguments.get(0).map_or(Ok(1), integer)?;
    usize::try_from(number)
        .or_else(|_| FilterError::argument(format!("takes a number of items, not {number}")))
}

/// An item, or with a number as argument a list of as many, all different, taken as if by chance: the
/// same in every build of the page.
pub(super) fn sample<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    surroundings: &Surroundings<'_>,
) -> Filtered<'v> {
    if !input.is_list() {
        return Ok(input);
    }
    let items = input.for_items();
    let mut chance = Chance::of(surroundings.seed);
    let count = count(arguments)?;
    if count == 1 {
        return Ok(items.get(chance.below(items.len())).unwrap_or_default());
    }
    list_items(items.len())?;
    let mut order: Vec<usize> = (0..items.len()).collect();
    let count = count.min(order.len());
    for at in 0..count {
        let other = at + chance.below(order.len() - at);
        order.swap(at, other);
    }
    Ok(Value::list(order[..count].iter().filter_map(|index| items.get(*index)).collect()))
}

/// SplitMix64 (Steele, Lea, Flood 2014), begun with FNV-1a of a text.
struct Chance(u64);

impl Chance {
    fn of(seed: &str) -> Self {
        let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(seed.bytes().fold(0xcbf2_9ce4_8422_2325, step))
    }

    /// A number below `bound`, 0 where that is 0.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // The upper half of the product: below `bound`, and in step with the number's size.
        let product = u128::from(mixed) * bound as u128;
        usize::try_from(product >> 64).unwrap_or_default()
    }
}

/// A list of `items`, which may be lists that filters made.
///
/// # Errors
/// When lists then nest over [`NESTING`] deep, or hold over [`crate::limits::LIST_ITEMS`] in all: a
/// list that holds itself twice, over and over, is short, and yet nobody could show or compare it.
pub(super) fn nested<'v>(items: Vec<Value<'v>>, around: &Surroundings<'_>) -> Filtered<'v> {
    let mut known = FxHashMap::default();
    let all = items.iter().fold(Extent::default(), |all, item| all.with(extent(item, &mut known)));
    if all.depth >= NESTING {
        return FilterError::argument(format!("lists nest over {NESTING} deep"));
    }
    list_items(all.items)?;
    around.budget.work_over(all.items, ITEM_WORK)?;
    Ok(Value::list(items))
}

/// How much a value holds.
#[derive(Clone, Copy, Debug, Default)]
struct Extent {
    /// How deep lists and objects that were made nest.
    depth: usize,
    /// How many items and fields there are, each as often as it is met.
    items: usize,
}

impl Extent {
    /// This one of a list, with one more item.
    fn with(self, item: Self) -> Self {
        let items = self.items.saturating_add(item.items).saturating_add(1);
        Self { depth: self.depth.max(item.depth), items }
    }
}

/// `known` has the lists that were looked at: each is once, however often it is held.
fn extent(value: &Value<'_>, known: &mut FxHashMap<*const (), Extent>) -> Extent {
    let place: *const () = match value {
        Value::Items(items) => Arc::as_ptr(items).cast(),
        Value::Map(map) => Arc::as_ptr(map).cast(),
        Value::List(list) => return Extent { depth: 0, items: list.len() },
        _ => return Extent::default(),
    };
    if let Some(extent) = known.get(&place) {
        return *extent;
    }
    let add = |all: Extent, item: &Value<'_>| all.with(extent(item, known));
    let mut held = match value {
        Value::Items(items) => items.iter().fold(Extent::default(), add),
        Value::Map(map) => map.0.iter().map(|(_, value)| value).fold(Extent::default(), add),
        _ => Extent::default(),
    };
    held.depth += 1;
    known.insert(place, held);
    held
}
