//! `bengal perf trace`: a build of the history as Chrome trace events.

use std::path::PathBuf;

use bengal_metrics::record::Record;
use clap::Args;

use super::super::diagnostics::print_error;
use super::{HistoryArguments, file};
use crate::perf::select::select_one;
use crate::perf::trace;

/// Which build, and where to.
#[derive(Debug, Args)]
pub(super) struct TraceArguments {
    #[command(flatten)]
    history: HistoryArguments,
    /// The build
    #[arg(default_value = "latest", value_name = "BUILD", allow_negative_numbers = true)]
    build: String,
    /// Where to write; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// What is to be known of such a trace.
const COARSE: &str = "note: a record has totals only, so that this trace is coarse; `bengal build --trace FILE` \
    records what each worker did";

/// Writes the trace; gives the exit code.
pub(super) fn run(arguments: &TraceArguments) -> anyhow::Result<u8> {
    let history = arguments.history.load()?;
    let place = arguments.history.place();
    let revision = |name: &str| arguments.history.revision(name);
    let build: Record = select_one(&history, &place, &arguments.build, revision)?;
    if build.stages.is_empty() {
        anyhow::bail!(super::no_stages(&arguments.build));
    }
    let name =
        format!("{}: {}", arguments.history.site_name(), super::title(&arguments.build, &build));
    file::write(&arguments.output, &trace::text(&name, &build)?)?;
    print_error(COARSE);
    Ok(0)
}
