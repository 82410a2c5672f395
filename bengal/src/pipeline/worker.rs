//! One worker of a stage: takes batches, calls into the stage, and counts.
//!
//! **Invariant:** what the stage does counts for the stage, what the channels do counts for `outside`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use super::batch::{Batch, ItemPeak, Parcel};
use super::probe::{Doing, WorkerProbe};
use super::runner::{Failure, Shared, panic_message};
use super::stage::{Accounts, Outbox, StageError, Work};
use crate::memory::{self, Account, Stats};
use crate::process;

/// What the workers of a stage know of the chain around them.
#[derive(Clone, Copy)]
pub(super) struct Post<'a> {
    pub stage: &'a str,
    pub shared: &'a Shared,
    pub progress: Option<(&'a AtomicU64, Counted)>,
    pub account: Option<&'a Account>,
    /// The next stage's.
    pub receiver: Option<&'a Account>,
    /// Workers of the stage that have not ended.
    pub at_work: &'a AtomicUsize,
}

/// Which items are counted for the progress of the chain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    In,
    Out,
}

/// What a worker counted.
#[derive(Debug)]
pub(super) struct Figures {
    pub items_in: u64,
    pub items_out: u64,
    pub first: Option<Instant>,
    pub last: Option<Instant>,
    pub total: Duration,
    pub blocked_recv: Duration,
    pub blocked_send: Duration,
    pub cpu: Option<Duration>,
    /// `None` where nothing is counted.
    pub item_peak: Option<ItemPeak>,
    /// jemalloc's figures when the stage ended: of its last worker, as looking at them takes long.
    pub jemalloc: Option<Stats>,
}

pub(super) struct Worker<'a> {
    post: Post<'a>,
    out: Outbox<'a>,
    begun: Instant,
    items_in: u64,
    first: Option<Instant>,
    blocked_recv: Duration,
}

impl<'a> Worker<'a> {
    pub fn new(
        post: Post<'a>,
        next: Option<Sender<Batch>>,
        mut probe: Option<Box<dyn WorkerProbe + 'a>>,
    ) -> Self {
        let accounts = post.account.zip(post.receiver);
        let accounts = accounts.map(|(from, to)| Accounts { from, to });
        if let Some(probe) = &mut probe {
            memory::outside(|| probe.begin());
        }
        Self {
            post,
            out: Outbox::new(next, accounts, &post.shared.cancelled, probe),
            begun: Instant::now(),
            items_in: 0,
            first: None,
            blocked_recv: Duration::ZERO,
        }
    }

    pub fn run(mut self, mut work: Work<'_>, input: Option<Receiver<Batch>>) -> Figures {
        let went_through = match &input {
            Some(input) => self.take_all(&mut work, input),
            None => {
                self.first = Some(self.begun);
                true
            }
        };
        if went_through {
            self.finish(work);
        }
        self.count(self.out.sent, Counted::Out);
        memory::outside(|| drop(input));
        self.figures()
    }

    /// Handles every batch until the senders hang up. False when the build was cancelled.
    fn take_all(&mut self, work: &mut Work<'_>, input: &Receiver<Batch>) -> bool {
        loop {
            let before = Instant::now();
            let received = memory::outside(|| input.recv());
            let now = Instant::now();
            self.blocked_recv += now - before;
            self.out.spent(Doing::Receiving, before, now);
            let Ok(batch) = received else { return !self.cancelled() };
            self.first.get_or_insert(now);
            let items = batch.len();
            self.items_in += items as u64;
            self.count(items as u64, Counted::In);
            for parcel in batch {
                if self.cancelled() || !self.handle(work, parcel) {
                    return false;
                }
            }
            self.out.spent_since(Doing::Batch(items), now);
        }
    }

    fn handle(&mut self, work: &mut Work<'_>, Parcel { item, bytes }: Parcel) -> bool {
        self.out.begin_item(item.label(), bytes);
        self.guard(|out| {
            match work {
                Work::PerItem(worker) => worker.process(item, out),
                Work::Barrier(worker) => worker.process(item, &mut out.reports),
            }?;
            out.end_item()
        })
    }

    fn finish(&mut self, work: Work<'_>) {
        let begun = self.out.now_if_probed();
        self.out.begin_finish();
        self.guard(|out| match work {
            Work::PerItem(mut worker) => worker.finish(out),
            Work::Barrier(worker) => worker.finish(out),
        });
        self.guard(Outbox::flush);
        if let Some(begun) = begun {
            self.out.spent_since(Doing::Finish, begun);
        }
    }

    /// Calls into the stage; a panic or an error there cancels the build.
    fn guard(&mut self, call: impl FnOnce(&mut Outbox<'a>) -> Result<(), StageError>) -> bool {
        let out = &mut self.out;
        let message = match catch_unwind(AssertUnwindSafe(|| call(out))) {
            Ok(Ok(())) => return true,
            Ok(Err(StageError::Cancelled)) if self.cancelled() => return false,
            Ok(Err(error)) => error.to_string(),
            Err(panic) => format!("panicked: {}", panic_message(&*panic)),
        };
        let label = self.out.take_label();
        self.post.shared.fail(Failure { stage: self.post.stage.to_owned(), label, message });
        false
    }

    fn cancelled(&self) -> bool {
        self.post.shared.cancelled.load(Ordering::Relaxed)
    }

    fn count(&self, items: u64, which: Counted) {
        if let Some((counter, counted)) = self.post.progress
            && counted == which
        {
            counter.fetch_add(items, Ordering::Relaxed);
        }
    }

    /// What it counted; whoever looked on at it goes last.
    fn figures(mut self) -> Figures {
        let mut reports = self.out.close();
        let mut all = self.post.shared.diagnostics.lock().unwrap_or_else(|e| e.into_inner());
        memory::outside(|| all.extend(reports.drain(..)));
        // Whoever looked on may take a while to go.
        drop(all);
        let is_last = self.post.at_work.fetch_sub(1, Ordering::Relaxed) == 1;
        let now = Instant::now();
        let probe = self.out.take_probe();
        let figures = Figures {
            items_in: self.items_in,
            items_out: self.out.sent,
            first: self.first,
            last: self.out.last.or(self.first.map(|_| now)),
            total: now - self.begun,
            blocked_recv: self.blocked_recv,
            blocked_send: self.out.blocked,
            cpu: process::thread_cpu_time(),
            item_peak: self.post.account.map(|_| self.out.item_peak),
            jemalloc: is_last.then(memory::stats).flatten(),
        };
        memory::outside(|| drop(probe));
        figures
    }
}
