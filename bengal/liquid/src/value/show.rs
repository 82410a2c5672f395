//! Values as text: as `{{ }}` shows them, and as Ruby's `inspect` does.

use std::borrow::Cow;
use std::fmt::{self, Write};

use super::Value;
use super::walk::Walk;
use crate::limits::TextBuilder;

impl Value<'_> {
    /// The text of it, as `{{ }}` shows it. What is longer than a text may be is cut.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Str(text) => Cow::Borrowed(text),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Nil | Self::Empty | Self::Blank => Cow::Borrowed(""),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            other => {
                let mut text = TextBuilder::default();
                // A text that is too long stays as it is.
                let _ = other.show(&mut text);
                Cow::Owned(text.finish())
            }
        }
    }

    /// Writes the value as `{{ }}` shows it.
    ///
    /// # Errors
    /// When `f` fails, or there is too much in it to show.
    pub fn show(&self, f: &mut dyn Write) -> fmt::Result {
        self.show_within(f, &mut Walk::new())
    }

    /// Writes the value as Ruby's `inspect` shows it: what stands within a list or an object.
    ///
    /// # Errors
    /// As [`Self::show`].
    pub fn inspect(&self, f: &mut dyn Write) -> fmt::Result {
        self.inspect_within(f, &mut Walk::new())
    }

    pub(crate) fn show_within(&self, f: &mut dyn Write, walk: &mut Walk) -> fmt::Result {
        walk.take(self.as_str().map_or(0, str::len))?;
        match self {
            Self::Nil | Self::Empty | Self::Blank => Ok(()),
            Self::Bool(value) => f.write_str(if *value { "true" } else { "false" }),
            Self::Int(number) => write_int(*number, f),
            Self::Float(number) => write_float(*number, f),
            Self::Str(text) => f.write_str(text),
            Self::Text(text) => f.write_str(text),
            Self::Date(date) => write!(f, "{date}"),
            Self::Range(first, last) => write!(f, "{first}..{last}"),
            Self::List(_) | Self::Items(_) => walk.within(|walk| {
                self.for_items().into_iter().try_for_each(|item| item.show_within(f, walk))
            }),
            Self::Object(object) => match object.text() {
                Some(text) => f.write_str(&text),
                None => self.inspect_within(f, walk),
            },
            Self::Map(_) => self.inspect_within(f, walk),
            Self::Loop(forloop) => f.write_str(forloop.kind()),
        }
    }

    pub(crate) fn inspect_within(&self, f: &mut dyn Write, walk: &mut Walk) -> fmt::Result {
        walk.take(self.as_str().map_or(0, str::len))?;
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Str(_) | Self::Text(_) => inspect_text(&self.to_text(), f),
            Self::List(_) | Self::Items(_) => {
                f.write_char('[')?;
                walk.within(|walk| self.inspect_items(f, walk))?;
                f.write_char(']')
            }
            Self::Object(_) | Self::Map(_) => {
                f.write_char('{')?;
                walk.within(|walk| self.inspect_fields(f, walk))?;
                f.write_char('}')
            }
            other => other.show_within(f, walk),
        }
    }

    fn inspect_items(&self, f: &mut dyn Write, walk: &mut Walk) -> fmt::Result {
        for (index, item) in self.for_items().into_iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            item.inspect_within(f, walk)?;
        }
        Ok(())
    }

    fn inspect_fields(&self, f: &mut dyn Write, walk: &mut Walk) -> fmt::Result {
        for (index, (name, value)) in self.fields().iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            name.inspect_within(f, walk)?;
            f.write_str("=>")?;
            value.inspect_within(f, walk)?;
        }
        Ok(())
    }
}

impl fmt::Display for Value<'_> {
    /// As `{{ }}` shows it. What is too much to show is cut.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut walk = Walk::new();
        let shown = self.show_within(f, &mut walk);
        if walk.is_over() { Ok(()) } else { shown }
    }
}

fn inspect_text(text: &str, f: &mut dyn Write) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\r' => f.write_str("\\r")?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

/// A whole number, without the machinery of `fmt`.
fn write_int(number: i64, f: &mut dyn Write) -> fmt::Result {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut left = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if number < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    f.write_str(std::str::from_utf8(&digits[at..]).unwrap_or_default())
}

/// As Ruby shows a float: always with a point, with an exponent from 1e16 and below 1e-4.
fn write_float(number: f64, f: &mut dyn Write) -> fmt::Result {
    if number.is_nan() {
        return f.write_str("NaN");
    }
    if number.is_infinite() {
        return f.write_str(if number > 0.0 { "Infinity" } else { "-Infinity" });
    }
    let size = number.abs();
    if number == 0.0 || (1e-4..1e16).contains(&size) {
        return write!(f, "{number:?}");
    }
    let shown = format!("{number:e}");
    let (digits, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    let (sign, exponent) =
        exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    write!(f, "{digits}{point}e{sign}{exponent:0>2}")
}
