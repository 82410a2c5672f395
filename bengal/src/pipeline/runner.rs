//! Runs a chain: threads, channels, timing, panics and cancellation.
//!
//! 1. Each stage is started: one worker, or `jobs` of them.
//! 2. A bounded channel joins each stage to the next; each worker is a thread of its own.
//! 3. A worker takes a batch, handles its items, sends what it emitted, until its senders hang up.
//! 4. When a stage fails or panics, the first failure is kept, and all workers stop at the next item.
//! 5. Diagnostics are sorted, figures summed, and both returned.
//!
//! **Invariant:** every worker hangs up when it ends, however it ends, so the chain always ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::item::{Item, Label};
use super::stage::{Batch, Outbox, Stage, StageError, Work};
use crate::diagnostic::Diagnostic;

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
}

/// The figures of a stage.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct StageReport {
    /// Its name.
    pub name: String,
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
    let shared = Shared::default();
    let mut starts = Vec::with_capacity(chain.len());
    for stage in chain {
        let name = stage.name();
        match catch_unwind(AssertUnwindSafe(|| start(&**stage, jobs))) {
            Ok(works) => starts.push(works),
            Err(panic) => {
                let message = format!("panicked: {}", panic_message(&*panic));
                let failure = Failure { stage: name.to_owned(), label: None, message };
                return Run { stages: Vec::new(), diagnostics: Vec::new(), failure: Some(failure) };
            }
        }
    }
    let reports: Vec<StageReport> = std::thread::scope(|scope| {
        let mut handles = Vec::new();
        let mut input = None;
        for (index, works) in starts.drain(..).enumerate() {
            let following = chain.get(index + 1).map(|_| jobs.max(1) * BATCHES_PER_WORKER);
            let (sender, receiver) = following.map(bounded::<Batch>).unzip();
            let stage = &*chain[index];
            let seat = Seat {
                stage: stage.name(),
                shared: &shared,
                progress: if index == 0 {
                    Some((&progress.handled[0], Counted::Out))
                } else {
                    (index + 1 == chain.len()).then_some((&progress.handled[1], Counted::In))
                },
            };
            handles.push(spawn(scope, seat, works, input.take(), sender));
            input = receiver;
        }
        handles.into_iter().map(|workers| collect(workers, &shared)).collect()
    });
    let mut diagnostics = into_inner(shared.diagnostics);
    diagnostics.sort();
    diagnostics.dedup();
    Run { stages: reports, diagnostics, failure: into_inner(shared.failure) }
}

fn start(stage: &dyn Stage, jobs: usize) -> Vec<Work<'_>> {
    let first = stage.start();
    let more = if matches!(first, Work::PerItem(_)) { jobs.max(1) - 1 } else { 0 };
    std::iter::once(first).chain((0..more).map(|_| stage.start())).collect()
}

#[derive(Default)]
struct Shared {
    cancelled: AtomicBool,
    failure: Mutex<Option<Failure>>,
    diagnostics: Mutex<Vec<Diagnostic>>,
}

impl Shared {
    fn fail(&self, failure: Failure) {
        self.cancelled.store(true, Ordering::Relaxed);
        self.failure.lock().unwrap_or_else(|e| e.into_inner()).get_or_insert(failure);
    }
}

fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// What a worker thread knows of the chain around it.
#[derive(Clone, Copy)]
struct Seat<'a> {
    stage: &'a str,
    shared: &'a Shared,
    progress: Option<(&'a AtomicU64, Counted)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    In,
    Out,
}

type Handles<'scope> = (String, Vec<std::thread::ScopedJoinHandle<'scope, Figures>>);

fn spawn<'scope, 'env: 'scope>(
    scope: &'scope std::thread::Scope<'scope, 'env>,
    seat: Seat<'env>,
    works: Vec<Work<'env>>,
    input: Option<Receiver<Batch>>,
    next: Option<Sender<Batch>>,
) -> Handles<'scope> {
    let mut handles = Vec::new();
    for (number, work) in works.into_iter().enumerate() {
        let (input, next) = (input.clone(), next.clone());
        let name = format!("{}-{number}", seat.stage);
        let thread = std::thread::Builder::new().name(name).stack_size(STACK_BYTES);
        match thread.spawn_scoped(scope, move || Worker::new(seat, next).run(work, input)) {
            Ok(handle) => handles.push(handle),
            // With fewer workers the chain is slower; with none it cannot go on.
            Err(error) if handles.is_empty() => seat.shared.fail(Failure {
                stage: seat.stage.to_owned(),
                label: None,
                message: format!("no thread could be started: {error}"),
            }),
            Err(_) => {}
        }
    }
    (seat.stage.to_owned(), handles)
}

