//! What jemalloc says of itself. The only module that names its crates.
//!
//! **Invariant:** nothing here allocates through Rust's allocator, so the allocator may call it.

#![expect(unsafe_code, reason = "jemalloc's options are read by name")]

use tikv_jemalloc_ctl::{epoch, raw, stats};

/// The allocator beneath bengal's.
pub(super) use tikv_jemallocator::Jemalloc;

use super::counters::Stats;

/// Where jemalloc counts the bytes that the calling thread ever allocated and freed. They are there
/// until the thread ends. `None` for a jemalloc without statistics.
pub(super) fn thread_counters() -> Option<(*const u64, *const u64)> {
    // SAFETY: both names are options of jemalloc's whose value is a pointer to a 64-bit integer.
    let read = |name: &[u8]| unsafe { raw::read::<*const u64>(name) }.ok();
    Some((read(b"thread.allocatedp\0")?, read(b"thread.deallocatedp\0")?))
}

/// The figures as they are now. Not to be asked for often: jemalloc adds up all of its arenas, which takes
/// some 600,000 instructions.
pub fn stats() -> Option<Stats> {
    epoch::advance().ok()?;
    Some(Stats {
        allocated: stats::allocated::read().ok()? as u64,
        active: stats::active::read().ok()? as u64,
        resident: stats::resident::read().ok()? as u64,
        retained: stats::retained::read().ok()? as u64,
    })
}
