//! bengal against itself at other sizes: what a page costs as the site grows.
//!
//! Each round runs every size in turn, small ones several times (see [`REPEAT_PAGES`]), with the
//! bare program as the control: where its pages grow dearer too, the file system is the cause.
//!
//! **Invariant:** the sizes are interleaved, so that no drift of the machine falls on one size alone.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::compare::print_floor;
use crate::site::SiteSpec;
use crate::trial::{Place, Program, Summary, Trial, job_count, megabytes};

/// A size is repeated within a round until so many pages were built: a single run of 1,000 pages
/// takes 0.1 s, of which one stray interrupt is a percent.
pub const REPEAT_PAGES: usize = 20_000;

/// What to measure, as resolved from the command line.
#[derive(Debug, Clone)]
pub struct Scaling {
    /// The sizes, in pages.
    pub pages: Vec<usize>,
    /// What the sites follow from.
    pub seed: u64,
    /// Number of rounds.
    pub runs: usize,
    /// Threads of each program; one for each processor where not given.
    pub jobs: Option<usize>,
    /// bengal's executable; the one beside this program where not given.
    pub bengal: Option<PathBuf>,
    /// Where to work; a RAM disk where not given.
    pub dir: Option<PathBuf>,
}

impl Scaling {
    /// Measures every size and prints the report.
    ///
    /// # Errors
    ///
    /// A program is missing, fails, or leaves a page out; or the file system fails.
    pub fn run(&self) -> Result<()> {
        let programs = [Program::bengal(self.bengal.as_deref())?, Program::bare()?];
        let place = Place::new(self.dir.as_deref())?;
        let mut trials = Vec::new();
        for &pages in &self.pages {
            let spec = SiteSpec { pages, seed: self.seed };
            trials.push(Trial::new(&place, &spec, job_count(self.jobs))?);
        }
        let threads = job_count(self.jobs);
        println!("{} rounds, seed {}, {threads} threads", self.runs, self.seed);
        println!("in {}\n", place.description());
        let series = measure_all(&programs, &trials, self.runs)?;
        for (program, series) in programs.iter().zip(&series) {
            print_series(program.name(), &trials, series)?;
        }
        print_floor()
    }
}

/// What one program took at one size, a figure for each round.
#[derive(Debug, Default)]
struct Series {
    cpu_per_page_us: Vec<f64>,
    wall_s: Vec<f64>,
    peak_rss_mb: Vec<f64>,
}

/// For each program the series of each size.
fn measure_all(programs: &[Program; 2], trials: &[Trial], runs: usize) -> Result<[Vec<Series>; 2]> {
    for program in programs {
        for trial in trials {
            trial.warm_up(program)?;
            trial.clear(program)?;
        }
    }
    let mut all = [(); 2].map(|()| trials.iter().map(|_| Series::default()).collect::<Vec<_>>());
    for _ in 0..runs {
        for (index, trial) in trials.iter().enumerate() {
            for (program, series) in programs.iter().zip(&mut all) {
                measure_round(program, trial, &mut series[index])?;
            }
        }
    }
    Ok(all)
}

fn measure_round(program: &Program, trial: &Trial, series: &mut Series) -> Result<()> {
    let pages = trial.layout().pages().max(1);
    let repeats = REPEAT_PAGES.div_ceil(pages);
    let (mut cpu, mut wall, mut peak) = (0.0, 0.0, 0);
    for _ in 0..repeats {
        let usage = trial.run(program)?;
        cpu += usage.cpu.as_secs_f64();
        wall += usage.wall.as_secs_f64();
        peak = peak.max(usage.peak_rss_bytes);
    }
    trial.clear(program)?;
    series.cpu_per_page_us.push(cpu * 1e6 / (repeats * pages) as f64);
    series.wall_s.push(wall / repeats as f64);
    series.peak_rss_mb.push(megabytes(peak));
    Ok(())
}

fn print_series(name: &str, trials: &[Trial], series: &[Series]) -> Result<()> {
    println!("{name:<7}  pages  CPU µs a page           wall s                  peak RSS MB");
    for (trial, series) in trials.iter().zip(series) {
        println!(
            "{:>14}  {:<22}  {:<22}  {}",
            trial.layout().pages(),
            Summary::of(series.cpu_per_page_us.iter().copied()).show(1),
            Summary::of(series.wall_s.iter().copied()).show(3),
            Summary::of(series.peak_rss_mb.iter().copied()).show(1),
        );
    }
    let size = |&index: &usize| trials[index].layout().pages();
    let smallest = (0..trials.len()).min_by_key(size).context("no sizes given")?;
    let largest = (0..trials.len()).max_by_key(size).context("no sizes given")?;
    let rounds = series[largest].cpu_per_page_us.iter();
    let ratios = rounds.zip(&series[smallest].cpu_per_page_us).map(|(large, small)| large / small);
    println!(
        "         a page's CPU at {} against that at {}, round by round: {}\n",
        trials[largest].layout().pages(),
        trials[smallest].layout().pages(),
        Summary::of(ratios).show(3)
    );
    Ok(())
}
