//! bengal against the bare program, or bengal with highlighting against bengal without, on one site.
//!
//! 1. Generate the site.
//! 2. Run each program once, uncounted, and check that it wrote every page.
//! 3. Run them in turn, `runs` times, each from nothing.
//! 4. Report each program's figures, and the ratio within each pair: what drifts on the machine
//!    drifts for both of a pair.
//!
//! **Invariant:** both programs have the same site, the same number of threads and the same disk.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use crate::measure::{self, Usage};
use crate::site::SiteSpec;
use crate::trial::{Output, Place, Program, Summary, Trial, job_count, megabytes};

/// Which two programs are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Subjects {
    /// bengal against the bare program: neither highlights.
    Bare,
    /// bengal with highlighting against bengal without.
    Highlighting,
}

/// What to compare, as resolved from the command line.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The programs.
    pub subjects: Subjects,
    /// The site.
    pub spec: SiteSpec,
    /// Number of counted pairs.
    pub runs: usize,
    /// Threads of each program; one for each processor where not given.
    pub jobs: Option<usize>,
    /// bengal's executable; the one beside this program where not given.
    pub bengal: Option<PathBuf>,
    /// Where to work; a RAM disk where not given.
    pub dir: Option<PathBuf>,
}

impl Comparison {
    /// Runs the comparison and prints its report.
    ///
    /// # Errors
    ///
    /// A program is missing, fails, or leaves a page out; or the file system fails.
    pub fn run(&self) -> Result<()> {
        let path = self.bengal.as_deref();
        let programs = match self.subjects {
            Subjects::Bare => [Program::bengal(path)?, Program::bare()?],
            Subjects::Highlighting => [Program::highlighting(path)?, Program::bengal(path)?],
        };
        let place = Place::new(self.dir.as_deref())?;
        let trial = Trial::new(&place, &self.spec, job_count(self.jobs))?;
        self.print_head(&place, &trial);
        for program in &programs {
            print_output(program, &trial.warm_up(program)?);
        }
        let mut pairs = Vec::with_capacity(self.runs);
        for _ in 0..self.runs {
            pairs.push([trial.run(&programs[0])?, trial.run(&programs[1])?]);
        }
        for (side, program) in programs.iter().enumerate() {
            print_figures(program.name(), pairs.iter().map(|pair| &pair[side]));
        }
        print_ratios(&programs, &pairs);
        print_floor()
    }

    fn print_head(&self, place: &Place, trial: &Trial) {
        println!(
            "{} pages in {} sections, seed {}; {} pairs, {} threads",
            self.spec.pages,
            trial.layout().sections().len(),
            self.spec.seed,
            self.runs,
            job_count(self.jobs),
        );
        println!("in {}\n", place.description());
    }
}

fn print_output(program: &Program, output: &Output) {
    println!(
        "{:<12} wrote {} files, {:.1} MB; a regular page has {} bytes on average",
        program.name(),
        output.files,
        megabytes(output.bytes),
        output.mean_page_bytes,
    );
}

fn print_figures<'a>(name: &str, usages: impl Iterator<Item = &'a Usage> + Clone) {
    let summary = |figure: fn(&Usage) -> f64| Summary::of(usages.clone().map(figure));
    println!("\n{name:<12} wall s      {}", summary(|usage| usage.wall.as_secs_f64()).show(3));
    println!("             CPU s       {}", summary(|usage| usage.cpu.as_secs_f64()).show(3));
    println!(
        "             peak RSS MB {}",
        summary(|usage| megabytes(usage.peak_rss_bytes)).show(1)
    );
}

fn print_ratios([first, second]: &[Program; 2], pairs: &[[Usage; 2]]) {
    let ratio = |time: fn(&Usage) -> Duration| {
        let ratios = pairs.iter().map(|[first, second]| time(first).div_duration_f64(time(second)));
        Summary::of(ratios).show(2)
    };
    println!("\n{} / {}, pair by pair:", first.name(), second.name());
    println!("             wall        {}", ratio(|usage| usage.wall));
    println!("             CPU         {}", ratio(|usage| usage.cpu));
    println!("(median, least … greatest)");
}

/// Says below what no peak RSS can be seen; see [`measure`].
pub(crate) fn print_floor() -> Result<()> {
    let floor = megabytes(measure::own_peak()?);
    println!("A peak RSS of {floor:.1} MB or less is this program's own.");
    Ok(())
}
