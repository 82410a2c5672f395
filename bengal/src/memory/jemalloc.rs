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

/// jemalloc's sampling of allocations. It is there only where the process was started with
/// [`profiler::VARIABLE`] saying so.
pub mod profiler {
    use std::ffi::{CStr, c_char};

    use tikv_jemalloc_ctl::raw;

    /// The variable of the environment that jemalloc reads its options from.
    pub const VARIABLE: &str = "_RJEM_MALLOC_CONF";

    /// The options that make it ready: a sample for each 2^`lg_sample` bytes, and what is freed is
    /// remembered.
    pub fn options(lg_sample: u32) -> Option<String> {
        Some(format!("prof:true,prof_active:false,prof_accum:true,lg_prof_sample:{lg_sample}"))
    }

    /// Whether the process was started with it.
    pub fn is_ready() -> bool {
        // SAFETY: the option's value is a `bool`.
        unsafe { raw::read::<bool>(b"opt.prof\0") }.unwrap_or(false)
    }

    /// Switches it on or off for all threads.
    pub fn switch(on: bool) {
        // SAFETY: the option's value is a `bool`. It fails where the profiler is not ready.
        let _ = unsafe { raw::write(b"prof.active\0", on) };
    }

    /// Names the calling thread in profiles, in at most 15 bytes.
    pub fn name_thread(name: &CStr) {
        // SAFETY: the option's value is a text, which jemalloc copies.
        let _ = unsafe { raw::write::<*const c_char>(b"thread.prof.name\0", name.as_ptr()) };
    }

    /// Writes what was sampled to `file`.
    ///
    /// # Errors
    /// What jemalloc says.
    pub fn dump(file: &CStr) -> Result<(), String> {
        // SAFETY: the option's value is a path, which is read during the call.
        let written = unsafe { raw::write::<*const c_char>(b"prof.dump\0", file.as_ptr()) };
        written.map_err(|error| error.to_string())
    }
}
