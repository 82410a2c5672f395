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

/// Nothing is sampled.
pub mod profiler {
    use std::ffi::CStr;

    /// A variable that nothing reads.
    pub const VARIABLE: &str = "_RJEM_MALLOC_CONF";

    /// `None`: there is none.
    pub fn options(_lg_sample: u32) -> Option<String> {
        None
    }

    /// It is not.
    pub fn is_ready() -> bool {
        false
    }

    /// Does nothing.
    pub fn switch(_on: bool) {}

    /// Does nothing.
    pub fn name_thread(_name: &CStr) {}

    /// Fails.
    ///
    /// # Errors
    /// Always.
    pub fn dump(_file: &CStr) -> Result<(), String> {
        Err("there is no jemalloc".to_owned())
    }
}
