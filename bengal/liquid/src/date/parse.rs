//! Dates as people write them, as Ruby's `Time.parse` reads them.
//!
//! The time of day is found first, with its zone, then the date in what is left: by numbers with `-`,
//! `/` or `.` between them, or by the name of a month.

use jiff::Span;
use jiff::civil;
use jiff::tz::{Offset, TimeZone};

use super::{Date, MONTHS, WEEKDAYS, named, zones};

/// No date is longer; whatever is, is not read.
const LONGEST: usize = 128;

/// What a text says of a moment.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    time: Option<Time>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Time {
    hour: i64,
    minute: i64,
    second: i64,
    nanoseconds: u32,
    offset: Option<i32>,
}

pub fn parse(text: &str, now: impl FnOnce() -> Date, zone: &TimeZone) -> Option<Date> {
    if text.len() > LONGEST {
        return None;
    }
    let text = text.to_lowercase();
    if matches!(text.as_str(), "now" | "today") {
        return Some(now());
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Date::at(text.parse().ok()?, zone);
    }
    let mut said = Said::default();
    let rest = match find_time(&text)? {
        Some((time, rest)) => {
            said.time = Some(time);
            rest
        }
        None => text,
    };
    find_date(&rest, &mut said)?;
    said.moment(now, zone)
}

impl Said {
    /// The moment, with the year, month and day of `now` where only later parts are said.
    fn moment(self, now: impl FnOnce() -> Date, zone: &TimeZone) -> Option<Date> {
        if self.year.is_none() && self.month.is_none() && self.day.is_none() && self.time.is_none()
        {
            return None;
        }
        let (year, month, day) = match self.year {
            Some(year) => (year, self.month.unwrap_or(1), self.day.unwrap_or(1)),
            None => {
                let today = now().civil();
                let day = if self.month.is_some() { 1 } else { today.day().into() };
                let month = self.month.unwrap_or(today.month().into());
                (today.year().into(), month, self.day.unwrap_or(day))
            }
        };
        let time = self.time.unwrap_or_default();
        if !(1..=31).contains(&day) {
            return None;
        }
        // The 31st of a month of 30 days is the 1st of the next, and 24:00 is the next day.
        let first =
            civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()?;
        let seconds = (day - 1) * 86_400 + time.hour * 3600 + time.minute * 60 + time.second;
        let local =
            first.at(0, 0, 0, 0).checked_add(Span::new().try_seconds(seconds).ok()?).ok()?;
        let moment = match time.offset {
            Some(offset) => Offset::from_seconds(offset).ok()?.to_timestamp(local).ok()?,
            None => zone.to_ambiguous_timestamp(local).compatible().ok()?,
        };
        let offset = time.offset.unwrap_or_else(|| zone.to_offset(moment).seconds());
        Some(Date { seconds: moment.as_second(), nanoseconds: time.nanoseconds, offset })
    }
}

/// The time of day in `text`, such as `18:30`, `18:30:00.25 +01:00`, `6 pm` or `6:30pm CET`, and what is
/// left without it. `None` where there is one that no clock shows.
fn find_time(text: &str) -> Option<Option<(Time, String)>> {
    for (start, _) in text.char_indices() {
        let begins = text[start..].starts_with(|c: char| c.is_ascii_digit())
            && !text[..start].ends_with(|c: char| c.is_ascii_digit());
        let compact = text[..start].ends_with('t');
        let found = if begins { read_time(&text[start..], compact) } else { None };
        if let Some((time, rest)) = found {
            let valid = time.hour <= 24 && time.minute < 60 && time.second <= 60;
            let left = format!("{} {rest}", text[..start].trim_end_matches('t'));
            return valid.then_some(Some((time, left)));
        }
    }
    Some(None)
}

/// The time that `text` begins with, and what follows; also one without colons where it is `compact`.
fn read_time(text: &str, compact: bool) -> Option<(Time, &str)> {
    let (mut time, mut rest, has_minutes) = read_clock(text, compact)?;
    let half = ["am", "a.m.", "pm", "p.m."].iter().find_map(|name| {
        let after = rest.trim_start().strip_prefix(name)?;
        (!after.starts_with(|c: char| c.is_ascii_alphanumeric())).then_some((name, after))
    });
    if let Some((name, after)) = half {
        time.hour = time.hour % 12 + if name.starts_with('p') { 12 } else { 0 };
        rest = after;
    } else if !has_minutes {
        return None;
    }
    if let Some((offset, after)) = zones::offset(rest.trim_start()) {
        (time.offset, rest) = (Some(offset), after);
    }
    Some((time, rest))
}

/// Hours, minutes and seconds; whether there is more than hours.
fn read_clock(text: &str, compact: bool) -> Option<(Time, &str, bool)> {
    let (digits, mut rest) = zones::digits(text)?;
    let pair = |at: usize| digits.get(at..at + 2).unwrap_or("0").parse().ok();
    let mut time = Time::default();
    let mut has_minutes = true;
    match digits.len() {
        4 | 6 if compact => {
            (time.hour, time.minute, time.second) = (pair(0)?, pair(2)?, pair(4)?);
            (time.nanoseconds, rest) = fraction(rest);
        }
        1 | 2 => {
            time.hour = digits.parse().ok()?;
            let minute = rest.strip_prefix(':').and_then(two_digits);
            has_minutes = minute.is_some();
            (time.minute, rest) = minute.unwrap_or((0, rest));
            let second = rest.strip_prefix(':').and_then(two_digits).filter(|_| has_minutes);
            (time.second, rest) = second.unwrap_or((0, rest));
            (time.nanoseconds, rest) = if second.is_some() { fraction(rest) } else { (0, rest) };
        }
        _ => return None,
    }
    Some((time, rest, has_minutes))
}

