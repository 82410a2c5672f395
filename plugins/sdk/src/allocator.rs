//! The global allocator of a plugin: it forwards to the host's, so that what the plugin takes is counted
//! in its stages.
//!
//! What the library's constructors take before the host's table is there comes from a small static area,
//! which is never given back. Where that is too small, or there is no host at all (as in the plugin's
//! own tests), the system's allocator serves, for good.
//!
//! **Invariant:** a pointer is given back to whom it came from: the area is told by its addresses, and
//! between host and system is chosen once, before either has given anything.
#![expect(unsafe_code, reason = "an allocator is unsafe by its nature")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use crate::abi;

/// Bytes for what constructors take.
const AREA: usize = 64 * 1024;

/// Memory that is handed out from its head on.
#[repr(align(64))]
struct Area {
    bytes: UnsafeCell<[u8; AREA]>,
    used: AtomicUsize,
}

// SAFETY: each byte is handed out once, as `used` only grows, and by atomic steps.
unsafe impl Sync for Area {}

static START: Area = Area { bytes: UnsafeCell::new([0; AREA]), used: AtomicUsize::new(0) };

/// The host's table; null while nothing is chosen, and [`SYSTEM`] where there is no host.
static SOURCE: AtomicPtr<abi::Host> = AtomicPtr::new(null_mut());

/// Stands in [`SOURCE`] for the system's allocator: an address that no table has.
const SYSTEM: *mut abi::Host = std::ptr::dangling_mut();

/// Forwards to the host. [`crate::export`] makes it the plugin's global allocator.
#[derive(Debug)]
pub struct Allocator;

/// Takes memory from `host` from now on. False where the system's allocator was chosen before.
///
/// # Safety
/// The table lives as long as the process.
pub(crate) unsafe fn connect(host: *const abi::Host) -> bool {
    let (old, order) = (null_mut(), Ordering::AcqRel);
    match SOURCE.compare_exchange(old, host.cast_mut(), order, Ordering::Acquire) {
        Ok(_) => true,
        Err(chosen) => chosen != SYSTEM,
    }
}

enum Source {
    Area,
    Host(&'static abi::Host),
    System,
}

fn source() -> Source {
    let chosen = SOURCE.load(Ordering::Acquire);
    if chosen == SYSTEM {
        return Source::System;
    }
    // SAFETY: what is not null and not `SYSTEM` is a table that lives as long as the process.
    match unsafe { chosen.as_ref() } {
        Some(host) => Source::Host(host),
        None => Source::Area,
    }
}

impl Area {
    /// Room for `layout`; `None` where there is none left.
    fn take(&self, layout: Layout) -> Option<*mut u8> {
        let base = self.bytes.get() as usize;
        let mut start = 0;
        let fits = |used: usize| {
            let at = (base + used).checked_next_multiple_of(layout.align())? - base;
            start = at;
            at.checked_add(layout.size()).filter(|end| *end <= AREA)
        };
        let taken = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        // SAFETY: `start` and the bytes behind it lie in the area.
        taken.is_ok().then(|| unsafe { self.bytes.get().cast::<u8>().add(start) })
    }

    fn holds(&self, pointer: *mut u8) -> bool {
        let base = self.bytes.get() as usize;
        (base..base + AREA).contains(&(pointer as usize))
    }
}

impl Allocator {
    /// The system is the source from now on, unless the host has become it meanwhile.
    fn without_host() -> Source {
        let order = Ordering::AcqRel;
        let _ = SOURCE.compare_exchange(null_mut(), SYSTEM, order, Ordering::Acquire);
        source()
    }
}

// SAFETY: memory comes from the area, the host or the system, each of which keeps the contract, and
// `dealloc` and `realloc` give it back to the one that it came from.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let source = match source() {
            Source::Area => match START.take(layout) {
                Some(pointer) => return pointer,
                None => Self::without_host(),
            },
            chosen => chosen,
        };
        match source {
            // SAFETY: `layout` has a size that is not 0, as the caller promises.
            Source::Host(host) => unsafe { (host.alloc)(layout.size(), layout.align()).cast() },
            // SAFETY: as above.
            Source::System | Source::Area => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match source() {
            // SAFETY: `layout` has a size that is not 0, as the caller promises.
            Source::Host(host) => unsafe {
                (host.alloc_zeroed)(layout.size(), layout.align()).cast()
            },
            // SAFETY: as above; what is got is as long as `layout` says. The area is zero where it was not
            // handed out.
            _ => unsafe {
                let pointer = self.alloc(layout);
                if !pointer.is_null() {
                    pointer.write_bytes(0, layout.size());
                }
                pointer
            },
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if START.holds(pointer) {
            return;
        }
        match source() {
            // SAFETY: what is not of the area is of the only source that was chosen.
            Source::Host(host) => unsafe {
                (host.free)(pointer.cast(), layout.size(), layout.align());
            },
            // SAFETY: as above.
            Source::System | Source::Area => unsafe { System.dealloc(pointer, layout) },
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if START.holds(pointer) {
            // SAFETY: `new_size` is not 0 and does not overflow, as the caller promises; both places are as
            // long as what is copied, and apart.
            unsafe {
                let new = Layout::from_size_align_unchecked(new_size, layout.align());
                let moved = self.alloc(new);
                if !moved.is_null() {
                    moved.copy_from_nonoverlapping(pointer, layout.size().min(new_size));
                }
                return moved;
            }
        }
        match source() {
            // SAFETY: what is not of the area is of the only source that was chosen.
            Source::Host(host) => unsafe {
                (host.realloc)(pointer.cast(), layout.size(), layout.align(), new_size).cast()
            },
            // SAFETY: as above.
            Source::System | Source::Area => unsafe { System.realloc(pointer, layout, new_size) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_hands_out_each_byte_once_and_aligned_until_it_is_full() {
        let area = Area { bytes: UnsafeCell::new([0; AREA]), used: AtomicUsize::new(0) };
        let mut last = 0;
        for (size, align) in [(1, 1), (8, 8), (3, 1), (100, 64), (1, 1)] {
            let pointer = area.take(Layout::from_size_align(size, align).unwrap()).unwrap();
            assert!(area.holds(pointer));
            assert!((pointer as usize).is_multiple_of(align) && pointer as usize >= last);
            last = pointer as usize + size;
        }
        assert!(area.take(Layout::from_size_align(AREA, 1).unwrap()).is_none());
        assert!(area.take(Layout::from_size_align(1000, 1).unwrap()).is_some());
    }
}
