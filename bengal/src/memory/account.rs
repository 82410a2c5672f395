//! The account of a stage, or of all that is no stage.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use super::counters::Totals;
use super::ledger;
use super::thread::THREAD;

/// What a stage, or all that is no stage, holds.
// In cache lines of its own: each is written by other threads than the next.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Account {
    live: AtomicI64,
    peak: AtomicI64,
    sent: AtomicI64,
    received: AtomicI64,
    /// What its threads counted, as far as they have settled.
    pub(super) counters: Totals,
}

/// The account of threads that are no stage's.
pub(super) static OUTSIDE: Account = Account::new();

impl Account {
    const fn new() -> Self {
        Self {
            live: AtomicI64::new(0),
            peak: AtomicI64::new(0),
            sent: AtomicI64::new(0),
            received: AtomicI64::new(0),
            counters: Totals::new(),
        }
    }

    /// Adds to what it holds.
    pub(super) fn change(&self, bytes: i64) {
        let live = self.live.fetch_add(bytes, Relaxed) + bytes;
        if live > self.peak.load(Relaxed) {
            self.peak.fetch_max(live, Relaxed);
        }
    }

    /// What it holds, as far as threads have folded.
    pub(super) fn live(&self) -> i64 {
        self.live.load(Relaxed)
    }

    /// The most that it held since [`Account::forget_peak`].
    pub(super) fn peak(&self) -> i64 {
        self.peak.load(Relaxed)
    }

    pub(super) fn forget_peak(&self) {
        self.peak.store(self.live(), Relaxed);
    }

    /// Bytes sent and received.
    pub(super) fn handed(&self) -> (i64, i64) {
        (self.sent.load(Relaxed), self.received.load(Relaxed))
    }
}

/// Moves `bytes` that the calling thread, which sits at `from`, holds to the account `to`.
pub fn hand_over(from: &Account, to: &Account, bytes: i64) {
    // What was allocated is in the account before it leaves it.
    THREAD.with(|thread| thread.fold());
    ledger::at_one_moment(|| {
        from.sent.fetch_add(bytes, Relaxed);
        from.change(-bytes);
        to.received.fetch_add(bytes, Relaxed);
        to.change(bytes);
    });
}
