//! One page of a site, rendered with a template that is tried out.
//!
//! The chain of a build runs, with the stages of plugins: one more, before `render`, lets one page through, and
//! in the place of `write` stands one that keeps what came of that.
//!
//! **Invariant:** nothing is written but to a temporary folder.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::prepare::{Prepared, at};
use super::{BuildError, BuildOptions, Listener, Shared, context, processors};
use crate::diagnostic::nearest;
use crate::pipeline::item::{Item, Render};
use crate::pipeline::registry::Registry;
use crate::pipeline::runner;
use crate::pipeline::stage::{Outbox, PerItem, Slot, Stage, StageError, Work};
use crate::site::{CONTENT, PageId, Site, content_path, list_url};
use crate::stages::{self, Context};
use crate::store::BodyStore;
use crate::template::TemplateSource;
use crate::template::trial::Trial;

/// What is to be rendered.
#[derive(Debug)]
pub struct PreviewOptions {
    /// The site's folder.
    pub site: PathBuf,
    /// The template.
    pub template: Preview,
    /// The page: its file, from here or from `content/`, or its URL from the site's root.
    pub page: String,
    /// As if the configuration said `strict: true`.
    pub strict: bool,
}

/// The template of a preview.
#[derive(Debug)]
pub enum Preview {
    /// One of the site's, as `include` would name it.
    Named(String),
    /// This text, in a file of this name.
    Text {
        /// The file, as messages name it.
        file: String,
        /// Its text.
        text: String,
    },
}

/// Why nothing was rendered.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The site cannot be read.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The site has no such page, or no such template.
    #[error("the site has no {what} `{name}`{hint}")]
    Unknown {
        /// What is missing.
        what: &'static str,
        /// What it was called.
        name: String,
        /// What may have been meant.
        hint: String,
    },
    /// A stage failed.
    #[error("the stage `{stage}` failed: {message}")]
    Stage {
        /// Which.
        stage: String,
        /// Why.
        message: String,
    },
}

/// The name of a template that is not the site's; no file of a site that others include has it.
const GIVEN: &str = "(given)";

/// Renders one page of a site.
///
/// # Errors
/// When the site cannot be read, or has no such page or template.
pub fn preview(options: PreviewOptions, listener: &Listener<'_>) -> Result<Trial, PreviewError> {
    let PreviewOptions { site, template, page, strict } = options;
    let state = tempfile::Builder::new().prefix("bengal-").tempdir();
    let state = state.map_err(at(&std::env::temp_dir()))?;
    let build =
        BuildOptions { site, state: Some(state.path().to_owned()), strict, ..Default::default() };
    let (name, given) = match template {
        Preview::Named(name) => (name, None),
        Preview::Text { file, text } => {
            (GIVEN.to_owned(), Some(TemplateSource { name: GIVEN.to_owned(), file, text }))
        }
    };
    let mut prepared = Prepared::new(&build, listener, given)?;
    let mut reports = std::mem::take(&mut prepared.reports);
    let Some((name, file)) = prepared.templates.find(&name) else {
        return Err(unknown("template", &name, prepared.templates.names()));
    };
    let wanted = Wanted::new(&page, &prepared.settings.root);
    let store = BodyStore::create(&prepared.state).map_err(at(prepared.state.path()))?;
    let (site, shared) = (OnceLock::new(), Shared::default());
    let context =
        Context { template: Some(name), ..context(&build, &prepared, &store, &site, &shared) };
    let (picked, made) = (OnceLock::new(), Mutex::new(None));
    let mut registry = Registry::default();
    stages::register_unwritten(&context, &mut registry);
    registry.register(Box::new(Keep { made: &made }));
    let plugins = &prepared.plugins;
    plugins.stages(&context).into_iter().for_each(|stage| registry.register(stage));
    // Behind those of plugins, which see every page.
    registry.register(Box::new(Pick { context: &context, wanted: &wanted, picked: &picked }));
    let chain = registry.into_chain().map_err(BuildError::from)?;
    plugins.settle_in(&chain).map_err(BuildError::from)?;
    let run = runner::run(&chain, processors(), listener.progress);
    drop(chain);
    if let Some(failure) = run.failure {
        return Err(PreviewError::Stage { stage: failure.stage, message: failure.message });
    }
    let assembled = site.get();
    let Some(page) = picked.get().zip(assembled).map(|(id, site)| site.name_of(*id)) else {
        let known = assembled.into_iter().flat_map(|site| &site.pages);
        let names = known.flat_map(|page| page.path.as_deref().into_iter().chain([&*page.url]));
        return Err(unknown("page", &wanted.name, names));
    };
    reports.extend(run.diagnostics);
    let text = made.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok(Trial::new(text, reports, &[file, &page], prepared.settings.config.strict))
}

