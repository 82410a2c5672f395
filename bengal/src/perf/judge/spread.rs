//! How much the figures of several builds of one tree differ: the noise, by itself.

use bengal_metrics::record::Record;

use super::super::change::median;
use super::super::table::{Cell, Column, Table, data, numbers, words};
use super::compare::{ALWAYS, OF_STAGES};
use super::measure::Measure;

const COLUMNS: &[Column] = &[
    words("figure", "figure"),
    data("unit"),
    data("builds"),
    numbers("median", "median"),
    numbers("least", "least"),
    numbers("most", "most"),
    numbers("difference", "difference"),
    numbers("difference_percent", ""),
];

/// A row for each figure: its median, its bounds, and how far these lie apart.
pub fn table(builds: &[Record], with_stages: bool) -> Table {
    let whole = ALWAYS.iter().filter_map(|name| name.parse().ok());
    let stages = builds.last().filter(|_| with_stages).map_or(&[][..], |build| &build.stages);
    let of_stages = stages.iter().flat_map(|stage| {
        OF_STAGES.iter().filter_map(move |name| format!("{}.{name}", stage.name).parse().ok())
    });
    let mut table = Table::new(COLUMNS);
    table.rows = whole.chain(of_stages).map(|measure: Measure| row(&measure, builds)).collect();
    table
}

fn row(measure: &Measure, builds: &[Record]) -> Vec<Cell> {
    let values: Vec<f64> = builds.iter().filter_map(|build| measure.of(build)).collect();
    let unit = measure.quantity.unit;
    let measured = |value: f64| (!values.is_empty()).then_some(value);
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let middle = median(values.clone());
    let percent =
        measured(100.0 * (most - least) / middle.abs()).filter(|percent| percent.is_finite());
    let shown = |value: f64| Cell::number(measured(value), |value| unit.show(value));
    vec![
        Cell::words(&measure.name),
        Cell::new("", unit.name()),
        Cell::new("", values.len()),
        shown(middle),
        shown(least),
        shown(most),
        shown(most - least),
        Cell::number(percent, |percent| format!("{percent:.2}%")),
    ]
}
