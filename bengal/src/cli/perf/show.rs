//! `bengal perf` by itself: the table of builds, the stages of one, trends.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::diagnostics::{print_error, print_text};
use super::terminal::look;
use super::{Format, HistoryArguments, file};
use crate::perf::builds;
use crate::perf::look::Look;
use crate::perf::select::select_one;
use crate::perf::table::Table;
use crate::perf::{History, chart, html, stages};

/// What `bengal perf` shows.
#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    #[command(flatten)]
    history: HistoryArguments,
    /// How many builds to show, the newest [default: 20; with --chart as many as fit]
    #[arg(long, value_name = "N", conflicts_with = "stages")]
    last: Option<NonZeroUsize>,
    /// Show the stages of one build [default: latest]
    #[arg(
        long,
        value_name = "BUILD",
        num_args = 0..=1,
        default_missing_value = "latest",
        allow_negative_numbers = true,
        conflicts_with = "chart"
    )]
    stages: Option<String>,
    /// Draw the trends of time, peak heap and pages per second, of the builds that are like the latest
    #[arg(long, conflicts_with = "format")]
    chart: bool,
    /// Write all of it into a page of HTML that needs no network
    #[arg(long, value_name = "FILE", conflicts_with_all = ["chart", "stages", "format", "last"])]
    html: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value = "table", value_name = "FORMAT")]
    format: Format,
}

/// How many builds the table has.
const LAST: usize = 20;

/// Shows what is asked for; gives the exit code.
pub(super) fn run(arguments: &ShowArguments) -> anyhow::Result<u8> {
    let history = arguments.history.load()?;
    let last = arguments.last.map(NonZeroUsize::get);
    let look = look();
    if let Some(name) = &arguments.stages {
        show_stages(&history, name, arguments, &look)?;
    } else if let Some(file) = &arguments.html {
        file::write(file, &html::page(&history, &arguments.history.site_name()))?;
    } else if arguments.chart {
        let last = last.unwrap_or(usize::MAX);
        print_text(&chart::charts(&history.records, last, &look));
        let caption = chart::caption(&history.records, last, &look);
        caption.iter().for_each(|line| print_error(line));
    } else {
        let mut table = builds::table(&history, last.unwrap_or(LAST));
        print(&mut table, arguments.format, builds::DISPENSABLE, &look);
        if arguments.format == Format::Table {
            builds::legend(&table).iter().for_each(|line| print_error(line));
        }
    }
    Ok(0)
}

fn show_stages(
    history: &History,
    name: &str,
    arguments: &ShowArguments,
    look: &Look,
) -> anyhow::Result<()> {
    let place = arguments.history.place();
    let build = select_one(history, &place, name, |name| arguments.history.revision(name))?;
    let mut table = stages::table(&build);
    if table.rows.is_empty() {
        anyhow::bail!(super::no_stages(name));
    }
    let sentences = [stages::holds_back(&build), stages::holds_memory(&build)];
    let sentences: Vec<String> = sentences.into_iter().flatten().collect();
    match arguments.format {
        Format::Table => {
            print_text(&format!("{}\n\n", super::title(name, &build)));
            print(&mut table, Format::Table, stages::DISPENSABLE, look);
            print_text(&format!("{}\n{}\n", stages::LEGEND, stages::OVERLAP));
            if look.bars {
                print_text(&format!("\n{}", stages::bars(&build, look)));
            }
            print_text(&format!("\n{}\n", sentences.join("\n")));
        }
        Format::Json => {
            let value = json!({"build": build, "stages": table.json(), "sentences": sentences});
            print_text(&format!("{value:#}\n"));
        }
        Format::Csv => print_text(&table.csv()),
        Format::Markdown => {
            print_text(&table.markdown());
            print_text(&format!("\n{}\n\n{}\n", stages::OVERLAP, sentences.join("\n\n")));
        }
    }
    Ok(())
}

/// Prints a table in the form that is asked for. On a terminal that is too narrow for it, it has no
/// columns of the keys in `dispensable`.
pub(super) fn print(table: &mut Table, format: Format, dispensable: &[&str], look: &Look) {
    match format {
        Format::Table => {
            let hidden = if look.bars { table.fit(look.width, dispensable) } else { Vec::new() };
            print_text(&table.text(&|tone, text| look.painted(tone, text)));
            if !hidden.is_empty() {
                print_error(&format!("too narrow for: {}", hidden.join(", ")));
            }
        }
        Format::Json => print_text(&format!("{:#}\n", table.json())),
        Format::Csv => print_text(&table.csv()),
        Format::Markdown => print_text(&table.markdown()),
    }
}
