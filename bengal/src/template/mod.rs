//! Templates. The only module that names the `liquid` crates.
//!
//! Templates are looked for in the site's `templates/`, then the theme's, then the embedded theme;
//! each is read and parsed once, before the chain starts.
//!
//! **Invariant:** a template that is wrong never stops the build: pages that need it are reported
//! and left out.

mod archetype;
mod assign_tag;
pub mod body;
mod budget;
mod capture_tag;
pub mod current;
mod date_filter;
mod errors;
mod for_tag;
mod guard;
mod language;
mod nesting;
pub mod page_view;
mod partial_tag;
mod scope;
mod tablerow_tag;
#[cfg(test)]
mod tests;
mod views;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use liquid_core::runtime::{PartialStore, Renderable, Runtime, Template};
use liquid_core::{Language, parser};

use crate::config::Config;
use crate::content::fields::Fields;
use crate::content::front_matter;
use crate::diagnostic::{Code, Diagnostic};
pub use archetype::fill_archetype;
use budget::{Budget, Limit};
use current::{CurrentPage, Globals, Paginator};
pub use guard::silence_guarded_panics;
use page_view::SiteView;
use scope::{Root, Undefined};

/// A template's source.
#[derive(Clone, Debug)]
pub struct TemplateSource {
    /// Its name: the path under `templates/`, without `.liquid`.
    pub name: String,
    /// The file, as messages name it.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// The templates of a site.
pub struct Templates {
    all: FxHashMap<String, Compiled>,
    /// For bodies that are templates: they are parsed when they are rendered.
    language: Language,
    strict: bool,
}

struct Compiled {
    source: TemplateSource,
    /// Where the template begins, behind its front matter.
    body: usize,
    layout: Option<String>,
    /// `None` when it is wrong, which was reported.
    template: Option<Arc<Template>>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all.keys()).finish()
    }
}

/// The buffers of a worker that renders: they are used again for each page.
#[derive(Debug, Default)]
pub struct Buffers {
    wrapped: Vec<u8>,
}

/// Why a page could not be rendered.
#[derive(Debug)]
pub enum RenderError {
    /// One of its templates is wrong, which was reported when it was read.
    Unusable,
    /// It failed while rendering.
    Failed(Box<Diagnostic>),
}

impl Templates {
    /// Parses `sources`; of those with one name, the first counts.
    pub fn new(
        sources: Vec<TemplateSource>,
        config: &Config,
        reports: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut first: BTreeMap<String, TemplateSource> = BTreeMap::new();
        for source in sources {
            first.entry(source.name.clone()).or_insert(source);
        }
        let known: BTreeSet<String> = first.keys().cloned().collect();
        let language = language::language(config, known);
        let compile = |(name, source)| {
            let (body, layout) = layout_of(&source, reports);
            (name, compile(source, body, layout, &language, reports))
        };
        let mut all: FxHashMap<_, _> = first.into_iter().map(compile).collect();
        check_layouts(&mut all, reports);
        Self { all, language, strict: config.strict }
    }

