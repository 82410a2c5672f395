//! Dates in the forms that feeds and readers know.
//!
//! A date is shown in the zone it was written in. A text or a number of Unix seconds is taken for a date
//! as the `date` filter takes it; nil and an empty text come out as they came in.

use super::super::date::moment;
use crate::date::Date;
use crate::filter::{Arguments, FilterError, Filtered, Surroundings};
use crate::limits::Limit;
use crate::value::Value;

/// `2008-11-07T13:07:54-08:00`.
pub(super) fn date_to_xmlschema<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    surroundings: &Surroundings<'_>,
) -> Filtered<'v> {
    shown(input, surroundings, xmlschema)
}

/// `Mon, 07 Nov 2008 13:07:54 -0800`.
pub(super) fn date_to_rfc822<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    surroundings: &Surroundings<'_>,
) -> Filtered<'v> {
    shown(input, surroundings, |date| date.strftime("%a, %d %b %Y %H:%M:%S %z"))
}

/// `07 Nov 2008`; `7th Nov 2008` with `"ordinal"`, `Nov 7th, 2008` with `"ordinal", "US"`.
pub(super) fn date_to_string<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    surroundings: &Surroundings<'_>,
) -> Filtered<'v> {
    shown(input, surroundings, |date| in_words(date, "%b", arguments))
}

/// `07 November 2008`; with arguments as [`date_to_string`].
pub(super) fn date_to_long_string<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    surroundings: &Surroundings<'_>,
) -> Filtered<'v> {
    shown(input, surroundings, |date| in_words(date, "%B", arguments))
}

fn shown<'v>(
    input: Value<'v>,
    surroundings: &Surroundings<'_>,
    show: impl FnOnce(&Date) -> Result<String, Limit>,
) -> Filtered<'v> {
    if matches!(input, Value::Nil | Value::Empty | Value::Blank) || input.as_str() == Some("") {
        return Ok(input);
    }
    match moment(&input, surroundings) {
        Some(date) => Ok(Value::from(show(&date)?)),
        None => not_a_date(&input),
    }
}

fn not_a_date<T>(value: &Value<'_>) -> Result<T, FilterError> {
    FilterError::argument(match value.as_str() {
        Some(text) => format!("'{}' is not a date", text.chars().take(40).collect::<String>()),
        None => format!("{} is not a date", value.kind()),
    })
}

/// ISO 8601 as XML Schema has it.
pub(super) fn xmlschema(date: &Date) -> Result<String, Limit> {
    date.strftime("%Y-%m-%dT%H:%M:%S%:z")
}

fn in_words(date: &Date, month: &str, arguments: &Arguments<'_, '_>) -> Result<String, Limit> {
    if arguments.value(0).as_str() != Some("ordinal") {
        return date.strftime(&format!("%d {month} %Y"));
    }
    let day = date.strftime("%-d")?;
    let day = format!("{day}{}", ordinal(&day));
    if arguments.value(1).as_str() == Some("US") {
        date.strftime(&format!("{month} {day}, %Y"))
    } else {
        date.strftime(&format!("{day} {month} %Y"))
    }
}

/// What stands behind the number of a day.
fn ordinal(day: &str) -> &'static str {
    match day {
        "1" | "21" | "31" => "st",
        "2" | "22" => "nd",
        "3" | "23" => "rd",
        _ => "th",
    }
}
