//! Templates. The only module that names the crate of their language.
//!
//! Templates are looked for in the site's `templates/`, then the theme's, then the embedded theme;
//! each is read and parsed once, before the chain starts.
//!
//! **Invariant:** a template that is wrong never stops the build: pages that need it are reported
//! and left out.

mod archetype;
pub mod body;
pub mod current;
mod errors;
mod host;
mod kept;
mod language;
pub mod page_view;
#[cfg(test)]
mod tests;
pub mod trial;
mod views;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bengal_liquid::error::SyntaxError;
use bengal_liquid::filter::Filter;
use bengal_liquid::host::File;
use bengal_liquid::language::Language;
use bengal_liquid::memo::Memo;
use bengal_liquid::render::{Partial, Partials, Scene};
use bengal_liquid::tag::Tag;
use bengal_liquid::template::Template;
use bengal_liquid::value;
use rustc_hash::FxHashMap;

use crate::config::Config;
use crate::content::fields::Fields;
use crate::content::front_matter;
use crate::diagnostic::{Code, Diagnostic};
use crate::incremental::fingerprint::{self, of_bytes};
use crate::incremental::read::{self, What};
use crate::profile::templates::Recorder;
pub use archetype::fill_archetype;
use current::{CurrentPage, Globals, Paginator};
use host::PageHost;
use kept::Kept;
pub use language::language;
pub use page_view::Bodiless;
use page_view::SiteView;

/// The names that `site` has in templates: none of a plugin's.
pub const SITE_FIELDS: [&str; 12] = [
    "title",
    "base_url",
    "highlight_css",
    "language",
    "description",
    "author",
    "params",
    "data",
    "menus",
    "pages",
    "sections",
    "taxonomies",
];

/// What plugins add to the language of templates.
#[derive(Default)]
pub struct Additions {
    /// Filters.
    pub filters: Vec<Arc<dyn Filter>>,
    /// Tags.
    pub tags: Vec<Arc<dyn Tag>>,
}

/// The names of the filters that there are in every site.
pub fn filter_names() -> Vec<String> {
    let language = language::language(&Config::default());
    language.filter_names().map(str::to_owned).collect()
}

/// The names of the tags that there are in every site.
pub fn tag_names() -> Vec<String> {
    let language = language::language(&Config::default());
    language.tag_names().map(str::to_owned).collect()
}

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
    /// Files that pages include from their own folders.
    kept: Kept,
    strict: bool,
}

#[derive(Debug)]
struct Compiled {
    source: TemplateSource,
    /// Where the template begins, behind its front matter.
    body: usize,
    layout: Option<String>,
    /// `None` when it is wrong, which was reported.
    template: Option<Template>,
    /// Of its text and its layout, and of whether it can be used: a template may be wrong for what another
    /// one is named.
    fingerprint: u64,
}

impl Compiled {
    fn new(
        source: TemplateSource,
        body: usize,
        layout: Option<String>,
        template: Option<Template>,
    ) -> Self {
        Self { source, body, layout, template, fingerprint: 0 }
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all.keys()).finish()
    }
}

/// The buffers of a worker that renders: they are used again for each page.
#[derive(Debug, Default)]
pub struct Buffers {
    wrapped: String,
}

/// Why a page could not be rendered.
#[derive(Debug)]
pub enum RenderError {
    /// One of its templates is wrong, which was reported when it was read.
    Unusable,
    /// It failed while rendering.
    Failed(Box<Diagnostic>),
}

impl TemplateSource {
    /// Whether it is what `file` is now.
    fn is(&self, file: &File) -> bool {
        (&self.name, &self.text) == (&file.name, &file.text)
    }
}

