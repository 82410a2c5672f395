//! Runs a chain: threads, channels, timing, panics and cancellation.
//!
//! 1. Each stage is started: one worker, or `jobs` of them.
//! 2. A bounded channel joins each stage to the next; each worker is a thread of its own.
//! 3. A worker takes a batch, handles its items, sends what it emitted, until its senders hang up.
//! 4. When a stage fails or panics, the first failure is kept, and all workers stop at the next item.
//! 5. Workers that are done wait until the memory figures were taken, while all of them live.
//! 6. Diagnostics are sorted, figures summed, and both returned.
//!
//! **Invariant:** every worker hangs up when it ends, however it ends, so the chain always ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{Builder, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::batch::{Batch, ItemPeak};
use super::gate::Gate;
use super::item::Label;
use super::probe::{Probe, WorkerPost};
use super::stage::{Stage, Work};
use super::worker::{Counted, Figures, Post, Worker};
use crate::diagnostic::Diagnostic;
use crate::memory::{self, Account, Books, Ledger, Memory, Stats};

/// Batches that a channel holds for each worker that receives from it: enough that neither side
/// sleeps whenever the other is a little behind. More would only let what waits grow.
pub const BATCHES_PER_WORKER: usize = 4;

/// Stack of a worker. Nested templates and Markdown take more than the usual 2 MiB at their limits;
/// what is not touched is not resident.
const STACK_BYTES: usize = 8 << 20;

/// How a chain went.
#[derive(Debug)]
pub struct Run {
    /// The stages in order.
    pub stages: Vec<StageReport>,
    /// All diagnostics, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// What cancelled the build.
    pub failure: Option<Failure>,
    /// The memory figures; `None` where nothing is counted, or the chain did not run.
    pub books: Option<Books>,
}

/// The figures of a stage.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct StageReport {
    /// Its name.
    pub name: String,
    /// The plugin that it is of; `None` for the chain's own.
    pub plugin: Option<String>,
    /// Threads that worked for it.
    pub workers: usize,
    /// Items that it took.
    pub items_in: u64,
    /// Items that it handed on.
    pub items_out: u64,
    /// Milliseconds from its first item in to its last out. Stages overlap, so these do not sum to
    /// the build's time.
    pub wall_ms: f64,
    /// Milliseconds at work, summed over its workers.
    pub busy_ms: f64,
    /// Milliseconds waiting for items, summed over its workers.
    pub blocked_recv_ms: f64,
    /// Milliseconds waiting for the next stage, summed over its workers.
    pub blocked_send_ms: f64,
    /// Milliseconds of processor time, summed over its workers, where the system says.
    pub cpu_ms: Option<f64>,
    /// Its memory; `None` where nothing is counted.
    pub memory: Option<Memory>,
    /// The most that one `process` call added at any moment, in bytes. Exact.
    pub item_peak_bytes: Option<i64>,
    /// The page, or other item, on which it did.
    pub item_peak_page: Option<String>,
    /// The same, as the runner knows it.
    #[serde(skip)]
    pub item_peak_label: Option<Label>,
    /// jemalloc's figures for the whole process when the stage ended.
    pub jemalloc: Option<Stats>,
}

/// Why a build was cancelled.
#[derive(Debug)]
pub struct Failure {
    /// The stage that failed.
    pub stage: String,
    /// The item it failed on.
    pub label: Option<Label>,
    /// Why.
    pub message: String,
}

/// How far a running chain is; can be read from another thread.
#[derive(Debug, Default)]
pub struct Progress {
    handled: [AtomicU64; 2],
}

impl Progress {
    /// Items that the chain's head has emitted so far, and items that its last stage has taken.
    pub fn counts(&self) -> (u64, u64) {
        (self.handled[0].load(Ordering::Relaxed), self.handled[1].load(Ordering::Relaxed))
    }
}

