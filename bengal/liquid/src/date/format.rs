//! `strftime` as Ruby has it: flags, widths, and what it does not know as it stands.

use jiff::civil::{DateTime, ISOWeekDate};

use super::{Date, MONTHS, WEEKDAYS};
use crate::limits::{Limit, TextBuilder};

/// How one directive is written.
#[derive(Clone, Copy, Debug, Default)]
struct Spec {
    /// What fills it up to its width; as usual for the directive where it is not said.
    fill: Option<Fill>,
    case: Case,
    /// How many `:` it has.
    colons: usize,
    /// The least letters it has, or the digits of a fraction.
    width: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fill {
    /// `-`
    Nothing,
    /// `_`
    Spaces,
    /// `0`
    Zeros,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Case {
    #[default]
    AsIs,
    /// `^`
    Upper,
    /// `#`
    Other,
}

/// What is formatted.
struct Moment<'a> {
    date: &'a Date,
    civil: DateTime,
}

pub fn strftime(date: &Date, format: &str) -> Result<String, Limit> {
    let mut made = TextBuilder::with_capacity(format.len() * 2);
    Moment { date, civil: date.civil() }.write(format, &mut made)?;
    Ok(made.finish())
}

impl Moment<'_> {
    fn write(&self, format: &str, made: &mut TextBuilder) -> Result<(), Limit> {
        let mut rest = format;
        while let Some(at) = memchr::memchr(b'%', rest.as_bytes()) {
            made.push_str(&rest[..at])?;
            let directive = &rest[at..];
            let (spec, after) = Spec::read(&directive[1..]);
            let letter = after.chars().next();
            rest = &after[letter.map_or(0, char::len_utf8)..];
            let known = match letter {
                Some(letter) => self.directive(letter, spec, made)?,
                None => false,
            };
            if !known {
                made.push_str(&directive[..directive.len() - rest.len()])?;
            }
        }
        made.push_str(rest)
    }

