//! A place in the markup of a tag or output, which moves on as that is read.

use std::borrow::Cow;

use crate::ast::Literal;
use crate::error::{Hint, SyntaxError};
use crate::scan::Span;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'t> {
    span: Span<'t>,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub fn new(span: Span<'t>) -> Self {
        Self { span, at: 0 }
    }

    /// The place in the template.
    pub fn offset(&self) -> usize {
        self.span.offset + self.at
    }

    /// The place in the template of what [`Cursor::mark`] gave.
    pub fn offset_of(&self, mark: usize) -> usize {
        self.span.offset + mark
    }

    /// This place, to ask later for the text from here.
    pub fn mark(&self) -> usize {
        self.at
    }

    /// The text from a mark to here.
    pub fn since(&self, mark: usize) -> &'t str {
        &self.span.text[mark..self.at]
    }

    /// The text up to the first letter that `ends` it, or all that is left.
    pub fn text_up_to(&mut self, ends: impl Fn(char) -> bool) -> Span<'t> {
        let rest = self.rest();
        let length = rest.text.find(ends).unwrap_or(rest.text.len());
        self.at += length;
        Span { text: &rest.text[..length], ..rest }
    }

    /// Goes over so many bytes.
    pub fn go(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// What is left.
    pub fn rest(&self) -> Span<'t> {
        self.span.from(self.at)
    }

    fn tail(&self) -> &'t str {
        &self.span.text[self.at..]
    }

    /// Goes over white space.
    pub fn skip(&mut self) {
        self.at = self.span.text.len() - self.tail().trim_start().len();
    }

    /// The next letter that is no white space.
    pub fn peek(&self) -> Option<char> {
        self.tail().trim_start().chars().next()
    }

    pub fn at_end(&self) -> bool {
        self.peek().is_none()
    }

    /// Whether a single dot comes next.
    pub fn at_dot(&self) -> bool {
        let tail = self.tail().trim_start();
        tail.starts_with('.') && !tail.starts_with("..")
    }

    /// Goes over `wanted`, if it comes next.
    pub fn eat(&mut self, wanted: char) -> bool {
        self.eat_text(wanted.encode_utf8(&mut [0; 4]))
    }

    pub fn eat_text(&mut self, wanted: &str) -> bool {
        match self.tail().trim_start().strip_prefix(wanted) {
            Some(rest) => {
                self.at = self.span.text.len() - rest.len();
                true
            }
            None => false,
        }
    }

    pub fn eat_dots(&mut self) -> bool {
        self.eat_text("..") && {
            self.eat('.');
            true
        }
    }

    /// Goes over the whole word `wanted`, if it comes next.
    pub fn eat_word(&mut self, wanted: &str) -> bool {
        let mark = self.at;
        self.skip();
        if self.word() == Some(wanted) {
            return true;
        }
        self.at = mark;
        false
    }

    /// A word of letters, digits, `_` and `-`.
    pub fn word(&mut self) -> Option<&'t str> {
        let length = self.tail().find(|c| !is_of_word(c)).unwrap_or(self.tail().len());
        let word = &self.tail()[..length];
        self.at += length;
        (!word.is_empty()).then_some(word)
    }

    /// A name: a word that does not begin with `-`, perhaps with a `?` behind it.
    pub fn identifier(&mut self) -> Option<&'t str> {
        let start = self.at;
        if self.tail().starts_with('-') {
            return None;
        }
        self.word()?;
        if self.tail().starts_with('?') {
            self.at += 1;
        }
        Some(self.since(start))
    }

    /// The name of an argument and what parts it from its value, if they come next.
    pub fn argument_name(&mut self, separator: char) -> Option<&'t str> {
        let mark = self.at;
        self.skip();
        let starts = self.tail().starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if starts
            && let Some(name) = self.word()
            && self.eat(separator)
        {
            return Some(name);
        }
        self.at = mark;
        None
    }

    /// A text in quotes.
    pub fn quoted(&mut self) -> Result<&'t str, SyntaxError> {
        self.skip();
        let offset = self.offset();
        let mut letters = self.tail().chars();
        let quote = letters.next().unwrap_or('"');
        let inner = letters.as_str();
        let Some(length) = inner.find(quote) else {
            return Err(SyntaxError::new(format!("no `{quote}` closes this text"), offset));
        };
        self.at += 1 + length + 1;
        Ok(&inner[..length])
    }

    /// A text in quotes, in which `\\` before a quote keeps it from closing the text, as in the arguments of
    /// Jekyll's `include`.
    pub fn escaped(&mut self) -> Result<Cow<'t, str>, SyntaxError> {
        let mut made = String::new();
        loop {
            let (mark, part) = (self.at, self.quoted()?);
            let Some(part) = part.strip_suffix('\\') else {
                return Ok(if made.is_empty() { part.into() } else { (made + part).into() });
            };
            // What follows begins with the quote that does not close it.
            made.push_str(part);
            let quote = &self.span.text[self.at - 1..self.at];
            if self.tail().find(quote).is_none() {
                self.at = mark;
                let message = format!("no `{quote}` closes this text");
                return Err(SyntaxError::new(message, self.offset()));
            }
            made.push_str(quote);
            self.at -= 1;
        }
    }

    /// A number; nothing for a whole number beyond 64 bits.
    pub fn number(&mut self) -> Option<Literal> {
        let tail = self.tail();
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let sign = usize::from(tail.starts_with('-'));
        let whole = digits(&tail[sign..]);
        let mut length = sign + whole;
        if whole == 0 {
            return None;
        }
        let fraction = tail[length..].strip_prefix('.').map(digits).unwrap_or(0);
        let is_float = fraction > 0;
        if is_float {
            length += 1 + fraction;
        }
        // `12a` is no number.
        if tail[length..].starts_with(is_of_word) {
            return None;
        }
        self.at += length;
        let text = &tail[..length];
        if is_float {
            return text.parse().ok().map(Literal::Float);
        }
        text.parse().ok().map(Literal::Int)
    }

    /// Nothing may come any more.
    pub fn end(&mut self) -> Result<(), SyntaxError> {
        self.skip();
        match self.peek() {
            None => Ok(()),
            Some(_) => {
                let rest = self.tail().trim_end();
                let message = format!("`{rest}` does not belong here");
                let hint = instead(rest).map(Hint::Instead);
                Err(SyntaxError::new(message, self.offset()).hint(hint))
            }
        }
    }
}

/// What is written in place of what begins with `rest` in other languages.
fn instead(rest: &str) -> Option<&'static str> {
    const OTHERS: [(&str, &str); 8] = [
        ("=>", "`>=` is how it is written here"),
        ("=<", "`<=` is how it is written here"),
        ("=", "`==` compares two values"),
        ("&&", "`and` is how it is written here"),
        ("||", "`or` is how it is written here"),
        ("|", "filters stand in outputs and in `assign`: give their result a name first"),
        ("contains", "a comparison belongs in `if` or `unless`"),
        ("?", "there is no `? :`; `if` chooses"),
    ];
    OTHERS.iter().find(|(begins, _)| rest.starts_with(begins)).map(|(_, instead)| *instead)
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}
