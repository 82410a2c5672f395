//! Reading typed fields out of a document, with a diagnostic at the line of each that is wrong.

use super::forms;
use crate::diagnostic::{Code, Diagnostic, Place, nearest};
use crate::value::{Map, Text, Value};
use crate::yaml;

/// A document whose fields are being read: where it stands, for diagnostics.
pub struct Fields<'a> {
    /// The file, relative to the site.
    pub file: &'a str,
    /// The whole text of the file.
    pub text: &'a str,
    /// Where in `text` the document stands, in bytes.
    pub span: std::ops::Range<usize>,
    /// What a wrong value is called.
    pub code: Code,
    /// Where diagnostics go.
    pub reports: &'a mut Vec<Diagnostic>,
}

impl Fields<'_> {
    /// The document as a map, empty where it is empty; keys given twice are reported.
    ///
    /// # Errors
    /// When it is not YAML. Where it is YAML but no map, the value that it is instead.
    pub fn read(&mut self) -> Result<Result<Map, Value>, Diagnostic> {
        let document = yaml::read(&self.text[self.span.clone()]).map_err(|error| {
            let line = self.first_line() + error.line.saturating_sub(1);
            let place = Place::in_text(self.file, self.text, line, error.column);
            let hint = hint_of(&error.message);
            Diagnostic::error(self.syntax_code(), error.message).at(place).hint(hint)
        })?;
        for key in &document.duplicate_keys {
            self.duplicate(key);
        }
        Ok(match document.value {
            Value::Map(map) => Ok(map),
            Value::Nil => Ok(Map::new()),
            other => Err(other),
        })
    }

    /// Of a document that is one text: the diagnostic of its first line, where that is a key and its value
    /// without the blank between them that YAML wants.
    pub fn key_without_blank(&self) -> Option<Diagnostic> {
        let mut lines = self.text[self.span.clone()].lines().enumerate();
        let (number, line) = lines.find(|(_, line)| !line.trim().is_empty())?;
        let (key, value) = line.split_once(':')?;
        let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_key || value.starts_with("//") {
            return None;
        }
        let message = format!("`{line}` is no key with a value", line = line.trim());
        let place = self.place_at(Some((number, key.len() + 2)));
        let hint = format!("YAML wants a blank behind the colon: `{key}: {}`", value.trim());
        Some(Diagnostic::error(self.syntax_code(), message).at(place).hint(hint))
    }

    fn syntax_code(&self) -> Code {
        if self.code == Code::FrontMatterValue { Code::FrontMatterSyntax } else { self.code }
    }

    fn duplicate(&mut self, key: &str) {
        let heads: Vec<_> = self.at_heads(key).collect();
        let in_braces: Vec<_> = self.in_braces(key).collect();
        let places = match (heads.len(), in_braces.len()) {
            (0, _) | (1, 2..) => in_braces,
            _ => heads,
        };
        let place = self.place_at(places.last().copied());
        self.reports.push(
            Diagnostic::warning(Code::DuplicateKey, format!("`{key}` is given twice"))
                .at(place)
                .hint("the last one counts; remove the other"),
        );
    }

    /// The lines (from 0) and columns at which `key` begins a line.
    fn at_heads<'k>(&'k self, key: &'k str) -> impl Iterator<Item = (usize, usize)> + 'k {
        let lines = self.text[self.span.clone()].lines().enumerate();
        lines.filter_map(move |(number, line)| Some((number, key_column(line, key)?)))
    }

    /// The lines (from 0) and columns at which `key` is given within braces.
    fn in_braces<'k>(&'k self, key: &'k str) -> impl Iterator<Item = (usize, usize)> + 'k {
        let lines = self.text[self.span.clone()].lines().enumerate();
        lines.flat_map(move |(number, line)| {
            flow_columns(line, key).map(move |column| (number, column))
        })
    }

    /// The place at a line (from 0) and a column of the document; its first line where there is none.
    fn place_at(&self, at: Option<(usize, usize)>) -> Place {
        let (line, column) = at.unwrap_or_default();
        Place::in_text(self.file, self.text, self.first_line() + line, column)
    }

    fn first_line(&self) -> usize {
        self.text[..self.span.start].matches('\n').count() + 1
    }

    /// The place where `key` stands.
    pub fn place(&self, key: &str) -> Place {
        self.place_at(self.at_heads(key).next().or_else(|| self.in_braces(key).next()))
    }

    /// Reports that `key` holds `value` where `expected` belongs.
    pub fn wrong(&mut self, key: &str, value: &Value, expected: &str) {
        self.wrong_form(key, value, expected, None);
    }

    /// Reports that `key` holds `value` where `expected` belongs, which is written like `form`.
    fn wrong_form(&mut self, key: &str, value: &Value, expected: &str, form: Option<String>) {
        let message = format!("`{key}` is {}, where {expected} belongs", value.kind());
        let is_unused = self.code == Code::FrontMatterValue;
        let unused = is_unused.then(|| "the value is not used".to_owned());
        let form = form.map(|form| format!("write `{form}`"));
        let hints: Vec<_> = unused.into_iter().chain(form).collect();
        let make = if is_unused { Diagnostic::warning } else { Diagnostic::error };
        let diagnostic = make(self.code, message).at(self.place(key));
        self.reports.push(match hints.is_empty() {
            true => diagnostic,
            false => diagnostic.hint(hints.join("; ")),
        });
    }

    /// Reports a key that is none of `known`, with the nearest that is.
    pub fn unknown(&mut self, key: &str, known: &[&str]) {
        let hint = match nearest(key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known here: {}", known.join(", ")),
        };
        let place = self.place(key);
        let message = format!("bengal knows no setting `{key}`");
        self.reports.push(Diagnostic::warning(Code::UnknownKey, message).at(place).hint(hint));
    }

    /// Text; `None` also for an empty value.
    pub fn text(&mut self, key: &str, value: &Value) -> Option<Text> {
        let text = value.to_text();
        if text.is_none() && *value != Value::Nil {
            self.wrong(key, value, "text");
        }
        text
    }

    /// A truth value.
    pub fn bool(&mut self, key: &str, value: &Value) -> Option<bool> {
        let truth = value.to_bool();
        if truth.is_none() && *value != Value::Nil {
            self.wrong(key, value, "`true` or `false`");
        }
        truth
    }

    /// A whole number.
    pub fn int(&mut self, key: &str, value: &Value) -> Option<i64> {
        let number = value.to_int();
        if number.is_none() && *value != Value::Nil {
            self.wrong(key, value, "a whole number");
        }
        number
    }

    /// A list of texts; a scalar is a list of one.
    pub fn texts(&mut self, key: &str, value: &Value) -> Vec<Text> {
        match value {
            Value::List(list) => list.iter().filter_map(|item| self.text(key, item)).collect(),
            other => self.text(key, other).into_iter().collect(),
        }
    }

    /// A map; empty for an empty value.
    pub fn map(&mut self, key: &str, value: Value) -> Map {
        self.map_like(key, value, |value| forms::of_map(key, value))
    }

    /// A map; empty for an empty value. Of any other value, `form` says how it is written.
    pub fn map_like(
        &mut self,
        key: &str,
        value: Value,
        form: impl FnOnce(&Value) -> Option<String>,
    ) -> Map {
        match value {
            Value::Map(map) => map,
            Value::Nil => Map::new(),
            other => {
                self.wrong_form(key, &other, "a map", form(&other));
                Map::new()
            }
        }
    }

    /// What is written after `key:` at the top level, as it stands but without tag and anchor, for
    /// scalars whose writing means more than their value (`1.10`). Of a key given twice, the last.
    pub fn as_written(&self, key: &str) -> Option<&str> {
        let mut lines = self.text[self.span.clone()].lines();
        let line = lines.rfind(|line| key_column(line, key) == Some(1))?;
        let value = line.split_once(':')?.1;
        let mut value = value.split(" #").next().unwrap_or(value).trim();
        while value.starts_with(['!', '&']) {
            value = value.split_once(char::is_whitespace)?.1.trim_start();
        }
        Some(value)
    }
}

