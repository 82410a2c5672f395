//! The programs under test, the place they run in, and one clean timed run of one of them.
//!
//! **Invariant:** each timed run starts without an output directory and without bengal's cache;
//! removing them is not timed.
//! **Invariant:** a program that fails is an error, never a figure.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::measure::{self, Usage};
use crate::site::{self, Layout, SiteSpec};

/// One of the programs under test, by its executable.
#[derive(Debug, Clone)]
pub enum Program {
    /// `bengal build`, without highlighting.
    Bengal(PathBuf),
    /// `bengal build`, with highlighting.
    Highlighting(PathBuf),
    /// The bare program of this crate.
    Bare(PathBuf),
}

impl Program {
    /// bengal at `path`, or beside this executable where none is given.
    ///
    /// # Errors
    ///
    /// There is no such file.
    pub fn bengal(path: Option<&Path>) -> Result<Self> {
        let path = path.map_or_else(|| sibling("bengal"), |path| Ok(path.to_owned()))?;
        ensure!(
            path.is_file(),
            "{} is not there: `cargo build --release -p bengal`, or name one with --bengal",
            path.display()
        );
        Ok(Self::Bengal(path))
    }

    /// bengal at `path`, or beside this executable where none is given, with highlighting.
    ///
    /// # Errors
    ///
    /// There is no such file.
    pub fn highlighting(path: Option<&Path>) -> Result<Self> {
        match Self::bengal(path)? {
            Self::Bengal(path) => Ok(Self::Highlighting(path)),
            other => Ok(other),
        }
    }

    /// The bare program, beside this executable.
    ///
    /// # Errors
    ///
    /// There is no such file.
    pub fn bare() -> Result<Self> {
        let path = sibling("bare")?;
        ensure!(path.is_file(), "{} is not there", path.display());
        Ok(Self::Bare(path))
    }

    /// What the tables call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bengal(_) => "bengal",
            Self::Highlighting(_) => "highlighting",
            Self::Bare(_) => "bare",
        }
    }

    fn command(&self, site: &Path, output: &Path, jobs: usize) -> Command {
        let mut command;
        match self {
            Self::Bengal(path) | Self::Highlighting(path) => {
                command = Command::new(path);
                command.args(["build", "--quiet"]).arg(site);
                command.arg("-o").arg(output);
                if let Self::Highlighting(_) = self {
                    command.arg("-c").arg(site.join(site::HIGHLIGHTING));
                }
            }
            Self::Bare(path) => {
                command = Command::new(path);
                command.arg(site).arg(output);
            }
        }
        command.arg("-j").arg(jobs.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}

/// A site under a folder of its own, with the outputs that the programs make of it.
#[derive(Debug)]
pub struct Trial {
    dir: PathBuf,
    layout: Layout,
    jobs: usize,
}

impl Trial {
    /// Generates the site of `spec` in `place`; runs will use `jobs` threads.
    ///
    /// # Errors
    ///
    /// What [`site::generate`] says.
    pub fn new(place: &Place, spec: &SiteSpec, jobs: usize) -> Result<Self> {
        let dir = place.path().join(format!("pages-{}", spec.pages));
        site::generate(&dir.join("site"), spec)?;
        let layout = Layout::new(spec);
        Ok(Self { dir, layout, jobs })
    }

    /// Where the site's pages are.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Builds the site with `program`, from nothing, and returns what that took. Its output stays
    /// until the same program's next run.
    ///
    /// # Errors
    ///
    /// The program cannot be run, or does not end with status 0.
    pub fn run(&self, program: &Program) -> Result<Usage> {
        let (site, output) = (self.dir.join("site"), self.output(program));
        remove(&output)?;
        remove(&site.join(".bengal"))?;
        let mut command = program.command(&site, &output, self.jobs);
        let (status, usage) =
            measure::run(&mut command).with_context(|| format!("cannot run {command:?}"))?;
        ensure!(status.success(), "{command:?} ended with {status}");
        Ok(usage)
    }

    /// Runs `program` once without counting it, and looks at what it wrote.
    ///
    /// # Errors
    ///
    /// As [`Trial::run`]; and a page of the site is not in the output.
    pub fn warm_up(&self, program: &Program) -> Result<Output> {
        self.run(program)?;
        let output = self.output(program);
        for index in 0..self.layout.pages() {
            let page = html_path(&output, &self.layout.page_path(index));
            ensure!(page.is_file(), "{} made no {page:?}", program.name());
        }
        self.measure_output(&output)
    }

    /// Removes what `program` has written, where memory is short.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn clear(&self, program: &Program) -> Result<()> {
        remove(&self.output(program))?;
        remove(&self.dir.join("site/.bengal"))
    }

    fn output(&self, program: &Program) -> PathBuf {
        self.dir.join(program.name())
    }

    fn measure_output(&self, output: &Path) -> Result<Output> {
        let (mut files, mut bytes) = (0, 0);
        for entry in WalkDir::new(output) {
            let entry = entry?;
            if entry.file_type().is_file() {
                files += 1;
                bytes += entry.metadata()?.len();
            }
        }
        let mut page_bytes = 0;
        for index in 0..self.layout.pages() {
            let page = html_path(output, &self.layout.page_path(index));
            page_bytes += fs::metadata(&page)?.len();
        }
        Ok(Output {
            files,
            bytes,
            mean_page_bytes: page_bytes / (self.layout.pages() as u64).max(1),
        })
    }
}

