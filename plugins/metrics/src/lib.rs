//! Keeps what each build measured, and reads it again.
//!
//! * [`record`]: what is kept of a build;
//! * [`history`]: the records of a site's builds.

pub mod history;
pub mod record;

pub use history::{History, Notes};
pub use record::Record;
