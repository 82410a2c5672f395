//! What is wrong with a template, as diagnostics that point into it.

use bengal_liquid::error::{self, Fault, Hint, RenderError, SyntaxError, Undefined};

use super::language::looked_for;
use super::{Compiled, TemplateSource, Templates};
use crate::diagnostic::{Code, Diagnostic, Place};

/// A fault in the text of `source`, whose template begins at byte `body`.
pub(super) fn syntax(fault: SyntaxError, source: &TemplateSource, body: usize) -> Diagnostic {
    let place = Place::at_offset(&source.file, &source.text, body + fault.offset);
    let hint = match fault.hint {
        Some(Hint::Nearest(near)) => format!("did you mean `{near}`?"),
        Some(Hint::Instead(text)) => text.to_owned(),
        Some(Hint::MissingTemplate(name, Some(near))) => {
            format!("did you mean `{near}`? It was {}", looked_for(&name))
        }
        Some(Hint::MissingTemplate(name, None)) => format!("it was {}", looked_for(&name)),
        None => LEFT_OUT_PAGES.to_owned(),
    };
    Diagnostic::error(Code::TemplateSyntax, fault.message).at(place).hint(hint)
}

/// What follows from a template that is wrong.
pub(super) const LEFT_OUT_PAGES: &str = "pages that need this template are left out";

/// What follows from a template that fails, at the end of a hint.
pub(super) const LEFT_OUT: &str = "; it is left out";

/// A rendering, to find the places of what is wrong in it.
pub(super) struct Rendered<'r> {
    /// The page's template, or the layout around it.
    pub compiled: &'r Compiled,
    /// All templates: the fault may be in a partial.
    pub templates: &'r Templates,
    /// The page.
    pub page: &'r str,
}

impl Rendered<'_> {
    /// What ended the rendering. A limit is one of the whole: it is reported where the page's own template
    /// begins to go over it.
    pub fn failed(&self, error: &RenderError) -> Diagnostic {
        let mut chain = std::iter::once(&error.place).chain(&error.included_from);
        let place = match error.kind {
            Fault::Limit(_) => chain.next_back(),
            _ => chain.next(),
        };
        let includes: Vec<_> = chain.collect();
        let mut from = String::new();
        for (index, include) in includes.iter().enumerate() {
            match index {
                // A template that includes itself is around itself many times.
                FIRST if includes.len() > FIRST + 1 => from.push_str("…; "),
                _ if index > FIRST && index + 1 < includes.len() => {}
                _ => {
                    let place = self.place(include);
                    from.push_str(&format!("included from {}:{}; ", place.file, place.line));
                }
            }
        }
        let sought = match &error.kind {
            Fault::MissingTemplate(name) => format!("it was {}; ", looked_for(name)),
            _ => String::new(),
        };
        Diagnostic::error(Code::TemplateRender, message(&error.kind))
            .at(self.place(place.unwrap_or(&error.place)))
            .hint(format!("{sought}{from}while {} was rendered{LEFT_OUT}", self.page))
    }

    /// Something that is nothing.
    pub fn undefined(&self, undefined: &Undefined) -> Diagnostic {
        let Undefined { template, offset, path } = undefined;
        let place = error::Place { template: template.clone(), offset: *offset };
        Diagnostic::error(Code::UndefinedVariable, format!("nothing is named `{path}`"))
            .at(self.place(&place))
            .hint(format!("while {} was rendered; without `strict` this is empty", self.page))
    }

    fn place(&self, place: &error::Place) -> Place {
        let templates = self.templates;
        let named = templates.all.get(&place.template);
        let named = named.or_else(|| templates.kept.named(&place.template));
        let compiled = if self.compiled.source.name == place.template { None } else { named };
        let Compiled { source, body, .. } = compiled.unwrap_or(self.compiled);
        Place::at_offset(&source.file, &source.text, body + place.offset)
    }
}

/// How many of the tags that led to a fault are named, besides the outermost.
const FIRST: usize = 4;

fn message(fault: &Fault) -> String {
    match fault {
        Fault::Argument { name, message } => format!("`{name}`: {message}"),
        other => other.to_string(),
    }
}

/// The place of `key` in the front matter of a template.
pub(super) fn key_place(source: &TemplateSource, key: &str) -> Place {
    match source.text.find(&format!("{key}:")) {
        Some(offset) => Place::at_offset(&source.file, &source.text, offset),
        None => Place::file(&source.file),
    }
}
