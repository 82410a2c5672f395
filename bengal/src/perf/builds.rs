//! The table of builds: one a row, the newest last.

use bengal_metrics::record::Record;

use super::History;
use super::figure::{CPU, Figure, PEAK, RATE, RSS, TIME, change_cell, verdict_cell};
use super::select::{commit, mode, short};
use super::table::{Cell, Column, Table, data, numbers, words};
use crate::figures::grouped;

const COLUMNS: &[Column] = &[
    words("build", "build"),
    data("build_id"),
    words("timestamp", "when (UTC)"),
    words("commit", "commit"),
    data("branch"),
    data("machine"),
    data("jobs"),
    words("mode", "mode"),
    numbers("pages_rendered", "rendered"),
    numbers("total_pages", "of pages"),
    numbers(TIME.key, TIME.name),
    numbers(CPU.key, CPU.name),
    numbers(RATE.key, RATE.name),
    numbers(PEAK.key, PEAK.name),
    numbers(RSS.key, RSS.name),
    numbers("time_change", "time ±"),
    data("time_verdict"),
    numbers("peak_change", "peak ±"),
    data("peak_verdict"),
];

/// The columns that are left out where a terminal is too narrow for all, the first before the others.
pub const DISPENSABLE: &[&str] = &[
    "rss_bytes",
    "cpu_time_ms",
    "pages_rendered",
    "commit",
    "pages_per_second",
    "total_pages",
    "mode",
];

/// The newest `last` builds. Each is compared with the build before it that is like it, also where that
/// is no longer in the table.
pub fn table(history: &History, last: usize) -> Table {
    let builds = &history.records;
    let mut table = Table::new(COLUMNS);
    table.rows =
        (builds.len().saturating_sub(last)..builds.len()).map(|at| row(builds, at)).collect();
    table
}

fn row(builds: &[Record], at: usize) -> Vec<Cell> {
    let build = &builds[at];
    let [time, peak] = [&TIME, &PEAK].map(|figure: &Figure| figure.change(builds, at));
    let text = |text: &Option<String>| text.clone().map_or_else(Cell::none, Cell::words);
    vec![
        Cell::words(name(builds.len() - 1 - at)),
        text(&build.build_id),
        when(build),
        revision(build),
        text(&build.git.as_ref().and_then(|git| git.branch.clone())),
        text(&build.machine),
        Cell::number(build.jobs, |jobs| jobs.to_string()),
        Cell::words(mode(build)),
        Cell::number(build.pages_rendered, grouped),
        Cell::number(Some(build.total_pages), grouped),
        TIME.cell(build),
        CPU.cell(build),
        RATE.cell(build),
        PEAK.cell(build),
        RSS.cell(build),
        change_cell(time, &TIME),
        verdict_cell(time),
        change_cell(peak, &PEAK),
        verdict_cell(peak),
    ]
}

/// How a build is named by its distance from the latest.
pub fn name(back: usize) -> String {
    if back == 0 { "latest".to_owned() } else { format!("-{back}") }
}

/// When a build ended: to the minute for people, as recorded for programs.
pub fn when(build: &Record) -> Cell {
    let text = match build.time() {
        Some(time) => time.strftime("%Y-%m-%d %H:%M").to_string(),
        None => build.timestamp.clone(),
    };
    Cell::new(text, build.timestamp.clone())
}

/// The commit of a build, with `+` where files had been changed since.
pub fn revision(build: &Record) -> Cell {
    let Some(commit) = commit(build) else { return Cell::none() };
    let dirty = build.git.as_ref().and_then(|git| git.dirty).unwrap_or(false);
    Cell::new(format!("{}{}", short(commit), if dirty { "+" } else { "" }), commit)
}

/// What people should know to read the table; a line for each kind of sign that is in it.
pub fn legend(table: &Table) -> Vec<&'static str> {
    let any = |sign: fn(&str) -> bool| table.shown().any(sign);
    let lines: [(bool, &str); 4] = [
        (
            any(|text| text.trim_end_matches(')').ends_with('%')),
            "±: against the build before of the same kind; slower and more is +",
        ),
        (any(|text| text == "~"), "~: no more than the figure changes from build to build anyway"),
        (
            any(|text| text.starts_with('(')),
            "(…): fewer than five builds of that kind came before: too few to tell noise from a change",
        ),
        (any(|text| text.ends_with('+')), "commit+: with changes that were not committed"),
    ];
    lines.into_iter().filter(|(is, _)| *is).map(|(_, line)| line).collect()
}
