//! bengal's allocator, with a log: of each call, the thread and how many bytes more or less it has.

#![expect(unsafe_code, reason = "it is an allocator")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};

use bengal::memory::Accounted;
use tikv_jemallocator::usable_size;

pub struct Referee;

/// Calls that the log has room for.
const ROOM: usize = 1 << 20;

static LOG: [AtomicU64; ROOM] = [const { AtomicU64::new(0) }; ROOM];
static LENGTH: AtomicUsize = AtomicUsize::new(0);
static LOGGING: AtomicBool = AtomicBool::new(false);
static THREADS: AtomicUsize = AtomicUsize::new(1);

thread_local! {
    static OWN: Cell<usize> = const { Cell::new(0) };
}

/// A number of the calling thread.
pub fn thread() -> usize {
    OWN.with(|own| {
        if own.get() == 0 {
            own.set(THREADS.fetch_add(1, SeqCst));
        }
        own.get()
    })
}

/// What was done by calls to the allocator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub allocated: u64,
    pub freed: u64,
    pub allocations: u64,
}

/// What was done within [`within`], on all threads: allocated, freed, allocations.
static WITHIN: [AtomicU64; 3] = [const { AtomicU64::new(0) }; 3];

thread_local! {
    static IS_WITHIN: Cell<bool> = const { Cell::new(false) };
}

/// What the calling thread does is counted apart from now on, or no longer.
pub fn within(begins: bool) {
    IS_WITHIN.set(begins);
}

/// What was done meanwhile; none is left.
pub fn take_within() -> Seen {
    let [allocated, freed, allocations] = WITHIN.each_ref().map(|sum| sum.swap(0, SeqCst));
    Seen { allocated, freed, allocations }
}

/// Notes a change, in one word: the thread in the upper 20 bits, the bytes in the others.
fn note(allocated: i64, freed: i64) {
    if IS_WITHIN.get() {
        let allocations = u64::from(allocated > 0);
        let seen = [allocated.cast_unsigned(), freed.cast_unsigned(), allocations];
        for (sum, seen) in WITHIN.iter().zip(seen) {
            sum.fetch_add(seen, SeqCst);
        }
    }
    let bytes = allocated - freed;
    if LOGGING.load(SeqCst) {
        let place = LENGTH.fetch_add(1, SeqCst);
        if let Some(word) = LOG.get(place) {
            let bytes = bytes.cast_unsigned() & ((1 << 44) - 1);
            word.store((thread() as u64) << 44 | bytes, SeqCst);
        }
    }
}

fn size(block: *mut u8) -> i64 {
    if block.is_null() {
        return 0;
    }
    // SAFETY: it came from jemalloc and was not freed.
    i64::try_from(unsafe { usable_size(block) }).unwrap()
}

// SAFETY: every call goes to bengal's allocator as it came.
unsafe impl GlobalAlloc for Referee {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promised.
        let block = unsafe { Accounted.alloc(layout) };
        note(size(block), 0);
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promised.
        let block = unsafe { Accounted.alloc_zeroed(layout) };
        note(size(block), 0);
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let before = size(block);
        // SAFETY: as the caller promised.
        unsafe { Accounted.dealloc(block, layout) };
        note(0, before);
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let before = size(block);
        // SAFETY: as the caller promised.
        let new = unsafe { Accounted.realloc(block, layout, new_size) };
        if !new.is_null() {
            note(size(new), before);
        }
        new
    }
}

/// What a thread did: its number, and how many bytes more it has.
pub type Change = (usize, i64);

/// Does `work`, one at a time; gives every change meanwhile, in order.
pub fn logged<T>(work: impl FnOnce() -> T) -> (T, Vec<Change>) {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    LENGTH.store(0, SeqCst);
    LOGGING.store(true, SeqCst);
    let result = work();
    LOGGING.store(false, SeqCst);
    let length = LENGTH.load(SeqCst);
    assert!(length <= ROOM, "the log has no room for {length} calls");
    let change = |word: &AtomicU64| {
        let word = word.load(SeqCst);
        // The bytes, with their sign.
        (usize::try_from(word >> 44).unwrap(), (word << 20).cast_signed() >> 20)
    };
    (result, LOG[..length].iter().map(change).collect())
}
