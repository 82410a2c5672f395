//! A plugin's stage in the chain: what is between the built-in [`Stage`] and the functions of the ABI.
//!
//! The ABI takes batches of items. A per-item stage is given one at a time all the same, as the runner
//! knows then which item a fault, a panic and the memory of a call belong to; a call costs a hundred
//! nanoseconds, where a page costs some fifty microseconds. A barrier is given all of its items in batches,
//! in the order of their paths, when the last has come.
//!
//! **Invariant:** a worker is stopped once, however it ends, and before its stage is dropped.
#![expect(unsafe_code, reason = "a plugin's functions are called")]

use std::ffi::c_void;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use bengal_plugin::abi;

use super::call::{Arenas, Call, Role};
use super::fields;
use super::model::World;
use super::register::{ObserverSpec, StageSpec};
use super::{Plugin, Shared};
use crate::content::front_matter::exclusion;
use crate::content::page::Parsed;
use crate::diagnostic::Diagnostic;
use crate::manifest::Manifest;
use crate::pipeline::item::{FileBytes, FileCopy, Output, Source};
use crate::pipeline::{Barrier, Item, Outbox, PerItem, Slot as Place, Stage, StageError, Work};
use crate::site::{Claims, Owner, Settings};
use crate::stages::{Context, NAMES, taken};
use crate::value::{Text, Value};

/// Where in the chain a stage stands: how many of the chain's own are before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Phase(u8);

impl Phase {
    const PARSED: Self = Self(2);
    const ASSEMBLED: Self = Self(3);

    /// The kinds of items that the chain's own stages send through there.
    fn items(self) -> u32 {
        match self.0 {
            0 => 0,
            1 => abi::ITEM_SOURCE | abi::ITEM_DATA_SOURCE | abi::ITEM_FILE,
            2 => abi::ITEM_PAGE | abi::ITEM_DATA | abi::ITEM_FILE | abi::ITEM_OUTPUT,
            3 => abi::ITEM_RENDER | abi::ITEM_FILE | abi::ITEM_OUTPUT,
            4 => abi::ITEM_OUTPUT | abi::ITEM_FILE,
            _ => 0,
        }
    }
}

/// Tells each of `specs` where it stands in the chain of these names.
///
/// # Errors
/// In words, of one that stands where nothing of what it asks for comes by.
pub(super) fn settle<'s>(
    specs: impl Iterator<Item = &'s StageSpec>,
    chain: &[&str],
) -> Result<(), String> {
    for spec in specs {
        let before = chain.iter().take_while(|name| **name != spec.name);
        let own = before.filter(|name| NAMES.contains(name)).count();
        let phase = Phase(u8::try_from(own).unwrap_or(u8::MAX));
        spec.phase.store(phase.0, Ordering::Relaxed);
        let wanted = spec.items & !abi::ITEM_HTML;
        // Before discover only what stages there emit comes by.
        if wanted != 0 && wanted & phase.items() == 0 && own != 0 {
            let behind = NAMES[own - 1];
            return Err(format!(
                "the stage `{}` stands behind `{behind}`, where nothing of what it asks for comes by",
                spec.name
            ));
        }
    }
    Ok(())
}

/// An item that a call of a plugin is about.
pub(super) struct Slot {
    pub item: Item,
    pub dropped: bool,
    /// The key of the markers in the HTML that the plugin was given.
    pub mark: Option<u64>,
}

/// What a call of a stage may do.
pub(super) struct Desk<'c> {
    pub items: &'c mut [Slot],
    /// The item that the plugin is at.
    pub current: usize,
    spec: &'c StageSpec,
    out: &'c mut (dyn Sink + 'c),
    claims: Option<&'c Mutex<Claims>>,
    manifest: Option<&'c Manifest>,
}

/// Where a stage's results go: an [`Outbox`], whatever it borrows from.
trait Sink {
    fn emit(&mut self, item: Item) -> Result<(), StageError>;
    fn report(&mut self, diagnostic: Diagnostic);
}

impl Sink for Outbox<'_> {
    fn emit(&mut self, item: Item) -> Result<(), StageError> {
        Outbox::emit(self, item)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        Outbox::report(self, diagnostic);
    }
}

