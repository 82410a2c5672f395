//! The memory figures of chains, in a program of its own whose allocator is the referee: bengal's,
//! with a log of every allocation beside it.
//!
//! **Invariant:** one test runs at a time, as the figures are of the whole process. Where there is no
//! jemalloc there is nothing to test.

#![cfg(not(windows))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chain;
mod exact;
#[path = "../plugins/libraries.rs"]
mod libraries;
mod peaks;
mod plugins;
mod referee;
mod site;

#[global_allocator]
static ALLOCATOR: referee::Referee = referee::Referee;
