//! What the crate's errors say, as diagnostics that point into the template.
//!
//! The crate puts positions into its messages only, and only while it parses; for errors while
//! rendering, the tag or variable that it names is looked for in the text.

use std::fmt::Display;

use liquid_core::{Error, Language};

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

/// An error while `compiled` rendered the page `page`.
pub(super) fn while_rendering(
    error: &Error,
    compiled: &Compiled,
    page: &dyn Display,
) -> Diagnostic {
    let text = error.to_string();
    let from = text.lines().rev().find_map(|line| line.strip_prefix("from: ")).unwrap_or_default();
    let asked =
        context(&text, "template").unwrap_or_else(|| from.trim_matches(['{', '}', '%', ' ']));
    Diagnostic::error(Code::TemplateRender, message(&text))
        .at(find(&compiled.source, compiled.body, asked))
        .hint(format!("while {page} was rendered; it is left out"))
}

/// The crate panicked while `compiled` rendered the page `page`.
pub(super) fn panicked(compiled: &Compiled, page: &dyn Display) -> Diagnostic {
    Diagnostic::error(Code::TemplateRender, "the template engine panicked")
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