impl Templates {
    /// Parses `sources`; of those with one name, the first counts.
    pub fn new(
        sources: Vec<TemplateSource>,
        config: &Config,
        additions: Additions,
        reports: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut first: BTreeMap<String, TemplateSource> = BTreeMap::new();
        for source in sources {
            first.entry(source.name.clone()).or_insert(source);
        }
        let mut language = language::language_with(config, first.keys().map(String::as_str));
        additions.filters.into_iter().for_each(|filter| language.add_filter(filter));
        additions.tags.into_iter().for_each(|tag| language.add_tag(tag));
        let compile = |(name, source)| {
            let (body, layout) = layout_of(&source, reports);
            (name, compile(source, body, layout, &language, reports))
        };
        let mut all: FxHashMap<_, _> = first.into_iter().map(compile).collect();
        check_layouts(&mut all, reports);
        for compiled in all.values_mut() {
            let Compiled { source, layout, template, .. } = &*compiled;
            let (layout, usable) = (layout.as_deref().unwrap_or_default(), template.is_some());
            let whole = format!("{usable}\0{layout}\0{}", source.text);
            compiled.fingerprint = of_bytes(whole.as_bytes());
        }
        Self { all, language, kept: Kept::default(), strict: config.strict }
    }

    /// None, in `language`.
    fn empty(language: Language, strict: bool) -> Self {
        Self { all: FxHashMap::default(), language, kept: Kept::default(), strict }
    }

    /// Whether there is a template of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.all.contains_key(name)
    }

    /// The template that `include` would call `name`: its name, and its file as messages give it.
    pub fn find(&self, name: &str) -> Option<(&str, &str)> {
        let found = language::resolve(name, |name| self.all.get(name))?;
        Some((&found.source.name, &found.source.file))
    }

    /// The fingerprint of the template `name`, with the name of the layout around it; 0 where there is none.
    pub fn fingerprint(&self, name: &str) -> u64 {
        self.all.get(name).map_or(0, |template| template.fingerprint)
    }

    /// The fingerprint of all templates.
    pub fn all_fingerprints(&self) -> u64 {
        let mut all: Vec<_> = self.all.iter().map(|(name, of)| (name, of.fingerprint)).collect();
        all.sort_unstable();
        fingerprint::of(&all)
    }

    /// The names of all.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.keys().map(String::as_str)
    }

    /// Whether the template `name` is the embedded theme's.
    pub fn is_embedded(&self, name: &str) -> bool {
        self.all.get(name).is_some_and(|template| template.source.file.starts_with(EMBEDDED))
    }

    /// Whether some template may make blocks of code: by `highlight`, or of Markdown.
    pub fn make_code(&self) -> bool {
        let may = |text: &str| MAKE_CODE.iter().any(|name| text.contains(name));
        self.all.values().any(|template| may(&template.source.text[template.body..]))
    }

    /// Renders `page` with the template `name` and the layouts that it names, into `out`, in place of
    /// what that held.
    ///
    /// # Errors
    /// When a template fails.
    pub fn render<'m>(
        &'m self,
        name: &str,
        page: &Rendering<'_, 'm>,
        buffers: &mut Buffers,
        out: &mut String,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<(), RenderError> {
        let cell = page.site.cell;
        let lasting = Lasting { names: cell, memo: Some(&cell.memo) };
        self.in_layouts(name, buffers, out, |compiled, wrapped, out| {
            let content = wrapped.unwrap_or(page.content);
            self.render_one(compiled, lasting, page, content, out, reports)
        })
    }

    /// Renders the template `name`, then each layout around it, by `one`, which is given what the layout
    /// wraps.
    fn in_layouts<'x>(
        &'x self,
        name: &str,
        buffers: &mut Buffers,
        out: &mut String,
        mut one: impl FnMut(&'x Compiled, Option<&str>, &mut String) -> Result<(), RenderError>,
    ) -> Result<(), RenderError> {
        out.clear();
        let mut compiled = self.all.get(name).ok_or(RenderError::Unusable)?;
        read::note_name(What::Template, name);
        one(compiled, None, out)?;
        while let Some((name, layout)) =
            compiled.layout.as_ref().and_then(|layout| self.all.get_key_value(layout))
        {
            read::note_name(What::Template, name);
            std::mem::swap(out, &mut buffers.wrapped);
            out.clear();
            one(layout, Some(&buffers.wrapped), out)?;
            compiled = layout;
        }
        Ok(())
    }

    /// Renders `page` with the template that begins at byte `body` of `source`, which no other template
    /// can name. What it makes of the site is not remembered, as it is read for this page alone.
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
        let mut out = String::new();
        let lasting = Lasting { names: page.site.cell, memo: None };
        self.render_one(&compiled, lasting, page, "", &mut out, reports)?;
        Ok(out)
    }

    fn render_one<'x, 'm: 'x>(
        &'x self,
        compiled: &'x Compiled,
        lasting: Lasting<'x>,
        page: &Rendering<'_, 'm>,
        content: &str,
        out: &mut String,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<(), RenderError> {
        let globals = Globals { page: page.page, content, paginator: page.paginator };
        let settings = page.site.sources.settings;
        let scene = Scene {
            lasting: lasting.names,
            globals: &globals,
            partials: self,
            memo: lasting.memo,
            now: views::moment(settings.now),
            zone: &settings.config.timezone,
            seed: &page.page.page().url,
            host: &PageHost { rendering: page },
            watch: &read::WATCH,
            strict: self.strict,
        };
        self.render_with(compiled, scene, page.name, out, reports)
    }

    /// Renders one template to the end of `out`; `name` is what it is rendered for.
    fn render_with<'x: 'v, 'v>(
        &'x self,
        compiled: &'x Compiled,
        scene: Scene<'x, 'v>,
        name: &str,
        out: &mut String,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<(), RenderError> {
        let template = compiled.template.as_ref().ok_or(RenderError::Unusable)?;
        let at = errors::Rendered { compiled, templates: self, page: name };
        match template.render(scene, out) {
            Ok(undefined) => {
                reports.extend(undefined.iter().map(|undefined| at.undefined(undefined)));
                Ok(())
            }
            Err(error) => Err(RenderError::Failed(Box::new(at.failed(&error)))),
        }
    }
}

