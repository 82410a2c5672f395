//! `bengal-bench`: generates sites and measures bengal on them; see `benches/README.md`.
//!
//! **Invariant:** this file only reads the command line; what it asks for is done in the library.

use std::path::PathBuf;
use std::process::ExitCode;

use bengal_bench::compare::{Comparison, Subjects};
use bengal_bench::scale::Scaling;
use bengal_bench::site::{self, SiteSpec};
use clap::{Args, Parser, Subcommand};

/// Generates sites and measures bengal on them.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a seeded site into DIR.
    Site {
        dir: PathBuf,
        #[arg(long, default_value_t = 1_000)]
        pages: usize,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Time bengal against the bare program, or itself with highlighting against itself without, run by run.
    Compare {
        /// What is compared.
        #[arg(long, value_enum, default_value_t = Subjects::Bare)]
        subjects: Subjects,
        #[arg(long, default_value_t = 10_000)]
        pages: usize,
        #[arg(long, default_value_t = 11)]
        runs: usize,
        #[command(flatten)]
        setting: Setting,
    },
    /// What a page costs bengal as the site grows.
    Scale {
        /// The sizes, with commas between.
        #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000")]
        pages: Vec<usize>,
        #[arg(long, default_value_t = 3)]
        runs: usize,
        #[command(flatten)]
        setting: Setting,
    },
}

/// What every measurement can be told.
#[derive(Debug, Args)]
struct Setting {
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads of each program [default: one for each processor].
    #[arg(long, short)]
    jobs: Option<usize>,
    /// bengal's executable [default: the one beside this program].
    #[arg(long, value_name = "PATH")]
    bengal: Option<PathBuf>,
    /// Where to work [default: /dev/shm, or else the system's temporary directory].
    #[arg(long)]
    dir: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Site { dir, pages, seed } => Ok(site::generate(&dir, &SiteSpec { pages, seed })?),
        Command::Compare { subjects, pages, runs, setting } => Comparison {
            subjects,
            spec: SiteSpec { pages, seed: setting.seed },
            runs,
            jobs: setting.jobs,
            bengal: setting.bengal,
            dir: setting.dir,
        }
        .run(),
        Command::Scale { pages, runs, setting } => Scaling {
            pages,
            seed: setting.seed,
            runs,
            jobs: setting.jobs,
            bengal: setting.bengal,
            dir: setting.dir,
        }
        .run(),
    }
}