fn two_digits(text: &str) -> Option<(i64, &str)> {
    let (number, rest) = zones::digits(text)?;
    if number.len() > 2 { None } else { Some((number.parse().ok()?, rest)) }
}

/// The nanoseconds of `.25` or `,25` at the start of `text`, and what follows.
fn fraction(text: &str) -> (u32, &str) {
    let digits = text.strip_prefix(['.', ',']).and_then(zones::digits);
    let Some((digits, rest)) = digits else { return (0, text) };
    let nine: String = digits.chars().chain("000000000".chars()).take(9).collect();
    (nine.parse().unwrap_or(0), rest)
}

/// Reads what is left of a text without its time; `None` where there is anything in it that says nothing
/// of a date.
fn find_date(text: &str, said: &mut Said) -> Option<()> {
    let text = text.split('(').next().unwrap_or_default();
    let words = text.split(|c: char| c.is_whitespace() || c == ',');
    let says_something = |word: &&str| {
        !matches!(*word, "" | "at" | "of" | "on" | "the") && named(word, &WEEKDAYS).is_none()
    };
    let words: Vec<&str> = words.filter(says_something).collect();
    match *words.as_slice() {
        [] => Some(()),
        [word] if month(word).is_none() => by_numbers(word, said),
        _ => by_name(&words, said),
    }
}

/// `2024-12-31`, `2024/12/31`, `31.12.2024`, `31-Dec-2024`, `2024-12`, `12/31` (month and day), and
/// `20241231` where a time stands beside it.
fn by_numbers(word: &str, said: &mut Said) -> Option<()> {
    if word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit()) {
        (said.year, said.month) = (number(&word[..4]), number(&word[4..6]));
        said.day = number(&word[6..]);
        return Some(());
    }
    let separator = word.chars().find(|c| matches!(c, '-' | '/' | '.'))?;
    let parts: Vec<&str> = word.trim_end_matches('.').split(separator).collect();
    let (year, month_of, day) = match *parts.as_slice() {
        [a, b, c] if month(a).is_some() => (Some(c), a, Some(b)),
        [a, b, c] if a.len() <= 2 && (c.len() > 2 || month(b).is_some()) => (Some(c), b, Some(a)),
        [a, b, c] => (Some(a), b, Some(c)),
        [a, b] if a.len() == 4 => (Some(a), b, None),
        [a, b] if separator == '/' => (None, a, Some(b)),
        _ => return None,
    };
    said.month = Some(month(month_of).or_else(|| number(month_of))?);
    if let Some(year) = year {
        said.year = Some(full_year(year)?);
    }
    if let Some(day) = day {
        said.day = Some(number(day)?);
    }
    Some(())
}

/// The number of the month that `word` names, from 1.
fn month(word: &str) -> Option<i64> {
    named(word, &MONTHS).and_then(|month| i64::try_from(month + 1).ok())
}

fn number(digits: &str) -> Option<i64> {
    let is_number = digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

/// A year of two digits is in this century up to 68, in the last from 69.
fn full_year(digits: &str) -> Option<i64> {
    let year = number(digits)?;
    Some(match year {
        _ if digits.len() > 2 => year,
        0..=68 => year + 2000,
        _ => year + 1900,
    })
}

/// `March 14, 2016`, `14th Mar 2016`, `14 March`, `March 2016`, `March`, `2016 March 14`.
fn by_name(words: &[&str], said: &mut Said) -> Option<()> {
    let at = words.iter().position(|word| month(word).is_some())?;
    said.month = month(words[at]);
    let (before, after) = (&words[..at], &words[at + 1..]);
    let (day, year) = match (before, after) {
        ([], []) => (None, None),
        ([], [year]) if digits_of(year).len() > 2 => (None, Some(*year)),
        ([], [day]) | ([day], []) => (Some(*day), None),
        ([], [day, year]) | ([day], [year]) | ([year], [day]) if digits_of(year).len() > 2 => {
            (Some(*day), Some(*year))
        }
        ([], [day, year]) | ([day], [year]) => (Some(*day), Some(*year)),
        _ => return None,
    };
    if let Some(day) = day {
        said.day = Some(number(digits_of(day))?);
    }
    if let Some(year) = year {
        said.year = Some(full_year(digits_of(year))?);
    }
    Some(())
}

/// The digits of `14`, `14th`, `14.` or `'16`.
fn digits_of(word: &str) -> &str {
    let word = word.trim_start_matches('\'');
    let suffix = ["st", "nd", "rd", "th", "."].iter().find_map(|suffix| word.strip_suffix(suffix));
    suffix.unwrap_or(word)
}
