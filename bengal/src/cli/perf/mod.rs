//! `bengal perf`: shows what builds measured. Each subcommand has a file.
//!
//! **Invariant:** figures go to standard output, and what is to be known of them to standard error.

mod check;
mod compare;
mod export;
mod file;
mod run;
mod save;
mod show;
mod terminal;
mod trace;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bengal_metrics::record::Record;
use clap::{Args, Subcommand, ValueEnum};

use super::diagnostics::{self, plain, print_error};
use crate::build::{BuildError, read_config};
use crate::config::Config;
use crate::figures::{plural, time};
use crate::perf::builds::{revision, when};
use crate::perf::select::mode;
use crate::perf::{History, NEWEST, Place};

pub(super) const HELP: &str = "\
A build is named by its id or the beginning of it, a git revision, a name given to `bengal perf save`,
`latest`, `previous` (the newest before it that is like it), or -N (the Nth before the latest).";

/// What `bengal perf` is given.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct PerfArguments {
    #[command(subcommand)]
    command: Option<PerfCommand>,
    #[command(flatten)]
    show: show::ShowArguments,
}

#[derive(Debug, Subcommand)]
enum PerfCommand {
    /// Write a build's figures for other programs
    Export(export::ExportArguments),
    /// Write a build as Chrome trace events, which https://ui.perfetto.dev opens
    Trace(trace::TraceArguments),
    /// Hold a build to budgets: how high figures may be
    #[command(after_help = check::EXIT_CODES)]
    Check(check::CheckArguments),
    /// Compare new builds with old ones
    #[command(after_help = compare::EXIT_CODES)]
    Compare(compare::CompareArguments),
    /// Build a site several times to measure it, or two in turn to compare them
    #[command(after_help = compare::EXIT_CODES)]
    Run(run::RunArguments),
    /// Keep builds under a name, to compare others with
    Save(save::SaveArguments),
}

/// Whose history is looked at.
#[derive(Debug, Args)]
pub(super) struct HistoryArguments {
    /// The site's folder
    #[arg(long, default_value = ".", value_name = "DIR")]
    site: PathBuf,
    /// The folder of the measurements [default: the configuration's `metrics.path`, else
    /// SITE/.bengal-metrics]
    #[arg(long, value_name = "DIR")]
    history: Option<PathBuf>,
}

/// How a table is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Aligned columns, for people.
    Table,
    /// A list of objects.
    Json,
    /// Comma-separated values.
    Csv,
    /// A table of Markdown.
    Markdown,
}

/// Does what `arguments` say; gives the exit code.
pub(super) fn run(arguments: &PerfArguments) -> anyhow::Result<u8> {
    match &arguments.command {
        None => show::run(&arguments.show),
        Some(PerfCommand::Export(arguments)) => export::run(arguments),
        Some(PerfCommand::Trace(arguments)) => trace::run(arguments),
        Some(PerfCommand::Check(arguments)) => check::run(arguments),
        Some(PerfCommand::Compare(arguments)) => compare::run(arguments),
        Some(PerfCommand::Run(arguments)) => run::run(arguments),
        Some(PerfCommand::Save(arguments)) => save::run(arguments),
    }
}

/// The configuration of the site at `root`, having said what is wrong with it.
fn config(root: &Path) -> anyhow::Result<Config> {
    let config = read_config(None, root, &mut Vec::new());
    let config = config.inspect_err(|error| {
        if let BuildError::Config(diagnostics) = error {
            diagnostics::print(diagnostics);
        }
    });
    Ok(config?)
}

impl HistoryArguments {
    /// Where the measurements are.
    fn place(&self) -> Place {
        match &self.history {
            Some(folder) => Place::at(folder.clone()),
            None => Place::of_site(&self.site, self.configured().unwrap_or_default().as_deref()),
        }
    }

    /// Where the site's configuration says that they are; nothing where `--history` does.
    fn configured(&self) -> Result<Option<PathBuf>, BuildError> {
        if self.history.is_some() {
            return Ok(None);
        }
        let config = read_config(None, &self.site, &mut Vec::new())?;
        Ok(Some(PathBuf::from(config.metrics.folder())))
    }

    /// The history, having said what of it is not shown.
    fn load(&self) -> anyhow::Result<History> {
        if self.history.is_none() {
            config(&self.site)?;
        }
        let place = self.place();
        let history = place.load()?;
        let file = place.history();
        notes(&history, &file).iter().for_each(|note| print_error(&plain(note)));
        Ok(history)
    }

    /// What the site is called: its folder's name.
    fn site_name(&self) -> String {
        let folder = self.site.canonicalize().unwrap_or_else(|_| self.site.clone());
        let name = folder.file_name().unwrap_or(folder.as_os_str());
        plain(&name.to_string_lossy())
    }

    /// The commit that git takes `name` for, in the site's repository.
    fn revision(&self, name: &str) -> Option<String> {
        let asked = Command::new("git")
            .arg("-C")
            .arg(&self.site)
            .args(["rev-parse", "--verify", "--quiet", "--end-of-options"])
            .arg(format!("{name}^{{commit}}"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        let commit = String::from_utf8(asked.stdout).ok()?;
        (asked.status.success() && !commit.trim().is_empty()).then(|| commit.trim().to_owned())
    }
}

/// What is to be known of a history before it is looked at.
fn notes(history: &History, file: &Path) -> Vec<String> {
    let file = file.display();
    let mut notes = Vec::new();
    let met = &history.notes;
    if let Some(line) = met.first_damaged {
        let lines = plural(met.damaged, "damaged line");
        notes.push(format!("warning: {file}:{line}: {lines} left out, of which this is the first"));
    }
    for (count, what) in [
        (met.newer, "written by a newer bengal: what is known of them is shown".to_owned()),
        (history.of_others, "of other sites: left out".to_owned()),
        (history.older, format!("older than the newest {NEWEST}: left out")),
    ] {
        if count > 0 {
            notes.push(format!("note: {}, {what}", plural(count, "build")));
        }
    }
    notes
}

/// Which build it is, in a line.
fn title(name: &str, build: &Record) -> String {
    let id = build.build_id.as_ref().map_or(String::new(), |id| format!(" {id}"));
    let commit = match revision(build).text {
        none if none == "-" => String::new(),
        commit => format!(", commit {commit}"),
    };
    format!(
        "build{} of {} UTC{commit}: {}, {} in {}",
        if id.is_empty() { format!(" {name}") } else { id },
        when(build).text,
        mode(build),
        plural(build.total_pages, "page"),
        time(build.build_time_ms),
    )
}

/// Said of a build whose record has no stages.
fn no_stages(name: &str) -> String {
    format!("the build {} has no stages in its record, which is of the older format", plain(name))
}