fn unknown<'a>(
    what: &'static str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> PreviewError {
    let near = nearest(name, known);
    let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    PreviewError::Unknown { what, name: name.to_owned(), hint }
}

/// The page that is wanted.
struct Wanted {
    /// Its path under `content/`, or its URL.
    name: String,
}

impl Wanted {
    fn new(page: &str, root: &Path) -> Self {
        let from_here = Path::new(page).canonicalize().ok();
        let below = from_here.and_then(|file| {
            let content = root.join(CONTENT).canonicalize().ok()?;
            let path = file.strip_prefix(content).ok()?.to_str()?;
            file.is_file().then(|| path.replace(std::path::MAIN_SEPARATOR, "/"))
        });
        let start = content_path("");
        let name = below.unwrap_or_else(|| page.strip_prefix(&start).unwrap_or(page).to_owned());
        Self { name }
    }

    fn is(&self, job: Render, site: &Site) -> bool {
        let page = &site[job.page];
        let url = list_url(&page.url, job.number);
        let named = job.number == 1 && page.path.as_deref() == Some(&self.name);
        named || self.name.starts_with('/') && same_url(&url, &self.name)
    }
}

/// Whether two URLs are one but for the `/` at their ends.
fn same_url(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// Lets the page through that is wanted, and nothing else.
struct Pick<'b> {
    context: &'b Context<'b>,
    wanted: &'b Wanted,
    picked: &'b OnceLock<PageId>,
}

impl Stage for Pick<'_> {
    fn name(&self) -> &str {
        "pick"
    }

    fn slot(&self) -> Slot {
        Slot::Before("render".to_owned())
    }

    fn start(&self) -> Work<'_> {
        Work::PerItem(Box::new(self))
    }
}

impl PerItem for &Pick<'_> {
    fn process(&mut self, item: Item, out: &mut Outbox<'_>) -> Result<(), StageError> {
        let (Item::Render(job), Some(site)) = (&item, self.context.site.get()) else {
            return Ok(());
        };
        match self.wanted.is(*job, site) && self.picked.set(job.page).is_ok() {
            true => out.emit(item),
            false => Ok(()),
        }
    }
}

/// Keeps the page that was rendered, in the place of what would write it.
struct Keep<'b> {
    made: &'b Mutex<Option<String>>,
}

impl Stage for Keep<'_> {
    fn name(&self) -> &str {
        "write"
    }

    fn slot(&self) -> Slot {
        Slot::Chain
    }

    fn start(&self) -> Work<'_> {
        Work::PerItem(Box::new(self))
    }
}

impl PerItem for &Keep<'_> {
    fn process(&mut self, item: Item, _out: &mut Outbox<'_>) -> Result<(), StageError> {
        // What is of no page a plugin has added.
        if let Item::Output(output) = item
            && output.page.is_some()
        {
            let text = String::from_utf8_lossy(&output.bytes).into_owned();
            *self.made.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_differ_by_more_than_the_slash_at_their_ends() {
        assert!(same_url("/a/", "/a") && same_url("/", "/"));
        assert!(!same_url("/a/", "/a/b"));
    }
}