/// Runs `chain` with `jobs` workers for each per-item stage.
pub fn run(chain: &[Box<dyn Stage + '_>], jobs: usize, progress: &Progress) -> Run {
    run_watched(chain, jobs, progress, None, &mut |_| ())
}

/// The same; `probe` looks on, and `ended` is told of each stage, in order, when all have ended.
pub fn run_watched(
    chain: &[Box<dyn Stage + '_>],
    jobs: usize,
    progress: &Progress,
    probe: Option<&dyn Probe>,
    ended: &mut dyn FnMut(&StageReport),
) -> Run {
    let ledger = Ledger::open(chain.len());
    let (shared, gate) = (Shared::default(), Gate::default());
    let at_work: Vec<_> = chain.iter().map(|_| AtomicUsize::new(0)).collect();
    let around =
        Around { chain, ledger: ledger.as_ref(), shared: &shared, progress, at_work: &at_work };
    let starts = match around.start_all(jobs) {
        Ok(starts) => starts,
        Err(failure) => {
            let failure = Some(failure);
            return Run { stages: Vec::new(), diagnostics: Vec::new(), failure, books: None };
        }
    };
    let (mut stages, books) = std::thread::scope(|scope| {
        let crews = around.crews(starts, jobs).into_iter().enumerate();
        let sampling = probe
            .zip(ledger.as_ref())
            .and_then(|(probe, ledger)| sample(scope, probe.interval()?, probe, ledger));
        let handles: Vec<_> = crews
            .map(|(stage, crew)| spawn(scope, &gate, probe.map(|p| (p, stage)), crew))
            .collect();
        let opener = gate.wait_for_all();
        if let Some(sampling) = sampling {
            sampling.end();
        }
        let books = ledger.as_ref().map(Ledger::report);
        drop(opener);
        let reports = handles.into_iter().map(|workers| collect(workers, &shared));
        (reports.collect::<Vec<_>>(), books)
    });
    let memory = books.iter().flat_map(|books| books.stages.iter().copied().map(Some));
    let memory = memory.chain(std::iter::repeat(None));
    for ((stage, report), memory) in chain.iter().zip(&mut stages).zip(memory) {
        report.plugin = stage.plugin().map(str::to_owned);
        // Of what was taken elsewhere nothing is known: no figure is better than a wrong one.
        report.memory = memory.filter(|_| stage.memory_is_counted());
        ended(report);
    }
    let mut diagnostics = into_inner(shared.diagnostics);
    diagnostics.sort();
    diagnostics.dedup();
    Run { stages, diagnostics, failure: into_inner(shared.failure), books }
}

/// What a chain that runs has around it.
#[derive(Clone, Copy)]
struct Around<'a, 's> {
    chain: &'a [Box<dyn Stage + 's>],
    ledger: Option<&'a Ledger>,
    shared: &'a Shared,
    progress: &'a Progress,
    /// Workers of each stage that have not ended.
    at_work: &'a [AtomicUsize],
}

/// The workers of a stage, and the channels on both its sides.
struct Crew<'a> {
    post: Post<'a>,
    works: Vec<Work<'a>>,
    input: Option<Receiver<Batch>>,
    next: Option<Sender<Batch>>,
}

impl<'a> Around<'a, '_> {
    fn start_all(self, jobs: usize) -> Result<Vec<Vec<Work<'a>>>, Failure> {
        let start = |index: usize| {
            let stage = &*self.chain[index];
            let started = AssertUnwindSafe(|| start(stage, jobs, self.account(index)));
            catch_unwind(started).map_err(|panic| Failure {
                stage: stage.name().to_owned(),
                label: None,
                message: format!("panicked: {}", panic_message(&*panic)),
            })
        };
        (0..self.chain.len()).map(start).collect()
    }

    fn crews(self, starts: Vec<Vec<Work<'a>>>, jobs: usize) -> Vec<Crew<'a>> {
        let mut received = None;
        let crew = |(index, works)| {
            let following = self.chain.get(index + 1).map(|_| jobs.max(1) * BATCHES_PER_WORKER);
            let (next, receiver) = following.map(bounded::<Batch>).unzip();
            let input = std::mem::replace(&mut received, receiver);
            Crew { post: self.post(index), works, input, next }
        };
        starts.into_iter().enumerate().map(crew).collect()
    }

    fn post(self, index: usize) -> Post<'a> {
        let [head, tail] = &self.progress.handled;
        Post {
            stage: self.chain[index].name(),
            shared: self.shared,
            progress: match index {
                0 => Some((head, Counted::Out)),
                _ => (index + 1 == self.chain.len()).then_some((tail, Counted::In)),
            },
            account: self.account(index),
            receiver: self.account(index + 1),
            at_work: &self.at_work[index],
        }
    }

    fn account(self, index: usize) -> Option<&'a Account> {
        self.ledger?.account(index)
    }
}

fn start<'a>(stage: &'a dyn Stage, jobs: usize, account: Option<&Account>) -> Vec<Work<'a>> {
    // What a worker begins with is its stage's.
    let start = || memory::seated(account, || stage.start());
    let first = start();
    let more = match first {
        Work::PerItem(_) => stage.workers(jobs).max(1) - 1,
        Work::Barrier(_) => 0,
    };
    std::iter::once(first).chain((0..more).map(|_| start())).collect()
}

