//! What the crate's errors say, as diagnostics that point into the template.
//!
//! The crate puts positions into its messages only, and only while it parses; for errors while
//! rendering, the tag or variable that it names is looked for in the text.

use std::fmt::Display;

use liquid_core::{Error, Language};

use super::budget::Limit;
use super::partial_tag::resolve;
use super::{Compiled, TemplateSource, Templates};
use crate::diagnostic::{Code, Diagnostic, Place, nearest};

/// An error of the parser in `source`, whose template begins at byte `body`.
pub(super) fn while_parsing(
    error: &Error,
    source: &TemplateSource,
    body: usize,
    language: &Language,
) -> Diagnostic {
    let text = error.to_string();
    let message = message(&text);
    let asked = context(&text, "requested filter").or_else(|| context(&text, "requested"));
    let place = match position(&text) {
        Some((line, column)) => {
            let before = source.text[..body].matches('\n').count();
            Place::in_text(&source.file, &source.text, before + line, column)
        }
        None => find(source, body, asked.unwrap_or_default()),
    };
    let known = language.filters.plugin_names().chain(language.tags.plugin_names());
    let known = known.chain(language.blocks.plugin_names());
    let diagnostic = match asked {
        Some(name) => {
            let message = format!("{}: `{name}`", message.trim_end_matches('.').to_lowercase());
            let hint = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
            let diagnostic = Diagnostic::error(Code::TemplateSyntax, message);
            Diagnostic { hint, ..diagnostic }
        }
        None => Diagnostic::error(Code::TemplateSyntax, message),
    };
    let unused = "pages that need this template are left out";
    let hint = diagnostic.hint.clone().unwrap_or_else(|| unused.to_owned());
    diagnostic.at(place).hint(hint)
}

/// A rendering in which something failed.
pub(super) struct Rendered<'r> {
    /// The page's template, or the layout around it.
    pub compiled: &'r Compiled,
    /// All templates: the error may be in a partial.
    pub templates: &'r Templates,
    /// The page.
    pub page: &'r dyn Display,
}

impl Rendered<'_> {
    /// An error of the crate's or of a tag's; that of a limit where one was `exceeded`.
    pub fn error(&self, error: &Error, exceeded: Option<Limit>) -> Diagnostic {
        let text = error.to_string();
        let (said, place) = match exceeded {
            Some(limit) => (limit.to_string(), self.place_around(&text)),
            None => (explained(&text), self.place(&text)),
        };
        Diagnostic::error(Code::TemplateRender, said)
            .at(place)
            .hint(format!("while {} was rendered; it is left out", self.page))
    }

    /// Where the innermost tag or variable that the error names stands, in the innermost partial that
    /// it passed through.
    fn place(&self, text: &str) -> Place {
        let partial = context(text, "template").and_then(|name| {
            let name = resolve(name, |name| self.templates.all.contains_key(name))?;
            self.templates.all.get(&name)
        });
        // What follows the partial's name is about what includes it.
        let within = text.split("    template=").next().unwrap_or_default();
        let filter = context(within, "filter").map(filter_name);
        let asked = filter.into_iter().chain(traces(within));
        first_of(partial.unwrap_or(self.compiled), asked)
    }

    /// Where the outermost tag that the error names stands, in the page's own template: a limit is one
    /// of the whole rendering.
    fn place_around(&self, text: &str) -> Place {
        let mut lines = text.lines().rev();
        let partial = lines.find_map(|line| line.strip_prefix("    template="));
        let outer = traces(text).last();
        first_of(self.compiled, partial.into_iter().chain(outer))
    }
}

/// The tags that an error passed through, as the crate shows them, from within.
fn traces(text: &str) -> impl Iterator<Item = &str> {
    let traces = text.lines().filter_map(|line| line.strip_prefix("from: "));
    traces.map(|trace| trace.trim_matches(['{', '}', '%', ' '])).filter(|trace| !trace.is_empty())
}

/// The place of the first of `asked` that stands in `compiled`.
fn first_of<'a>(compiled: &Compiled, mut asked: impl Iterator<Item = &'a str>) -> Place {
    let body = &compiled.source.text[compiled.body..];
    let found = asked.find(|asked| body.contains(asked));
    find(&compiled.source, compiled.body, found.unwrap_or_default())
}

