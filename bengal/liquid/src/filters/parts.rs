//! Filters that take parts of texts and lists, and put parts together.
//!
//! **Invariant:** a part of a borrowed text is borrowed.

use std::ops::Range;

use super::input::{integer, is_space, items, part, str_of, text, write};
use super::text::{argument, join, narrowed};
use crate::filter::{Arguments, Filtered, Surroundings};
use crate::limits::{self, Limit, TextBuilder};
use crate::value::Value;

/// Where the letter at `index` begins; the end where there are just so many; `None` where there are less.
fn offset(text: &str, index: usize) -> Option<usize> {
    let mut starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    starts.nth(index)
}

/// Of `size` letters or items those that `slice: from, length` takes.
fn slice_range(size: usize, from: i64, length: i64) -> Option<Range<usize>> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let start = if from < 0 { from.checked_add(size)? } else { from };
    if start < 0 || start > size || length < 0 {
        return None;
    }
    let end = start.saturating_add(length).min(size);
    Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

pub fn slice<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let from = integer(&arguments.value(0))?;
    let length = arguments.get(1).filter(|length| length.is_truthy());
    let length = length.map_or(Ok(1), integer)?;
    if let Value::List(_) | Value::Items(_) = input {
        let items = input.for_items();
        let range = slice_range(items.len(), from, length).unwrap_or_default();
        limits::list_items(range.len())?;
        return Ok(Value::list(range.filter_map(|index| items.get(index)).collect()));
    }
    narrowed(input, around, |text| {
        let range = slice_range(text.chars().count(), from, length).unwrap_or_default();
        let start = offset(text, range.start).unwrap_or(text.len());
        start..start + offset(&text[start..], range.len()).unwrap_or(text.len() - start)
    })
}

pub fn truncate<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    if input.is_nil() {
        return Ok(input);
    }
    let length = arguments.get(0).map_or(Ok(50), integer)?;
    let end = ellipsis(arguments, around)?;
    let input = text(input, around)?;
    let whole = str_of(&input);
    let length = usize::try_from(length);
    // A length below nothing is shorter than every text.
    if length.is_ok_and(|length| length >= whole.len() || offset(whole, length + 1).is_none()) {
        return Ok(input);
    }
    let kept = length.unwrap_or(0).saturating_sub(str_of(&end).chars().count());
    join(&[&whole[..offset(whole, kept).unwrap_or(whole.len())], str_of(&end)])
}

fn ellipsis<'v>(arguments: &Arguments<'_, 'v>, around: &Surroundings<'_>) -> Filtered<'v> {
    Ok(text(arguments.get(1).cloned().unwrap_or(Value::Str("...")), around)?)
}

pub fn truncatewords<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    if input.is_nil() {
        return Ok(input);
    }
    let words = arguments.get(0).map_or(Ok(15), integer)?;
    let words = usize::try_from(words).unwrap_or(0).max(1);
    let end = ellipsis(arguments, around)?;
    let input = text(input, around)?;
    let mut made = TextBuilder::default();
    let mut rest = str_of(&input).trim_start_matches(is_space);
    for word in 0..words {
        // White space after the last word counts as one more, as in Ruby.
        let Some((first, after)) = rest.split_once(is_space) else { return Ok(input) };
        made.push_str(if word > 0 { " " } else { "" })?;
        made.push_str(first)?;
        rest = after.trim_start_matches(is_space);
    }
    made.push_str(str_of(&end))?;
    Ok(made.finish().into())
}

pub fn split<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let (input, pattern) = (text(input, around)?, argument(arguments, 0, around)?);
    let whole = str_of(&input);
    let mut parts = Vec::new();
    match str_of(&pattern) {
        "" => {
            let letters = whole.char_indices().map(|(at, letter)| at..at + letter.len_utf8());
            collect(&mut parts, &input, around, letters)?;
        }
        " " => {
            let words = whole.split(is_space).filter(|word| !word.is_empty());
            collect(&mut parts, &input, around, words.map(|word| range_in(whole, word)))?;
        }
        pattern => {
            let between = whole.split(pattern).map(|part| range_in(whole, part));
            collect(&mut parts, &input, around, between)?;
            // Empty parts at the end are left out, as in Ruby.
            while parts.last().is_some_and(|part| str_of(part).is_empty()) {
                parts.pop();
            }
        }
    }
    Ok(Value::list(parts))
}

/// Where `part`, a piece of `whole`, stands in it.
fn range_in(whole: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    start..start + part.len()
}

/// What a text takes besides its bytes.
const PART: usize = 32;

fn collect<'v>(
    parts: &mut Vec<Value<'v>>,
    of: &Value<'v>,
    around: &Surroundings<'_>,
    ranges: impl Iterator<Item = Range<usize>>,
) -> Result<(), Limit> {
    // Of a text that was made, each part is a text of its own.
    let is_copied = matches!(of, Value::Text(_));
    for range in ranges {
        limits::list_items(parts.len() + 1)?;
        if is_copied {
            around.budget.made(range.len() + PART)?;
        }
        parts.push(part(of, range));
    }
    Ok(())
}

pub fn size<'v>(input: Value<'v>, _: &Arguments<'_, 'v>, _: &Surroundings<'_>) -> Filtered<'v> {
    Ok(match input {
        // In Ruby a whole number has a size as well: its bytes.
        Value::Int(_) => Value::Int(8),
        input => input.len().unwrap_or(0).into(),
    })
}

/// `join`: the items of a list with a text between them.
pub fn join_items<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let between = text(arguments.get(0).cloned().unwrap_or(Value::Str(" ")), around)?;
    let mut made = TextBuilder::default();
    for (index, item) in items(input, around).enumerate() {
        made.push_str(if index > 0 { str_of(&between) } else { "" })?;
        write(&item?, &mut made, around)?;
    }
    Ok(made.finish().into())
}
