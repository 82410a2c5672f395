//! `date`.

use super::input::{str_of, text};
use crate::date::Date;
use crate::filter::{Arguments, Filtered, Surroundings};
use crate::value::Value;

/// A date, seconds since 1970, or a text that is a date, as a format says; anything else stays as it is,
/// and so does everything where the format is empty.
pub fn date<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let format = text(arguments.value(0), around)?;
    if str_of(&format).is_empty() {
        return Ok(input);
    }
    match moment(&input, around) {
        Some(date) => Ok(date.strftime(str_of(&format))?.into()),
        None => Ok(input),
    }
}

/// The date that a value is: seconds since 1970, or what a person would write. `None` where it is none.
pub fn moment(value: &Value<'_>, surroundings: &Surroundings<'_>) -> Option<Date> {
    let Surroundings { now, zone, watch, .. } = *surroundings;
    let now = || {
        (watch.clock)();
        now
    };
    match value {
        Value::Date(date) => Some(*date),
        Value::Int(seconds) => Date::at(*seconds, zone),
        other => other.as_str().and_then(|text| Date::parse(text, now, zone)),
    }
}
