//! Trends in a terminal: columns over time, one a build.
//!
//! **Invariant:** all columns of a chart are builds that can be compared by its figure, and each chart
//! begins at 0.

use bengal_metrics::record::Record;

use super::builds::when;
use super::change::{Change, RECENT, median};
use super::figure::{Figure, PEAK, RATE, TIME};
use super::look::{Look, whole};
use super::select::mode;
use super::table::Tone;
use crate::figures;

/// Lines of a chart, besides its axis.
const HEIGHT: usize = 8;

/// Builds behind one that must bear out that it was slower.
const BEHIND: usize = 3;

/// Characters of the labels at the left.
const LABELS: usize = 12;

/// A figure of builds that are of one kind, and how it changed.
#[derive(Debug)]
pub struct Trend {
    /// Which figure.
    pub figure: &'static Figure,
    /// The builds, oldest first.
    pub points: Vec<Point>,
}

/// A build in a trend.
#[derive(Clone, Debug)]
pub struct Point {
    /// Its place among all builds.
    pub at: usize,
    /// The figure.
    pub value: f64,
    /// How it stands to the builds before.
    pub change: Change,
    /// Whether it became worse here, by more than noise, and the builds behind it did not take that back.
    pub is_regression: bool,
}

/// The figures that trends are of.
pub static FIGURES: [&Figure; 3] = [&TIME, &PEAK, &RATE];

/// The trend of a figure over the builds that are like `builds[reference]`.
pub fn trend(builds: &[Record], reference: usize, figure: &'static Figure) -> Trend {
    let like = builds.iter().enumerate();
    let like = like.filter(|(_, build)| figure.is_like(build, &builds[reference]));
    let point = |(at, build): (usize, &Record)| {
        let change = figure.change(builds, at);
        let is_regression = figure.is_worse(change);
        Some(Point { at, value: figure.of(build)?, change, is_regression })
    };
    let mut points: Vec<Point> = like.filter_map(point).collect();
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    for (index, point) in points.iter_mut().enumerate() {
        point.is_regression &= lasts(&values, index);
    }
    Trend { figure, points }
}

/// Whether the builds behind the one at `index` are more like it than like those before it; so are they
/// where there are none yet. A build that was slow alone says something of the machine, not of the site.
fn lasts(values: &[f64], index: usize) -> bool {
    let before = median(values[index.saturating_sub(RECENT)..index].to_vec());
    let behind = &values[index + 1..values.len().min(index + 1 + BEHIND)];
    if behind.is_empty() {
        return true;
    }
    let behind = median(behind.to_vec());
    (behind - values[index]).abs() < (behind - before).abs()
}

/// The charts of the newest `last` builds that are like the latest, as far as they fit.
pub fn charts(builds: &[Record], last: usize, look: &Look) -> String {
    let Some(latest) = builds.len().checked_sub(1) else { return String::new() };
    let charts = FIGURES.iter().map(|figure| {
        let mut trend = trend(builds, latest, figure);
        trend.points.drain(..trend.points.len().saturating_sub(fitting(last, look)));
        chart(builds, &trend, look)
    });
    charts.collect::<Vec<_>>().join("\n")
}

/// How many columns a chart has at most.
fn fitting(last: usize, look: &Look) -> usize {
    look.width.saturating_sub(LABELS).max(1).min(last)
}

fn chart(builds: &[Record], trend: &Trend, look: &Look) -> String {
    let figure = trend.figure;
    let Some(latest) = trend.points.last() else {
        return format!("{}: not measured\n", figure.name);
    };
    let top = trend.points.iter().map(|point| point.value).fold(0.0, f64::max);
    let wide = ((look.width.saturating_sub(LABELS)) / trend.points.len()).clamp(1, 4);
    let mut text = heading(trend, latest, look);
    for line in (0..HEIGHT).rev() {
        let label = match line {
            _ if line == HEIGHT - 1 => figure.shown(top),
            _ if line == HEIGHT / 2 - 1 => figure.shown(top / 2.0),
            _ => String::new(),
        };
        let axis = if label.is_empty() { look.sign("│", "|") } else { look.sign("┤", "+") };
        text.push_str(&format!("{label:>width$} {axis}", width = LABELS - 2));
        let columns: String =
            trend.points.iter().map(|point| cell(point, top, line, wide, look)).collect();
        text.push_str(columns.trim_end());
        text.push('\n');
    }
    text + &axis(builds, trend, wide, look)
}

