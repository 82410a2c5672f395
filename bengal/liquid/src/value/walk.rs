//! How far comparing and showing go: lists that filters made may hold others many times over.
//!
//! **Invariant:** a walk is over after [`WALK`] bytes, whatever it meets.

use std::fmt;

use crate::limits::{WALK, WALK_DEPTH};

/// Bytes that each step counts as.
const STEP: usize = 16;

/// A walk through a value and all that it holds.
#[derive(Debug)]
pub(crate) struct Walk {
    /// Bytes that are left; `None` when it is over.
    left: Option<usize>,
    depth: usize,
}

impl Walk {
    pub fn new() -> Self {
        Self { left: Some(WALK), depth: 0 }
    }

    /// The bytes that it has come to.
    pub fn spent(&self) -> usize {
        WALK - self.left.unwrap_or(0)
    }

    /// Takes a step over a text of so many bytes.
    pub fn take(&mut self, bytes: usize) -> fmt::Result {
        self.left = self.left.and_then(|left| left.checked_sub(STEP.saturating_add(bytes)));
        self.left.map(drop).ok_or(fmt::Error)
    }

    /// Whether there was too much.
    pub fn is_over(&self) -> bool {
        self.left.is_none()
    }

    /// Calls `go` a level deeper. What is too deep ends the walk.
    pub fn within<T>(&mut self, go: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        if self.depth > WALK_DEPTH {
            self.left = None;
        }
        let gone = go(self);
        self.depth -= 1;
        gone
    }
}
