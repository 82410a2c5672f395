//! `bengal perf export`: a build's figures for other programs.

use std::path::PathBuf;

use clap::Args;

use super::{HistoryArguments, file};
use crate::perf::select::select;
use crate::perf::{bencher, prometheus};

/// What is exported, and where to.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("to").required(true).multiple(true))]
pub(super) struct ExportArguments {
    #[command(flatten)]
    history: HistoryArguments,
    /// The build
    #[arg(default_value = "latest", value_name = "BUILD", allow_negative_numbers = true)]
    build: String,
    /// Write Prometheus's text format, as its textfile collector reads it; `-` is standard output
    #[arg(long, value_name = "FILE", group = "to")]
    prometheus: Option<PathBuf>,
    /// Write the Bencher Metric Format, in JSON; `-` is standard output
    #[arg(long, value_name = "FILE", group = "to")]
    bencher: Option<PathBuf>,
}

/// Exports; gives the exit code.
pub(super) fn run(arguments: &ExportArguments) -> anyhow::Result<u8> {
    let history = arguments.history.load()?;
    let place = arguments.history.place();
    let selection =
        select(&history, &place, &arguments.build, |name| arguments.history.revision(name))?;
    if let (Some(to), Some(newest)) = (&arguments.prometheus, selection.builds.last()) {
        file::write(to, &prometheus::text(newest))?;
    }
    if let Some(to) = &arguments.bencher {
        file::write(to, &format!("{:#}\n", bencher::json(&selection.builds)))?;
    }
    Ok(0)
}