/// What a program wrote.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// Number of files.
    pub files: usize,
    /// All their bytes.
    pub bytes: u64,
    /// The mean size of the files of regular pages alone, which every program must write.
    pub mean_page_bytes: u64,
}

/// A temporary directory for sites and outputs, removed when dropped.
#[derive(Debug)]
pub struct Place {
    dir: TempDir,
    kind: &'static str,
}

impl Place {
    /// A directory in `parent`; where none is given, in `/dev/shm` or else the system's temporary directory.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn new(parent: Option<&Path>) -> Result<Self> {
        let ram = Path::new("/dev/shm");
        let (parent, kind) = match parent {
            Some(parent) => (parent.to_owned(), "as given by --dir"),
            None if ram.is_dir() => (ram.to_owned(), "a RAM disk"),
            None => (std::env::temp_dir(), "no RAM disk: disk times are in the figures"),
        };
        let dir = tempfile::Builder::new()
            .prefix("bengal-bench-")
            .tempdir_in(&parent)
            .with_context(|| format!("cannot work in {}", parent.display()))?;
        Ok(Self { dir, kind })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The directory and what it is, for the report.
    pub fn description(&self) -> String {
        format!("{} ({})", self.path().display(), self.kind)
    }
}

/// The number of threads both programs are given: `jobs`, or one for each processor.
pub fn job_count(jobs: Option<usize>) -> usize {
    jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
}

/// The median, least and greatest of some figures.
#[derive(Debug, Clone, Copy)]
pub struct Summary {
    /// The middle one, or the mean of the middle two.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Summary {
    /// The summary of `figures`; of none, it is all NaN.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        let last = sorted.len().saturating_sub(1);
        Self { median: (at(last / 2) + at(sorted.len() / 2)) / 2.0, min: at(0), max: at(last) }
    }

    /// `1.234 (1.100 … 1.400)`, with so many decimals.
    pub fn show(&self, decimals: usize) -> String {
        let Self { median, min, max } = self;
        format!("{median:.decimals$} ({min:.decimals$} … {max:.decimals$})")
    }
}

/// Bytes as megabytes (10⁶), the unit of the reports.
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn sibling(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("cannot tell where this program is")?;
    Ok(own.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

fn html_path(output: &Path, page: &str) -> PathBuf {
    output.join(page).with_extension("").join("index.html")
}

fn remove(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", dir.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_and_even_counts() {
        assert_eq!(Summary::of([3.0, 1.0, 2.0]).median, 2.0);
        let even = Summary::of([4.0, 1.0, 2.0, 3.0]);
        assert_eq!((even.median, even.min, even.max), (2.5, 1.0, 4.0));
        assert!(Summary::of([]).median.is_nan());
    }
}
