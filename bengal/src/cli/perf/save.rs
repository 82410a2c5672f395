//! `bengal perf save`: keeps builds under a name.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::{anyhow, bail};
use bengal_metrics::record::Record;
use clap::Args;

use super::super::diagnostics::print_line;
use super::HistoryArguments;
use crate::figures::plural;
use crate::perf::select::{Question, differs, is_reserved, select};
use crate::perf::{History, Place, is_plain};
use crate::replace::{beside, cause};

/// Which builds are kept, and how they are called.
#[derive(Debug, Args)]
pub(super) struct SaveArguments {
    /// What they are called: letters, digits, `.`, `_` and `-`; builds of that name are replaced
    #[arg(value_name = "NAME")]
    name: String,
    /// The builds
    #[arg(value_name = "BUILD", default_value = "latest", allow_negative_numbers = true)]
    build: String,
    /// As many of the newest builds that are like the latest
    #[arg(long, value_name = "N", conflicts_with = "build")]
    last: Option<NonZeroUsize>,
    #[command(flatten)]
    history: HistoryArguments,
}

/// Keeps builds under a name; gives the exit code.
pub(super) fn run(arguments: &SaveArguments) -> anyhow::Result<u8> {
    check_name(&arguments.name)?;
    let place = arguments.history.place();
    let history = arguments.history.load()?;
    let builds = match arguments.last {
        Some(last) => newest(&history, last.get())?,
        None => {
            let revision = |name: &str| arguments.history.revision(name);
            select(&history, &place, &arguments.build, revision)?.builds
        }
    };
    save(&place, &arguments.name, &builds)?;
    Ok(0)
}

/// Refuses what is no name, and what means other builds.
pub(super) fn check_name(name: &str) -> anyhow::Result<()> {
    if !is_plain(name) {
        bail!(
            "`{name}` is no name: one is of letters, digits, `.`, `_` and `-`, and begins with a letter, \
               a digit or `_`"
        );
    }
    if is_reserved(name) {
        bail!("`{name}` always means other builds: choose another name");
    }
    Ok(())
}

/// The newest `last` builds that are like the latest.
fn newest(history: &History, last: usize) -> anyhow::Result<Vec<Record>> {
    let like = |build: &&Record| {
        let latest = history.records.last();
        latest.is_some_and(|latest| differs(build, latest, Question::Anything).is_none())
    };
    let mut builds: Vec<Record> =
        history.records.iter().rev().filter(like).take(last).cloned().collect();
    if builds.len() < last {
        bail!(
            "the history has {} like the latest, not {last}",
            plural(builds.len() as u64, "build")
        );
    }
    builds.reverse();
    Ok(builds)
}

/// Writes `builds` to the file for `name`, all at once.
pub(super) fn save(place: &Place, name: &str, builds: &[Record]) -> anyhow::Result<()> {
    let file = place.saved_file(name);
    write(place, &file, builds)
        .map_err(|error| anyhow!("{} cannot be written: {}", file.display(), cause(&error)))?;
    let count = plural(builds.len() as u64, "build");
    print_line(&format!("saved {count} as {name} in {}", file.display()));
    Ok(())
}

fn write(place: &Place, file: &Path, builds: &[Record]) -> io::Result<()> {
    place.make_saved_folder()?;
    let mut new = beside(file)?;
    for build in builds {
        serde_json::to_writer(&mut new, build)?;
        new.write_all(b"\n")?;
    }
    new.persist(file)?;
    Ok(())
}
