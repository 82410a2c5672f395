//! A moment, with the zone it was written in.

mod format;
mod parse;
mod zones;

use std::cmp::Ordering;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use crate::limits::Limit;

/// A moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Date {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Nanoseconds beyond them.
    pub nanoseconds: u32,
    /// Seconds that its clock is ahead of UTC.
    pub offset: i32,
}

impl Date {
    /// The moment `seconds` after 1970-01-01T00:00:00Z, as clocks in `zone` show it. `None` beyond the
    /// years -9999 to 9999.
    pub fn at(seconds: i64, zone: &TimeZone) -> Option<Self> {
        let moment = Timestamp::from_second(seconds).ok()?;
        Some(Self { seconds, nanoseconds: 0, offset: zone.to_offset(moment).seconds() })
    }

    /// The moment that a person wrote as `text`: `now` or `today`, seconds since 1970, or a date, a time
    /// of day or both in one of the forms in use, such as `2024-12-31T18:30:00+01:00`, `2024/12/31`,
    /// `31.12.2024`, `December 31, 2024 6:30 pm`, `31 Dec 2024` and `Tue, 31 Dec 2024 18:30:00 +0100`.
    /// What is left out is taken from `now` (the year, say) or is the least there is; without a zone it
    /// is in `zone`. `None` where it is no date.
    pub fn parse(text: &str, now: impl FnOnce() -> Self, zone: &TimeZone) -> Option<Self> {
        parse::parse(text, now, zone)
    }

    /// The moment as `format` says, in the language of Ruby's `strftime`.
    ///
    /// # Errors
    /// When the text would be over [`crate::limits::TEXT_BYTES`].
    pub fn strftime(&self, format: &str) -> Result<String, Limit> {
        format::strftime(self, format)
    }

    /// What the clocks of its zone show; the nearest moment that has a year of four digits.
    fn civil(&self) -> DateTime {
        let seconds = self.seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        let nanoseconds = i32::try_from(self.nanoseconds.min(999_999_999)).unwrap_or(0);
        let moment = Timestamp::new(seconds, nanoseconds).unwrap_or(Timestamp::MAX);
        let offset = Offset::from_seconds(self.offset).unwrap_or(Offset::UTC);
        offset.to_datetime(moment)
    }
}

impl Ord for Date {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.seconds, self.nanoseconds).cmp(&(other.seconds, other.nanoseconds))
    }
}

impl PartialOrd for Date {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Date {
    /// As Ruby shows a time: `2024-12-31 18:30:00 +0100`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.strftime("%Y-%m-%d %H:%M:%S %z").map_err(|_| fmt::Error)?)
    }
}

/// Names of the months, of which the first three letters are the short form.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Names of the days of the week, of which the first three letters are the short form.
const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The number from 0 of the month or weekday that `word`, in lower case, is: its name, or three letters of
/// it or more.
fn named(word: &str, names: &[&str]) -> Option<usize> {
    let word = word.trim_end_matches('.');
    let begins =
        |name: &str| name.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if word.len() < 3 { None } else { names.iter().position(|name| begins(name)) }
}

#[cfg(test)]
mod tests;