#[derive(Debug)]
struct Figures {
    items_in: u64,
    items_out: u64,
    first: Option<Instant>,
    last: Option<Instant>,
    total: Duration,
    blocked_recv: Duration,
    blocked_send: Duration,
}

fn collect((name, handles): Handles<'_>, shared: &Shared) -> StageReport {
    let mut report = StageReport { name, workers: handles.len(), ..StageReport::default() };
    let (mut first, mut last): (Option<Instant>, Option<Instant>) = (None, None);
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
        first = first.into_iter().chain(figures.first).min();
        last = last.max(figures.last);
    }
    report.wall_ms = first.zip(last).map_or(0.0, |(first, last)| ms(last.duration_since(first)));
    report
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

struct Worker<'a> {
    seat: Seat<'a>,
    out: Outbox<'a>,
    begun: Instant,
    items_in: u64,
    first: Option<Instant>,
    blocked_recv: Duration,
}

impl<'a> Worker<'a> {
    fn new(seat: Seat<'a>, next: Option<Sender<Batch>>) -> Self {
        Self {
            seat,
            out: Outbox::new(next, &seat.shared.cancelled),
            begun: Instant::now(),
            items_in: 0,
            first: None,
            blocked_recv: Duration::ZERO,
        }
    }

    fn run(mut self, mut work: Work<'_>, input: Option<Receiver<Batch>>) -> Figures {
        let went_through = match input {
            Some(input) => self.take_all(&mut work, &input),
            None => {
                self.first = Some(self.begun);
                true
            }
        };
        if went_through {
            self.guard(None, |out| match work {
                Work::PerItem(mut worker) => worker.finish(out),
                Work::Barrier(worker) => worker.finish(out),
            });
            self.guard(None, Outbox::flush);
        }
        self.count(self.out.sent, Counted::Out);
        self.figures()
    }

    /// Handles every batch until the senders hang up. False when the build was cancelled.
    fn take_all(&mut self, work: &mut Work<'_>, input: &Receiver<Batch>) -> bool {
        loop {
            let before = Instant::now();
            let received = input.recv();
            let now = Instant::now();
            self.blocked_recv += now - before;
            let Ok(batch) = received else { return !self.cancelled() };
            self.first.get_or_insert(now);
            self.items_in += batch.len() as u64;
            self.count(batch.len() as u64, Counted::In);
            for item in batch {
                if self.cancelled() || !self.handle(work, item) {
                    return false;
                }
            }
        }
    }

    fn handle(&mut self, work: &mut Work<'_>, item: Item) -> bool {
        let label = item.label();
        self.guard(label, |out| match work {
            Work::PerItem(worker) => worker.process(item, out),
            Work::Barrier(worker) => worker.process(item, &mut out.reports),
        })
    }

    /// Calls into the stage; a panic or an error there cancels the build.
    fn guard(
        &mut self,
        label: Option<Label>,
        call: impl FnOnce(&mut Outbox<'a>) -> Result<(), StageError>,
    ) -> bool {
        let out = &mut self.out;
        let message = match catch_unwind(AssertUnwindSafe(|| call(out))) {
            Ok(Ok(())) => return true,
            Ok(Err(StageError::Cancelled)) if self.cancelled() => return false,
            Ok(Err(error)) => error.to_string(),
            Err(panic) => format!("panicked: {}", panic_message(&*panic)),
        };
        self.seat.shared.fail(Failure { stage: self.seat.stage.to_owned(), label, message });
        false
    }

    fn cancelled(&self) -> bool {
        self.seat.shared.cancelled.load(Ordering::Relaxed)
    }

    fn count(&self, items: u64, which: Counted) {
        if let Some((counter, counted)) = self.seat.progress
            && counted == which
        {
            counter.fetch_add(items, Ordering::Relaxed);
        }
    }

    fn figures(self) -> Figures {
        let mut all = self.seat.shared.diagnostics.lock().unwrap_or_else(|e| e.into_inner());
        all.extend(self.out.reports);
        let now = Instant::now();
        Figures {
            items_in: self.items_in,
            items_out: self.out.sent,
            first: self.first,
            last: self.out.last.or(self.first.map(|_| now)),
            total: now - self.begun,
            blocked_recv: self.blocked_recv,
            blocked_send: self.out.blocked,
        }
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}
