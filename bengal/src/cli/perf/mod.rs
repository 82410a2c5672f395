//! `bengal perf`: shows what builds measured. Each subcommand has a file.
//!
//! **Invariant:** figures go to standard output, and what is to be known of them to standard error.

mod export;
mod file;
mod show;
mod terminal;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::{Args, Subcommand, ValueEnum};

use super::diagnostics::{plain, print_error};
use crate::figures::plural;
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
}

/// Whose history is looked at.
#[derive(Debug, Args)]
pub(super) struct HistoryArguments {
    /// The site's folder
    #[arg(long, default_value = ".", value_name = "DIR")]
    site: PathBuf,
    /// The folder of the measurements [default: SITE/.bengal-metrics]
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
    }
}

impl HistoryArguments {
    /// Where the measurements are.
    fn place(&self) -> Place {
        match &self.history {
            Some(folder) => Place::at(folder.clone()),
            None => Place::of_site(&self.site, None),
        }
    }

    /// The history, having said what of it is not shown.
    fn load(&self) -> anyhow::Result<History> {
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
