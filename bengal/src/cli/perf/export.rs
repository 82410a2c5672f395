//! `bengal perf export`: a build's figures for other programs.

use std::path::PathBuf;

use bengal_metrics::record::Record;
use clap::Args;

use super::super::diagnostics::{plain, print_error};
use super::{HistoryArguments, file};
use crate::figures::plural;
use crate::perf::select::{Question, Selection, differs, select};
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
    let Some(newest) = selection.builds.last().cloned() else { return Ok(0) };
    if let Some(to) = &arguments.prometheus {
        file::write(to, &prometheus::text(&newest))?;
    }
    if let Some(to) = &arguments.bencher {
        let builds = like(&newest, selection);
        file::write(to, &format!("{:#}\n", bencher::json(&builds)))?;
    }
    Ok(0)
}

/// The builds of `selection` that are like `newest`: a median of several kinds would be of none.
fn like(newest: &Record, selection: Selection) -> Vec<Record> {
    let (builds, others): (Vec<_>, Vec<_>) = selection
        .builds
        .into_iter()
        .partition(|build| differs(build, newest, Question::Anything).is_none());
    if !others.is_empty() {
        let others = plural(others.len() as u64, "build");
        let label = selection.label;
        print_error(&plain(&format!("note: {others} of {label} left out: not like the newest")));
    }
    builds
}