/// The figure's name, its latest value and what is usual.
fn heading(trend: &Trend, latest: &Point, look: &Look) -> String {
    let figure = trend.figure;
    let usual = median(trend.points.iter().map(|point| point.value).collect());
    let change = match latest.change {
        Change::First => String::new(),
        Change::Unjudged(ratio) => {
            format!("; ({}) against the build before", figures::change(ratio))
        }
        Change::Noise(_) => "; no change but noise".to_owned(),
        Change::Real(ratio) => format!("; {} against the build before", figures::change(ratio)),
    };
    let name = look.painted(Tone::Strong, figure.name);
    let builds = figures::plural(trend.points.len() as u64, "build");
    let (value, usual) = (figure.shown(latest.value), figure.shown(usual));
    format!("{name}: {value}; median of {builds} {usual}{change}\n")
}

/// What a column shows on a line, counted from the bottom.
fn cell(point: &Point, top: f64, line: usize, wide: usize, look: &Look) -> String {
    let signs: &[&str] = match look.unicode {
        true => &[" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        false => &[" ", ".", ":", "#"],
    };
    let steps = signs.len() - 1;
    let height =
        if top > 0.0 { whole(point.value / top * (HEIGHT * steps) as f64).max(1) } else { 0 };
    let sign = signs[height.saturating_sub(line * steps).min(steps)];
    let gap = usize::from(wide > 1);
    let tone = if point.is_regression { Tone::Bad } else { Tone::Plain };
    look.painted(tone, &sign.repeat(wide - gap)) + &" ".repeat(gap)
}

/// The line below the columns, the marks of regressions, and when the first and the last were built.
fn axis(builds: &[Record], trend: &Trend, wide: usize, look: &Look) -> String {
    let indent = " ".repeat(LABELS - 1);
    let width = trend.points.len() * wide;
    let line = look.sign("─", "-").repeat(width);
    let mut text = format!(
        "{:>zero$} {}{line}\n",
        trend.figure.shown(0.0),
        look.sign("┼", "+"),
        zero = LABELS - 2
    );
    if trend.points.iter().any(|point| point.is_regression) {
        let mark = |point: &Point| {
            let is = point.is_regression;
            let sign = if is { look.sign("▲", "^") } else { " " };
            look.painted(Tone::Bad, sign) + &" ".repeat(wide - 1)
        };
        let marks: String = trend.points.iter().map(mark).collect();
        text.push_str(&format!("{indent} {}  worse for good\n", marks.trim_end()));
    }
    let (first, last) = (&trend.points[0], &trend.points[trend.points.len() - 1]);
    let [first, last] = [first, last].map(|point| when(&builds[point.at]).text);
    let between = width.saturating_sub(first.len() + last.len());
    text + &match (trend.points.len(), between) {
        (1, _) => format!("{indent} {first}\n"),
        (_, 0) => format!("{indent} {first} to {last}\n"),
        (_, between) => format!("{indent} {first}{}{last}\n", " ".repeat(between)),
    }
}

/// What is in the charts, in a line.
pub fn caption(builds: &[Record], last: usize, look: &Look) -> Option<String> {
    let latest = builds.last()?;
    let like = trend(builds, builds.len() - 1, &TIME).points.len();
    let shown = like.min(fitting(last, look));
    let newest = if shown < like { format!("the newest {shown} of ") } else { String::new() };
    Some(format!("{newest}{}; builds of other kinds are not shown", kind(like as u64, latest)))
}

/// So many builds of the kind of `latest`, in words.
pub fn kind(count: u64, latest: &Record) -> String {
    let builds = figures::plural(count, &format!("{} build", mode(latest)));
    let jobs = latest.jobs.map_or(String::new(), |jobs| {
        format!(" with {}", figures::plural(u64::from(jobs), "worker"))
    });
    let machine = latest.machine.as_ref().map_or(String::new(), |machine| format!(" on {machine}"));
    format!("{builds}{jobs}{machine}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perf::sample::{Seeded, build, builds};

    fn regressions(times: &[f64]) -> Vec<usize> {
        let builds = builds(times);
        let points = trend(&builds, builds.len() - 1, &TIME).points;
        points.iter().filter(|point| point.is_regression).map(|point| point.at).collect()
    }

    #[test]
    fn a_regression_is_what_lasts() {
        let steady = [100.0, 101.0, 99.0, 100.0, 102.0, 100.0];
        let with = |more: &[f64]| regressions(&[&steady, more].concat());
        assert_eq!(with(&[150.0]), [6], "the builds behind it will tell");
        assert_eq!(with(&[150.0, 151.0, 149.0]), [6]);
        assert_eq!(with(&[150.0, 100.0, 101.0, 99.0]), [0; 0], "the machine was busy");
        assert_eq!(with(&[70.0, 71.0]), [0; 0], "faster is none");
    }

    #[test]
    fn of_a_thousand_builds_those_are_marked_where_it_became_slower_for_good() {
        let mut random = Seeded(3);
        let time = |number: usize| {
            let lasting =
                if number < 300 { 1.0 } else { 1.3 } * if number < 700 { 1.0 } else { 1.25 };
            // In one of thirty builds another program had the machine.
            let alone = if random.next() < 1.0 / 30.0 { 1.5 } else { 1.0 };
            400.0 * lasting * alone * random.time(0.02)
        };
        let times: Vec<f64> = (0..1000).map(time).collect();
        let marked = regressions(&times);
        for began in [300, 700] {
            assert!(marked.iter().any(|at| (began..began + 3).contains(at)), "{marked:?}");
        }
        assert!(marked.len() <= 2, "{marked:?}");
    }

    #[test]
    fn of_a_rate_less_is_worse() {
        let builds = builds(&[100.0, 101.0, 99.0, 100.0, 102.0, 100.0, 150.0]);
        let points = trend(&builds, 6, &RATE).points;
        assert!(points[6].is_regression && points[6].value < points[5].value);
    }

    #[test]
    fn builds_of_other_kinds_are_not_in_a_trend() {
        let mut builds = builds(&[100.0; 6]);
        builds[1].jobs = Some(9);
        builds[2].machine = None;
        builds[3].site_id = None;
        let at = |figure| {
            trend(&builds, 5, figure).points.iter().map(|point| point.at).collect::<Vec<_>>()
        };
        assert_eq!((at(&TIME), at(&PEAK)), (vec![0, 4, 5], vec![0, 2, 4, 5]));
    }

    #[test]
    fn a_chart_is_as_wide_as_the_terminal_and_shows_all_heights() {
        let times: Vec<f64> = (0..100).map(f64::from).collect();
        let builds: Vec<Record> = times.iter().map(|ms| build(1, *ms, 10)).collect();
        for width in [1, 20, 50, 80, 300] {
            for unicode in [true, false] {
                let look = Look { unicode, ..Look::plain(width) };
                let text = charts(&builds, usize::MAX, &look);
                let drawn = text.lines().filter(|line| line.contains(['|', '│', '┤']));
                let widest = drawn.map(|line| line.chars().count()).max().unwrap();
                assert!(widest <= width.max(LABELS + 1), "{width}: {widest}\n{text}");
            }
        }
        assert_eq!(charts(&[], 9, &Look::plain(80)), "");
        assert_eq!(caption(&[], 9, &Look::plain(80)), None);
    }
}