    /// Whether there is a template of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.all.contains_key(name)
    }

    /// Whether the template `name` is the embedded theme's.
    pub fn is_embedded(&self, name: &str) -> bool {
        self.all.get(name).is_some_and(|template| template.source.file.starts_with(EMBEDDED))
    }

    /// Renders `page` with the template `name` and the layouts that it names, into `out`, in place of
    /// what that held.
    ///
    /// # Errors
    /// When a template fails.
    pub fn render(
        &self,
        name: &str,
        page: &Rendering<'_, '_>,
        buffers: &mut Buffers,
        out: &mut Vec<u8>,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<(), RenderError> {
        out.clear();
        let mut compiled = self.all.get(name).ok_or(RenderError::Unusable)?;
        self.render_one(compiled, page, page.content, out, reports)?;
        while let Some(layout) = compiled.layout.as_ref().and_then(|layout| self.all.get(layout)) {
            std::mem::swap(out, &mut buffers.wrapped);
            out.clear();
            let content =
                std::str::from_utf8(&buffers.wrapped).map_err(|_| RenderError::Unusable)?;
            self.render_one(layout, page, content, out, reports)?;
            compiled = layout;
        }
        Ok(())
    }

    /// Renders `page` with the template that begins at byte `body` of `source`, which no other template
    /// can name.
    ///
    /// # Errors
    /// When the template is wrong, which is reported, or fails.
    fn render_text(
        &self,
        source: TemplateSource,
        body: usize,
        page: &Rendering<'_, '_>,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<String, RenderError> {
        let compiled = compile(source, body, None, &self.language, reports);
        let mut out = Vec::new();
        self.render_one(&compiled, page, "", &mut out, reports)?;
        String::from_utf8(out).map_err(|_| RenderError::Unusable)
    }

    fn render_one(
        &self,
        compiled: &Compiled,
        page: &Rendering<'_, '_>,
        content: &str,
        out: &mut Vec<u8>,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<(), RenderError> {
        let globals =
            Globals { site: page.site, page: page.page, content, paginator: page.paginator };
        self.render_with(compiled, &globals, page.name, out, reports)
    }

    /// Renders one template, whose outermost names are `globals`, to the end of `out`; `name` is what
    /// it is rendered for.
    fn render_with(
        &self,
        compiled: &Compiled,
        globals: &dyn liquid_core::ObjectView,
        name: &dyn fmt::Display,
        out: &mut Vec<u8>,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<(), RenderError> {
        let template = compiled.template.as_ref().ok_or(RenderError::Unusable)?;
        let root = Root::new(globals, self);
        root.registers().get_mut::<Undefined>().wanted = self.strict;
        let failed = |diagnostic| RenderError::Failed(Box::new(diagnostic));
        let budget = Budget::of(&root);
        let mut writer = budget.writer(out, Limit::OutputBytes);
        match guard::guarded(|| template.render_to(&mut writer, &root)) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let at = errors::Rendered { compiled, templates: self, page: name };
                return Err(failed(at.error(&error, budget.exceeded())));
            }
            Err(message) => return Err(failed(errors::panicked(&message, compiled, name))),
        }
        if self.strict {
            let undefined = std::mem::take(&mut root.registers().get_mut::<Undefined>().paths);
            let reported =
                undefined.iter().map(|path| errors::undefined(path, compiled, self, name));
            reports.extend(reported);
        }
        Ok(())
    }
}

/// A page on its way through its templates.
#[derive(Clone, Copy)]
pub struct Rendering<'r, 'm> {
    /// The site.
    pub site: &'m SiteView<'m>,
    /// The page.
    pub page: &'r CurrentPage<'r, 'm>,
    /// Its body.
    pub content: &'r str,
    /// Its list's page, where it is shown in pages.
    pub paginator: Option<&'r Paginator<'m>>,
    /// What it is called in messages.
    pub name: &'r dyn fmt::Display,
}

/// What the files of the embedded theme begin with in messages.
pub const EMBEDDED: &str = "(embedded theme)/";

fn compile(
    source: TemplateSource,
    body: usize,
    layout: Option<String>,
    language: &Language,
    reports: &mut Vec<Diagnostic>,
) -> Compiled {
    let text = &source.text[body..];
    if let Some(message) = nesting::too_deep(text, language) {
        reports.push(Diagnostic::error(Code::TemplateSyntax, message).in_file(&source.file));
        return Compiled { source, body, layout, template: None };
    }
    // The crate panics on some texts, such as a number beyond 64 bits.
    let template = match guard::guarded(|| parser::parse(text, language)) {
        Ok(Ok(elements)) => Some(Arc::new(Template::new(elements))),
        Ok(Err(error)) => {
            reports.push(errors::while_parsing(&error, &source, body, language));
            None
        }
        Err(message) => {
            let message = format!("the template parser panicked: {message}");
            let diagnostic = Diagnostic::error(Code::TemplateSyntax, message);
            reports.push(diagnostic.in_file(&source.file));
            None
        }
    };
    Compiled { source, body, layout, template }
}

/// Where a template's body begins, and the layout that its front matter names.
fn layout_of(source: &TemplateSource, reports: &mut Vec<Diagnostic>) -> (usize, Option<String>) {
    let Some(split) = front_matter::split(&source.text) else { return (0, None) };
    let Some(span) = split.front_matter else { return (split.body, None) };
    let (file, text) = (source.file.as_str(), source.text.as_str());
    let mut fields = Fields { file, text, span, code: Code::FrontMatterValue, reports };
    let map = match fields.read() {
        Ok(Ok(map)) => map,
        Ok(Err(_)) => return (0, None),
        Err(diagnostic) => {
            reports.push(diagnostic);
            return (split.body, None);
        }
    };
    let layout = map.get("layout").and_then(|value| fields.text("layout", value));
    (split.body, layout.map(|layout| layout.strip_suffix(".liquid").unwrap_or(&layout).to_owned()))
}

/// Takes away layouts that are not there, or wrap themselves, and reports them.
fn check_layouts(all: &mut FxHashMap<String, Compiled>, reports: &mut Vec<Diagnostic>) {
    let mut names: Vec<String> = all.keys().cloned().collect();
    names.sort_unstable();
    for name in names {
        let Some(layout) = all[&name].layout.clone() else { continue };
        let place = errors::key_place(&all[&name].source, "layout");
        let climb = std::iter::successors(Some(&layout), |at| all.get(*at)?.layout.as_ref());
        let diagnostic = if !all.contains_key(&layout) {
            let near = crate::diagnostic::nearest(&layout, all.keys().map(String::as_str));
            let hint = near.map_or("the page is rendered without it".to_owned(), |near| {
                format!("did you mean `{near}`?")
            });
            Diagnostic::warning(Code::MissingLayout, format!("no template is named `{layout}`"))
                .hint(hint)
        } else if climb.take(all.len() + 1).any(|at| *at == name) {
            Diagnostic::error(Code::LayoutLoop, format!("the layout `{layout}` wraps itself"))
                .hint("a chain of layouts ends in one that has no `layout`")
        } else {
            continue;
        };
        reports.push(diagnostic.at(place));
        if let Some(compiled) = all.get_mut(&name) {
            compiled.layout = None;
        }
    }
}

impl PartialStore for Templates {
    fn contains(&self, name: &str) -> bool {
        partial_tag::resolve(name, |name| self.all.contains_key(name)).is_some()
    }

    fn names(&self) -> Vec<&str> {
        self.all.keys().map(String::as_str).collect()
    }

    fn try_get(&self, name: &str) -> Option<Arc<dyn Renderable>> {
        let name = partial_tag::resolve(name, |name| self.all.contains_key(name))?;
        let template = Arc::clone(self.all.get(&name)?.template.as_ref()?);
        Some(template)
    }

    fn get(&self, name: &str) -> liquid_core::Result<Arc<dyn Renderable>> {
        self.try_get(name).ok_or_else(|| {
            liquid_core::Error::with_msg(format!("the template `{name}` is missing or wrong"))
        })
    }
}

#[cfg(test)]
mod compile_tests {
    use super::*;

    fn templates(sources: &[(&str, &str)]) -> (Templates, Vec<Diagnostic>) {
        let source = |(name, text): &(&str, &str)| TemplateSource {
            name: (*name).to_owned(),
            file: format!("templates/{name}.liquid"),
            text: (*text).to_owned(),
        };
        let mut reports = Vec::new();
        let sources = sources.iter().map(source).collect();
        let templates = Templates::new(sources, &Config::default(), &mut reports);
        (templates, reports)
    }

    #[test]
    fn the_first_of_one_name_counts() {
        let (templates, reports) = templates(&[("a", "one"), ("a", "{% wrong"), ("b", "two")]);
        assert_eq!(reports, []);
        assert!(templates.contains("b") && !templates.contains("c"));
    }

    #[test]
    fn what_is_wrong_is_reported_where_it_stands() {
        for (text, line, column, hint) in [
            ("one\n{{ page.title | upcas }}", 2, 17, "did you mean `upcase`?"),
            ("---\nlayout: b\n---\n{% fro x in y %}", 4, 4, "did you mean `for`?"),
            ("\n{% if x %}", 2, 11, "pages that need this template are left out"),
            ("{% include 'b.html' %}", 1, 12, "pages that need this template are left out"),
        ] {
            let (_, reports) = templates(&[("a", text), ("b", "")]);
            let place = reports[0].place.as_ref().unwrap();
            assert_eq!(reports[0].code, Code::TemplateSyntax, "{text}");
            assert_eq!((place.line, place.column), (line, column), "{text}: {reports:?}");
            assert_eq!(reports[0].hint.as_deref(), Some(hint), "{text}");
        }
    }

    #[test]
    fn deep_nesting_and_numbers_beyond_64_bits_are_reported() {
        let deep = "{% if true %}".repeat(20_000) + &"{%- endif %}".repeat(20_000);
        let wide = "{% if true %}{% endif %}".repeat(20_000);
        for (text, count) in [(deep.as_str(), 1), (&wide, 0), ("{{ 99999999999999999999 }}", 1)] {
            assert_eq!(templates(&[("a", text)]).1.len(), count);
        }
    }

    #[test]
    fn layouts_that_are_not_there_or_wrap_themselves_are_reported() {
        let layout = |name: &str| format!("---\nlayout: {name}\n---\n");
        let (a, b, c) = (layout("b"), layout("a"), layout("bse"));
        let (_, reports) = templates(&[("a", &a), ("b", &b), ("c", &c), ("base", "")]);
        let codes: Vec<_> = reports.iter().map(|report| report.code).collect();
        assert_eq!(codes, [Code::LayoutLoop, Code::MissingLayout]);
        assert_eq!(reports[1].hint.as_deref(), Some("did you mean `base`?"));
        assert_eq!(reports[1].place.as_ref().unwrap().line, 2);
    }
}
