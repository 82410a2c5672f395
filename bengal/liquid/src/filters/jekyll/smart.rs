//! `smartify`: typographic punctuation for plain one.

use super::super::text::changed;
use crate::filter::{Arguments, Filtered, Surroundings};
use crate::limits::{Limit, TextBuilder};
use crate::value::Value;

/// Curly quotes, dashes for `--` and `---`, an ellipsis for `...`, guillemets for `<<` and `>>`. HTML tags
/// and comments stay as they are, and so does what stands in the elements of [`LITERAL`].
pub(super) fn smartify<'v>(
    input: Value<'v>,
    _: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    changed(input, around, |text| {
        let plain = ["'", "\"", "--", "...", "<<", ">>"];
        if plain.iter().any(|part| text.contains(part)) { smart(text).map(Some) } else { Ok(None) }
    })
}

/// Elements whose text means what it says.
const LITERAL: [&str; 7] = ["code", "kbd", "math", "pre", "samp", "script", "style"];

fn smart(text: &str) -> Result<String, Limit> {
    let mut made = TextBuilder::with_capacity(text.len());
    let mut before = None;
    let mut rest = text;
    let mut markup = Markup::default();
    while let Some(c) = rest.chars().next() {
        let tag = if c == '<' { markup.length(rest) } else { 0 };
        if tag > 0 {
            made.push_str(&rest[..tag])?;
            rest = &rest[tag..];
            continue;
        }
        let (plain, shown) = replacement(rest, c, before);
        made.push_str(shown)?;
        before = shown.chars().next_back();
        rest = &rest[plain..];
    }
    Ok(made.finish())
}

/// How many bytes at the start of `rest`, which begins with `c`, are shown as what.
fn replacement(rest: &str, c: char, before: Option<char>) -> (usize, &str) {
    const SIGNS: [(&str, &str); 5] =
        [("---", "—"), ("--", "–"), ("...", "…"), ("<<", "«"), (">>", "»")];
    match c {
        '\'' | '"' => (1, quote(&rest[1..], c, before)),
        '-' | '.' | '<' | '>' => {
            let sign = SIGNS.iter().find(|(plain, _)| rest.starts_with(plain));
            sign.map_or((1, &rest[..1]), |(plain, sign)| (plain.len(), *sign))
        }
        // All up to what may be the next sign: `before` is the last letter of it.
        _ => {
            let end = rest.find(['\'', '"', '-', '.', '<', '>']).unwrap_or(rest.len());
            (end, &rest[..end])
        }
    }
}

/// The curly form of a quote: it opens where nothing, white space or an opening sign is before it and
/// something after it; else it closes, or is an apostrophe, as before a decade.
fn quote(after: &str, quote: char, before: Option<char>) -> &'static str {
    let free = before.is_none_or(|c| c.is_whitespace() || "([{-–—/=“‘«".contains(c));
    let opens = free && after.chars().next().is_some_and(|c| !c.is_whitespace());
    match (quote, opens) {
        ('"', true) => "“",
        ('"', false) => "”",
        (_, true) if !is_decade(after) => "‘",
        _ => "’",
    }
}

/// `80s`.
fn is_decade(text: &str) -> bool {
    matches!(text.as_bytes(), [b'0'..=b'9', b'0'..=b'9', b's', ..])
}

/// Finds HTML, and remembers what has no end: looked for at each beginning, it would take a time that
/// grows with the square of the text.
#[derive(Debug, Default)]
struct Markup {
    comment_is_open: bool,
    /// Which of [`LITERAL`] are.
    literal_is_open: [bool; LITERAL.len()],
}

impl Markup {
    /// How long the tag, comment or literal element is that `rest`, which begins with `<`, begins with; 0
    /// where it is none.
    fn length(&mut self, rest: &str) -> usize {
        if rest.starts_with("<!--") {
            return self.comment(rest);
        }
        let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?');
        if !rest[1..].starts_with(begins) {
            return 0;
        }
        let end = tag_end(rest);
        let is_named = |name: &&str| {
            let own = rest.get(1..=name.len()).filter(|own| own.eq_ignore_ascii_case(name));
            own.is_some()
                && !rest[1 + name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
        };
        match LITERAL.iter().position(is_named) {
            Some(literal) if end > 0 => end + self.until_closed(&rest[end..], literal),
            _ => end,
        }
    }

    fn comment(&mut self, rest: &str) -> usize {
        const END: &str = "-->";
        let end = if self.comment_is_open { None } else { rest.find(END) };
        self.comment_is_open = end.is_none();
        end.map_or(0, |at| at + END.len())
    }

    /// Where the closing tag begins; 0 where there is none.
    fn until_closed(&mut self, text: &str, literal: usize) -> usize {
        if self.literal_is_open[literal] {
            return 0;
        }
        let name = LITERAL[literal];
        let closes = |at: &usize| {
            let own = text.get(at + 2..at + 2 + name.len());
            own.is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        let found = text.match_indices("</").map(|(at, _)| at).find(closes);
        self.literal_is_open[literal] = found.is_none();
        found.unwrap_or(0)
    }
}

/// Behind the `>` of a tag; 0 where none comes before the next `<`, those in quotes left aside.
fn tag_end(tag: &str) -> usize {
    let mut quoted = None;
    for (at, byte) in tag.bytes().enumerate().skip(1) {
        match (byte, quoted) {
            (b'>', None) => return at + 1,
            (b'<', None) => return 0,
            (b'"' | b'\'', None) => quoted = Some(byte),
            (byte, Some(quote)) if byte == quote => quoted = None,
            _ => {}
        }
    }
    0
}
