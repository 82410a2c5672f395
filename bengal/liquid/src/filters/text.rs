//! Filters of text: letters, white space, parts.
//!
//! **Invariant:** a text that a filter leaves as it is comes out as it came in; a part of a borrowed text
//! is borrowed.

use std::ops::Range;

use super::input::{integer, is_space, part, str_of, text, write};
use crate::filter::{Arguments, Filtered, Surroundings};
use crate::limits::{self, Limit, TextBuilder};
use crate::value::Value;

/// What `make` makes of the text of `input`; the text as it came where it makes nothing.
pub fn changed<'v>(
    input: Value<'v>,
    make: impl FnOnce(&str) -> Result<Option<String>, Limit>,
) -> Filtered<'v> {
    let input = text(input)?;
    Ok(make(str_of(&input))?.map_or(input, Value::from))
}

/// The part of the text of `input` that `find` finds.
fn narrowed<'v>(input: Value<'v>, find: impl FnOnce(&str) -> Range<usize>) -> Filtered<'v> {
    let input = text(input)?;
    Ok(part(&input, find(str_of(&input))))
}

/// The argument at `index` as text.
fn argument<'v>(arguments: &Arguments<'_, 'v>, index: usize) -> Filtered<'v> {
    Ok(text(arguments.value(index))?)
}

fn join(parts: &[&str]) -> Filtered<'static> {
    let bytes = parts.iter().map(|part| part.len()).sum();
    limits::text_bytes(bytes)?;
    Ok(Value::from(parts.concat()))
}

pub fn append<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    let (input, end) = (text(input)?, argument(arguments, 0)?);
    if str_of(&end).is_empty() { Ok(input) } else { join(&[str_of(&input), str_of(&end)]) }
}

pub fn prepend<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    let (input, start) = (text(input)?, argument(arguments, 0)?);
    if str_of(&start).is_empty() { Ok(input) } else { join(&[str_of(&start), str_of(&input)]) }
}

/// Maps each letter by itself, as Ruby does: a sigma at the end of a word is like any other.
fn letters<I: Iterator<Item = char>>(text: &str, map: impl Fn(char) -> I) -> Result<String, Limit> {
    let mut made = TextBuilder::with_capacity(text.len());
    for letter in text.chars() {
        map(letter).try_for_each(|letter| made.push(letter))?;
    }
    Ok(made.finish())
}

/// Whether no letter is another one in lower case.
fn is_lower(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii() && !c.is_ascii_uppercase() || c.to_lowercase().eq([c]))
}

fn lower(text: &str) -> Result<String, Limit> {
    if text.is_ascii() { Ok(text.to_ascii_lowercase()) } else { letters(text, char::to_lowercase) }
}

pub fn downcase<'v>(input: Value<'v>, _: &Arguments<'_, 'v>, _: &Surroundings<'_>) -> Filtered<'v> {
    changed(input, |text| match is_lower(text) {
        true => Ok(None),
        false => lower(text).map(Some),
    })
}

pub fn upcase<'v>(input: Value<'v>, _: &Arguments<'_, 'v>, _: &Surroundings<'_>) -> Filtered<'v> {
    let is_upper = |c: char| c.is_ascii() && !c.is_ascii_lowercase() || c.to_uppercase().eq([c]);
    changed(input, |text| match text.chars().all(is_upper) {
        true => Ok(None),
        false if text.is_ascii() => Ok(Some(text.to_ascii_uppercase())),
        false => letters(text, char::to_uppercase).map(Some),
    })
}

pub fn capitalize<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    changed(input, |text| {
        let Some(first) = text.chars().next() else { return Ok(None) };
        let rest = &text[first.len_utf8()..];
        if first.to_uppercase().eq([first]) && is_lower(rest) {
            return Ok(None);
        }
        let mut made = TextBuilder::with_capacity(text.len());
        // Of a letter that becomes several, such as `ß`, only the first is a capital.
        for (index, letter) in first.to_uppercase().enumerate() {
            if index == 0 {
                made.push(letter)?;
            } else {
                letter.to_lowercase().try_for_each(|letter| made.push(letter))?;
            }
        }
        if is_lower(rest) {
            made.push_str(rest)?;
        } else {
            made.push_str(&lower(rest)?)?;
        }
        Ok(Some(made.finish()))
    })
}

/// Where the text without what `strip` takes from its start begins.
fn start_of(text: &str) -> usize {
    text.len() - text.trim_start_matches(|c| is_space(c) || c == '\0').len()
}

/// Where the text without what `strip` takes from its end ends.
fn end_of(text: &str) -> usize {
    text.trim_end_matches(|c| is_space(c) || c == '\0').len()
}

fn stripped(text: &str) -> Range<usize> {
    let start = start_of(text);
    start..end_of(text).max(start)
}

pub fn strip<'v>(input: Value<'v>, _: &Arguments<'_, 'v>, _: &Surroundings<'_>) -> Filtered<'v> {
    narrowed(input, stripped)
}

pub fn lstrip<'v>(input: Value<'v>, _: &Arguments<'_, 'v>, _: &Surroundings<'_>) -> Filtered<'v> {
    narrowed(input, |text| start_of(text)..text.len())
}

pub fn rstrip<'v>(input: Value<'v>, _: &Arguments<'_, 'v>, _: &Surroundings<'_>) -> Filtered<'v> {
    narrowed(input, |text| 0..end_of(text))
}

pub fn squish<'v>(input: Value<'v>, _: &Arguments<'_, 'v>, _: &Surroundings<'_>) -> Filtered<'v> {
    if input.is_nil() {
        return Ok(input);
    }
    let input = narrowed(input, stripped)?;
    changed(input, |text| {
        let words = || text.split(is_space).filter(|word| !word.is_empty());
        let spaces = text.chars().filter(|c| is_space(*c));
        let single = spaces.clone().all(|c| c == ' ') && spaces.count() + 1 == words().count();
        Ok(if single || words().next().is_none() {
            None
        } else {
            Some(words().collect::<Vec<_>>().join(" "))
        })
    })
}

