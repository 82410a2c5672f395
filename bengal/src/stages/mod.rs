//! The five stages of every build, in their own files.

mod discover;
mod links;
mod parse;
mod render;
mod taxonomy;
mod write;

use std::path::Path;
use std::sync::{Mutex, OnceLock};

use crate::highlight::Languages;
use crate::incremental::Cache;
use crate::manifest::Manifest;
use crate::output::OutputDir;
use crate::pipeline::registry::Registry;
use crate::pipeline::stage::Stage;
use crate::profile::templates::TemplateProfile;
use crate::site::{Claims, Settings, Site};
use crate::store::BodyStore;
use crate::template::Templates;
use crate::template::page_view::SiteCell;

pub use discover::{Bounds, STATIC, walk_files};
pub use links::OpenLinks;
pub use taxonomy::taken;
pub use write::WriteCounts;

/// What the built-in stages work with.
#[derive(Debug)]
pub struct Context<'b> {
    /// The theme's folder, where the site has a theme of its own.
    pub theme: Option<&'b Path>,
    /// What shapes the build.
    pub settings: &'b Settings,
    /// The templates.
    pub templates: &'b Templates,
    /// The languages of code, which all workers share.
    pub languages: &'b Languages,
    /// The bodies.
    pub store: &'b BodyStore,
    /// The output directory.
    pub output: &'b OutputDir,
    /// What bengal wrote there; `None` where that is not kept.
    pub manifest: Option<&'b Manifest>,
    /// What is known of the last build; `None` where nothing is to be known again.
    pub cache: Option<&'b Cache<'b>>,
    /// Set by taxonomy.
    pub site: &'b OnceLock<Site>,
    /// Who has which output path; set by taxonomy, for what stages behind it add.
    pub claims: &'b OnceLock<Mutex<Claims>>,
    /// Links to files that nobody has made so far.
    pub links: &'b OpenLinks,
    /// Set by the first worker of render.
    pub views: &'b SiteCell<'b>,
    /// The site as bodies that are templates see it; set by the first of them.
    pub within: &'b SiteCell<'b>,
    /// Counted by write.
    pub written: &'b WriteCounts,
    /// The template that renders every page, in place of the one that its kind looks for.
    pub template: Option<&'b str>,
    /// Whether a stage between parse and taxonomy wants the HTML of pages.
    pub hold_html: bool,
    /// Where it is recorded what templates cost; `None` where that is not asked for.
    pub profile: Option<&'b TemplateProfile>,
}

/// How a built-in stage is made.
type Make = for<'b> fn(&'b Context<'b>) -> Box<dyn Stage + 'b>;

/// The chain's own stages, in order, but for the last.
const MAKING: &[Make] = &[
    |context| Box::new(discover::Discover { context }),
    |context| Box::new(parse::Parse { context }),
    |context| Box::new(taxonomy::Taxonomy { context }),
    |context| Box::new(render::Render { context }),
];

/// The names of the chain's own stages, in order.
pub const NAMES: [&str; 5] = ["discover", "parse", "taxonomy", "render", "write"];

/// Registers the built-in stages.
pub fn register<'b>(context: &'b Context<'b>, registry: &mut Registry<'b>) {
    register_unwritten(context, registry);
    registry.register(Box::new(write::Write { context }));
}

/// Registers the built-in stages but the one that writes.
pub fn register_unwritten<'b>(context: &'b Context<'b>, registry: &mut Registry<'b>) {
    for make in MAKING {
        registry.register(make(context));
    }
}
