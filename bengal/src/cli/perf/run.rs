//! `bengal perf run`: builds a site several times to measure it, or two in turn to compare them.
//!
//! 1. Each site is built once without being measured, so that all find its files in the system's cache.
//! 2. Each is built as often as is asked for, two in turn, the first of them last in the next round.
//! 3. What they measured is printed: how far the builds of one differ, or what the two differ by.
//!
//! **Invariant:** every build is a process of its own and starts from nothing, with an output and a
//! folder of its own state that are gone when it is measured: the sites keep theirs.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{anyhow, bail};
use bengal_metrics::record::Record;
use clap::Args;
use serde_json::Value;

use super::super::diagnostics::print_error;
use super::compare::TermsArguments;
use super::config;
use super::save::{check_name, save};
use super::show::print;
use super::terminal::look;
use crate::build::open_site;
use crate::figures::plain;
use crate::perf::Place;
use crate::perf::judge::compare::Likeness;
use crate::perf::judge::spread;
use crate::perf::select::Selection;

/// What is built, how often, and what becomes of it.
#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// The site, or the old one
    #[arg(value_name = "DIR", default_value = ".")]
    old: PathBuf,
    /// The new one, to compare with the old
    #[arg(value_name = "NEW_DIR", conflicts_with = "save")]
    new: Option<PathBuf>,
    /// How often each is built
    #[arg(long, value_name = "N", default_value = "10")]
    builds: NonZeroUsize,
    /// Workers of each stage that handles pages one by one [default: one for each processor]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Keep the builds under a name, to compare others with
    #[arg(long, value_name = "NAME")]
    save: Option<String>,
    #[command(flatten)]
    terms: TermsArguments,
    /// Options of `bengal build`
    #[arg(last = true, value_name = "BUILD_OPTIONS")]
    options: Vec<String>,
}

/// Builds, and prints what was measured; gives the exit code.
pub(super) fn run(arguments: &RunArguments) -> anyhow::Result<u8> {
    if arguments.new.is_none() && arguments.terms.judges() {
        bail!("--fail-on and --require are for two sites: `bengal perf run OLD_DIR NEW_DIR`");
    }
    arguments.save.as_deref().map_or(Ok(()), check_name)?;
    let folders: Vec<&PathBuf> = [&arguments.old].into_iter().chain(&arguments.new).collect();
    let sites =
        folders.iter().map(|folder| Subject::new(folder)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut sides = sites.iter().zip(measure(&sites, arguments)?);
    match (sides.next(), sides.next()) {
        (Some((old, olds)), Some((new, news))) => {
            let (old, new) = (old.selection(olds), new.selection(news));
            arguments.terms.compare(old, new, Likeness::OneSite)
        }
        (Some((site, builds)), None) => {
            let mut table = spread::table(&builds, arguments.terms.all_stages());
            print(&mut table, arguments.terms.format(), &[], &look());
            if let Some(name) = &arguments.save {
                save(&site.place(), name, &builds)?;
            }
            Ok(0)
        }
        (None, _) => Ok(0),
    }
}

/// Builds each site as often as is asked for; gives what each one's builds measured.
fn measure(sites: &[Subject], arguments: &RunArguments) -> anyhow::Result<Vec<Vec<Record>>> {
    let warm =
        sites.iter().map(|site| site.build(arguments)).collect::<anyhow::Result<Vec<_>>>()?;
    arguments.terms.check(&warm.iter().map(std::slice::from_ref).collect::<Vec<_>>())?;
    let mut measured: Vec<Vec<Record>> = vec![Vec::new(); sites.len()];
    for round in 0..arguments.builds.get() {
        for turn in 0..sites.len() {
            let index = (turn + round) % sites.len();
            let record = sites[index].build(arguments)?;
            print_error(&progress(&sites[index], round + 1, arguments, &record));
            measured[index].push(record);
        }
    }
    Ok(measured)
}

fn progress(site: &Subject, round: usize, arguments: &RunArguments, record: &Record) -> String {
    let peak =
        record.memory_peak_mb.map_or(String::new(), |mib| format!(", peak heap {mib:.1} MiB"));
    let name = site.name.display();
    let time = crate::figures::time(record.build_time_ms);
    plain(&format!("{name}: build {round} of {}: {time}{peak}", arguments.builds))
}

/// A site that is built.
struct Subject {
    name: PathBuf,
    root: PathBuf,
    title: String,
    metrics: String,
}

impl Subject {
    fn new(folder: &Path) -> anyhow::Result<Self> {
        let root = open_site(folder)?;
        let config = config(&root)?;
        let (title, metrics) = (config.title.to_string(), config.metrics.folder().to_owned());
        // `before/.` is `before`.
        Ok(Self { name: folder.components().collect(), root, title, metrics })
    }

    /// Where the measurements of the site are.
    fn place(&self) -> Place {
        Place::of_site(&self.root, Some(Path::new(&self.metrics)))
    }

    fn selection(&self, builds: Vec<Record>) -> Selection {
        Selection { label: self.name.display().to_string(), builds }
    }

    /// Builds the site from nothing, and gives what that measured.
    fn build(&self, arguments: &RunArguments) -> anyhow::Result<Record> {
        let folder = tempfile::tempdir()
            .map_err(|error| anyhow!("a folder to build in cannot be made: {error}"))?;
        let output = folder.path().join("public");
        let mut command = Command::new(program()?);
        command.args(["build", "--message-format", "json", "--output"]).arg(&output);
        command.arg("--cache-dir").arg(folder.path().join("state"));
        if let Some(jobs) = arguments.jobs {
            command.args(["--jobs", &jobs.to_string()]);
        }
        command.args(&arguments.options).current_dir(&self.root).stdin(Stdio::null());
        let done =
            command.output().map_err(|error| anyhow!("bengal cannot be started: {error}"))?;
        let mut record = self.record(&done)?;
        let place = bengal_metrics::Place {
            site: self.root.clone(),
            title: self.title.clone(),
            output,
            metrics: self.metrics.clone(),
        };
        bengal_metrics::complete(&mut record, &place);
        Ok(record)
    }

    /// What a build has said that it measured.
    fn record(&self, done: &Output) -> anyhow::Result<Record> {
        let name = self.name.display();
        let failed = || format!("{name}: the build failed: {}", failure(done));
        match done.status.code() {
            Some(0 | 4) => {}
            Some(1) => {
                print_error(&plain(&format!("warning: {name}: built with errors in some pages")));
            }
            _ => bail!(failed()),
        }
        let line =
            done.stdout.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        serde_json::from_slice(line).map_err(|_| anyhow!(failed()))
    }
}

/// This program.
fn program() -> anyhow::Result<PathBuf> {
    std::env::current_exe().map_err(|error| anyhow!("bengal does not find itself: {error}"))
}

/// Why a build failed, as it has said.
fn failure(done: &Output) -> String {
    let said = String::from_utf8_lossy(&done.stdout);
    let message = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        let failure = line["reason"] == "failure";
        let error = line["diagnostic"]["severity"] == "error";
        let message = if failure { &line["message"] } else { &line["diagnostic"]["message"] };
        (failure || error).then(|| message.as_str().map(ToOwned::to_owned))?
    };
    let message = said.lines().find_map(message);
    message.unwrap_or_else(|| String::from_utf8_lossy(&done.stderr).trim().to_owned())
}