/// The column, from 1, at which `line` gives `key`.
fn key_column(line: &str, key: &str) -> Option<usize> {
    let start = line.find(|c: char| !c.is_whitespace() && c != '-' && c != '{')?;
    let rest = line[start..].trim_start_matches(['"', '\'']);
    let after = rest.strip_prefix(key)?.trim_start_matches(['"', '\'']);
    after.trim_start().starts_with(':').then_some(start + 1)
}

/// The columns, from 1, at which `line` gives `key` within braces.
fn flow_columns<'l>(line: &'l str, key: &'l str) -> impl Iterator<Item = usize> + 'l {
    let brace = line.find('{').unwrap_or(line.len());
    let found = line.match_indices(key).filter(move |(at, _)| {
        let quotes = ['"', '\''];
        let before = line[..*at].trim_end_matches(quotes).trim_end();
        let after = line[at + key.len()..].trim_start_matches(quotes).trim_start();
        *at > brace && before.ends_with(['{', ',']) && after.starts_with(':')
    });
    found.map(move |(at, _)| line[..at].chars().count() + 1)
}

/// What to do about YAML of which the parser says `message`.
fn hint_of(message: &str) -> &'static str {
    const HINTS: [(&str, &str); 4] = [
        (
            "character that cannot start any token",
            "indent with blanks, not with tabs; put text that begins with one of `@%`` into quotes",
        ),
        ("flow", "something that `[` or `{` opens is not closed, or wants a comma"),
        ("quoted scalar", "a quote is not closed"),
        (
            "could not find expected ':'",
            "a value stands behind a key, a colon and a blank: `key: value`",
        ),
    ];
    let known = HINTS.iter().find(|(said, _)| message.contains(said));
    known.map_or(
        "text that holds `: ` or ` #`, or begins with one of `[]{}*&!|>'\"%@`, wants quotes",
        |(_, hint)| hint,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields<'a>(text: &'a str, reports: &'a mut Vec<Diagnostic>) -> Fields<'a> {
        Fields { file: "a", text, span: 0..text.len(), code: Code::ConfigValue, reports }
    }

    #[test]
    fn a_key_is_found_where_it_begins_a_line_else_within_braces() {
        let place = |text: &str, key: &str| {
            let place = fields(text, &mut Vec::new()).place(key);
            (place.line, place.column)
        };
        assert_eq!(place("a: {k: 1}\nb: 2\nk: 3", "k"), (3, 1));
        assert_eq!(place("a: 1\nb: {ü: 1, 'k' : {k: 2}}", "k"), (2, 12));
        assert_eq!(place("b: 'see, k: 1'", "k"), (1, 0));
        assert_eq!(place("a: {key: 1, 2k: k}", "k"), (1, 0));
    }

    #[test]
    fn a_key_given_twice_is_reported_at_its_last_place() {
        for (text, line, column) in [
            ("k: 1\nk: 2\na: {k: 1}", 2, 1),
            ("k: 1\na: {k: 1, k: 2}\n", 2, 11),
            ("a: {k: 1,\n  k: 2}\n", 2, 3),
        ] {
            let mut reports = Vec::new();
            fields(text, &mut reports).read().unwrap().unwrap();
            let place = reports[0].place.as_ref().unwrap();
            assert_eq!((place.line, place.column), (line, column), "{text}");
        }
    }
}
