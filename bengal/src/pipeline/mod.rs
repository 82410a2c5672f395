//! The chain: stages, the items that flow between them, their order, and the runner.
//!
//! ```text
//! discover ─▶ parse ─▶ taxonomy ─▶ render ─▶ write
//! ```
//!
//! A [`Stage`] handles one [`Item`] at a time and hands on what later stages should see. The
//! [`runner`] owns threads, channels, timing, panics and cancellation, so no stage can deadlock, leak
//! a sender or forget to hang up.

mod batch;
mod gate;
pub mod item;
pub mod probe;
pub mod registry;
pub mod runner;
pub mod stage;
mod worker;

pub use batch::ItemPeak;
pub use item::Item;
pub use stage::{Barrier, Outbox, PerItem, Slot, Stage, StageError, Work};
