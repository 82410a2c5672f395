//! Plugins: what others add to a build, through one table of C functions.
//!
//! 1. [`handshake`] reads what a plugin says of itself in its file, without opening it.
//! 2. `load` opens it, and calls its one entry with the host's table (`host`).
//! 3. The plugin registers stages, observers, values and templates (`register`), by its `options`.
//! 4. `stage` puts its stages into the chain; a callback that runs is a `call`, and sees items by their
//!    `fields` and the site by `model`.
//!
//! What is `unsafe` in bengal, but for the allocator, is in `load`, `host`, `given`, `call`, `register`, `stage` and
//! `liquid`.
//!
//! **Invariant:** only what the command line or the configuration names is opened, by its path, and no
//! plugin is opened whose handshake fails.
//!
//! **Invariant:** a library is never unloaded: what it has made (workers, what `drop` frees, the hook for its
//! panics) may be reached to the process's end.

mod bundled;
mod call;
mod fields;
mod given;
pub mod handshake;
mod host;
mod json;
mod liquid;
mod load;
mod markers;
mod model;
pub mod observer;
mod options;
mod place;
mod register;
mod stage;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, PoisonError};

use bengal_plugin::abi;

pub use load::{LoadError, Wanted};
pub use options::GivenOption;
pub use register::Purity;

use crate::build::BuildError;
use crate::diagnostic::Diagnostic;
use crate::pipeline::registry::Registry;
use crate::pipeline::{Slot, Stage, Work};
use crate::site::Settings;
use crate::stages::{Context, NAMES};
use crate::template::{Additions, TemplateSource};
use crate::value::{Map, Value};
use model::World;
use register::{FilterSpec, ObserverSpec, StageSpec, TagSpec};

/// The plugins of a build.
#[derive(Debug, Default)]
pub struct Plugins {
    list: Vec<Plugin>,
    shared: Arc<Shared>,
    /// Filters, each with its plugin's name.
    filters: Vec<(String, Arc<FilterSpec>)>,
    /// Tags, each with its plugin's name.
    tags: Vec<(String, Arc<TagSpec>)>,
    /// What they add to `site`.
    pub values: Map,
    /// Their templates.
    pub templates: Vec<TemplateSource>,
    /// What a person should know of how they were chosen.
    pub notes: Vec<String>,
}

/// A plugin that was loaded.
#[derive(Debug)]
pub struct Plugin {
    /// The name that it has in this build.
    pub name: String,
    /// What it says of itself.
    pub descriptor: handshake::Descriptor,
    /// Its file; `None` of one that is linked in.
    pub path: Option<PathBuf>,
    /// Whether all its memory is counted.
    pub counted: bool,
    stages: Vec<StageSpec>,
    observers: Mutex<Vec<ObserverSpec>>,
}

/// A line that a plugin has printed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct LogLine {
    /// The plugin.
    pub plugin: String,
    /// Whether it is for those who look for a fault in it.
    pub debug: bool,
    /// The line.
    pub line: String,
}

/// What all calls of a build share.
#[derive(Debug, Default)]
struct Shared {
    /// The site's folder.
    root: PathBuf,
    /// Calls so far.
    calls: AtomicU32,
    log: Mutex<Log>,
    inputs: Mutex<BTreeSet<PathBuf>>,
}

#[derive(Debug, Default)]
struct Log {
    lines: Vec<LogLine>,
    left_out: usize,
}

/// Lines that plugins may print in a build.
const LINES: usize = 10_000;

impl Shared {
    fn log(&self, line: LogLine) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.lines.len() < LINES {
            log.lines.push(line);
        } else {
            log.left_out += 1;
        }
    }

    fn declare(&self, path: PathBuf) {
        self.inputs.lock().unwrap_or_else(PoisonError::into_inner).insert(path);
    }
}

/// A stage of a plugin, for those who ask what there is.
#[derive(Debug)]
pub struct StageInfo<'a> {
    /// Its name in the chain.
    pub name: &'a str,
    /// Where it stands.
    pub slot: &'a Slot,
    /// What its results depend on.
    pub purity: Purity,
    /// Whether it waits for all items.
    pub is_barrier: bool,
    /// Whether it may have more than one worker.
    pub thread_safe: bool,
}

impl Plugin {
    /// Its stages.
    pub fn stages(&self) -> impl Iterator<Item = StageInfo<'_>> {
        self.stages.iter().map(|spec| StageInfo {
            name: &spec.name,
            slot: &spec.slot,
            purity: spec.purity,
            is_barrier: spec.is_barrier,
            thread_safe: spec.thread_safe,
        })
    }

    /// How many observers it has.
    pub fn observers(&self) -> usize {
        self.observers.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// A stage that is put in order, and never runs.
struct Shown {
    name: String,
    slot: Slot,
}

impl Stage for Shown {
    fn name(&self) -> &str {
        &self.name
    }

    fn slot(&self) -> Slot {
        self.slot.clone()
    }

    fn start(&self) -> Work<'_> {
        unreachable!("it is only put in order")
    }
}

