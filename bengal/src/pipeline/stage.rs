//! What a stage is, and what it is given to work with.
//!
//! A stage's kind is in what [`Stage::start`] returns, so the runner picks the schedule:
//!
//! * [`PerItem`]: one worker on each of `jobs` threads, items in any order;
//! * [`Barrier`]: one worker that gathers every item before it emits the first.
//!
//! **Invariant:** a stage that gets an item it does not know emits it unchanged.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use super::batch::{Batch, ItemPeak, Parcel, Tally};
use super::item::{Item, Label};
use super::probe::{Doing, WorkerProbe};
use crate::diagnostic::Diagnostic;
use crate::memory::{self, Account};

/// One step of a build.
pub trait Stage: Send + Sync {
    /// Its name, of which the chain holds each once.
    fn name(&self) -> &str;

    /// Where in the chain it belongs.
    fn slot(&self) -> Slot;

    /// How many workers it may have of the `jobs` that the build gives each stage that handles items one
    /// by one.
    fn workers(&self, jobs: usize) -> usize {
        jobs
    }

    /// The plugin that it is of; `None` for the chain's own.
    fn plugin(&self) -> Option<&str> {
        None
    }

    /// Whether all the memory that it takes is counted; not so where a plugin has an allocator of its own.
    fn memory_is_counted(&self) -> bool {
        true
    }

    /// A worker. Called once for each thread that the stage is given, before any item flows.
    fn start(&self) -> Work<'_>;
}

impl<S: Stage + ?Sized> Stage for &S {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn slot(&self) -> Slot {
        (**self).slot()
    }

    fn workers(&self, jobs: usize) -> usize {
        (**self).workers(jobs)
    }

    fn plugin(&self) -> Option<&str> {
        (**self).plugin()
    }

    fn memory_is_counted(&self) -> bool {
        (**self).memory_is_counted()
    }

    fn start(&self) -> Work<'_> {
        (**self).start()
    }
}

/// Where in the chain a stage belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Behind the stages of this slot that are there already: for the chain's own stages, which stand in
    /// the order registered.
    Chain,
    /// Right before the stage of that name.
    Before(String),
    /// Right after the stage of that name.
    After(String),
}

/// A worker of a stage, by the stage's kind.
pub enum Work<'s> {
    /// Handles items one by one, beside others of its kind.
    PerItem(Box<dyn PerItem + 's>),
    /// Gathers all items first.
    Barrier(Box<dyn Barrier + 's>),
}

/// A worker of a stage that handles items one by one.
pub trait PerItem: Send {
    /// Handles one item: emits what later stages should see of it, or nothing to drop it.
    ///
    /// # Errors
    /// When the stage cannot go on: the build is cancelled. What is wrong with one page is a
    /// [`Diagnostic`] and no error.
    fn process(&mut self, item: Item, out: &mut Outbox<'_>) -> Result<(), StageError>;

    /// Called once, after the last item.
    ///
    /// # Errors
    /// As in [`PerItem::process`].
    fn finish(&mut self, _out: &mut Outbox<'_>) -> Result<(), StageError> {
        Ok(())
    }
}

/// The worker of a stage that gathers all items before it emits any. In [`Barrier::process`] it has
/// no outbox, so that none can be emitted early.
pub trait Barrier: Send {
    /// Takes one item.
    ///
    /// # Errors
    /// When the stage cannot go on.
    fn process(&mut self, item: Item, reports: &mut Vec<Diagnostic>) -> Result<(), StageError>;

    /// Called once, after the last item: emits what later stages should see.
    ///
    /// # Errors
    /// When the stage cannot go on.
    fn finish(self: Box<Self>, out: &mut Outbox<'_>) -> Result<(), StageError>;
}

/// Why a stage cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The build was cancelled; to be passed up.
    #[error("cancelled")]
    Cancelled,
    /// A file or directory could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl StageError {
    /// Wraps an I/O error with its path: `map_err(StageError::io(path))`.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { path: path.into(), source }
    }
}

/// Most items in a batch. A hand-over costs some microseconds of locking and waking, a page some
/// fifty of work; at 128 the chain costs a thousandth, and a batch of pages is still small.
pub const BATCH_ITEMS: usize = 128;

/// Bytes in a batch from which it is sent though not full: what waits in channels stays small, and is
/// still in the cache when it is written. With 256 KiB a build took two to three hundredths longer.
pub const BATCH_BYTES: usize = 32 * 1024;

/// Where a stage puts what later stages should see, and its diagnostics.
pub struct Outbox<'a> {
    next: Option<Sender<Batch>>,
    accounts: Option<Accounts<'a>>,
    batch: Batch,
    /// Bytes of the batch's own buffer, which goes with it.
    buffer: i64,
    limit: usize,
    weight: usize,
    tally: Tally,
    current: ItemPeak,
    cancelled: &'a AtomicBool,
    probe: Option<Box<dyn WorkerProbe + 'a>>,
    /// When the item began, where that is asked for, and how long sending had taken by then.
    item_begun: Option<(Instant, Duration)>,
    /// Diagnostics; shown when the build ends.
    pub reports: Vec<Diagnostic>,
    pub(super) item_peak: ItemPeak,
    pub(super) sent: u64,
    pub(super) blocked: Duration,
    pub(super) last: Option<Instant>,
}

/// The accounts between which items are handed over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accounts<'a> {
    pub from: &'a Account,
    pub to: &'a Account,
}

