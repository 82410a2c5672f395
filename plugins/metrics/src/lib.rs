//! Keeps what each build of a site measured: one line of `.bengal-metrics/history.jsonl` for each, and the
//! latest by itself in `latest.json`.
//!
//! * [`record`]: what is kept of a build;
//! * [`history`]: reads the records again;
//! * `plugin`: the observer that bengal tells how a build went, and that keeps it;
//! * `store`: the folder and its files;
//! * `around`: what is around a build: its site, its machine, and the repository (`git`).
//!
//! **Invariant:** a build never fails by what happens here: what cannot be kept is a warning.

mod around;
mod git;
pub mod history;
mod plugin;
pub mod record;
mod store;

pub use around::{Place, complete, new_build_id, timestamp};
pub use history::{History, Notes};
pub use plugin::Metrics;
pub use record::Record;
pub use store::make_folder;

/// The plugin.
pub const PLUGIN: bengal_plugin::Bundled = bengal_plugin::bundled!(Metrics, "metrics");
