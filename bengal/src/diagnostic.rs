//! Diagnostics: what a site's author did wrong, where, and what to do about it.
//!
//! A [`Diagnostic`] is made where the fault is found and carries the line it is about, so that
//! showing it needs no file. How it looks on a terminal is [`crate::cli`]'s business.
//!
//! **Invariant:** a diagnostic never stops a build; the rest of the site is built, and the exit code
//! says that there was an error.

use std::path::Path;

/// How bad it is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The page is wrong or missing: the build's exit code is 1.
    Error,
    /// The page is there, though perhaps not as meant.
    Warning,
}

/// What kinds of fault there are. Their names are for users to search for and never change.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// A page's alias is taken by something else.
    AliasConflict,
    /// A link to a Markdown file that is no page of the site.
    BrokenLink,
    /// A configuration value of the wrong type.
    ConfigValue,
    /// A data file that cannot be read.
    DataSyntax,
    /// A key given twice in one map.
    DuplicateKey,
    /// Front matter that is not YAML.
    FrontMatterSyntax,
    /// A front matter value of the wrong type.
    FrontMatterValue,
    /// A date in no form that bengal knows.
    InvalidDate,
    /// A layout that wraps itself.
    LayoutLoop,
    /// Markdown that nests so deeply that it would take long to read.
    MarkdownNesting,
    /// A `layout:` that names no template.
    MissingLayout,
    /// A file that is not UTF-8.
    NotUtf8,
    /// The output path is taken by a directory, a file or a link that bengal did not make.
    OutputBlocked,
    /// A figure of the build is over its budget, or cannot be held to it.
    OverBudget,
    /// What a plugin reports.
    Plugin,
    /// Raw HTML left out of a page, as `markdown.unsafe_html` is off.
    RawHtmlOmitted,
    /// A name that Windows refuses, altered.
    ReservedName,
    /// A symbolic link that leads out of the site, or round in a circle.
    SymlinkOutside,
    /// The body store cannot be in the site; a temporary directory serves.
    StoreFallback,
    /// A template failed while it rendered a page.
    TemplateRender,
    /// A template that is not Liquid.
    TemplateSyntax,
    /// A template uses a name that nothing defines (with `strict`).
    UndefinedVariable,
    /// Front matter that is opened and never closed.
    UnclosedFrontMatter,
    /// A configuration key that bengal does not know.
    UnknownKey,
    /// A menu entry whose parent is not in the menu.
    UnknownParent,
    /// A file or directory that cannot be read.
    Unreadable,
    /// Two things claim one URL.
    UrlConflict,
    /// A URL, slug, permalink or alias that is malformed or leaves the output directory.
    UrlOutside,
}

impl Code {
    /// The name shown to users, such as `broken-link`.
    pub fn name(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// The file, relative to the site, with `/`.
    pub file: String,
    /// Line from 1; 0 when the whole file is meant.
    pub line: usize,
    /// Column in characters, from 1; 0 when the whole line is meant.
    pub column: usize,
    /// The line itself, without its end; empty when the whole file is meant.
    pub excerpt: String,
}

impl Place {
    /// A whole file.
    pub fn file(file: &str) -> Self {
        Self { file: file.to_owned(), line: 0, column: 0, excerpt: String::new() }
    }

    /// Line `line` and column `column` (from 1, in characters) of `file`, whose text is `text`.
    /// A line beyond the text's end means its last one.
    pub fn in_text(file: &str, text: &str, line: usize, column: usize) -> Self {
        let count = text.lines().count();
        let line = line.min(count.max(1));
        let excerpt = text.lines().nth(line.wrapping_sub(1)).unwrap_or_default();
        Self {
            file: file.to_owned(),
            line,
            column,
            excerpt: excerpt.chars().take(EXCERPT).collect(),
        }
    }

    /// Line `line` and the column of byte `byte` (both from 1) of `file`, whose text is `text`.
    pub fn in_bytes(file: &str, text: &str, line: usize, byte: usize) -> Self {
        let own = text.lines().nth(line.wrapping_sub(1)).unwrap_or_default();
        let before = byte.checked_sub(1).and_then(|end| own.get(..end));
        let column = before.map_or(byte, |before| before.chars().count() + 1);
        Self::in_text(file, text, line, column)
    }

    /// The first line of `file`, in the folder `root`, that holds `what`; the whole file where none
    /// does. The file is read again: faults that are found when its text is gone are rare.
    pub fn find(root: &Path, file: &str, what: &str) -> Self {
        let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
        match text.find(what).filter(|_| !what.is_empty()) {
            Some(offset) => Self::at_offset(file, &text, offset),
            None => Self::file(file),
        }
    }

    /// The place of byte `offset` of `text`.
    pub fn at_offset(file: &str, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        Self::in_text(file, text, line, column)
    }
}

/// Longest part of a line, in characters, that a diagnostic carries with it.
const EXCERPT: usize = 400;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Diagnostic {
    /// Where; `None` when it is about no file.
    pub place: Option<Place>,
    /// What kind.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// What is wrong, in a sentence without its full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self { place: None, code, severity: Severity::Error, message: message.into(), hint: None }
    }

    /// A warning.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// The same, at `place`.
    #[must_use]
    pub fn at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    /// The same, about the whole of `file`.
    #[must_use]
    pub fn in_file(self, file: &str) -> Self {
        self.at(Place::file(file))
    }

    /// The same, with advice.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// `path` as diagnostics name it: relative to `root` where it lies within, and with `/`.
pub fn display_path(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

pub use bengal_liquid::error::nearest;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_carries_its_line_and_survives_positions_beyond_the_text() {
        let place = Place::in_text("a.md", "one\ntwo\n", 2, 3);
        assert_eq!((place.line, place.column, place.excerpt.as_str()), (2, 3, "two"));
        assert_eq!(Place::in_text("a.md", "one\n", 9, 1).excerpt, "one");
        assert_eq!(Place::in_text("a.md", "", 1, 1).excerpt, "");
        let column = |byte| Place::in_bytes("a.md", "x\näöü [a](b.md)\n", 2, byte).column;
        assert_eq!((column(1), column(8), column(2), column(99)), (1, 5, 2, 99));
        let place = Place::at_offset("a.md", "one\ntwö x", 9);
        assert_eq!((place.line, place.column), (2, 5));
    }

    #[test]
    fn codes_are_named_as_users_search_for_them() {
        assert_eq!(Code::BrokenLink.name(), "broken-link");
        assert_eq!(Code::NotUtf8.name(), "not-utf8");
    }

    #[test]
    fn the_nearest_name_is_suggested_only_when_near() {
        assert_eq!(nearest("titel", ["title", "theme"]), Some("title"));
        assert_eq!(nearest("baseURL", ["base_url", "theme"]), Some("base_url"));
        assert_eq!(nearest("zzz", ["title", "theme"]), None);
    }
}