impl<'a> Outbox<'a> {
    pub(super) fn new(
        next: Option<Sender<Batch>>,
        accounts: Option<Accounts<'a>>,
        cancelled: &'a AtomicBool,
        probe: Option<Box<dyn WorkerProbe + 'a>>,
    ) -> Self {
        Self {
            next,
            accounts,
            batch: Vec::new(),
            buffer: 0,
            // Batches grow from one item, so that a small site keeps all workers busy too.
            limit: 1,
            weight: 0,
            tally: Tally::default(),
            current: ItemPeak::default(),
            cancelled,
            probe,
            item_begun: None,
            reports: Vec::new(),
            item_peak: ItemPeak::default(),
            sent: 0,
            blocked: Duration::ZERO,
            last: None,
        }
    }

    /// Hands `item` on. Waits while the next stage is behind.
    ///
    /// # Errors
    /// When the build was cancelled; to be passed up.
    pub fn emit(&mut self, item: Item) -> Result<(), StageError> {
        let bytes = self.tally.emission();
        // Before, not after: the last item of a call is given what the call still changes.
        self.flush_full()?;
        if self.batch.capacity() == 0 {
            (self.batch, self.buffer) = memory::apart(|| Vec::with_capacity(self.limit));
        }
        self.weight += item.weight();
        self.batch.push(Parcel { item, bytes });
        Ok(())
    }

    /// Reports a diagnostic.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.reports.push(diagnostic);
    }

    /// What is done from now on is done for an item of that name, which brought so many bytes. Who
    /// handles many in one call says so before each.
    pub(super) fn begin_item(&mut self, label: Option<Label>, brought: i64) {
        self.tally.begin(brought);
        self.item_begun = self.now_if_probed().map(|now| (now, self.blocked));
        self.current = ItemPeak { bytes: memory::mark(), label };
    }

    /// What was done since [`Outbox::begin_item`] is settled.
    pub(super) fn end_item(&mut self) -> Result<(), StageError> {
        let ItemPeak { bytes, label } = std::mem::take(&mut self.current);
        let added = memory::high() - bytes;
        if added > self.item_peak.bytes {
            let label = label.as_ref();
            memory::outside(|| {
                self.item_peak = ItemPeak { bytes: added, label: label.map(Label::copied) };
            });
        }
        self.show_item(label.as_ref());
        // It may be the last to hold the item's path.
        drop(label);
        if let Some(last) = self.batch.last_mut() {
            last.bytes += self.tally.rest();
        }
        self.flush_full()
    }

    /// What is done from now on is done after the last item.
    pub(super) fn begin_finish(&mut self) {
        self.current = ItemPeak::default();
        self.tally.begin_finish();
    }

    /// The name of the item that the stage is at.
    pub(super) fn take_label(&mut self) -> Option<Label> {
        self.current.label.take()
    }

    fn flush_full(&mut self) -> Result<(), StageError> {
        if self.batch.len() < self.limit && self.weight < BATCH_BYTES {
            return Ok(());
        }
        self.limit = (self.limit * 2).min(BATCH_ITEMS);
        self.flush()
    }

    pub(super) fn flush(&mut self) -> Result<(), StageError> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(StageError::Cancelled);
        }
        if self.batch.is_empty() {
            return Ok(());
        }
        let full = std::mem::take(&mut self.batch);
        self.weight = 0;
        self.sent += full.len() as u64;
        let Some(next) = &self.next else { return Ok(()) };
        if let Some(Accounts { from, to }) = self.accounts {
            let bytes: i64 = full.iter().map(|parcel| parcel.bytes).sum();
            memory::hand_over(from, to, bytes + self.buffer);
        }
        let items = full.len();
        let before = Instant::now();
        let sent = memory::outside(|| next.send(full));
        let after = Instant::now();
        self.blocked += after - before;
        self.last = Some(after);
        self.spent(Doing::Sending(items), before, after);
        // All receivers are gone only when the next stage failed.
        sent.map_err(|_| StageError::Cancelled)
    }

    /// Hangs up; gives the diagnostics.
    pub(super) fn close(&mut self) -> Vec<Diagnostic> {
        let next = self.next.take();
        memory::outside(|| drop(next));
        std::mem::take(&mut self.reports)
    }
}

/// Whoever looks on.
impl<'a> Outbox<'a> {
    /// The time, where somebody looks on.
    pub(super) fn now_if_probed(&self) -> Option<Instant> {
        self.probe.as_ref().map(|_| Instant::now())
    }

    pub(super) fn spent(&mut self, doing: Doing, begun: Instant, ended: Instant) {
        if let Some(probe) = &mut self.probe {
            memory::outside(|| probe.span(doing, begun, ended));
        }
    }

    pub(super) fn spent_since(&mut self, doing: Doing, begun: Instant) {
        if let Some(now) = self.now_if_probed() {
            self.spent(doing, begun, now);
        }
    }

    /// Shows the item that has ended, without the time that sending took.
    fn show_item(&mut self, label: Option<&Label>) {
        let (Some(probe), Some(label)) = (&mut self.probe, label) else { return };
        if let Some((begun, blocked)) = self.item_begun {
            let took = begun.elapsed().saturating_sub(self.blocked - blocked);
            memory::outside(|| probe.item(label, took));
        }
    }

    pub(super) fn take_probe(&mut self) -> Option<Box<dyn WorkerProbe + 'a>> {
        self.probe.take()
    }
}
