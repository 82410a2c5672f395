//! `jsonify`: any value as JSON.

use crate::filter::{Arguments, FilterError, Filtered, Surroundings};
use crate::limits::{Limit, TextBuilder};
use crate::value::Value;

use super::super::input::text;
use super::dates::xmlschema;

/// How deep lists and objects may nest: what is deeper is taken to hold itself.
const DEPTH: usize = 64;

/// The value as JSON: objects by their fields, dates in ISO 8601, floats as Ruby prints them, but `null`
/// for those that are no number.
pub(super) fn jsonify<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let mut json = TextBuilder::default();
    write(&input, &mut json, around, DEPTH)?;
    Ok(Value::from(json.finish()))
}

fn write(
    value: &Value<'_>,
    json: &mut TextBuilder,
    around: &Surroundings<'_>,
    depth: usize,
) -> Result<(), FilterError> {
    if depth == 0 {
        return FilterError::argument(format!("lists and objects nest over {DEPTH} deep"));
    }
    match value {
        Value::Nil => json.push_str("null")?,
        Value::Float(number) if !number.is_finite() => json.push_str("null")?,
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            json.write_with(|made| std::fmt::write(made, format_args!("{value}")))?;
        }
        Value::Date(date) => quote(&xmlschema(date)?, json)?,
        Value::Object(_) | Value::Map(_) => {
            json.push('{')?;
            for (index, (name, value)) in value.fields().iter().enumerate() {
                json.push_str(if index > 0 { "," } else { "" })?;
                quote_text(name, json, around)?;
                json.push(':')?;
                write(value, json, around, depth - 1)?;
            }
            json.push('}')?;
        }
        Value::List(_) | Value::Items(_) => {
            json.push('[')?;
            for (index, item) in value.for_items().into_iter().enumerate() {
                json.push_str(if index > 0 { "," } else { "" })?;
                write(&item, json, around, depth - 1)?;
            }
            json.push(']')?;
        }
        other => quote_text(other, json, around)?,
    }
    Ok(())
}

fn quote_text(
    value: &Value<'_>,
    json: &mut TextBuilder,
    around: &Surroundings<'_>,
) -> Result<(), Limit> {
    match value.as_str() {
        Some(text) => quote(text, json),
        None => quote(text(value.clone(), around)?.as_str().unwrap_or_default(), json),
    }
}

/// Writes a text between quotes, escaped as RFC 8259 asks for and no further.
fn quote(text: &str, json: &mut TextBuilder) -> Result<(), Limit> {
    json.push('"')?;
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| is_escaped(*byte)) {
        json.push_str(&text[done..at])?;
        done = at + 1;
        match byte {
            b'"' => json.push_str("\\\"")?,
            b'\\' => json.push_str("\\\\")?,
            b'\n' => json.push_str("\\n")?,
            b'\r' => json.push_str("\\r")?,
            b'\t' => json.push_str("\\t")?,
            0x08 => json.push_str("\\b")?,
            0x0c => json.push_str("\\f")?,
            other => json.write_with(|made| write!(made, "\\u{other:04x}"))?,
        }
    }
    json.push_str(&text[done..])?;
    json.push('"')
}

fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}
