//! Reading typed fields out of a document, with a diagnostic at the line of each that is wrong.

use crate::diagnostic::{Code, Diagnostic, Place};
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
            Diagnostic::error(self.syntax_code(), error.message).at(place)
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

    fn syntax_code(&self) -> Code {
        if self.code == Code::FrontMatterValue { Code::FrontMatterSyntax } else { self.code }
    }

    fn duplicate(&mut self, key: &str) {
        let place = self.place_of(key, usize::MAX);
        self.reports.push(
            Diagnostic::warning(Code::DuplicateKey, format!("`{key}` is given twice"))
                .at(place)
                .hint("the last one counts; remove the other"),
        );
    }

    /// The place of `key`, at its `occurrence`-th line (from 0), or its last where there are fewer.
    fn place_of(&self, key: &str, occurrence: usize) -> Place {
        let lines = self.text[self.span.clone()].lines().enumerate();
        let mut found = lines.filter_map(|(number, line)| Some((number, key_column(line, key)?)));
        let first = found.next();
        let at = found.take(occurrence).last().or(first);
        let (line, column) = at.unwrap_or((0, 0));
        Place::in_text(self.file, self.text, self.first_line() + line, column)
    }

    fn first_line(&self) -> usize {
        self.text[..self.span.start].matches('\n').count() + 1
    }

    /// The place where `key` stands.
    pub fn place(&self, key: &str) -> Place {
        self.place_of(key, 0)
    }

    /// Reports that `key` holds `value` where `expected` belongs.
    pub fn wrong(&mut self, key: &str, value: &Value, expected: &str) {
        let message = format!("`{key}` is {}, where {expected} belongs", value.kind());
        let diagnostic = if self.code == Code::FrontMatterValue {
            Diagnostic::warning(self.code, message).hint("the value is not used")
        } else {
            Diagnostic::error(self.code, message)
        };
        let place = self.place(key);
        self.reports.push(diagnostic.at(place));
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
        match value {
            Value::Map(map) => map,
            Value::Nil => Map::new(),
            other => {
                self.wrong(key, &other, "a map");
                Map::new()
            }
        }
    }

    /// What is written after `key:` at the top level, as it stands, for scalars whose writing
    /// means more than their value (`1.10`).
    pub fn as_written(&self, key: &str) -> Option<&str> {
        let line =
            self.text[self.span.clone()].lines().find(|line| key_column(line, key) == Some(1))?;
        let value = line.split_once(':')?.1;
        Some(value.split(" #").next().unwrap_or(value).trim())
    }
}

/// The column, from 1, at which `line` gives `key`.
fn key_column(line: &str, key: &str) -> Option<usize> {
    let start = line.find(|c: char| !c.is_whitespace() && c != '-' && c != '{')?;
    let rest = line[start..].trim_start_matches(['"', '\'']);
    let after = rest.strip_prefix(key)?.trim_start_matches(['"', '\'']);
    after.trim_start().starts_with(':').then_some(start + 1)
}