fn failed<T>(message: impl Into<String>) -> Result<T, StageError> {
    Err(StageError::Failed(message.into()))
}

impl Desk<'_> {
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.out.report(diagnostic);
    }

    /// Whether the stage has said that it is about the HTML of pages.
    pub fn sees_html(&self) -> bool {
        self.spec.items & abi::ITEM_HTML != 0
    }

    fn phase(&self) -> Phase {
        Phase(self.spec.phase.load(Ordering::Relaxed))
    }

    fn emit(&mut self, item: Item) -> Result<(), StageError> {
        let limit = self.spec.limit;
        if self.spec.emitted.fetch_add(1, Ordering::Relaxed) >= limit {
            return failed(format!(
                "it emitted more than {limit} items; `limit: N` beside its path in the configuration allows N"
            ));
        }
        self.out.emit(item)
    }

    /// A page, or a data file, before parse.
    pub fn emit_source(&mut self, what: What, path: &str, text: &str) -> Result<(), StageError> {
        if self.phase() >= Phase::PARSED {
            return failed(format!("it adds {path} behind `parse`, where it would never be read"));
        }
        check(path).or_else(failed)?;
        if path.split('/').any(|part| part.starts_with('.')) {
            return failed(format!("it adds {path:?}: names that begin with `.` are ignored"));
        }
        let source = Source { path: path.into(), file: path.into(), text: Some(text.into()) };
        match what {
            What::Page if !path.ends_with(".md") => {
                failed(format!("it adds the page {path:?}, whose name does not end in .md"))
            }
            What::Page => self.emit(Item::Source(source)),
            What::Data => self.emit(Item::DataSource(source)),
        }
    }

    /// A file beside pages, before taxonomy.
    pub fn emit_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), StageError> {
        if self.phase() >= Phase::ASSEMBLED {
            return failed(format!(
                "it adds the file {path} behind `taxonomy`: too late for a place"
            ));
        }
        check(path).or_else(failed)?;
        let from = FileBytes::Memory(bytes.to_owned().into());
        self.emit(Item::File(FileCopy { resource: Some(path.into()), from, to: Text::default() }))
    }

    /// Whether somebody has that output path; known from taxonomy on.
    pub fn has_output(&self, path: &str) -> bool {
        self.claims.is_some_and(|claims| {
            claims.lock().unwrap_or_else(std::sync::PoisonError::into_inner).has(path)
        })
    }

    /// An output file. Behind taxonomy its path is claimed and noted here, before that by taxonomy.
    pub fn emit_output(&mut self, path: &str, bytes: &[u8]) -> Result<(), StageError> {
        check(path).or_else(failed)?;
        if path.split('/').next() == Some(crate::output::TEMPORARY) {
            return failed(format!("it writes {path}, which is bengal's own"));
        }
        if let Some(claims) = self.claims {
            let owner = Owner::Stage(self.spec.name.as_str().into());
            let mut claims = claims.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            match claims.claim(path.to_owned(), &owner) {
                Ok(()) => {}
                // Which of the two came first is a matter of threads: neither may win.
                Err(other @ Owner::Stage(_)) => {
                    return failed(format!("the output file {path} was made by {other} already"));
                }
                Err(other) => {
                    self.out.report(taken(path, &other));
                    return Ok(());
                }
            }
            drop(claims);
            if let Some(manifest) = self.manifest {
                let noted = manifest.note(path);
                noted.map_err(StageError::io("the list of output files"))?;
            }
        }
        self.emit(Item::Output(Output {
            path: path.into(),
            bytes: bytes.to_owned(),
            page: None,
            made_of: None,
        }))
    }
}

/// What a source is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Page,
    Data,
}

/// Whether `path` is one that stays where it belongs: with `/`, not absolute, without `..`.
fn check(path: &str) -> Result<(), String> {
    let sound = |part: &str| !matches!(part, "" | "." | "..") && part.len() <= 255;
    let refused = |c: char| c.is_control() || c == '\\';
    if path.split('/').all(sound) && !path.contains(refused) && path.len() < 4096 {
        return Ok(());
    }
    Err(format!("it gives the path {path:?}, which is none that stays in its folder"))
}

