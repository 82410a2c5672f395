//! Bytes allocated and freed, and allocations: as a value, and as totals that threads add to.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What threads allocated and freed, in bytes, and how often they allocated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bytes allocated.
    pub allocated: u64,
    /// Bytes freed.
    pub freed: u64,
    /// Allocations, and changes of an allocation's size.
    pub allocations: u64,
}

impl Counters {
    /// The bytes allocated, less those freed.
    #[must_use]
    pub fn net(self) -> i64 {
        self.allocated.wrapping_sub(self.freed).cast_signed()
    }

    /// What was counted since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        self.each(before, u64::wrapping_sub)
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.each(other, u64::wrapping_add)
    }

    fn each(self, other: Self, with: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            allocated: with(self.allocated, other.allocated),
            freed: with(self.freed, other.freed),
            allocations: with(self.allocations, other.allocations),
        }
    }
}

/// jemalloc's own figures for the whole process, in bytes. Source: `stats.*` of jemalloc(3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Stats {
    /// Allocated by the program.
    pub allocated: u64,
    /// In pages that hold something allocated.
    pub active: u64,
    /// In pages that are mapped and resident.
    pub resident: u64,
    /// In pages that are kept mapped and were given back to the system.
    pub retained: u64,
}

/// Counters that several threads add to.
#[derive(Debug, Default)]
pub(super) struct Totals {
    allocated: AtomicU64,
    freed: AtomicU64,
    allocations: AtomicU64,
}

impl Totals {
    pub const fn new() -> Self {
        Self {
            allocated: AtomicU64::new(0),
            freed: AtomicU64::new(0),
            allocations: AtomicU64::new(0),
        }
    }

    pub fn add(&self, counted: Counters) {
        self.allocated.fetch_add(counted.allocated, Relaxed);
        self.freed.fetch_add(counted.freed, Relaxed);
        self.allocations.fetch_add(counted.allocations, Relaxed);
    }

    pub fn take_from(&self, counted: Counters) {
        self.allocated.fetch_sub(counted.allocated, Relaxed);
        self.freed.fetch_sub(counted.freed, Relaxed);
        self.allocations.fetch_sub(counted.allocations, Relaxed);
    }

    pub fn read(&self) -> Counters {
        Counters {
            allocated: self.allocated.load(Relaxed),
            freed: self.freed.load(Relaxed),
            allocations: self.allocations.load(Relaxed),
        }
    }
}
