//! The figures of a build that tables, charts and exports show.

use bengal_metrics::record::Record;
use serde_json::Value;

use super::change::{self, Change, Floor};
use super::select::{Question, differs};
use super::table::{Cell, Tone};
use crate::figures;

/// A figure of a whole build.
#[derive(Debug)]
pub struct Figure {
    /// What programs call it, with its unit.
    pub key: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// Which builds can be compared by it.
    pub question: Question,
    /// How little of a change is never more than noise.
    pub floor: Floor,
    /// What it is counted in, where people read it: a MiB, or 1.
    pub unit: f64,
    /// Whether more of it is better, as of a rate.
    pub more_is_better: bool,
    of: fn(&Record) -> Option<f64>,
    show: fn(f64) -> String,
}

/// Bytes of a MiB, in which fields that end in `_mb` are.
pub const MIB: f64 = 1_048_576.0;

/// From start to end.
pub static TIME: Figure = Figure {
    key: "build_time_ms",
    name: "time",
    question: Question::Time,
    floor: Floor::Time,
    unit: 1.0,
    more_is_better: false,
    of: |build| Some(build.build_time_ms),
    show: figures::time,
};

/// Processor time of all threads.
pub static CPU: Figure =
    Figure { key: "cpu_time_ms", name: "CPU", of: |build| build.cpu_time_ms, ..TIME };

/// Pages rendered, not those that were left as they are, a second.
pub static RATE: Figure = Figure {
    key: "pages_per_second",
    name: "pages/s",
    more_is_better: true,
    of: Record::pages_per_second,
    show: figures::rate,
    ..TIME
};

/// The most live heap.
pub static PEAK: Figure = Figure {
    key: "peak_bytes",
    name: "peak heap",
    question: Question::Peak,
    floor: Floor::Size,
    unit: MIB,
    more_is_better: false,
    of: |build| {
        let bytes = build.peak_bytes.map(|bytes| bytes as f64);
        bytes.or_else(|| build.memory_peak_mb.map(|mib| mib * MIB))
    },
    show: figures::bytes,
};

/// The most resident memory; of older records what was resident at the end.
pub static RSS: Figure = Figure {
    key: "rss_bytes",
    name: "RSS",
    of: |build| {
        let bytes = build.rss_peak_bytes.map(|bytes| bytes as f64);
        bytes.or_else(|| build.memory_rss_mb.map(|mib| mib * MIB))
    },
    ..PEAK
};

impl Figure {
    /// The figure of a build; `None` where it was not measured.
    pub fn of(&self, build: &Record) -> Option<f64> {
        (self.of)(build).filter(|value| value.is_finite())
    }

    /// The figure as people read it, with its unit.
    pub fn shown(&self, value: f64) -> String {
        (self.show)(value)
    }

    /// The figure of a build in a cell.
    pub fn cell(&self, build: &Record) -> Cell {
        let Some(value) = self.of(build) else { return Cell::none() };
        let shown = self.shown(value);
        match self.floor {
            Floor::Time => Cell::new(shown, value),
            #[expect(clippy::cast_possible_truncation, reason = "whole bytes, and casts saturate")]
            Floor::Size => Cell::new(shown, value.round() as i64),
        }
    }

    /// Whether two builds can be compared by it, with nothing but the site and bengal to make the
    /// difference: so also times only between builds of as many workers.
    pub fn is_like(&self, old: &Record, new: &Record) -> bool {
        differs(old, new, self.question).is_none() && old.jobs == new.jobs
    }

    /// Whether the figure became worse, and it is no noise.
    pub fn is_worse(&self, change: Change) -> bool {
        matches!(change, Change::Real(ratio) if (ratio > 1.0) != self.more_is_better)
    }

    /// How the figure of `builds[at]` stands to those before it that are like it.
    pub fn change(&self, builds: &[Record], at: usize) -> Change {
        let Some(new) = self.of(&builds[at]) else { return Change::First };
        let like = builds[..at].iter().rev().filter(|build| self.is_like(build, &builds[at]));
        let mut before: Vec<f64> =
            like.filter_map(|build| self.of(build)).take(change::WINDOW).collect();
        before.reverse();
        change::judge(&before, new, self.floor)
    }
}

/// A change in a cell: what is noise is `~`, what nobody can tell yet in brackets.
pub fn change_cell(change: Change, figure: &Figure) -> Cell {
    let Some(ratio) = change.ratio() else { return Cell::none() };
    let shown = figures::change(ratio);
    let (text, tone) = match change {
        Change::Real(_) if figure.is_worse(change) => (shown, Tone::Bad),
        Change::Real(_) => (shown, Tone::Good),
        Change::Noise(_) => ("~".to_owned(), Tone::Faint),
        Change::Unjudged(_) | Change::First => (format!("({shown})"), Tone::Faint),
    };
    Cell::new(text, ratio - 1.0).toned(tone)
}

/// What is claimed of a change, for programs.
pub fn verdict_cell(change: Change) -> Cell {
    let verdict = match change {
        Change::First => Value::Null,
        Change::Unjudged(_) => "unjudged".into(),
        Change::Noise(_) => "noise".into(),
        Change::Real(_) => "changed".into(),
    };
    Cell::new("", verdict)
}