/// A plugin's stage.
#[derive(Clone, Copy)]
pub(super) struct PluginStage<'b> {
    pub context: &'b Context<'b>,
    pub shared: &'b Shared,
    pub plugin: &'b Plugin,
    pub spec: &'b StageSpec,
}

impl Stage for PluginStage<'_> {
    fn name(&self) -> &str {
        &self.spec.name
    }

    fn slot(&self) -> Place {
        self.spec.slot.clone()
    }

    fn workers(&self, jobs: usize) -> usize {
        if self.spec.thread_safe { jobs } else { 1 }
    }

    fn plugin(&self) -> Option<&str> {
        Some(&self.plugin.name)
    }

    fn memory_is_counted(&self) -> bool {
        self.plugin.counted
    }

    fn start(&self) -> Work<'_> {
        let worker = Worker { stage: *self, state: None };
        match self.spec.is_barrier {
            false => Work::PerItem(Box::new(worker)),
            true => {
                Work::Barrier(Box::new(Gather { worker, gathered: Vec::new(), others: Vec::new() }))
            }
        }
    }
}

/// A worker, started when it is first called: on its own thread, so that what it takes is counted there.
struct Worker<'b> {
    stage: PluginStage<'b>,
    state: Option<State>,
}

/// What the plugin has given as its worker.
struct State(*mut c_void);

// SAFETY: the ABI says that a worker is called on one thread at a time, any one.
unsafe impl Send for State {}

/// A function of the ABI that is given items.
type Handle = unsafe extern "C" fn(*mut c_void, *mut abi::Call, *const abi::Handle, usize) -> i32;

impl Worker<'_> {
    /// Calls into the plugin: `function` is given its call.
    fn call(
        &self,
        items: &mut [Slot],
        out: &mut Outbox<'_>,
        function: impl FnOnce(*mut abi::Call, &[abi::Handle]) -> i32,
    ) -> (Result<(), StageError>, usize) {
        let PluginStage { context, shared, plugin, spec } = self.stage;
        let arenas = Arenas::default();
        let world = World {
            settings: context.settings,
            site: context.site.get(),
            store: Some(context.store),
        };
        let count = items.len();
        let desk = Desk {
            items,
            current: 0,
            spec,
            out,
            claims: context.claims.get(),
            manifest: context.manifest,
        };
        let mut call = Call::new(&plugin.name, shared, Some(world), &arenas, Role::Stage(desk));
        let one;
        let many: Vec<_>;
        let handles = match count {
            1 => {
                one = [call.item_handle(0)];
                &one[..]
            }
            count => {
                many = (0..count).map(|place| call.item_handle(place)).collect();
                &many
            }
        };
        let status = call.run(|call| function(call, handles));
        let current = if let Role::Stage(desk) = &call.role { desk.current } else { 0 };
        (call.outcome(status), current)
    }

    fn start(&mut self, out: &mut Outbox<'_>) -> Result<*mut c_void, StageError> {
        if let Some(State(worker)) = &self.state {
            return Ok(*worker);
        }
        let raw = &self.stage.spec.raw;
        let mut worker = raw.state;
        if let Some(start) = raw.start {
            let (started, _) = self.call(&mut [], out, |call, _| {
                // SAFETY: the plugin has registered the function for this state; there is room for a worker.
                unsafe { start(raw.state, call, &raw mut worker) }
            });
            started?;
        }
        self.state = Some(State(worker));
        Ok(worker)
    }

    fn handle(
        &mut self,
        function: Handle,
        items: &mut [Slot],
        out: &mut Outbox<'_>,
    ) -> (Result<(), StageError>, usize) {
        let worker = match self.start(out) {
            Ok(worker) => worker,
            Err(error) => return (Err(error), 0),
        };
        self.call(items, out, |call, handles| {
            // SAFETY: the plugin has registered the function, and `start` has made the worker; the handles live
            // until it returns.
            unsafe { function(worker, call, handles.as_ptr(), handles.len()) }
        })
    }

    /// Whether it is given `item`. What is left out, and was not parsed, passes by: it will be no page.
    fn wants(&self, item: &Item) -> bool {
        let Settings { now, wanted, .. } = self.stage.context.settings;
        let is_left_out = |page: &Parsed| exclusion(&page.front, now.seconds, *wanted).is_some();
        self.stage.spec.items & fields::kind(item) != 0
            && !matches!(item, Item::Page(page) if is_left_out(page))
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        let raw = &self.stage.spec.raw;
        if let (Some(State(worker)), Some(stop), Some(_)) = (&self.state, raw.stop, raw.start) {
            // SAFETY: the plugin has registered the function for what `start` made, which is not used again.
            unsafe { stop(*worker) };
        }
    }
}

