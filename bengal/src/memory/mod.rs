//! Memory accounting: what each stage allocated, holds, and held at most.
//!
//! Every worker thread sits at the account of one stage. The allocator of the `bengal` binary
//! ([`Accounted`]) looks at jemalloc's counters of the calling thread and folds what changed into that
//! account; at a hand-over the runner moves the bytes of the items from the sender's account to the
//! receiver's. All other threads count as `outside`. A program with another allocator, and a platform
//! without jemalloc, runs all the same, without figures.
//!
//! **Invariant:** the figures of the stages and of `outside` sum to the process's, which is read from
//! its threads' own counters.

mod account;
mod allocator;
mod counters;
#[cfg_attr(windows, path = "no_jemalloc.rs")]
mod jemalloc;
mod ledger;
mod register;
mod thread;

pub use account::{Account, hand_over};
pub use allocator::Accounted;
pub use counters::{Counters, Stats};
pub use jemalloc::{profiler, stats};
pub use ledger::{Books, Ledger, Memory, Process};
pub use thread::FOLD_BYTES;

use thread::THREAD;

#[expect(unsafe_code, reason = "the thread points to the account")]
/// Does `work` with the calling thread at `account`: what it allocates and frees there is counted.
pub fn seated<T>(account: Option<&Account>, work: impl FnOnce() -> T) -> T {
    struct Back(*const Account);
    impl Drop for Back {
        fn drop(&mut self) {
            // SAFETY: where it sat before is there until the `seated` that put it there returns.
            THREAD.with(|thread| unsafe { thread.sit(self.0) });
        }
    }
    let Some(account) = account else { return work() };
    // SAFETY: the thread leaves the account when `Back` is dropped, which is before this returns.
    let _back = Back(THREAD.with(|thread| unsafe { thread.sit(account) }));
    work()
}

/// Does `work` on a stage's thread for the chain itself: it counts as `outside`, and neither [`net`]
/// nor [`high`] sees it.
pub fn outside<T>(work: impl FnOnce() -> T) -> T {
    THREAD.with(|thread| {
        let (result, change) = thread.apart(work);
        thread.give_to_outside(change);
        result
    })
}

/// Does `work` and gives what it left allocated, which neither [`net`] nor [`high`] sees.
pub fn apart<T>(work: impl FnOnce() -> T) -> (T, i64) {
    let (result, change) = THREAD.with(|thread| thread.apart(work));
    (result, change.net())
}

/// Does `work`, of a stage, whose memory the stage keeps: a buffer used again, an index, what is
/// remembered. What it leaves allocated goes with no item; but for this it would go with the next that
/// is emitted.
pub fn kept<T>(work: impl FnOnce() -> T) -> T {
    THREAD.with(|thread| thread.kept(work))
}

/// Of what the calling thread has allocated, `bytes` more are its stage's, as if made in [`kept`]; or fewer,
/// where it is less than 0.
pub fn keep(bytes: i64) {
    THREAD.with(|thread| thread.keep(bytes));
}

/// What of [`net`] can go with items: all but what was [`kept`].
pub fn movable() -> i64 {
    THREAD.with(|thread| thread.movable())
}

/// The bytes that the calling thread allocated so far, less those that it freed; 0 where nothing is
/// counted.
pub fn net() -> i64 {
    THREAD.with(|thread| thread.net())
}

/// What the calling thread allocated and freed so far; zeros where nothing is counted.
pub fn counted() -> Counters {
    THREAD.with(|thread| thread.counters())
}

/// Begins to watch for the highest point of the calling thread; gives what it has now, as [`net`].
pub fn mark() -> i64 {
    THREAD.with(|thread| thread.mark())
}

/// The most that the calling thread had since [`mark`].
pub fn high() -> i64 {
    THREAD.with(|thread| thread.high())
}
