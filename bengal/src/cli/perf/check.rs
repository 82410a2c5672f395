//! `bengal perf check`: a build against budgets.

use std::path::Path;

use anyhow::bail;
use clap::Args;

use super::super::diagnostics::print_text;
use super::show::print;
use super::terminal::look;
use super::{Format, HistoryArguments, config};
use crate::build::{budgets, open_site};
use crate::perf::judge::budget::{Budget, Standing, table};
use crate::perf::judge::report::OVER;
use crate::perf::select::select_one;

pub(in super::super) const EXIT_CODES: &str = "\
Exit codes:
  0  the build is within its budgets
  2  wrong usage, or no such build
  4  it is over one, or with --require a figure was not measured";

/// Which build is held to which budgets.
#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// The build
    #[arg(value_name = "BUILD", default_value = "latest", allow_negative_numbers = true)]
    build: String,
    /// The most that a figure may be, as in peak:200MB, parse.peak:60MB or time:1.5s; may be given several
    /// times [default: `metrics.budgets` of the configuration]
    #[arg(long = "max", value_name = "FIGURE:VALUE")]
    budgets: Vec<Budget>,
    /// Exit with 4 where a figure was not measured
    #[arg(long)]
    require: bool,
    #[command(flatten)]
    history: HistoryArguments,
    /// How to print
    #[arg(long, value_enum, default_value = "table", value_name = "FORMAT")]
    format: Format,
}

/// Holds a build to budgets; gives the exit code.
pub(super) fn run(arguments: &CheckArguments) -> anyhow::Result<u8> {
    let (place, history) = (arguments.history.place(), arguments.history.load()?);
    let revision = |name: &str| arguments.history.revision(name);
    let build = select_one(&history, &place, &arguments.build, revision)?;
    let budgets = match arguments.budgets.is_empty() {
        true => configured(&arguments.history.site)?,
        false => arguments.budgets.clone(),
    };
    let is_of_nothing = |budget: &&Budget| !budget.measure.is_in(&build);
    if let Some(complaint) =
        budgets.iter().find(is_of_nothing).and_then(|budget| budget.complaint(&build))
    {
        // A budget of nothing would guard nothing.
        bail!(complaint);
    }
    let mut table = table(&budgets, &build);
    print(&mut table, arguments.format, &["used_percent"], &look());
    if arguments.format == Format::Table {
        let complaints = budgets.iter().filter_map(|budget| budget.complaint(&build));
        complaints.for_each(|line| print_text(&format!("{line}\n")));
    }
    let fails = |budget: &Budget| match budget.check(&build) {
        Standing::Within(_) => false,
        Standing::Over(_) => true,
        Standing::Unmeasured => arguments.require,
    };
    Ok(if budgets.iter().any(fails) { OVER } else { 0 })
}

/// The budgets in the configuration of the site in `folder`.
fn configured(folder: &Path) -> anyhow::Result<Vec<Budget>> {
    let config = config(&open_site(folder)?)?;
    let budgets: Vec<Budget> =
        budgets::read(&config).filter_map(|(budget, _)| budget.ok()).collect();
    if budgets.is_empty() {
        bail!(
            "nothing to check: there is no `--max`, and the configuration has no `metrics.budgets`"
        );
    }
    Ok(budgets)
}