impl PerItem for Worker<'_> {
    fn process(&mut self, item: Item, out: &mut Outbox<'_>) -> Result<(), StageError> {
        let Some(process) = self.stage.spec.raw.process.filter(|_| self.wants(&item)) else {
            return out.emit(item);
        };
        let mut slot = Slot { item, dropped: false, mark: None };
        self.handle(process, std::slice::from_mut(&mut slot), out).0?;
        if slot.dropped { Ok(()) } else { out.emit(slot.item) }
    }

    fn finish(&mut self, out: &mut Outbox<'_>) -> Result<(), StageError> {
        match self.stage.spec.raw.finish {
            Some(finish) => self.handle(finish, &mut [], out).0,
            None => Ok(()),
        }
    }
}

/// The worker of a barrier.
struct Gather<'b> {
    worker: Worker<'b>,
    gathered: Vec<Slot>,
    others: Vec<Item>,
}

/// Items that a barrier is given at once.
const BATCH: usize = 128;

impl Barrier for Gather<'_> {
    fn process(&mut self, item: Item, _reports: &mut Vec<Diagnostic>) -> Result<(), StageError> {
        match self.worker.wants(&item) {
            true => self.gathered.push(Slot { item, dropped: false, mark: None }),
            false => self.others.push(item),
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, out: &mut Outbox<'_>) -> Result<(), StageError> {
        let raw = self.worker.stage.spec.raw;
        self.gathered.sort_by_cached_key(|slot| order(&slot.item));
        if let Some(process) = raw.process {
            for batch in self.gathered.chunks_mut(BATCH) {
                let (done, current) = self.worker.handle(process, batch, out);
                done.map_err(|error| on_item(error, batch.get(current)))?;
            }
        }
        if let Some(finish) = raw.finish {
            self.worker.handle(finish, &mut self.gathered, out).0?;
        }
        for slot in self.gathered.into_iter().filter(|slot| !slot.dropped) {
            out.emit(slot.item)?;
        }
        self.others.into_iter().try_for_each(|item| out.emit(item))
    }
}

/// What a barrier's items are sorted by: what does not depend on threads.
fn order(item: &Item) -> (u32, String, usize) {
    let (path, number) = match item {
        Item::Source(source) | Item::DataSource(source) => (source.path.to_string(), 0),
        Item::Page(page) => (page.path.to_string(), 0),
        Item::Data(data) => (data.path.to_string(), 0),
        Item::File(file) => (file.resource.as_deref().unwrap_or(&file.to).to_owned(), 0),
        Item::Render(render) => (format!("{:010}", render.page.index()), render.number),
        Item::Output(output) => (output.path.to_string(), 0),
    };
    (fields::kind(item), path, number)
}

/// The error of a barrier, with the item that it was at.
fn on_item(error: StageError, slot: Option<&Slot>) -> StageError {
    match (error, slot.and_then(Slot::name)) {
        (StageError::Failed(message), Some(name)) => {
            StageError::Failed(format!("on {name}: {message}"))
        }
        (error, _) => error,
    }
}

/// Tells an observer of an event.
///
/// # Errors
/// When it fails.
pub(super) fn tell(
    plugin: &str,
    observer: &ObserverSpec,
    shared: &Shared,
    world: World<'_>,
    (event, data): (u32, &Value),
    reports: &Mutex<Vec<Diagnostic>>,
) -> Result<(), StageError> {
    let arenas = Arenas::default();
    let mut call = Call::new(plugin, shared, Some(world), &arenas, Role::Observe(reports));
    let handle = call.handle(data.into());
    let Some(function) = observer.raw.event else { return Ok(()) };
    // SAFETY: the plugin has registered the function for this state; calls come one after the other.
    let status = call.run(|call| unsafe { function(observer.raw.state, call, event, handle) });
    call.outcome(status)
}