impl Plugins {
    /// The plugins, in the order in which they were registered.
    pub fn list(&self) -> &[Plugin] {
        &self.list
    }

    /// The filters and tags that they add to templates.
    pub fn additions(&self) -> Additions {
        let mut additions = Additions::default();
        for (plugin, spec) in &self.filters {
            additions.filters.push(Arc::new(liquid::PluginFilter::new(spec, plugin, &self.shared)));
        }
        for (plugin, spec) in &self.tags {
            additions.tags.push(Arc::new(liquid::PluginTag::new(spec, plugin, &self.shared)));
        }
        additions
    }

    /// The names of the filters and the tags of `plugin`.
    pub fn names_in_templates(&self, plugin: &str) -> (Vec<&str>, Vec<&str>) {
        let filters = self.filters.iter().filter(|(of, _)| of == plugin);
        let tags = self.tags.iter().filter(|(of, _)| of == plugin);
        (
            filters.map(|(_, spec)| spec.signature.name.as_str()).collect(),
            tags.map(|(_, spec)| spec.signature.name.as_str()).collect(),
        )
    }

    /// Whether a stage wants to see the HTML of pages before they are put together.
    pub fn want_html(&self) -> bool {
        let mut specs = self.list.iter().flat_map(|plugin| &plugin.stages);
        specs.any(|spec| spec.items & abi::ITEM_HTML != 0)
    }

    /// The stages, for a chain that works with `context`.
    pub fn stages<'b>(&'b self, context: &'b Context<'b>) -> Vec<Box<dyn Stage + 'b>> {
        let shared = &self.shared;
        let each = |plugin: &'b Plugin| {
            plugin.stages.iter().map(move |spec| {
                let stage = stage::PluginStage { context, shared, plugin, spec };
                Box::new(stage) as Box<dyn Stage + 'b>
            })
        };
        self.list.iter().flat_map(each).collect()
    }

    /// The names of the chain's stages in order, and which are its own.
    ///
    /// # Errors
    /// When the stages cannot be put in order, or one stands where nothing of what it asks for comes by.
    pub fn chain(&self) -> Result<Vec<(String, bool)>, BuildError> {
        let own = NAMES.iter().map(|name| ((*name).to_owned(), Slot::Chain));
        let specs = self.list.iter().flat_map(|plugin| &plugin.stages);
        let added = specs.map(|spec| (spec.name.clone(), spec.slot.clone()));
        let mut registry = Registry::default();
        for (name, slot) in own.chain(added) {
            registry.register(Box::new(Shown { name, slot }));
        }
        let chain = registry.into_chain()?;
        self.settle_in(&chain)?;
        let names = chain.iter().map(|stage| stage.name());
        Ok(names.map(|name| (name.to_owned(), NAMES.contains(&name))).collect())
    }

    /// Tells the stages where in `chain` they stand.
    ///
    /// # Errors
    /// Of one that stands where nothing of what it asks for comes by.
    pub fn settle_in(&self, chain: &[Box<dyn Stage + '_>]) -> Result<(), LoadError> {
        let specs = self.list.iter().flat_map(|plugin| &plugin.stages);
        let names: Vec<&str> = chain.iter().map(|stage| stage.name()).collect();
        stage::settle(specs, &names).map_err(LoadError::new)
    }

    /// Tells all observers of an event. The first that fails ends the build, in a sentence.
    fn tell(
        &self,
        settings: &Settings,
        event: (u32, &Value),
        reports: &Mutex<Vec<Diagnostic>>,
    ) -> Option<String> {
        let world = World { settings, site: None, store: None };
        let mut failure = None;
        for plugin in &self.list {
            let observers = plugin.observers.lock().unwrap_or_else(PoisonError::into_inner);
            for observer in observers.iter() {
                let told = stage::tell(&plugin.name, observer, &self.shared, world, event, reports);
                if let (Err(error), None) = (told, &failure) {
                    failure = Some(format!(
                        "the observer of the plugin `{}` failed: {error}",
                        plugin.name
                    ));
                }
            }
        }
        failure
    }

    /// The lines that they have printed, by plugin, in the order in which they came.
    pub fn take_log(&self) -> Vec<LogLine> {
        let mut log = self.shared.log.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = std::mem::take(&mut log.lines);
        lines.sort_by(|a, b| a.plugin.cmp(&b.plugin));
        if log.left_out > 0 {
            let line = format!("{} more lines of plugins are left out", log.left_out);
            lines.push(LogLine { plugin: "bengal".to_owned(), debug: false, line });
        }
        lines
    }

    /// The files that they have said they read.
    pub fn take_inputs(&self) -> Vec<PathBuf> {
        let mut inputs = self.shared.inputs.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *inputs).into_iter().collect()
    }
}