    /// Writes what `letter` stands for; `false` where it stands for nothing.
    fn directive(&self, letter: char, spec: Spec, made: &mut TextBuilder) -> Result<bool, Limit> {
        if spec.colons > 0 && letter != 'z' {
            return Ok(false);
        }
        if let Some((number, digits, fill)) = self.number(letter) {
            spec.number(number, digits, fill, made)?;
        } else if let Some(name) = self.name(letter) {
            spec.text(name, letter == 'p', made)?;
        } else if let Some(format) = composed(letter) {
            let mut text = TextBuilder::default();
            self.write(format, &mut text)?;
            spec.text(&text.finish(), false, made)?;
        } else {
            match letter {
                'L' => self.fraction(spec.width.unwrap_or(3), made)?,
                'N' => self.fraction(spec.width.unwrap_or(9), made)?,
                'z' => spec.offset(self.date.offset, made)?,
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The number that `letter` stands for, its usual least digits and what fills it up to them.
    fn number(&self, letter: char) -> Option<(i64, usize, Fill)> {
        let (date, time) = (self.civil.date(), self.civil.time());
        let year = i64::from(date.year());
        let week: ISOWeekDate = date.iso_week_date();
        let hour = i64::from(time.hour());
        let hour_of_12 = (hour + 11) % 12 + 1;
        let weekday = i64::from(date.weekday().to_sunday_zero_offset());
        let yearday = i64::from(date.day_of_year());
        let four = |year: i64| (year, if year < 0 { 5 } else { 4 }, Fill::Zeros);
        Some(match letter {
            'Y' => four(year),
            'C' => (year.div_euclid(100), 2, Fill::Zeros),
            'y' => (year.rem_euclid(100), 2, Fill::Zeros),
            'G' => four(week.year().into()),
            'g' => (i64::from(week.year()).rem_euclid(100), 2, Fill::Zeros),
            'm' => (date.month().into(), 2, Fill::Zeros),
            'd' => (date.day().into(), 2, Fill::Zeros),
            'e' => (date.day().into(), 2, Fill::Spaces),
            'j' => (yearday, 3, Fill::Zeros),
            'H' => (hour, 2, Fill::Zeros),
            'k' => (hour, 2, Fill::Spaces),
            'I' => (hour_of_12, 2, Fill::Zeros),
            'l' => (hour_of_12, 2, Fill::Spaces),
            'M' => (time.minute().into(), 2, Fill::Zeros),
            'S' => (time.second().into(), 2, Fill::Zeros),
            's' => (self.date.seconds, 1, Fill::Zeros),
            'u' => ((weekday + 6) % 7 + 1, 1, Fill::Zeros),
            'w' => (weekday, 1, Fill::Zeros),
            'U' => ((yearday + 6 - weekday) / 7, 2, Fill::Zeros),
            'W' => ((yearday + 6 - (weekday + 6) % 7) / 7, 2, Fill::Zeros),
            'V' => (week.week().into(), 2, Fill::Zeros),
            _ => return None,
        })
    }

    /// The name or sign that `letter` stands for.
    fn name(&self, letter: char) -> Option<&'static str> {
        let (date, time) = (self.civil.date(), self.civil.time());
        let month = MONTHS[usize::from(date.month().unsigned_abs()) - 1];
        let weekday = WEEKDAYS[usize::from(date.weekday().to_sunday_zero_offset().unsigned_abs())];
        Some(match letter {
            'B' => month,
            'b' | 'h' => &month[..3],
            'A' => weekday,
            'a' => &weekday[..3],
            'p' => ["AM", "PM"][usize::from(time.hour() >= 12)],
            'P' => ["am", "pm"][usize::from(time.hour() >= 12)],
            // As in Ruby, a zone that is known by its offset only has no name.
            'Z' if self.date.offset == 0 => "UTC",
            'Z' => "",
            'n' => "\n",
            't' => "\t",
            '%' => "%",
            _ => return None,
        })
    }

    /// The first `digits` digits of the part of a second.
    fn fraction(&self, digits: usize, made: &mut TextBuilder) -> Result<(), Limit> {
        let nine = format!("{:09}", self.date.nanoseconds.min(999_999_999));
        made.push_str(&nine[..digits.min(9)])?;
        made.fill('0', digits.saturating_sub(9))
    }
}

/// What a letter stands for that is put together of others.
fn composed(letter: char) -> Option<&'static str> {
    Some(match letter {
        'c' => "%a %b %e %H:%M:%S %Y",
        'D' | 'x' => "%m/%d/%y",
        'F' => "%Y-%m-%d",
        'T' | 'X' => "%H:%M:%S",
        'R' => "%H:%M",
        'r' => "%I:%M:%S %p",
        'v' => "%e-%^b-%Y",
        '+' => "%a %b %e %H:%M:%S %Z %Y",
        _ => return None,
    })
}

impl Spec {
    /// Reads what stands between `%` and the letter, and gives the rest.
    fn read(text: &str) -> (Self, &str) {
        let mut spec = Self::default();
        let mut rest = text;
        loop {
            match rest.as_bytes().first() {
                Some(b'-') => spec.fill = Some(Fill::Nothing),
                Some(b'_') => spec.fill = Some(Fill::Spaces),
                Some(b'0') => spec.fill = Some(Fill::Zeros),
                Some(b'^') => spec.case = Case::Upper,
                Some(b'#') => spec.case = Case::Other,
                Some(b':') => spec.colons += 1,
                _ => break,
            }
            rest = &rest[1..];
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (width, rest) = rest.split_at(digits);
        if digits > 0 {
            // One that is too large for a number is too large for a text.
            spec.width = Some(width.parse().unwrap_or(usize::MAX));
        }
        // Other calendars and digits, which no locale here has.
        let modified =
            rest.strip_prefix('E').filter(|rest| rest.starts_with(['c', 'C', 'x', 'X', 'y', 'Y']));
        let modified = modified.or_else(|| {
            let letters =
                ['d', 'e', 'H', 'k', 'I', 'l', 'm', 'M', 'S', 'u', 'U', 'V', 'w', 'W', 'y'];
            rest.strip_prefix('O').filter(|rest| rest.starts_with(letters))
        });
        (spec, modified.unwrap_or(rest))
    }

    fn number(
        self,
        number: i64,
        digits: usize,
        fill: Fill,
        made: &mut TextBuilder,
    ) -> Result<(), Limit> {
        let fill = self.fill.unwrap_or(fill);
        let width = if fill == Fill::Nothing { 0 } else { self.width.unwrap_or(digits) };
        let shown = number.unsigned_abs().to_string();
        let sign = if number < 0 { "-" } else { "" };
        let missing = width.saturating_sub(shown.len() + sign.len());
        if fill == Fill::Spaces {
            made.fill(' ', missing)?;
            made.push_str(sign)?;
        } else {
            made.push_str(sign)?;
            made.fill('0', missing)?;
        }
        made.push_str(&shown)
    }

    /// Writes a name, which another case makes small where it is `large`, and large where it is not.
    fn text(self, text: &str, large: bool, made: &mut TextBuilder) -> Result<(), Limit> {
        let width = if self.fill == Some(Fill::Nothing) { 0 } else { self.width.unwrap_or(0) };
        let fill = if self.fill == Some(Fill::Zeros) { '0' } else { ' ' };
        made.fill(fill, width.saturating_sub(text.chars().count()))?;
        match self.case {
            Case::AsIs => made.push_str(text),
            Case::Other if large => made.push_str(&text.to_ascii_lowercase()),
            Case::Upper | Case::Other => made.push_str(&text.to_ascii_uppercase()),
        }
    }

    /// `+0100`, with colons `+01:00`, `+01:00:00` and, as short as it can be, `+01`.
    fn offset(self, offset: i32, made: &mut TextBuilder) -> Result<(), Limit> {
        let size = offset.unsigned_abs();
        let (hours, minutes, seconds) = (size / 3600, size / 60 % 60, size % 60);
        let rest = match self.colons {
            0 => format!("{minutes:02}"),
            1 => format!(":{minutes:02}"),
            2 => format!(":{minutes:02}:{seconds:02}"),
            _ if seconds > 0 => format!(":{minutes:02}:{seconds:02}"),
            _ if minutes > 0 => format!(":{minutes:02}"),
            _ => String::new(),
        };
        let sign = if offset < 0 { '-' } else { '+' };
        let hours = match self.fill {
            Some(Fill::Nothing | Fill::Spaces) => hours.to_string(),
            _ => format!("{hours:02}"),
        };
        let missing = self.width.unwrap_or(0).saturating_sub(1 + hours.len() + rest.len());
        if self.fill == Some(Fill::Spaces) {
            made.fill(' ', missing)?;
            made.push(sign)?;
        } else {
            made.push(sign)?;
            made.fill('0', if self.fill == Some(Fill::Nothing) { 0 } else { missing })?;
        }
        made.push_str(&hours)?;
        made.push_str(&rest)
    }
}
