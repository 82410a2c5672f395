//! Filters of text: letters, white space, what is put in place of a part.
//!
//! **Invariant:** a text that a filter leaves as it is comes out as it came in.

use std::ops::Range;

use super::input::{is_space, part, str_of, text};
use crate::filter::{Arguments, Filtered, Surroundings};
use crate::limits::{self, Limit, TextBuilder};
use crate::value::Value;

/// What `make` makes of the text of `input`; the text as it came where it makes nothing.
pub fn changed<'v>(
    input: Value<'v>,
    around: &Surroundings<'_>,
    make: impl FnOnce(&str) -> Result<Option<String>, Limit>,
) -> Filtered<'v> {
    let input = text(input, around)?;
    Ok(make(str_of(&input))?.map_or(input, Value::from))
}

/// The part of the text of `input` that `find` finds.
pub fn narrowed<'v>(
    input: Value<'v>,
    around: &Surroundings<'_>,
    find: impl FnOnce(&str) -> Range<usize>,
) -> Filtered<'v> {
    let input = text(input, around)?;
    Ok(part(&input, find(str_of(&input))))
}

/// The argument at `index` as text.
pub fn argument<'v>(
    arguments: &Arguments<'_, 'v>,
    index: usize,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    Ok(text(arguments.value(index), around)?)
}

/// The texts, one after the other.
pub fn join(parts: &[&str]) -> Filtered<'static> {
    let bytes = parts.iter().map(|part| part.len()).sum();
    limits::text_bytes(bytes)?;
    Ok(Value::from(parts.concat()))
}

pub fn append<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let (input, end) = (text(input, around)?, argument(arguments, 0, around)?);
    if str_of(&end).is_empty() { Ok(input) } else { join(&[str_of(&input), str_of(&end)]) }
}

pub fn prepend<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let (input, start) = (text(input, around)?, argument(arguments, 0, around)?);
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

pub fn downcase<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    changed(input, around, |text| match is_lower(text) {
        true => Ok(None),
        false => lower(text).map(Some),
    })
}

pub fn upcase<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let is_upper = |c: char| c.is_ascii() && !c.is_ascii_lowercase() || c.to_uppercase().eq([c]);
    changed(input, around, |text| match text.chars().all(is_upper) {
        true => Ok(None),
        false if text.is_ascii() => Ok(Some(text.to_ascii_uppercase())),
        false => letters(text, char::to_uppercase).map(Some),
    })
}

pub fn capitalize<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    changed(input, around, |text| {
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

pub fn strip<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    narrowed(input, around, stripped)
}

pub fn lstrip<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    narrowed(input, around, |text| start_of(text)..text.len())
}

pub fn rstrip<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    narrowed(input, around, |text| 0..end_of(text))
}

pub fn squish<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    if input.is_nil() {
        return Ok(input);
    }
    let input = narrowed(input, around, stripped)?;
    changed(input, around, |text| {
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
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    changed(input, around, |text| lines_joined(text, ""))
}

pub fn newline_to_br<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    changed(input, around, |text| lines_joined(text, "<br />\n"))
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
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let (old, new) = (argument(arguments, 0, around)?, argument(arguments, 1, around)?);
    changed(input, around, |text| replaced(text, str_of(&old), str_of(&new)))
}

pub fn remove<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let old = argument(arguments, 0, around)?;
    changed(input, around, |text| replaced(text, str_of(&old), ""))
}

/// The text of `input` with the argument at 1 for that at 0, where `find` finds it.
fn replaced_at<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
    find: impl FnOnce(&str, &str) -> Option<usize>,
) -> Filtered<'v> {
    let (input, old, new) =
        (text(input, around)?, argument(arguments, 0, around)?, argument(arguments, 1, around)?);
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
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    replaced_at(input, arguments, around, |text, old| text.find(old))
}

/// `replace_last`, and with its second argument left out `remove_last`.
pub fn replace_last<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    replaced_at(input, arguments, around, |text, old| text.rfind(old))
}
