//! The allocator: jemalloc, whose counters are looked at before each call.
//!
//! **Invariant:** nothing that is done beside jemalloc's work allocates.

#![expect(unsafe_code, reason = "the trait of allocators is unsafe")]

use std::alloc::{GlobalAlloc, Layout};

use super::jemalloc::Jemalloc;
use super::thread::{THREAD, Thread};

/// jemalloc with memory accounting; to be the `#[global_allocator]` of a binary. Where there is no
/// jemalloc it is the system's allocator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Accounted;

// SAFETY: every call goes to jemalloc as it came; what is done beside it touches no memory of it.
unsafe impl GlobalAlloc for Accounted {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promised.
        let work = move || unsafe { Jemalloc.alloc(layout) };
        if THREAD.with(|thread| thread.goes_far_by_allocating(layout.size())) {
            return attended(work);
        }
        work()
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promised.
        let work = move || unsafe { Jemalloc.alloc_zeroed(layout) };
        if THREAD.with(|thread| thread.goes_far_by_allocating(layout.size())) {
            return attended(work);
        }
        work()
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        let work = move || unsafe { Jemalloc.dealloc(block, layout) };
        if THREAD.with(|thread| thread.goes_far_by_freeing(layout.size())) {
            return attended(work);
        }
        work();
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller promised.
        let work = move || unsafe { Jemalloc.realloc(block, layout, size) };
        if THREAD.with(|thread| thread.goes_far_by_resizing(layout.size(), size)) {
            return attended(work);
        }
        work()
    }
}

/// Does `work` and sees to the thread. Out of the way: what is left is a look and a jump to jemalloc.
#[cold]
#[inline(never)]
fn attended<T>(work: impl FnOnce() -> T) -> T {
    let result = work();
    THREAD.with(Thread::attend);
    result
}
