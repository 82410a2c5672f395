//! Templates that are tried out: rendered without a site, where the names are those of a JSON object.
//!
//! **Invariant:** a template has the language here that it has in a site.

use std::path::Path;

use bengal_liquid::render::Scene;
use bengal_liquid::value::{Object, Value};
use serde_json::Value as Json;

use super::host::Siteless;
use super::{
    Buffers, Compiled, RenderError, TemplateSource, Templates, compile, errors, language, views,
};
use crate::config::Config;
use crate::content::date::Date;
use crate::diagnostic::{Code, Diagnostic, Severity};

/// What came of a template that was tried out.
#[derive(Debug, Default)]
pub struct Trial {
    /// What it gave; `None` when it is wrong, or failed.
    pub text: Option<String>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl Trial {
    /// A trial with those of `found` that are about it: what rendering found, what is in one of
    /// `files`, and, where nothing came of it, every error.
    pub fn new(text: Option<String>, found: Vec<Diagnostic>, files: &[&str], strict: bool) -> Self {
        let own = |report: &Diagnostic| {
            let place = report.place.as_ref();
            matches!(report.code, Code::UndefinedVariable | Code::TemplateRender)
                || place.is_some_and(|place| files.contains(&&*place.file))
                || text.is_none() && report.severity == Severity::Error
        };
        let mut diagnostics: Vec<_> = found.into_iter().filter(own).collect();
        for report in &mut diagnostics {
            // There are no pages that could be left out.
            report.hint = report.hint.take().filter(|hint| hint != errors::LEFT_OUT_PAGES);
            let hint = report.hint.as_deref().and_then(|hint| hint.strip_suffix(errors::LEFT_OUT));
            report.hint = hint.map(str::to_owned).or(report.hint.take());
            if strict {
                report.severity = Severity::Error;
            }
        }
        diagnostics.sort();
        diagnostics.dedup();
        Self { text, diagnostics }
    }

    /// Whether there is text and no error.
    pub fn is_good(&self) -> bool {
        let errors = self.diagnostics.iter().any(|report| report.severity == Severity::Error);
        self.text.is_some() && !errors
    }
}

/// What a template without a site is rendered with.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// An object, whose fields are the names.
    pub data: &'a Json,
    /// The moment that counts as now.
    pub now: Date,
    /// Whether names that are nothing are errors.
    pub strict: bool,
}

/// Renders `given` with its layouts; they and what it includes are among `others`.
pub fn render_alone(
    given: TemplateSource,
    others: Vec<TemplateSource>,
    around: Surroundings<'_>,
) -> Trial {
    let config = Config { strict: around.strict, ..Config::default() };
    let (name, file) = (given.name.clone(), given.file.clone());
    let mut reports = Vec::new();
    let sources = std::iter::once(given).chain(others).collect();
    let templates = Templates::new(sources, &config, super::Additions::default(), &mut reports);
    let data = Value::from_json(around.data);
    let (mut text, mut buffers) = (String::new(), Buffers::default());
    let rendered =
        templates.in_layouts(&name, &mut buffers, &mut text, |compiled, content, out| {
            templates.render_names(
                compiled,
                &Names { data: &data, content },
                around,
                out,
                &mut reports,
            )
        });
    if let Err(RenderError::Failed(diagnostic)) = &rendered {
        reports.push((**diagnostic).clone());
    }
    Trial::new(rendered.is_ok().then_some(text), reports, &[&file], around.strict)
}

/// Renders one case of a conformance suite: `template`, which may include `others` by their very
/// names. Neither has front matter.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn render_case(
    template: &str,
    others: &[(&str, &str)],
    around: Surroundings<'_>,
) -> Result<String, String> {
    let language = language::language(&Config::default());
    let mut templates = Templates::empty(language, around.strict);
    let source = |name: &str, text: &str| TemplateSource {
        name: name.to_owned(),
        file: name.to_owned(),
        text: text.to_owned(),
    };
    let mut reports = Vec::new();
    for (name, text) in others {
        // One that is wrong counts when it is included.
        let partial = compile(source(name, text), 0, None, &templates.language, &mut Vec::new());
        templates.all.insert((*name).to_owned(), partial);
    }
    let given = compile(source(CASE, template), 0, None, &templates.language, &mut reports);
    let data = Value::from_json(around.data);
    let names = Names { data: &data, content: None };
    let mut text = String::new();
    let rendered = templates.render_names(&given, &names, around, &mut text, &mut reports);
    if let Err(RenderError::Failed(diagnostic)) = rendered {
        reports.push(*diagnostic);
    }
    reports.first().map_or(Ok(text), |report| Err(in_a_line(report)))
}

/// What a case's template is called in messages.
const CASE: &str = "template";

fn in_a_line(report: &Diagnostic) -> String {
    match &report.place {
        Some(place) => {
            format!("{}:{}:{}: {}", place.file, place.line, place.column, report.message)
        }
        None => report.message.clone(),
    }
}

impl Templates {
    fn render_names<'x>(
        &'x self,
        compiled: &'x Compiled,
        names: &Names<'_>,
        around: Surroundings<'_>,
        out: &mut String,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<(), RenderError> {
        let nothing = Names { data: &Value::Nil, content: None };
        let scene = Scene {
            lasting: &nothing,
            globals: names,
            partials: self,
            memo: None,
            now: views::moment(around.now),
            zone: &jiff::tz::TimeZone::UTC,
            seed: "",
            host: &Siteless::default(),
            watch: bengal_liquid::watch::Watch::NONE,
            strict: self.strict,
        };
        self.render_with(compiled, scene, &compiled.source.file, out, reports)
    }
}

/// The names of a JSON object, and in a layout `content`.
#[derive(Debug)]
struct Names<'a> {
    data: &'a Value<'static>,
    content: Option<&'a str>,
}

impl Object for Names<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        let content = self.content.filter(|_| name == "content");
        content.map(Value::Str).or_else(|| self.data.field(name))
    }

    fn names<'s>(&'s self, _each: &mut dyn FnMut(&'s str)) {}
}

/// The templates beside the file `given`: those that end in `.liquid` in its folder, and in `partials/`
/// there. What cannot be read is not among them.
pub fn beside(given: &Path) -> Vec<TemplateSource> {
    let folder = match given.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut found = Vec::new();
    for below in ["", language::PARTIALS] {
        let Ok(entries) = std::fs::read_dir(folder.join(below)) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let stem = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".liquid"));
            let text = stem.and_then(|_| std::fs::read_to_string(&path).ok());
            let (Some(stem), Some(text)) = (stem, text) else { continue };
            let file = path.strip_prefix(".").unwrap_or(&path).display().to_string();
            found.push(TemplateSource { name: format!("{below}{stem}"), file, text });
        }
    }
    found
}
