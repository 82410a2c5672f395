//! A history as one page of HTML: trends, what the latest build's stages did, who holds the memory, and
//! the table of builds.
//!
//! **Invariant:** the page needs no network and no script, and may use none: its policy says so. What a
//! drawing shows stands in a table too.

mod memory;
mod plot;
mod timeline;
mod trends;

use std::fmt::Write as _;

use bengal_metrics::record::{Mode, Record};

use super::History;
use super::builds::{self, revision, when};
use super::chart::{FIGURES, kind, trend};
use super::figure::{CPU, Figure, PEAK, RATE, RSS, TIME, change_cell};
use super::select::mode;
use super::table::{Cell, Side, Table, Tone};
use crate::figures::plural;

/// Rows of a table; programs get all of them by `--format`.
const ROWS: usize = 200;

const STYLE: &str = include_str!("style.css");

/// The page. `name` is what the site is called.
pub fn page(history: &History, name: &str) -> String {
    let builds = &history.records;
    let Some(latest) = builds.last() else { return String::new() };
    let title = format!("Builds of {name}");
    let mut body = format!("<h1>{}</h1>\n{}", escaped(&title), summary(builds, latest));
    for reference in references(builds) {
        body.push_str(&trends::section(builds, reference));
        body.push_str(&memory::section(builds, reference));
    }
    body.push_str(&timeline::section(latest));
    body.push_str(&table_of_builds(history));
    document(&title, &body)
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escaped(title)
    )
}

/// The builds whose kinds have trends: the latest, and the latest of the other mode.
fn references(builds: &[Record]) -> Vec<usize> {
    let newest = |mode: Mode| builds.iter().rposition(|build| build.mode == mode);
    let mut found: Vec<usize> =
        [Mode::Full, Mode::Incremental].into_iter().filter_map(newest).collect();
    found.sort_unstable();
    found.reverse();
    found
}

/// When a build was, and of which commit.
fn which(build: &Record) -> String {
    match revision(build) {
        none if none.value.is_null() => format!("{} UTC", when(build).text),
        commit => format!("{} UTC, commit {}", when(build).text, commit.text),
    }
}

/// What the latest build took.
fn summary(builds: &[Record], latest: &Record) -> String {
    let line = format!(
        "{}, the latest of {}: {}, {}.",
        plural(builds.len() as u64, "build"),
        which(latest),
        mode(latest),
        plural(latest.total_pages, "page"),
    );
    let mut html = format!("<p class=\"soft\">{}</p>\n<dl class=\"figures\">\n", escaped(&line));
    for figure in [&TIME, &CPU, &RATE, &PEAK, &RSS] {
        html.push_str(&card(builds, latest, figure));
    }
    html + "</dl>\n"
}

fn card(builds: &[Record], latest: &Record, figure: &Figure) -> String {
    let Some(value) = figure.of(latest) else { return String::new() };
    let change = figure.change(builds, builds.len() - 1);
    let cell = change_cell(change, figure);
    let said = match cell.text.as_str() {
        "-" => "nothing to compare with".to_owned(),
        "~" => "no change but noise".to_owned(),
        change if change.starts_with('(') => format!("{change}, perhaps noise"),
        change => format!("{change} against the one before"),
    };
    let name = escaped(figure.name);
    let class = class(cell.tone);
    format!(
        "<div><dt>{name}</dt><dd>{}</dd><dd class=\"soft\"><span{class}>{}</span></dd></div>\n",
        escaped(&figure.shown(value)),
        escaped(&said)
    )
}

fn table_of_builds(history: &History) -> String {
    let mut table = builds::table(history, ROWS);
    table.rows.reverse();
    let all = history.records.len();
    let caption = match all > ROWS {
        true => format!(
            "The newest {ROWS} of {all}, the newest first; `bengal perf --last {all}` has all."
        ),
        false => "The newest first.".to_owned(),
    };
    let legend: String = builds::legend(&table)
        .into_iter()
        .map(|line| format!("<p class=\"soft\">{}</p>\n", escaped(line)))
        .collect();
    let rows = of_table(&table, &caption, "All builds");
    format!("<h2>All builds</h2>\n{legend}{rows}")
}

fn of_table(table: &Table, caption: &str, label: &str) -> String {
    let shown = |at: &usize| table.columns[*at].is_shown();
    let shown: Vec<usize> = (0..table.columns.len()).filter(shown).collect();
    let head = |&at: &usize| (table.columns[at].head, table.columns[at].side);
    let heads: Vec<_> = shown.iter().map(head).collect();
    let row = |row: &Vec<Cell>| shown.iter().map(|&at| row[at].clone()).collect();
    let rows: Vec<Vec<Cell>> = table.rows.iter().map(row).collect();
    of_rows(&heads, &rows, caption, label)
}

