//! What a host is told of what renderings read, so that it can say later whether they would give the
//! same again.
//!
//! A host sees what is read of its own model by itself. What it cannot see is that a result was
//! remembered, and that a filter looked at the clock.

use std::any::Any;
use std::sync::Arc;

/// What the host noted between [`Watch::begin`] and [`Watch::end`].
pub type Noted = Option<Arc<dyn Any + Send + Sync>>;

/// A host's functions, which are called by the thread that renders.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// What is read from now on belongs to a result that will be remembered.
    pub begin: fn(),
    /// The result that was begun last is there; gives what was read for it.
    pub end: fn() -> Noted,
    /// A remembered result is used: what was read for it counts as read.
    pub again: fn(&Noted),
    /// The clock was looked at.
    pub clock: fn(),
}

impl Watch {
    /// For a host that does not watch.
    pub const NONE: &'static Self =
        &Self { begin: || (), end: || None, again: |_| (), clock: || () };
}
