//! A template's text in pieces: text, outputs and tags; and what stands within the latter two.
//!
//! **Invariant:** offsets count from the beginning of the template, also within a `liquid` tag.

use memchr::memmem;

use crate::error::SyntaxError;

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'t> {
    Text(&'t str),
    /// What stands in `{{ }}`.
    Output(Span<'t>),
    /// A tag: its name, and what stands behind it.
    Tag(Span<'t>, Span<'t>),
}

/// A part of the template's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span<'t> {
    pub text: &'t str,
    /// The byte at which it begins.
    pub offset: usize,
}

impl<'t> Span<'t> {
    pub fn trim(self) -> Self {
        let trimmed = self.text.trim_start();
        let offset = self.offset + self.text.len() - trimmed.len();
        Self { text: trimmed.trim_end(), offset }
    }

    /// The part of it from `at`.
    pub fn from(self, at: usize) -> Self {
        Self { text: &self.text[at..], offset: self.offset + at }
    }
}

/// Where pieces come from.
#[derive(Clone, Debug)]
pub(crate) enum Tokens<'t> {
    Template(TemplateTokens<'t>),
    /// The lines of a `liquid` tag, each a tag.
    Lines(Span<'t>),
}

#[derive(Clone, Debug)]
pub(crate) struct TemplateTokens<'t> {
    source: &'t str,
    at: usize,
    /// Whether what comes next loses the white space at its head.
    trim: bool,
}

impl<'t> Tokens<'t> {
    pub fn new(source: &'t str) -> Self {
        Self::Template(TemplateTokens { source, at: 0, trim: false })
    }

    /// The next piece and where it begins; `None` at the end.
    pub fn next(&mut self) -> Result<Option<(usize, Token<'t>)>, SyntaxError> {
        match self {
            Self::Template(tokens) => tokens.next(),
            Self::Lines(rest) => Ok(next_line(rest)),
        }
    }

    /// The text up to the end tag of the tag `name`, and the place behind that; `None` where it has none.
    pub fn raw(&mut self, name: &str) -> Option<&'t str> {
        match self {
            Self::Template(tokens) => tokens.raw(name),
            Self::Lines(_) => None,
        }
    }
}

impl<'t> TemplateTokens<'t> {
    fn next(&mut self) -> Result<Option<(usize, Token<'t>)>, SyntaxError> {
        loop {
            let rest = &self.source[self.at..];
            if rest.is_empty() {
                return Ok(None);
            }
            let start = self.at;
            let Some((text, opener)) = split_at_opener(rest) else {
                self.at = self.source.len();
                return Ok(self.text(start, rest, false));
            };
            if text.is_empty() {
                return self.braces(start, opener).map(Some);
            }
            self.at += text.len();
            let trims = rest.as_bytes().get(text.len() + 2) == Some(&b'-');
            if let Some(token) = self.text(start, text, trims) {
                return Ok(Some(token));
            }
        }
    }

    /// Text, without the white space that the braces beside it take; `None` when nothing is left.
    fn text(&mut self, start: usize, text: &'t str, trims: bool) -> Option<(usize, Token<'t>)> {
        let text = if std::mem::take(&mut self.trim) { text.trim_start() } else { text };
        let text = if trims { text.trim_end() } else { text };
        (!text.is_empty()).then_some((start, Token::Text(text)))
    }

    /// What begins with braces at `start`.
    fn braces(&mut self, start: usize, opener: u8) -> Result<(usize, Token<'t>), SyntaxError> {
        let (closer, what) = if opener == b'%' { ("%}", "tag") } else { ("}}", "output") };
        let inner = &self.source[start + 2..];
        let Some(length) = memmem::find(inner.as_bytes(), closer.as_bytes()) else {
            let message = format!("no `{closer}` closes this {what}");
            self.at = self.source.len();
            return Err(SyntaxError::new(message, start));
        };
        self.at = start + 2 + length + 2;
        let inner = &inner[..length];
        let (mut text, mut offset) = (inner, start + 2);
        if let Some(rest) = text.strip_prefix('-') {
            (text, offset) = (rest, offset + 1);
        }
        self.trim = false;
        if let Some(rest) = text.strip_suffix('-') {
            text = rest;
            self.trim = true;
        }
        let span = Span { text, offset };
        if opener == b'{' {
            return Ok((start, Token::Output(span)));
        }
        let (name, markup) = split_name(span);
        Ok((start, Token::Tag(name, markup)))
    }

