//! Where workers that have done their work wait until all are counted.
//!
//! **Invariant:** nobody waits for a worker that will not come: its pass is handed in wherever it is
//! dropped, be it by a panic or as its thread could not be started.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The gate of a run.
#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Passes that are out.
    at_work: usize,
    open: bool,
}

/// A worker's pass.
#[derive(Debug)]
pub(super) struct Pass<'g>(&'g Gate);

/// Opens the gate where it is dropped.
#[derive(Debug)]
pub(super) struct Opener<'g>(&'g Gate);

impl Gate {
    /// A pass for one worker, to be made before its thread is.
    pub fn pass(&self) -> Pass<'_> {
        self.lock().at_work += 1;
        Pass(self)
    }

    /// Waits until all passes are handed in. Those who wait go on when what is given is dropped.
    pub fn wait_for_all(&self) -> Opener<'_> {
        let opener = Opener(self);
        drop(self.wait_while(|state| state.at_work > 0));
        opener
    }

    fn wait_while(&self, condition: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let state = self.lock();
        let waited = self.changed.wait_while(state, |state| condition(state));
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// Hands the pass in and waits until the gate is opened.
    pub fn wait(self) {
        let gate = self.0;
        drop(self);
        drop(gate.wait_while(|state| !state.open));
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.lock().at_work -= 1;
        self.0.changed.notify_all();
    }
}

impl Drop for Opener<'_> {
    fn drop(&mut self) {
        self.0.lock().open = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::*;

    #[test]
    fn all_are_waited_for_and_none_goes_on_before_the_gate_opens() {
        let (gate, came, went) = (Gate::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let pass = gate.pass();
                let (came, went) = (&came, &went);
                scope.spawn(move || {
                    came.fetch_add(1, SeqCst);
                    pass.wait();
                    went.fetch_add(1, SeqCst);
                });
            }
            let opener = gate.wait_for_all();
            assert_eq!((came.load(SeqCst), went.load(SeqCst)), (8, 0));
            drop(opener);
        });
        assert_eq!(went.load(SeqCst), 8);
    }

    #[test]
    fn a_worker_that_panics_or_never_starts_is_not_waited_for() {
        let gate = Gate::default();
        drop(gate.pass());
        let pass = gate.pass();
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _pass = pass;
            panic!("it falls");
        }));
        assert!(ended.is_err());
        drop(gate.wait_for_all());
    }
}