/// The message, and the filter that it is about.
fn explained(text: &str) -> String {
    match context(text, "filter") {
        Some(filter) => format!("{} (filter `{}`)", message(text), filter_name(filter)),
        None => message(text),
    }
}

/// The name in `divided_by : 0`, which is how the crate shows a filter.
fn filter_name(shown: &str) -> &str {
    shown.split([' ', ':']).next().unwrap_or(shown)
}

/// The crate panicked while `compiled` rendered the page `page`.
pub(super) fn panicked(message: &str, compiled: &Compiled, page: &dyn Display) -> Diagnostic {
    Diagnostic::error(Code::TemplateRender, format!("the template engine panicked: {message}"))
        .in_file(&compiled.source.file)
        .hint(format!("while {page} was rendered; it is left out"))
}

/// `path` is nothing, in `compiled` or a partial that it includes.
pub(super) fn undefined(
    path: &str,
    compiled: &Compiled,
    templates: &Templates,
    page: &dyn Display,
) -> Diagnostic {
    let partials = templates.all.values().filter(|other| other.source.text.contains(path));
    let partials = partials.min_by_key(|other| &other.source.name).into_iter();
    let own = std::iter::once(compiled).filter(|own| own.source.text.contains(path));
    let at = own.chain(partials).next().unwrap_or(compiled);
    Diagnostic::error(Code::UndefinedVariable, format!("nothing is named `{path}`"))
        .at(find(&at.source, at.body, path))
        .hint(format!("while {page} was rendered; without `strict` this is empty"))
}

/// The place of `key` in the front matter of a template.
pub(super) fn key_place(source: &TemplateSource, key: &str) -> Place {
    find(source, 0, &format!("{key}:"))
}

fn find(source: &TemplateSource, body: usize, what: &str) -> Place {
    let found = (!what.is_empty()).then(|| source.text[body..].find(what)).flatten();
    match found {
        Some(offset) => Place::at_offset(&source.file, &source.text, body + offset),
        None => Place::file(&source.file),
    }
}

/// The message itself: pest draws a picture around it, of which the last line says what is wrong.
fn message(text: &str) -> String {
    let said = text.lines().find_map(|line| line.trim_start().strip_prefix("= "));
    let first = || text.lines().next().unwrap_or_default().trim_start_matches("liquid: ").trim();
    said.unwrap_or_else(first).to_owned()
}

/// Line and column, where pest gives them: ` --> 3:7`.
fn position(text: &str) -> Option<(usize, usize)> {
    let at = text.split_once("--> ")?.1.lines().next()?;
    let (line, column) = at.trim().split_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// The value of `key` among the error's contexts: `    key=value`.
fn context<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// The diagnostic of `error`, in templates `a`, which includes `b`.
    fn diagnosed(error: &Error, exceeded: Option<Limit>) -> Diagnostic {
        let source = |name: &str, text: &str| TemplateSource {
            name: name.to_owned(),
            file: name.to_owned(),
            text: text.to_owned(),
        };
        let sources = vec![
            source("a", "\n{% include 'b' %}"),
            source("b", "\n\n{% if true %}{{ 1 | divided_by: 0 }}{% endif %}"),
        ];
        let templates = Templates::new(sources, &Config::default(), &mut Vec::new());
        let page: &dyn Display = &"p.md";
        let rendered = Rendered { compiled: &templates.all["a"], templates: &templates, page };
        rendered.error(error, exceeded)
    }

    fn error() -> Error {
        let error = Error::with_msg("Can't divide by zero").trace("Filter error");
        let error = error.context("filter", "divided_by : 0").trace("{% if true %}");
        error.context("template", "b")
    }

    #[test]
    fn an_error_in_a_partial_is_reported_there_and_names_the_filter() {
        let diagnostic = diagnosed(&error(), None);
        let place = diagnostic.place.unwrap();
        assert_eq!((&*place.file, place.line, place.column), ("b", 3, 21));
        assert_eq!(diagnostic.message, "Can't divide by zero (filter `divided_by`)");
    }

    #[test]
    fn a_limit_is_reported_where_the_page_begins_to_go_over_it() {
        let diagnostic = diagnosed(&error(), Some(Limit::Includes));
        let place = diagnostic.place.unwrap();
        assert_eq!((&*place.file, place.line), ("a", 2));
        assert_eq!(diagnostic.message, "over 500000 partials are rendered");
    }
}
