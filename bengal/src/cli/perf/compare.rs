//! `bengal perf compare`: new builds against old.

use bengal_metrics::record::Record;
use clap::Args;

use super::super::diagnostics::print_text;
use super::show::print;
use super::terminal::look;
use super::{Format, HistoryArguments};
use crate::figures::plain;
use crate::perf::History;
use crate::perf::judge::compare::{Comparison, Likeness, Stages, Terms, compare, measures};
use crate::perf::judge::limit::{Limit, limits};
use crate::perf::judge::measure::Measure;
use crate::perf::judge::report::{DISPENSABLE, LEGEND, Unjudged};
use crate::perf::select::{Selection, select};

pub(in super::super) const EXIT_CODES: &str = "\
Exit codes:
  0  no limit is broken
  2  wrong usage, no such builds, or builds that are not alike
  4  a limit is broken, or with --require a figure could not be judged";

/// Which builds are compared.
#[derive(Debug, Args)]
pub(super) struct CompareArguments {
    /// The old builds
    #[arg(value_name = "OLD", allow_negative_numbers = true)]
    old: String,
    /// The new builds
    #[arg(value_name = "NEW", default_value = "latest", allow_negative_numbers = true)]
    new: String,
    #[command(flatten)]
    history: HistoryArguments,
    #[command(flatten)]
    terms: TermsArguments,
    /// Compare builds of different sites, modes, machines or numbers of workers all the same
    #[arg(long)]
    force: bool,
}

/// How builds are compared, and what is said of it.
#[derive(Debug, Args)]
pub(super) struct TermsArguments {
    /// Exit with 4 where a figure is worse by more than its limit, 10% where none is given: a comma
    /// separates figures, as in time:10%,cpu:5%,peak:5%,allocated:1%,render.peak:5%,peak_per_page:5%
    #[arg(long, value_name = "LIMITS", value_parser = limits_of)]
    fail_on: Option<Limits>,
    /// Exit with 4 where a figure that has a limit could not be judged; without limits, any figure
    #[arg(long)]
    require: bool,
    /// Show the figures of each stage too
    #[arg(long)]
    all_stages: bool,
    /// How to print
    #[arg(long, value_enum, default_value = "table", value_name = "FORMAT")]
    format: Format,
}

/// Several limits in one argument, which clap would take for several arguments.
#[derive(Clone, Debug)]
struct Limits(Vec<Limit>);

/// The limits in `text`, each of a figure that there is.
fn limits_of(text: &str) -> Result<Limits, String> {
    let limits = limits(text).map_err(|error| error.to_string())?;
    for limit in &limits {
        limit.figure.parse::<Measure>().map_err(|error| error.to_string())?;
    }
    Ok(Limits(limits))
}

/// Compares builds; gives the exit code.
pub(super) fn run(arguments: &CompareArguments) -> anyhow::Result<u8> {
    let likeness = if arguments.force { Likeness::Anything } else { Likeness::Asked };
    let mut history = None;
    let old = side(arguments, &arguments.old, &mut history)?;
    let new = side(arguments, &arguments.new, &mut history)?;
    arguments.terms.compare(old, new, likeness)
}

/// The builds that `name` means: those that are saved, which needs no history, else those of `history`, which
/// is read, and its damage told, once for both sides.
fn side(
    arguments: &CompareArguments,
    name: &str,
    history: &mut Option<History>,
) -> anyhow::Result<Selection> {
    let place = arguments.history.place();
    if let Some(builds) = place.saved(name)? {
        return Ok(Selection { label: format!("saved as {name}"), builds });
    }
    let history = match history {
        Some(history) => history,
        none => none.insert(arguments.history.load()?),
    };
    Ok(select(history, &place, name, |name| arguments.history.revision(name))?)
}

impl TermsArguments {
    /// Compares the builds and prints what was found; gives the exit code.
    pub(super) fn compare(
        &self,
        old: Selection,
        new: Selection,
        likeness: Likeness,
    ) -> anyhow::Result<u8> {
        let comparison = compare(old, new, &self.terms(likeness))?;
        self.show(&comparison);
        Ok(comparison.exit_code(self.unjudged()))
    }

    /// Refuses limits of stages that none of the builds has.
    pub(super) fn check(&self, builds: &[&[Record]]) -> anyhow::Result<()> {
        Ok(measures(builds, &self.terms(Likeness::OneSite)).map(|_| ())?)
    }

    fn terms(&self, likeness: Likeness) -> Terms {
        let limits = self.fail_on.as_ref().map_or(Vec::new(), |limits| limits.0.clone());
        let stages = if self.all_stages { Stages::All } else { Stages::Named };
        Terms { limits, stages, likeness }
    }

    /// Whether the comparison can fail.
    pub(super) fn judges(&self) -> bool {
        self.fail_on.is_some() || self.require
    }

    /// Whether each stage's figures are shown.
    pub(super) fn all_stages(&self) -> bool {
        self.all_stages
    }

    /// How to print.
    pub(super) fn format(&self) -> Format {
        self.format
    }

    fn unjudged(&self) -> Unjudged {
        if self.require { Unjudged::Fail } else { Unjudged::Pass }
    }

    fn show(&self, comparison: &Comparison) {
        match self.format {
            Format::Table => {
                let lines = comparison.sides().join("\n");
                print_text(&plain(&format!(
                    "{}\n{lines}\n\n",
                    comparison.headline(self.unjudged())
                )));
                print(&mut comparison.table(), Format::Table, DISPENSABLE, &look());
                let notes = comparison.notes.iter().map(|note| format!("note: {note}\n"));
                print_text(&plain(&format!("\n{}{}\n", notes.collect::<String>(), LEGEND)));
            }
            Format::Csv => print_text(&comparison.table().csv()),
            Format::Json => print_text(&format!("{:#}\n", comparison.json(self.unjudged()))),
            Format::Markdown => print_text(&comparison.markdown(self.unjudged())),
        }
    }
}