/// What is the same in every rendering.
#[derive(Clone, Copy)]
struct Lasting<'x> {
    /// The names that stand for it.
    names: &'x dyn value::Object,
    /// What was made of it, where that is remembered.
    memo: Option<&'x Memo<'x>>,
}

impl Partials for Templates {
    fn partial(&self, name: &str) -> Partial<'_> {
        read::note_name(What::Include, name);
        match language::resolve(name, |name| self.all.get(name)).map(|found| &found.template) {
            Some(Some(template)) => Partial::Found(template),
            Some(None) => Partial::Wrong,
            None => Partial::Missing,
        }
    }

    fn keep(&self, file: File) -> Result<&Template, SyntaxError> {
        self.kept.template(&file, &self.language)
    }
}

/// A page on its way through its templates.
#[derive(Clone, Copy, Debug)]
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
    pub name: &'r str,
    /// Where it is recorded what its templates cost.
    pub recorder: Option<&'r Recorder<'r>>,
}

/// The ends of tags, and the filters, that make blocks of code.
const MAKE_CODE: [&str; 2] = ["endhighlight", "markdownify"];

/// What the files of the embedded theme begin with in messages.
pub const EMBEDDED: &str = "(embedded theme)/";

fn compile(
    source: TemplateSource,
    body: usize,
    layout: Option<String>,
    language: &Language,
    reports: &mut Vec<Diagnostic>,
) -> Compiled {
    let template = match language.parse(&source.name, &source.text[body..]) {
        Ok(template) => Some(template),
        Err(faults) => {
            reports.extend(faults.into_iter().map(|fault| errors::syntax(fault, &source, body)));
            None
        }
    };
    Compiled::new(source, body, layout, template)
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
        let templates =
            Templates::new(sources, &Config::default(), Additions::default(), &mut reports);
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
            ("\n{% if x %}", 2, 1, "pages that need this template are left out"),
            (
                "{% include 'c.html' %}",
                1,
                12,
                "it was looked for as c.html.liquid and partials/c.html.liquid among the templates",
            ),
            ("{% if page.title = 'a' %}{% endif %}", 1, 18, "`==` compares two values"),
            ("{{ page | json }}", 1, 11, "did you mean `jsonify`?"),
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
