//! Who looks on while a chain runs: profiles and traces.
//!
//! **Invariant:** a chain that nobody looks on at pays a branch for each item and each batch, and what a
//! probe allocates counts as `outside`.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use super::item::Label;

/// Looks on at a whole chain.
pub trait Probe: Debug + Send + Sync {
    /// The probe of one worker. Called for all workers of a stage before the first of them starts.
    fn worker(&self, post: WorkerPost<'_>) -> Box<dyn WorkerProbe + '_>;

    /// How often [`Probe::sample`] is to be called while the chain runs; `None`: never.
    fn interval(&self) -> Option<Duration> {
        None
    }

    /// What each stage holds at this moment, in order, and then what is outside of them, in bytes.
    fn sample(&self, _held: &[i64]) {}
}

/// Which worker of which stage.
#[derive(Clone, Copy, Debug)]
pub struct WorkerPost<'a> {
    /// The stage's place in the chain.
    pub stage: usize,
    /// Its name.
    pub name: &'a str,
    /// Which of its workers, from 0.
    pub number: usize,
}

/// What a worker spends a span of time with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Handling a batch of so many items.
    Batch(usize),
    /// What comes after the last item.
    Finish,
    /// Waiting for items.
    Receiving,
    /// Waiting for the next stage to take a batch of so many items. Lies within one of the first two.
    Sending(usize),
}

/// Looks on at one worker. It is dropped on the worker's thread, when that has done its work.
pub trait WorkerProbe: Debug + Send {
    /// The worker begins; called on its thread.
    fn begin(&mut self) {}

    /// It was doing that from `begun` to `ended`.
    fn span(&mut self, _doing: Doing, _begun: Instant, _ended: Instant) {}

    /// It handled the item of that name, and was so long at work on it.
    fn item(&mut self, _label: &Label, _took: Duration) {}
}