pub fn strip_newlines<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    changed(input, |text| lines_joined(text, ""))
}

pub fn newline_to_br<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    changed(input, |text| lines_joined(text, "<br />\n"))
}

/// The lines of `text` with `between` for each line end, `\n` or `\r\n`.
fn lines_joined(text: &str, between: &str) -> Result<Option<String>, Limit> {
    if memchr::memchr(b'\n', text.as_bytes()).is_none() {
        return Ok(None);
    }
    let mut made = TextBuilder::with_capacity(text.len());
    let mut rest = text;
    while let Some((line, after)) = rest.split_once('\n') {
        made.push_str(line.strip_suffix('\r').unwrap_or(line))?;
        made.push_str(between)?;
        rest = after;
    }
    made.push_str(rest)?;
    Ok(Some(made.finish()))
}

/// `text` with `new` for `old` wherever it stands; between all letters where `old` is empty.
fn replaced(text: &str, old: &str, new: &str) -> Result<Option<String>, Limit> {
    let found = memchr::memmem::Finder::new(old);
    let mut at =
        found.find_iter(text.as_bytes()).filter(|at| text.is_char_boundary(*at)).peekable();
    if at.peek().is_none() {
        return Ok(None);
    }
    let mut made = TextBuilder::with_capacity(text.len());
    let mut done = 0;
    for at in at {
        made.push_str(&text[done..at])?;
        made.push_str(new)?;
        done = at + old.len();
    }
    made.push_str(&text[done..])?;
    Ok(Some(made.finish()))
}

pub fn replace<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    let (old, new) = (argument(arguments, 0)?, argument(arguments, 1)?);
    changed(input, |text| replaced(text, str_of(&old), str_of(&new)))
}

pub fn remove<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    let old = argument(arguments, 0)?;
    changed(input, |text| replaced(text, str_of(&old), ""))
}

/// The text of `input` with the argument at 1 for that at 0, where `find` finds it.
fn replaced_at<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    find: impl FnOnce(&str, &str) -> Option<usize>,
) -> Filtered<'v> {
    let (input, old, new) = (text(input)?, argument(arguments, 0)?, argument(arguments, 1)?);
    let (whole, old) = (str_of(&input), str_of(&old));
    match find(whole, old) {
        None => Ok(input),
        Some(at) => join(&[&whole[..at], str_of(&new), &whole[at + old.len()..]]),
    }
}

/// `replace_first`, and with its second argument left out `remove_first`.
pub fn replace_first<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    replaced_at(input, arguments, |text, old| text.find(old))
}

/// `replace_last`, and with its second argument left out `remove_last`.
pub fn replace_last<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    replaced_at(input, arguments, |text, old| text.rfind(old))
}

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
    _: &Surroundings<'_>,
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
    narrowed(input, |text| {
        let range = slice_range(text.chars().count(), from, length).unwrap_or_default();
        let start = offset(text, range.start).unwrap_or(text.len());
        start..start + offset(&text[start..], range.len()).unwrap_or(text.len() - start)
    })
}

pub fn truncate<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    if input.is_nil() {
        return Ok(input);
    }
    let length = arguments.get(0).map_or(Ok(50), integer)?;
    let end = ellipsis(arguments)?;
    let input = text(input)?;
    let whole = str_of(&input);
    let length = usize::try_from(length);
    // A length below nothing is shorter than every text.
    if length.is_ok_and(|length| length >= whole.len() || offset(whole, length + 1).is_none()) {
        return Ok(input);
    }
    let kept = length.unwrap_or(0).saturating_sub(str_of(&end).chars().count());
    join(&[&whole[..offset(whole, kept).unwrap_or(whole.len())], str_of(&end)])
}

fn ellipsis<'v>(arguments: &Arguments<'_, 'v>) -> Filtered<'v> {
    Ok(arguments.get(1).cloned().map_or(Ok(Value::Str("...")), text)?)
}

pub fn truncatewords<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    if input.is_nil() {
        return Ok(input);
    }
    let words = arguments.get(0).map_or(Ok(15), integer)?;
    let words = usize::try_from(words).unwrap_or(0).max(1);
    let end = ellipsis(arguments)?;
    let input = text(input)?;
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
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    let (input, pattern) = (text(input)?, argument(arguments, 0)?);
    let whole = str_of(&input);
    let mut parts = Vec::new();
    match str_of(&pattern) {
        "" => {
            let letters = whole.char_indices().map(|(at, letter)| at..at + letter.len_utf8());
            collect(&mut parts, &input, letters)?;
        }
        " " => {
            let words = whole.split(is_space).filter(|word| !word.is_empty());
            collect(&mut parts, &input, words.map(|word| range_in(whole, word)))?;
        }
        pattern => {
            let between = whole.split(pattern).map(|part| range_in(whole, part));
            collect(&mut parts, &input, between)?;
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

fn collect<'v>(
    parts: &mut Vec<Value<'v>>,
    of: &Value<'v>,
    ranges: impl Iterator<Item = Range<usize>>,
) -> Result<(), Limit> {
    for range in ranges {
        limits::list_items(parts.len() + 1)?;
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
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    let between = arguments.get(0).cloned().map_or(Ok(Value::Str(" ")), text)?;
    let mut made = TextBuilder::default();
    for (index, item) in super::input::items(input).enumerate() {
        made.push_str(if index > 0 { str_of(&between) } else { "" })?;
        write(&item?, &mut made)?;
    }
    Ok(made.finish().into())
}
