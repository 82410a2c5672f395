//! The threads that live: where their counters can be read by another.
//!
//! **Invariant:** a thread in the register lives. It leaves, under the lock, before it ends; and what
//! goes from a thread's counters to an account goes there under the lock, so that it is never seen
//! twice, or not at all.

#![expect(unsafe_code, reason = "threads are read by others")]

use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::account::OUTSIDE;
use super::counters::{Counters, Totals};
use super::thread::Thread;

/// Threads that can be read by another: more than a build has with the most `--jobs`. What is beyond is
/// folded at every call: slower, and as exact.
const THREADS: usize = 4096;

static REGISTER: Mutex<Register> = Mutex::new(Register([ptr::null(); THREADS]));

/// What was counted by threads that are not in the register.
pub(super) static UNLISTED: Totals = Totals::new();

/// A place is null where it is free.
pub(super) struct Register([*const Thread; THREADS]);

// SAFETY: the threads are looked at only while the register is locked, and only as
// `Thread::counters_of` says.
unsafe impl Send for Register {}

impl Register {
    /// Enters the calling thread; gives its place, where there is one.
    pub fn enter(&mut self, thread: &Thread) -> Option<usize> {
        let place = self.0.iter().position(|place| place.is_null())?;
        self.0[place] = thread;
        Some(place)
    }

    /// Takes the calling thread out of its place. It has counted `counters`, and accounts have all of
    /// them.
    pub fn leave(&mut self, place: usize, counters: Counters) {
        self.0[place] = ptr::null();
        UNLISTED.add(counters);
    }
}

/// What was counted since the process began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    /// By all threads, as each has it.
    pub process: Counters,
    /// By those at no stage's account, and at accounts of earlier builds.
    pub outside: Counters,
}

/// Reads every thread. Exact where no thread but the calling one is at work.
pub(super) fn sums() -> Sums {
    let register = lock();
    let mut sums = Sums { process: UNLISTED.read(), outside: OUTSIDE.counters.read() };
    for thread in register.0.iter().filter(|place| !place.is_null()) {
        // SAFETY: it is in the register, which is locked.
        let (counters, settled, outside) = unsafe {
            let (counters, settled) = Thread::counters_of(*thread);
            (counters, settled, (**thread).is_outside())
        };
        sums.process = sums.process.and(counters);
        if outside {
            sums.outside = sums.outside.and(counters.since(settled));
        }
    }
    sums
}

/// The register, for the calling thread alone.
pub(super) fn lock() -> MutexGuard<'static, Register> {
    REGISTER.lock().unwrap_or_else(PoisonError::into_inner)
}
