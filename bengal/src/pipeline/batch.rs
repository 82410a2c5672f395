//! Items on their way, each with the bytes that it brings to the next stage.

use super::item::{Item, Label};
use crate::memory;

/// An item and the bytes that go with it.
#[derive(Debug)]
pub(super) struct Parcel {
    pub item: Item,
    pub bytes: i64,
}

/// Items sent at once.
pub(super) type Batch = Vec<Parcel>;

/// The call of `process` that added most to what its thread held, at any moment of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemPeak {
    /// Bytes added, in jemalloc's size classes.
    pub bytes: i64,
    /// The item's name.
    pub label: Option<Label>,
}

impl ItemPeak {
    /// The greater of both.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        if other.bytes > self.bytes { other } else { self }
    }
}

/// What a call into a stage allocates and frees, shared out among the items that it emits.
///
/// An item carries what was changed since the one before it was emitted; the first of a `process`
/// carries besides what the call's own item brought, the last what is changed until the call returns.
/// So what a call frees after it has emitted, its item above all, is not taken for the stage's. What a
/// call changes that emits nothing is the stage's, and so is in `finish` what is changed before the
/// first emission and after the last: there a barrier makes what it keeps. What else a stage keeps it
/// makes in [`memory::kept`].
#[derive(Debug, Default)]
pub(super) struct Tally {
    brought: i64,
    /// What the thread held at the last emission, or when `process` began.
    since: Option<i64>,
    emitted: bool,
}

impl Tally {
    /// A `process` begins, with an item that brought so many bytes.
    pub fn begin(&mut self, brought: i64) {
        *self = Self { brought, since: Some(memory::movable()), emitted: false };
    }

    /// `finish` begins.
    pub fn begin_finish(&mut self) {
        *self = Self::default();
    }

    /// The bytes of an item that is emitted now.
    pub fn emission(&mut self) -> i64 {
        let now = memory::movable();
        let changed = self.since.replace(now).map_or(0, |since| now - since);
        self.emitted = true;
        std::mem::take(&mut self.brought) + changed
    }

    /// The bytes that go to the last item besides, when `process` has returned.
    pub fn rest(&self) -> i64 {
        let since = self.since.filter(|_| self.emitted);
        since.map_or(0, |since| memory::movable() - since)
    }
}
