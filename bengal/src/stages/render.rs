//! Renders a page: its body from the store, its links filled in, its template and layouts.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Context;
use crate::content::page::{Kind, Link};
use crate::content::permalink::output_path;
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::pipeline::item::{Item, Output, Render as Job};
use crate::pipeline::stage::{Outbox, PerItem, Slot, Stage, StageError, Work};
use crate::profile::templates::{Recorder, TemplateProfile};
use crate::site::{Made, Page, PageId, Site, content_path, list_url};
use crate::template::current::{CurrentPage, Paginator};
use crate::template::page_view::{SiteView, Sources};
use crate::template::{Buffers, RenderError, Rendering};

/// The fourth stage.
pub(super) struct Render<'b> {
    pub context: &'b Context<'b>,
}

impl Stage for Render<'_> {
    fn name(&self) -> &str {
        "render"
    }

    fn slot(&self) -> Slot {
        Slot::Chain
    }

    fn start(&self) -> Work<'_> {
        Work::PerItem(Box::new(Renderer {
            context: self.context,
            body: Vec::new(),
            content: String::new(),
            buffers: Buffers::default(),
            recorder: self.context.profile.map(TemplateProfile::recorder),
            size: 0,
        }))
    }
}

struct Renderer<'b> {
    context: &'b Context<'b>,
    body: Vec<u8>,
    content: String,
    buffers: Buffers,
    recorder: Option<Recorder<'b>>,
    /// Bytes of the page before: the next is likely as large.
    size: usize,
}

impl PerItem for Renderer<'_> {
    fn process(&mut self, item: Item, out: &mut Outbox<'_>) -> Result<(), StageError> {
        let Item::Render(job) = item else { return out.emit(item) };
        let first = u64::from(job.number == 1);
        let counts = self.context.written;
        match self.render(job, &mut out.reports)? {
            Some(output) => {
                counts.rendered.fetch_add(first, Ordering::Relaxed);
                out.emit(Item::Output(output))
            }
            None => {
                counts.left_out.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        }
    }
}

impl Renderer<'_> {
    /// The finished page; `None` when a template failed, which was reported.
    fn render(
        &mut self,
        job: Job,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<Option<Output>, StageError> {
        let Context { settings, templates, languages, store, site, views, within, .. } =
            *self.context;
        let Some(site) = site.get() else {
            return Err(StageError::Failed("a page came before the site was assembled".into()));
        };
        let sources = Sources { site, settings, store, templates, languages, within: Some(within) };
        let view = SiteView::get(views, sources);
        let page = &site[job.page];
        let text = store.read(page.body.stored, &mut self.body);
        let text = text.map_err(StageError::io("the body store"))?;
        let expanded;
        let made = if page.body.template.is_none() {
            Made { body: &page.body, html: text }
        } else {
            expanded = view.expand(job.page, text, reports);
            let Some(expanded) = &expanded else { return Ok(None) };
            expanded.made()
        };
        let content = if made.body.links.is_empty() {
            made.html
        } else {
            self.content.clear();
            let broken =
                |link: &Link| reports.push(broken_link(self.context, site, job.page, link));
            site.fill(page, made, 0..made.html.len(), settings, &mut self.content, broken);
            &self.content
        };
        let current = CurrentPage::new(view.page(job.page), made, content);
        let paginator = Paginator::new(view, job.page, job.number);
        let name = site.name_of(job.page);
        let rendering = Rendering {
            site: view,
            page: &current,
            content,
            paginator: paginator.as_ref(),
            name: &name,
            depth: 0,
            recorder: self.recorder.as_ref(),
        };
        let template = template_of(self.context, site, job, reports);
        let mut html = String::with_capacity(self.size + self.size / 4);
        match templates.render(&template, &rendering, &mut self.buffers, &mut html, reports) {
            Ok(()) => {}
            Err(RenderError::Unusable) => return Ok(None),
            Err(RenderError::Failed(diagnostic)) => {
                reports.push(*diagnostic);
                return Ok(None);
            }
        }
        self.size = html.len();
        let path = output_path(&list_url(&page.url, job.number));
        Ok(Some(Output { path: Arc::from(path), bytes: html.into_bytes(), page: Some(job.page) }))
    }
}

/// The template of a page: the first that there is of those that its kind looks for.
fn template_of<'a>(
    context: &'a Context<'_>,
    site: &'a Site,
    job: Job,
    reports: &mut Vec<Diagnostic>,
) -> Cow<'a, str> {
    if let Some(template) = context.template {
        return Cow::Borrowed(template);
    }
    let page = &site[job.page];
    let exists = |name: &str| context.templates.contains(name);
    if let Some(layout) = &page.front.layout {
        let name = layout.strip_suffix(".liquid").unwrap_or(layout);
        if exists(name) {
            return Cow::Borrowed(name);
        }
        if job.number == 1 {
            reports.push(missing_layout(context, page, layout));
        }
    }
    let own = page.kind.name();
    match page.kind {
        Kind::Home if !exists(own) => Cow::Borrowed(Kind::Section.name()),
        Kind::Home | Kind::NotFound => Cow::Borrowed(own),
        _ => {
            let special = format!("{}/{own}", folder_of(page, site, context));
            if exists(&special) { Cow::Owned(special) } else { Cow::Borrowed(own) }
        }
    }
}

/// The folder in which a page's kind has templates of its own: its `type`, its taxonomy, or its
/// first section.
fn folder_of<'a>(page: &'a Page, site: &'a Site, context: &'a Context<'_>) -> &'a str {
    match (&page.front.kind, page.taxonomy) {
        (Some(kind), _) => kind,
        (None, Some(taxonomy)) => &context.settings.config.taxonomies[taxonomy].name,
        (None, None) => site.top_folder(page),
    }
}

fn missing_layout(context: &Context<'_>, page: &Page, layout: &str) -> Diagnostic {
    let file = content_path(page.path.as_deref().unwrap_or_default());
    let place = Place::find(&context.settings.root, &file, "layout:");
    Diagnostic::warning(Code::MissingLayout, format!("no template is named `{layout}`"))
        .at(place)
        .hint("the page is rendered with its kind's usual template")
}

fn broken_link(context: &Context<'_>, site: &Site, page: PageId, link: &Link) -> Diagnostic {
    let file = site.name_of(page);
    // The text is read again, as this is rare and holding every text is not.
    let text = std::fs::read_to_string(context.settings.root.join(&file)).unwrap_or_default();
    let place = match link.line {
        0 => Place::file(&file),
        line => Place::in_bytes(&file, &text, line as usize, link.column as usize),
    };
    Diagnostic::warning(Code::BrokenLink, format!("`{}` is no page of this site", link.target))
        .at(place)
        .hint("a link names the file, relative to this one; drafts are no pages of the site")
}
