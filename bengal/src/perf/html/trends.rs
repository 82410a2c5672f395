//! How time, peak and pages a second went, and which builds made them worse.

use bengal_metrics::record::Record;

use super::plot::{Frame, across, down, framed, hovers, line, ticks};
use super::{FIGURES, ends, escaped, kind, trend, which};
use crate::figures;
use crate::perf::change::{Change, ENOUGH, median};
use crate::perf::chart::Trend;
use crate::perf::figure::{PEAK, TIME};

/// Regressions that are listed, the newest.
const LISTED: usize = 20;

/// The trends of the builds that are like `builds[reference]`.
pub(super) fn section(builds: &[Record], reference: usize) -> String {
    let trends = FIGURES.map(|figure| trend(builds, reference, figure));
    let count = trends[0].points.len() as u64;
    let mode = crate::perf::select::mode(&builds[reference]);
    let title = match mode {
        "full" => "Full builds",
        _ => "Incremental builds",
    };
    let plots: String = trends.iter().map(|trend| plot(builds, trend)).collect();
    format!(
        "<h2>{title}</h2>\n<p class=\"soft\">{}. One step to the right is one build, whenever it was.</p>\n\
         <div class=\"plots\">\n{plots}</div>\n{}",
        escaped(&kind(count, &builds[reference])),
        regressions(builds, &trends)
    )
}

fn plot(builds: &[Record], trend: &Trend) -> String {
    let figure = trend.figure;
    let name = capital(figure.name);
    let Some(last) = trend.points.last() else {
        return format!(
            "<figure><figcaption><strong>{name}</strong> was not measured</figcaption></figure>\n"
        );
    };
    let values: Vec<f64> = trend.points.iter().map(|point| point.value).collect();
    let (least, most) = (
        values.iter().copied().fold(f64::INFINITY, f64::min),
        values.iter().copied().fold(0.0, f64::max),
    );
    let ticks = ticks(most, figure.unit);
    let count = values.len();
    let at = |index: usize| (across(index, count), down(values[index], &ticks));
    let points: Vec<(f64, f64)> = (0..count).map(at).collect();
    let is_bad = |index: usize| trend.points[index].is_regression;
    let bad: Vec<usize> = (0..count).filter(|&index| is_bad(index)).collect();
    let says = |index: usize| {
        let build = &builds[trend.points[index].at];
        let change = match trend.points[index].change {
            Change::Real(ratio) => format!(", {}", figures::change(ratio)),
            _ => String::new(),
        };
        format!("{}: {}{change}", which(build), figure.shown(values[index]))
    };
    let description = format!(
        "From {} to {}, the median {}, the latest {}. {} marked. The table of all builds has the figures.",
        figure.shown(least),
        figure.shown(most),
        figure.shown(median(values.clone())),
        figure.shown(last.value),
        figures::plural(bad.len() as u64, "regression"),
    );
    let frame = Frame {
        title: &name,
        description,
        ticks: &ticks,
        shown: &|value| figure.shown(value),
        ends: ends(builds, &trend.points.iter().map(|point| point.at).collect::<Vec<_>>()),
        marks: bad.iter().map(|&index| points[index]).collect(),
    };
    let drawn = line(&points, is_bad) + &hovers(count, says);
    let latest = escaped(&format!(
        "{}; median {}",
        figure.shown(last.value),
        figure.shown(median(values.clone()))
    ));
    format!(
        "<figure>\n<figcaption><strong>{name}</strong> {latest}</figcaption>\n{}</figure>\n",
        framed(&frame, &drawn)
    )
}

/// The builds that were slower, or held more, than noise explains.
fn regressions(builds: &[Record], trends: &[Trend]) -> String {
    let mut found = Vec::new();
    for trend in trends.iter().filter(|trend| [TIME.key, PEAK.key].contains(&trend.figure.key)) {
        for point in trend.points.iter().filter(|point| point.is_regression) {
            found.push((point.at, trend.figure, point.change, point.value));
        }
    }
    found.sort_by_key(|(at, figure, ..)| (std::cmp::Reverse(*at), figure.key));
    let title = "<h3>Regressions</h3>\n";
    if found.is_empty() {
        let said = match trends[0].points.len() > ENOUGH {
            true => {
                "None: no build was slower, or held more, by more than noise, and the ones behind it too."
            }
            false => "Too few builds yet to tell noise from a change: six are needed.",
        };
        return format!("{title}<p>{said}</p>\n");
    }
    let listed = found.iter().take(LISTED).map(|(at, figure, change, value)| {
        let build = &builds[*at];
        let change = figures::change(change.ratio().unwrap_or(1.0));
        let what = format!("{}: {} {}", which(build), figure.name, figure.shown(*value));
        format!("<li>{}, <span class=\"worse\">{}</span></li>\n", escaped(&what), escaped(&change))
    });
    let items: String = listed.collect();
    let more = match found.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!("<p class=\"soft\">And {more} older ones, marked above.</p>\n"),
    };
    let what = "<p class=\"soft\">Worse by more than noise, and the builds behind did not take it back.</p>\n";
    format!("{title}{what}<ul>\n{items}</ul>\n{more}")
}

/// `text` with a capital letter at its beginning.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}
