//! Limits as people write them: `time:10%`, how much worse a figure may become, and `peak:200MB`, how high
//! it may be.
//!
//! **Invariant:** what cannot be read is refused with what could have been meant.

use std::str::FromStr;

use crate::figures;

/// The limit of a figure that is given without one, in percent.
pub const DEFAULT_PERCENT: f64 = 10.0;

/// Bytes of a MiB.
const MIB: f64 = 1_048_576.0;

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Ms,
    /// Bytes.
    Bytes,
    /// Pieces.
    Count,
}

/// How much worse than the old builds' a figure may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// The figure's name.
    pub figure: String,
    /// How much more it may be, in percent.
    pub percent: f64,
}

/// Why a limit cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// No figure is named.
    #[error("`{0}` names no figure: a limit is written as `peak:5%`")]
    NoFigure(String),
    /// It is no percentage.
    #[error("`{0}` is no percentage: a limit is written as `peak:5%`")]
    Percentage(String),
    /// The value has no number.
    #[error("`{text}` is no {unit}: {unit}s are written as {}", examples(unit))]
    Value {
        /// What was written.
        text: String,
        /// What was expected.
        unit: Unit,
    },
    /// A figure has two limits.
    #[error("`{0}` has two limits")]
    Twice(String),
}

/// A list of limits: `time:10%,cpu:5%,peak`.
///
/// # Errors
/// When one cannot be read, or a figure has two.
pub fn limits(text: &str) -> Result<Vec<Limit>, LimitError> {
    let limits = text.split(',').map(str::parse).collect::<Result<Vec<Limit>, _>>()?;
    let names: Vec<&str> = limits.iter().map(|limit| limit.figure.as_str()).collect();
    match twice(&names) {
        Some(name) => Err(LimitError::Twice(name.to_owned())),
        None => Ok(limits),
    }
}

/// A name that is there twice.
pub fn twice<'a>(names: &[&'a str]) -> Option<&'a str> {
    names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)).map(|(_, name)| *name)
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let (figure, percent) = match text.split_once(':') {
            Some((figure, percent)) => (figure, self::percent(percent)?),
            None => (text, DEFAULT_PERCENT),
        };
        let figure = figure.trim().to_owned();
        if figure.is_empty() || figure.ends_with('%') {
            return Err(LimitError::NoFigure(text.trim().to_owned()));
        }
        Ok(Self { figure, percent })
    }
}

/// `10%`, `0.5 %`, `10`.
fn percent(text: &str) -> Result<f64, LimitError> {
    let number = text.trim();
    let number = number.strip_suffix('%').unwrap_or(number).trim_end();
    self::number(number).ok_or_else(|| LimitError::Percentage(text.trim().to_owned()))
}

/// A number that is not negative, and written in digits.
fn number(text: &str) -> Option<f64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = text.parse().ok()?;
    (digits && number.is_finite()).then_some(number)
}

/// The units that values are written in, by what they count, each with what it is of that.
const WRITTEN: &[(Unit, &[(&str, f64)])] = &[
    (
        Unit::Bytes,
        &[
            ("B", 1.0),
            ("kB", 1e3),
            ("MB", 1e6),
            ("GB", 1e9),
            ("KiB", 1024.0),
            ("MiB", MIB),
            ("GiB", 1_073_741_824.0),
        ],
    ),
    (Unit::Ms, &[("ms", 1.0), ("s", 1e3), ("min", 6e4)]),
    (Unit::Count, &[("", 1.0), ("k", 1e3), ("M", 1e6)]),
];

impl Unit {
    /// The value that `text` says: `200MB`, `1.5 s`, `500k`. Units of bytes are read in any case.
    ///
    /// # Errors
    /// When it has no number, or none of this unit.
    pub fn parse(self, text: &str) -> Result<f64, LimitError> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (digits, unit) = text.split_at(end);
        let unit = unit.trim();
        let is = |name: &str| match self {
            Self::Bytes => name.eq_ignore_ascii_case(unit),
            Self::Ms | Self::Count => name == unit,
        };
        let written =
            WRITTEN.iter().filter(|(of, _)| *of == self).flat_map(|(_, written)| *written);
        let factor = written.into_iter().find(|(name, _)| is(name)).map(|(_, factor)| factor);
        let value = number(digits).zip(factor).map(|(number, factor)| number * factor);
        value.ok_or_else(|| LimitError::Value { text: text.to_owned(), unit: self })
    }

    /// A value, for people.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Ms => figures::time(value),
            Self::Bytes if value.abs() < 1024.0 => format!("{value:.0} B"),
            // Of one page, a MiB is much.
            Self::Bytes if value.abs() < 0.1 * MIB => {
                format!("{:.1} KiB", value / 1024.0)
            }
            Self::Bytes => figures::bytes(value),
            Self::Count => figures::rate(value),
        }
    }

    /// What values are counted in, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ms => "ms",
            Self::Bytes => "bytes",
            Self::Count => "count",
        }
    }
}