    fn raw(&mut self, name: &str) -> Option<&'t str> {
        let mut at = self.at;
        loop {
            let found = at + memmem::find(&self.source.as_bytes()[at..], b"{%")?;
            let inner = &self.source[found + 2..];
            let tag = inner.strip_prefix('-').unwrap_or(inner).trim_start();
            let end = tag.strip_prefix("end").and_then(|tag| tag.strip_prefix(name));
            let closed = end.map(str::trim_start).and_then(|rest| {
                let (trims, rest) =
                    rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
                Some((trims, rest.strip_prefix("%}")?))
            });
            let Some((trims_after, rest)) = closed else {
                at = found + 2;
                continue;
            };
            // As in Ruby, white space is taken outside of what is raw, not within.
            self.trim = trims_after;
            let text = &self.source[self.at..found];
            self.at = self.source.len() - rest.len();
            return Some(text);
        }
    }
}

/// The text before the first `{{` or `{%`, and the second byte of that.
fn split_at_opener(text: &str) -> Option<(&str, u8)> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'{', bytes).find_map(|at| match bytes.get(at + 1) {
        Some(&second @ (b'{' | b'%')) => Some((&text[..at], second)),
        _ => None,
    })
}

/// The name of a tag, and what stands behind it.
fn split_name(span: Span<'_>) -> (Span<'_>, Span<'_>) {
    let span = span.trim();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = match span.text.as_bytes().first() {
        Some(b'#') => 1,
        _ => span.text.bytes().take_while(is_name).count(),
    };
    (Span { text: &span.text[..length], ..span }, span.from(length).trim())
}

/// The next line of a `liquid` tag that is not empty.
fn next_line<'t>(rest: &mut Span<'t>) -> Option<(usize, Token<'t>)> {
    loop {
        if rest.text.is_empty() {
            return None;
        }
        let length = rest.text.find('\n').unwrap_or(rest.text.len());
        let line = Span { text: &rest.text[..length], offset: rest.offset }.trim();
        *rest = rest.from((length + 1).min(rest.text.len()));
        if !line.text.is_empty() {
            let (name, markup) = split_name(line);
            return Some((line.offset, Token::Tag(name, markup)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(source: &str) -> Vec<(usize, String)> {
        let mut tokens = Tokens::new(source);
        let mut all = Vec::new();
        while let Ok(Some((at, token))) = tokens.next() {
            all.push((
                at,
                match token {
                    Token::Text(text) => format!("text {text}"),
                    Token::Output(span) => format!("output {} @{}", span.text, span.offset),
                    Token::Tag(name, span) => {
                        format!("tag {}|{}@{}", name.text, span.text, span.offset)
                    }
                },
            ));
        }
        all
    }

    #[test]
    fn text_outputs_and_tags_are_told_apart() {
        let found = tokens("a{{ b }}c {%- if x -%} d{%#c%}");
        let expected = [
            (0, "text a"),
            (1, "output  b  @3"),
            (8, "text c"),
            (10, "tag if|x@17"),
            (22, "text d"),
            (24, "tag #|c@27"),
        ];
        let expected: Vec<_> = expected.map(|(at, text)| (at, text.to_owned())).into();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_not_closed_is_an_error_at_its_beginning() {
        let mut tokens = Tokens::new("ab {{ c");
        assert!(matches!(tokens.next(), Ok(Some((0, Token::Text("ab "))))));
        assert_eq!(tokens.next().unwrap_err().offset, 3);
    }
}
