//! In place of jemalloc, on a platform without it: the system's allocator, of which nothing is known.

/// The allocator beneath bengal's.
pub(super) use std::alloc::System as Jemalloc;

use super::counters::Stats;

/// `None`: nothing is counted.
pub(super) fn thread_counters() -> Option<(*const u64, *const u64)> {
    None
}

/// `None`: there is no jemalloc.
pub fn stats() -> Option<Stats> {
    None
}