/// What all workers share.
#[derive(Default)]
pub(super) struct Shared {
    pub cancelled: AtomicBool,
    pub diagnostics: Mutex<Vec<Diagnostic>>,
    failure: Mutex<Option<Failure>>,
}

impl Shared {
    /// Cancels the build. Of several failures the first counts.
    pub fn fail(&self, failure: Failure) {
        self.cancelled.store(true, Ordering::Relaxed);
        self.failure.lock().unwrap_or_else(|e| e.into_inner()).get_or_insert(failure);
    }
}

fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The thread that takes samples for a probe.
struct Sampling<'scope> {
    thread: ScopedJoinHandle<'scope, ()>,
    /// It goes on until this is dropped.
    until: mpsc::Sender<()>,
}

/// Starts to take samples; `None` where there is no thread for it.
fn sample<'scope, 'env: 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    interval: Duration,
    probe: &'env dyn Probe,
    ledger: &'env Ledger,
) -> Option<Sampling<'scope>> {
    let (until, ended) = mpsc::channel::<()>();
    let work = move || {
        while ended.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
            probe.sample(&ledger.held());
        }
    };
    let thread = Builder::new().name("samples".to_owned()).spawn_scoped(scope, work).ok()?;
    Some(Sampling { thread, until })
}

impl Sampling<'_> {
    /// Ends it, and waits until what it did is counted.
    fn end(self) {
        drop(self.until);
        // A sample that panicked is missing, no more.
        let _ = self.thread.join();
    }
}

type Handles<'scope> = (String, Vec<ScopedJoinHandle<'scope, Figures>>);

fn spawn<'scope, 'env: 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    gate: &'env Gate,
    probe: Option<(&'env dyn Probe, usize)>,
    Crew { post, works, input, next }: Crew<'env>,
) -> Handles<'scope> {
    let mut handles = Vec::new();
    post.at_work.store(works.len(), Ordering::Relaxed);
    let probe = |number| {
        probe.map(|(probe, stage)| probe.worker(WorkerPost { stage, name: post.stage, number }))
    };
    let probes: Vec<_> = (0..works.len()).map(probe).collect();
    for (number, (work, probe)) in works.into_iter().zip(probes).enumerate() {
        let (input, next) = (input.clone(), next.clone());
        let pass = gate.pass();
        let work = move || {
            let run = || Worker::new(post, next, probe).run(work, input);
            let figures = memory::seated(post.account, run);
            pass.wait();
            figures
        };
        let thread = Builder::new().name(format!("{}-{number}", post.stage));
        match thread.stack_size(STACK_BYTES).spawn_scoped(scope, work) {
            Ok(handle) => handles.push(handle),
            // With fewer workers the chain is slower; with none it cannot go on.
            Err(error) if handles.is_empty() => post.shared.fail(Failure {
                stage: post.stage.to_owned(),
                label: None,
                message: format!("no thread could be started: {error}"),
            }),
            Err(_) => _ = post.at_work.fetch_sub(1, Ordering::Relaxed),
        }
    }
    (post.stage.to_owned(), handles)
}

fn collect((name, handles): Handles<'_>, shared: &Shared) -> StageReport {
    let mut report = StageReport { name, workers: handles.len(), ..StageReport::default() };
    let (mut first, mut last): (Option<Instant>, Option<Instant>) = (None, None);
    let mut peak = None;
    for handle in handles {
        let Ok(figures) = handle.join() else {
            // `process` and `finish` are guarded; this is a fault of the runner or of a `drop`.
            let message = "a worker thread ended by a panic".to_owned();
            shared.fail(Failure { stage: report.name.clone(), label: None, message });
            continue;
        };
        report.items_in += figures.items_in;
        report.items_out += figures.items_out;
        report.busy_ms +=
            ms(figures.total.saturating_sub(figures.blocked_recv + figures.blocked_send));
        report.blocked_recv_ms += ms(figures.blocked_recv);
        report.blocked_send_ms += ms(figures.blocked_send);
        if let Some(cpu) = figures.cpu {
            *report.cpu_ms.get_or_insert_default() += ms(cpu);
        }
        first = first.into_iter().chain(figures.first).min();
        last = last.max(figures.last);
        peak = peak.into_iter().chain(figures.item_peak).reduce(ItemPeak::max);
        report.jemalloc = report.jemalloc.or(figures.jemalloc);
    }
    if let Some(ItemPeak { bytes, label }) = peak {
        (report.item_peak_bytes, report.item_peak_label) = (Some(bytes), label);
    }
    report.wall_ms = first.zip(last).map_or(0.0, |(first, last)| ms(last.duration_since(first)));
    report
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// What a panic said.
pub(super) fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}