impl std::fmt::Display for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ms => "time",
            Self::Bytes => "size",
            Self::Count => "number",
        })
    }
}

/// How values of `unit` may be written.
fn examples(unit: &Unit) -> String {
    let number = |name: &str| match unit {
        Unit::Bytes => format!("200{name}"),
        Unit::Ms => format!("1.5{name}"),
        Unit::Count => format!("500{name}"),
    };
    let of = WRITTEN.iter().filter(|(of, _)| of == unit).flat_map(|(_, written)| *written);
    let examples: Vec<String> = of.map(|(name, _)| format!("`{}`", number(name))).collect();
    examples.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_percentages_of_figures() {
        let read = limits("time:10%, render.peak : 0.5 % ,cpu").unwrap();
        let read: Vec<_> = read.iter().map(|limit| (&*limit.figure, limit.percent)).collect();
        assert_eq!(read, [("time", 10.0), ("render.peak", 0.5), ("cpu", DEFAULT_PERCENT)]);
        assert_eq!(limits("peak:0").unwrap()[0].percent, 0.0);
    }

    #[test]
    fn what_is_no_limit_is_refused_and_shown_how_to_write() {
        for (text, message) in [
            ("", "names no figure"),
            ("time:10%,", "names no figure"),
            ("10%", "names no figure"),
            (":5%", "names no figure"),
            ("time:", "no percentage"),
            ("time:-5%", "`-5%` is no percentage"),
            ("time:fast", "peak:5%"),
            ("time:1e999", "no percentage"),
            ("time:inf", "no percentage"),
            ("time:nan%", "no percentage"),
            ("time:1.2.3%", "no percentage"),
            ("time:10MB", "no percentage"),
            ("peak:1%,cpu:2%,peak:3%", "`peak` has two limits"),
        ] {
            let error = limits(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn values_have_units() {
        for (unit, text, value) in [
            (Unit::Bytes, "200MB", 200e6),
            (Unit::Bytes, "200 mib", 209_715_200.0),
            (Unit::Bytes, "1.5KiB", 1536.0),
            (Unit::Bytes, "7b", 7.0),
            (Unit::Bytes, "2GB", 2e9),
            (Unit::Ms, "250ms", 250.0),
            (Unit::Ms, " 1.5 s ", 1500.0),
            (Unit::Ms, "2min", 120_000.0),
            (Unit::Count, "500000", 500_000.0),
            (Unit::Count, "1.5M", 1.5e6),
        ] {
            assert_eq!(unit.parse(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn sizes_of_one_page_are_shown_as_well_as_those_of_a_site() {
        for (bytes, shown) in [
            (0.0, "0 B"),
            (-48.0, "-48 B"),
            (1536.0, "1.5 KiB"),
            (102_400.0, "100.0 KiB"),
            (209_715.0, "0.20 MiB"),
        ] {
            assert_eq!(Unit::Bytes.show(bytes), shown);
        }
    }

    #[test]
    fn a_value_of_another_unit_is_refused_with_those_that_are_known() {
        for (unit, text) in [
            (Unit::Bytes, "200"),
            (Unit::Bytes, "MB"),
            (Unit::Bytes, "-1MB"),
            (Unit::Bytes, "10%"),
            (Unit::Bytes, "1e3MB"),
            (Unit::Bytes, "."),
            (Unit::Bytes, ""),
        ] {
            let error = unit.parse(text).unwrap_err().to_string();
            assert!(error.contains("no size") && error.contains("`200MiB`"), "{error}");
        }
        let error = Unit::Ms.parse("2 MB").unwrap_err().to_string();
        assert!(error.contains("`2 MB` is no time") && error.contains("`1.5min`"), "{error}");
        let error = Unit::Count.parse("2 MB").unwrap_err().to_string();
        assert!(error.contains("is no number"), "{error}");
    }
}
