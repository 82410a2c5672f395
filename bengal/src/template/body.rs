//! Bodies that are templates: rendered with the site in sight, then converted as any Markdown.
//!
//! **Invariant:** such a body sees nothing of what is made of bodies that are templates, its own
//! among them: that is nil there. So none waits for another, and it does not show which came first.

use rustc_hash::FxHashMap;

use super::current::CurrentPage;
use super::page_view::{SiteView, Sources};
use super::{RenderError, Rendering, TemplateSource};
use crate::content::page::{Body, offset};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::incremental::read::{self, What};
use crate::markdown::{Found, Markdown};
use crate::site::{Made, PageId, content_path};

/// What was made of a body that is a template.
#[derive(Debug)]
pub struct Expanded {
    body: Body,
    html: String,
}

impl Expanded {
    /// The body, and its HTML.
    pub fn made(&self) -> Made<'_> {
        Made { body: &self.body, html: &self.html }
    }
}

impl<'m> SiteView<'m> {
    /// Makes the body of the page `id`, a template in the file whose text is `text`. `None` when it is
    /// wrong, which is then in `reports`.
    ///
    /// The lines of its links are those of the file where the same line stands there, else 0.
    pub fn expand(
        &'m self,
        id: PageId,
        text: &str,
        reports: &mut Vec<Diagnostic>,
    ) -> Option<Expanded> {
        let Sources { site, settings, templates, languages, within, .. } = self.sources;
        let view = SiteView::get(within?, Sources { within: None, ..self.sources });
        let start = site[id].body.template? as usize;
        let file = content_path(site[id].path.as_deref()?);
        let source = TemplateSource { name: file.clone(), file, text: text.to_owned() };
        let (body, name) = (Body::default(), site.name_of(id));
        let page = CurrentPage::new(view.page(id), Made { body: &body, html: "" }, "");
        let rendering = Rendering {
            site: view,
            page: &page,
            content: "",
            paginator: None,
            name: &name,
            recorder: None,
        };
        let markdown = match templates.render_text(source, start, &rendering, reports) {
            Ok(markdown) => markdown,
            Err(RenderError::Unusable) => return None,
            Err(RenderError::Failed(diagnostic)) => {
                reports.push(*diagnostic);
                return None;
            }
        };
        let mut html = String::with_capacity(markdown.len() + markdown.len() / 2);
        let mut converter = Markdown::new(&settings.config, languages);
        let found = match converter.convert(&markdown, &mut html) {
            Ok(found) => found,
            Err(error) => {
                let diagnostic = Diagnostic::error(Code::MarkdownNesting, error.to_string());
                reports.push(diagnostic.in_file(&name).hint(
                    "the page is left out until fewer `>` open the lines that its template gives",
                ));
                return None;
            }
        };
        if !found.links.is_empty() {
            read::note(What::EveryPage);
        }
        let lines = Lines { file: &name, text, made: &markdown };
        Some(Expanded { body: located(found, &lines, reports), html })
    }
}

/// A file, and what its template gave.
struct Lines<'a> {
    file: &'a str,
    text: &'a str,
    made: &'a str,
}

/// What was found, with lines of the file.
fn located(found: Found, lines: &Lines<'_>, reports: &mut Vec<Diagnostic>) -> Body {
    let raw_html = found.raw_html;
    let mut body = found.into_body();
    let links = &mut body.links;
    if !links.is_empty() || raw_html.is_some() {
        let mut numbers = FxHashMap::default();
        for (line, number) in lines.text.lines().zip(1..) {
            numbers.entry(line).or_insert(number);
        }
        let made: Vec<&str> = lines.made.lines().collect();
        let number = |line: usize| {
            made.get(line.wrapping_sub(1)).and_then(|line| numbers.get(line)).copied()
        };
        for link in links {
            link.line = offset(number(link.line as usize).unwrap_or(0));
        }
        if let Some((line, column)) = raw_html {
            let place = match number(line) {
                Some(line) => Place::in_bytes(lines.file, lines.text, line, column),
                None => Place::file(lines.file),
            };
            reports.push(crate::markdown::raw_html_omitted(place));
        }
    }
    body
}
