//! Who held the memory at the process's peak, over the builds, as a stacked area.

use bengal_metrics::record::{OUTSIDE, Record};

use super::plot::{Frame, across, down, framed, hovers, layer, ticks};
use super::{ROWS, ends, escaped, of_rows, revision, when, which};
use crate::figures;
use crate::perf::figure::PEAK;
use crate::perf::stages::holders;
use crate::perf::table::{Cell, Side};

/// Colours of stages; the last is that of what is outside of them.
const COLOURS: usize = 8;

/// A stage over the builds.
struct Layer<'a> {
    name: &'a str,
    colour: String,
    /// What it held in each build; less than nothing counts as nothing.
    held: Vec<f64>,
}

/// The area of the builds that are like `builds[reference]`, and its table.
pub(super) fn section(builds: &[Record], reference: usize) -> String {
    let is_like = |at: &usize| {
        PEAK.is_like(&builds[*at], &builds[reference]) && !holders(&builds[*at]).is_empty()
    };
    let like: Vec<usize> = (0..builds.len()).filter(is_like).collect();
    let layers = layers(builds, &like);
    let Some(&newest) = like.last().filter(|_| !layers.is_empty()) else { return String::new() };
    format!(
        "<h3>Memory by stage</h3>\n<p class=\"soft\">What each stage held at the moment when all together \
         held most.</p>\n<figure>\n{}{}</figure>\n<details>\n<summary>The same as a table</summary>\n{}</details>\n",
        drawn(builds, &like, &layers),
        legend(&builds[newest], &layers),
        table(builds, &like, &layers)
    )
}

/// The stages of all builds, in the order of the newest; those that it has no more behind them.
fn layers<'a>(builds: &'a [Record], like: &[usize]) -> Vec<Layer<'a>> {
    let mut names: Vec<&str> = Vec::new();
    for &at in like.iter().rev() {
        for (name, _) in holders(&builds[at]) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    // At the bottom what is outside, since it changes least.
    names.sort_by_key(|name| *name != OUTSIDE);
    let held = |name: &str, at: usize| {
        let own = holders(&builds[at]).into_iter().find(|(stage, _)| *stage == name);
        own.map_or(0.0, |(_, bytes)| bytes.max(0) as f64)
    };
    let outside = usize::from(names.first() == Some(&OUTSIDE));
    let layer = |(index, name): (usize, &&'a str)| Layer {
        name,
        colour: match index.checked_sub(outside) {
            Some(stage) => format!("c{}", stage % (COLOURS - 1)),
            None => format!("c{}", COLOURS - 1),
        },
        held: like.iter().map(|&at| held(name, at)).collect(),
    };
    names.iter().enumerate().map(layer).collect()
}

fn drawn(builds: &[Record], like: &[usize], layers: &[Layer<'_>]) -> String {
    let sums: Vec<f64> =
        (0..like.len()).map(|index| layers.iter().map(|layer| layer.held[index]).sum()).collect();
    let ticks = ticks(sums.iter().copied().fold(0.0, f64::max), PEAK.unit);
    let line = |values: &[f64]| -> Vec<(f64, f64)> {
        let point =
            |(index, value): (usize, &f64)| (across(index, like.len()), down(*value, &ticks));
        values.iter().enumerate().map(point).collect()
    };
    let mut below = vec![0.0; like.len()];
    let mut svg = String::new();
    for one in layers {
        let above: Vec<f64> =
            below.iter().zip(&one.held).map(|(below, held)| below + held).collect();
        svg.push_str(&layer(&line(&below), &line(&above), &one.colour));
        below = above;
    }
    let says = |index: usize| {
        let build = &builds[like[index]];
        let mut held: Vec<_> = layers.iter().filter(|layer| layer.held[index] > 0.0).collect();
        held.sort_by(|a, b| b.held[index].total_cmp(&a.held[index]));
        let held: Vec<String> = held
            .iter()
            .map(|layer| format!("{} {}", layer.name, figures::bytes(layer.held[index])))
            .collect();
        format!("{}: {}", which(build), held.join(", "))
    };
    let newest = like.len() - 1;
    let frame = Frame {
        title: "Memory by stage",
        description: format!(
            "The latest build: {}. A table with the figures follows.",
            says(newest)
        ),
        ticks: &ticks,
        shown: &figures::bytes,
        ends: ends(builds, like),
        marks: Vec::new(),
    };
    framed(&frame, &(svg + &hovers(like.len(), says)))
}

/// What the colours are, from the top down as in the drawing, with the newest build's figures.
fn legend(newest: &Record, layers: &[Layer<'_>]) -> String {
    let held = holders(newest);
    let item = |layer: &Layer<'_>| {
        let own = held.iter().find(|(name, _)| *name == layer.name);
        let size = own.map_or("no more".to_owned(), |(_, bytes)| figures::bytes(*bytes as f64));
        format!(
            "<li><i style=\"background:var(--{})\"></i>{} {}</li>\n",
            layer.colour,
            escaped(layer.name),
            escaped(&size)
        )
    };
    let items: String = layers.iter().rev().map(item).collect();
    format!("<ul class=\"legend\">\n{items}</ul>\n")
}

/// What stages held in the newest builds, in the order of the legend.
fn table(builds: &[Record], like: &[usize], layers: &[Layer<'_>]) -> String {
    let stages = layers.iter().rev().map(|layer| (layer.name, Side::Right));
    let heads: Vec<(&str, Side)> =
        [("when (UTC)", Side::Left), ("commit", Side::Left)].into_iter().chain(stages).collect();
    let row = |index: usize| {
        let build = &builds[like[index]];
        let held = layers.iter().rev().map(|layer| layer.held[index]);
        let held = held.map(|bytes| Cell::new(figures::bytes(bytes), bytes));
        [when(build), revision(build)].into_iter().chain(held).collect::<Vec<_>>()
    };
    let rows: Vec<Vec<Cell>> = (0..like.len()).rev().take(ROWS).map(row).collect();
    let caption = match like.len() > ROWS {
        true => format!("The newest {ROWS} of {}, the newest first.", like.len()),
        false => "The newest first.".to_owned(),
    };
    of_rows(&heads, &rows, &caption, "Memory by stage")
}