/// A table that scrolls by itself where it is too wide or too long.
fn of_rows(heads: &[(&str, Side)], rows: &[Vec<Cell>], caption: &str, label: &str) -> String {
    let tall = if rows.len() > 20 { " tall" } else { "" };
    let mut html = format!(
        "<p class=\"soft\">{}</p>\n<div class=\"scroll{tall}\" role=\"region\" tabindex=\"0\" \
         aria-label=\"{}\">\n<table>\n<thead><tr>",
        escaped(caption),
        escaped(label)
    );
    let class = |side: Side| if side == Side::Right { " class=\"number\"" } else { "" };
    for (head, side) in heads {
        let _ = write!(html, "<th scope=\"col\"{}>{}</th>", class(*side), escaped(head));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        html.push_str("<tr>");
        for (index, (cell, (_, side))) in row.iter().zip(heads).enumerate() {
            html.push_str(&of_cell(cell, index == 0, class(*side)));
        }
        html.push_str("</tr>\n");
    }
    html + "</tbody>\n</table>\n</div>\n"
}

fn of_cell(cell: &Cell, is_head: bool, side: &str) -> String {
    let text = escaped(&cell.text);
    let class = class(cell.tone);
    let text = if class.is_empty() { text } else { format!("<span{class}>{text}</span>") };
    match is_head {
        true => format!("<th scope=\"row\"{side}>{text}</th>"),
        false => format!("<td{side}>{text}</td>"),
    }
}

fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => " class=\"better\"",
        Tone::Bad => " class=\"worse\"",
        Tone::Plain | Tone::Faint | Tone::Strong => "",
    }
}

/// What stands below a drawing of builds: when the first and the last were.
fn ends(builds: &[Record], points: &[usize]) -> Vec<String> {
    let mut ends: Vec<String> = [points.first(), points.last()]
        .into_iter()
        .flatten()
        .map(|at| when(&builds[*at]).text)
        .collect();
    if points.len() < 2 {
        ends.truncate(1);
    }
    ends
}

/// `text` as text of HTML, and of its attributes.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perf::sample::{build, builds};

    fn of(records: Vec<Record>) -> String {
        page(&History { records, ..History::default() }, "a <b> & \"c\"")
    }

    #[test]
    fn what_others_wrote_is_text() {
        let mut records = builds(&[100.0; 3]);
        let evil = "<script>alert(1)</script>\"><img src=x>";
        for record in &mut records {
            record.stages[0].name = evil.to_owned();
            record.machine = Some(evil.to_owned());
            record.build_id = Some(evil.to_owned());
            record.timestamp = evil.to_owned();
            record.git.as_mut().unwrap().commit = Some(evil.to_owned());
        }
        let html = of(records);
        assert!(
            html.contains("&lt;script&gt;") && html.contains("<title>Builds of a &lt;b&gt; &amp;")
        );
        assert!(
            !html.contains("<script") && !html.contains("<img") && !html.contains("script>\""),
            "{html}"
        );
    }

    #[test]
    fn the_page_loads_nothing() {
        let html = of(builds(&[100.0; 7]));
        for loads in ["src=", "href=", "url(", "@import", "http:", "https:", "<script", "<link"] {
            assert!(!html.contains(loads), "{loads}");
        }
        assert!(html.contains("default-src 'none'"));
    }

    #[test]
    fn each_kind_of_build_has_its_trends() {
        let mut records = builds(&[100.0; 9]);
        let full = of(records.clone());
        assert!(full.contains("<h2>Full builds") && !full.contains("<h2>Incremental"));
        records[4].mode = Mode::Incremental;
        let both = of(records);
        assert!(both.contains("<p class=\"soft\">8 full builds"), "{both}");
        assert!(both.contains("<p class=\"soft\">1 incremental build"), "{both}");
    }

    #[test]
    fn figures_that_are_odd_or_missing_make_no_page_panic_or_say_nan() {
        let mut odd = build(1, 0.0, 0);
        odd.stages[0].workers = 0;
        odd.stages[2].memory.at_process_peak_bytes = Some(-5);
        let flat = Record { timestamp: "2025-10-12".into(), total_pages: 3, ..Record::default() };
        for records in [vec![], vec![odd.clone()], vec![flat.clone()], vec![flat, odd.clone(), odd]]
        {
            let html = of(records);
            assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
        }
    }
}
