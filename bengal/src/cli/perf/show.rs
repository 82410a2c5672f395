//! `bengal perf`: the table of builds.

use std::num::NonZeroUsize;

use clap::Args;

use super::super::diagnostics::{plain, print_error, print_text};
use super::{Format, HistoryArguments};
use crate::perf::builds;
use crate::perf::table::{Cell, Table};

/// What `bengal perf` shows.
#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    #[command(flatten)]
    history: HistoryArguments,
    /// How many builds to show, the newest
    #[arg(long, default_value = "20", value_name = "N")]
    last: NonZeroUsize,
    /// How to print
    #[arg(long, value_enum, default_value = "table", value_name = "FORMAT")]
    format: Format,
}

/// Shows what is asked for; gives the exit code.
pub(super) fn run(arguments: &ShowArguments) -> anyhow::Result<u8> {
    let history = arguments.history.load()?;
    let table = builds::table(&history, arguments.last.get());
    print(&table, arguments.format);
    if arguments.format == Format::Table {
        builds::legend(&table).iter().for_each(|line| print_error(line));
    }
    Ok(0)
}

/// Prints a table in the form that is asked for.
fn print(table: &Table, format: Format) {
    match format {
        Format::Table => print_text(&mended(table).text(&|_, text| text.to_owned())),
        Format::Json => print_text(&format!("{:#}\n", table.json())),
        Format::Csv => print_text(&table.csv()),
        Format::Markdown => print_text(&table.markdown()),
    }
}

/// `table` with nothing in it that could steer a terminal.
fn mended(table: &Table) -> Table {
    let cell = |cell: &Cell| Cell { text: plain(&cell.text), ..cell.clone() };
    let rows = table.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    Table { columns: table.columns.clone(), rows }
}
