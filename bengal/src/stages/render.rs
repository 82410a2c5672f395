//! Renders a page: its body from the store, its links filled in, its template and layouts.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

mod kept;

use kept::Kept;

use super::{Context, links};
use crate::content::page::{Kind, Link};
use crate::content::permalink::output_path;
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::incremental::made::{Rendered, print_of};
use crate::incremental::read::{self, Reads, What};
use crate::memory;
use crate::pipeline::item::{Item, Output, Render as Job};
use crate::pipeline::stage::{Outbox, PerItem, Slot, Stage, StageError, Work};
use crate::profile::templates::{Recorder, TemplateProfile};
use crate::site::{Made, Missing, Page, Site, content_path, list_url};
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
            html: String::new(),
            buffers: Buffers::default(),
            recorder: self.context.profile.map(TemplateProfile::recorder),
            kept: Kept::new(self.context),
        }))
    }
}

struct Renderer<'b> {
    context: &'b Context<'b>,
    body: Vec<u8>,
    content: String,
    html: String,
    buffers: Buffers,
    recorder: Option<Recorder<'b>>,
    kept: Kept<'b>,
}

impl PerItem for Renderer<'_> {
    fn process(&mut self, item: Item, out: &mut Outbox<'_>) -> Result<(), StageError> {
        let Item::Render(job) = item else { return out.emit(item) };
        if self.kept.keep(job) {
            return Ok(());
        }
        // The further pages of a list are no pages of the site.
        let pages = u64::from(job.number == 1);
        let counts = self.context.written;
        let before = out.reports.len();
        // What this leaves allocated stays: buffers, views of the site, what is remembered of it.
        let (rendered, reads) = memory::kept(|| self.noted(job, &mut out.reports))?;
        match rendered {
            Some(page) => {
                counts.rendered.fetch_add(pages, Ordering::Relaxed);
                let path = Arc::from(output_path(&list_url(&page.url, job.number)));
                // A copy is as long as the page, which the buffer is not.
                let bytes = self.html.as_bytes().to_vec();
                // A page that has diagnostics is rendered each time, and so has them each time.
                let clean = out.reports.len() == before;
                let made_of = reads.as_ref().filter(|_| clean);
                let made_of = made_of.and_then(|reads| self.made_of(job, reads)).map(Box::new);
                memory::kept(|| drop(reads));
                out.emit(Item::Output(Output { path, bytes, page: Some(job.page), made_of }))
            }
            None => {
                counts.left_out.fetch_add(pages, Ordering::Relaxed);
                Ok(())
            }
        }
    }
}

impl<'b> Renderer<'b> {
    /// Renders a page, and notes what that reads, where it is to be known again.
    fn noted(
        &mut self,
        job: Job,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<(Option<&'b Page>, Option<Reads>), StageError> {
        let Some(cache) = self.context.cache else { return Ok((self.render(job, reports)?, None)) };
        let (rendered, reads) = read::noting(&cache.names, || {
            for what in [What::Front, What::Body, What::Links] {
                read::note_page(what, job.page);
            }
            self.render(job, reports)
        });
        Ok((rendered?, Some(reads)))
    }

    /// What the page was made of, of which `reads` were noted.
    fn made_of(&self, job: Job, reads: &Reads) -> Option<Rendered> {
        let Context { cache: Some(cache), site, .. } = *self.context else { return None };
        let site = site.get()?;
        let prints = cache.prints(site, self.context);
        let print = |read, extent| print_of(read, extent, &cache.names, prints, site);
        let own = reads.own.iter().map(|(read, extent)| (*read, *extent, print(*read, *extent)));
        let own = own.collect();
        let template = template_of(self.context, site, job, &mut Vec::new()).into();
        Some(Rendered { page: job.page, template, own, shared: reads.shared.clone() })
    }

    /// Renders a page into the buffer; gives it, or `None` when a template failed, which was reported.
    fn render(
        &mut self,
        job: Job,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<Option<&'b Page>, StageError> {
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
            let links = self.context.links;
            let missing = |link: &Link, what: Missing| match what {
                Missing::Page => reports.push(links::no_page(self.context, site, job.page, link)),
                Missing::File => links.check_file(self.context, site, job.page, link),
            };
            site.fill(page, made, 0..made.html.len(), settings, &mut self.content, missing);
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
            recorder: self.recorder.as_ref(),
        };
        let template = template_of(self.context, site, job, reports);
        match templates.render(&template, &rendering, &mut self.buffers, &mut self.html, reports) {
            Ok(()) => Ok(Some(page)),
            Err(RenderError::Unusable) => Ok(None),
            Err(RenderError::Failed(diagnostic)) => {
                reports.push(*diagnostic);
                Ok(None)
            }
        }
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
