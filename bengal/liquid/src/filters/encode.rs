//! Filters for HTML, URLs and base64.
//!
//! **Invariant:** a text without anything to encode comes out as it came in.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::input::{str_of, text};
use crate::filter::{Arguments, FilterError, Filtered, Surroundings};
use crate::limits::{self, TextBuilder};
use crate::value::Value;

pub fn escape<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    if input.is_nil() { Ok(input) } else { escaped(input, around, |_| false) }
}

pub fn escape_once<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    escaped(input, around, begins_entity)
}

/// Whether `text` begins with a character reference: by name, or by a decimal number. Ruby takes one by a
/// hexadecimal number for plain text.
fn begins_entity(text: &str) -> bool {
    let Some(name) = text.strip_prefix('&') else { return false };
    let (name, is_part): (_, fn(&u8) -> bool) = match name.strip_prefix('#') {
        Some(number) => (number, u8::is_ascii_digit),
        None => (name, u8::is_ascii_alphabetic),
    };
    let length = name.bytes().take_while(is_part).count();
    length > 0 && name.as_bytes().get(length) == Some(&b';')
}

/// The text of `input` with what has a meaning in HTML escaped, but for what begins a text that `keep`
/// keeps.
pub fn escaped<'v>(
    input: Value<'v>,
    around: &Surroundings<'_>,
    keep: impl Fn(&str) -> bool,
) -> Filtered<'v> {
    let input = text(input, around)?;
    let whole = str_of(&input);
    let mut made: Option<TextBuilder> = None;
    let mut done = 0;
    for (at, byte) in whole.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            _ => continue,
        };
        if keep(&whole[at..]) {
            continue;
        }
        let made = made.get_or_insert_with(|| TextBuilder::with_capacity(whole.len() + 16));
        made.push_str(&whole[done..at])?;
        made.push_str(entity)?;
        done = at + 1;
    }
    let Some(mut made) = made else { return Ok(input) };
    made.push_str(&whole[done..])?;
    Ok(made.finish().into())
}

/// What stands in HTML between these and is no text, in the order in which they are looked for.
const BLOCKS: [(&str, &str); 3] =
    [("<script", "</script>"), ("<!--", "-->"), ("<style", "</style>")];

pub fn strip_html<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let input = text(input, around)?;
    let whole = str_of(&input);
    if memchr::memchr(b'<', whole.as_bytes()).is_none() {
        return Ok(input);
    }
    Ok(Value::from(without_tags(&without_blocks(whole))))
}

/// `html` without scripts, styles and comments.
fn without_blocks(html: &str) -> String {
    let mut made = String::with_capacity(html.len());
    // What is not closed once is not closed further on either.
    let mut closed = [true; BLOCKS.len()];
    let (mut done, mut from) = (0, 0);
    while let Some(at) = find(html, from, "<") {
        from = at + 1;
        let rest = &html[at..];
        let Some(block) = BLOCKS.iter().position(|(start, _)| rest.starts_with(start)) else {
            continue;
        };
        let (start, end) = BLOCKS[block];
        if !closed[block] {
            continue;
        }
        match find(html, at + start.len(), end) {
            Some(end_at) => {
                made.push_str(&html[done..at]);
                done = end_at + end.len();
                from = done;
            }
            None => closed[block] = false,
        }
    }
    made.push_str(&html[done..]);
    made
}

/// `html` without what stands between `<` and `>`.
fn without_tags(html: &str) -> String {
    let mut made = String::with_capacity(html.len());
    let mut done = 0;
    while let Some(start) = find(html, done, "<") {
        let Some(end) = find(html, start, ">") else { break };
        made.push_str(&html[done..start]);
        done = end + 1;
    }
    made.push_str(&html[done..]);
    made
}

fn find(text: &str, from: usize, part: &str) -> Option<usize> {
    text[from..].find(part).map(|at| from + at)
}

/// What `url_encode` leaves as it is: letters, digits and these.
const URL_SAFE_BYTES: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~').remove(b' ');

pub fn url_encode<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    if input.is_nil() {
        return Ok(input);
    }
    let input = text(input, around)?;
    let whole = str_of(&input);
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte);
    if whole.bytes().all(is_safe) {
        return Ok(input);
    }
    let mut made = TextBuilder::with_capacity(whole.len() + whole.len() / 2);
    for (index, word) in whole.split(' ').enumerate() {
        made.push_str(if index > 0 { "+" } else { "" })?;
        utf8_percent_encode(word, URL_SAFE_BYTES).try_for_each(|part| made.push_str(part))?;
    }
    Ok(made.finish().into())
}

pub fn url_decode<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    if input.is_nil() {
        return Ok(input);
    }
    let input = text(input, around)?;
    let whole = str_of(&input);
    if memchr::memchr2(b'+', b'%', whole.as_bytes()).is_none() {
        return Ok(input);
    }
    let spaced = whole.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => Ok(Value::from(Cow::into_owned(decoded))),
        Err(_) => FilterError::argument("invalid byte sequence in UTF-8"),
    }
}

fn encoded<'v>(input: Value<'v>, engine: &impl Engine, around: &Surroundings<'_>) -> Filtered<'v> {
    let input = text(input, around)?;
    let bytes = str_of(&input).as_bytes();
    limits::text_bytes(base64::encoded_len(bytes.len(), true).unwrap_or(usize::MAX))?;
    Ok(engine.encode(bytes).into())
}

fn decoded<'v>(text: &str, engine: &impl Engine, name: &str) -> Filtered<'v> {
    match engine.decode(text).map(String::from_utf8) {
        Ok(Ok(text)) => Ok(text.into()),
        Ok(Err(_)) => FilterError::argument(format!("what {name} makes is not text")),
        Err(_) => FilterError::argument(format!("invalid base64 provided to {name}")),
    }
}

pub fn base64_encode<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    encoded(input, &STANDARD, around)
}

pub fn base64_url_safe_encode<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    encoded(input, &URL_SAFE, around)
}

pub fn base64_decode<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    decoded(str_of(&text(input, around)?), &STANDARD, "base64_decode")
}

/// Takes what is not padded, and the letters of plain base64, as well.
pub fn base64_url_safe_decode<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let input = text(input, around)?;
    let mut padded = str_of(&input).replace('+', "-").replace('/', "_");
    if !padded.ends_with('=') {
        padded.extend(std::iter::repeat_n('=', padded.len().wrapping_neg() % 4));
    }
    decoded(&padded, &URL_SAFE, "base64_url_safe_decode")
}
