//! End-to-end tests: whole sites through the binary, and own stages through the library.
//!
//! **Invariant:** nothing here depends on the machine's clock, zone, locale or number of processors,
//! and nothing is written outside temporary directories.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bombs;
mod cli;
mod corpora;
mod faults;
mod generator;
mod golden;
#[path = "../plugins/libraries.rs"]
mod libraries;
mod manual;
mod memory;
mod metrics;
mod new;
mod perf;
mod perf_compare;
mod pipeline;
mod plugin_projects;
mod plugins;
mod profile;
mod properties;
mod rebuild;
mod render;
#[cfg(feature = "serve")]
mod serve;
mod stages;
mod support;
mod theme;
