//! What a comparison found, in words and as a table: for people, programs, and pull requests.
//!
//! **Invariant:** all forms say the same, and the exit code is in none of them alone.

use serde_json::{Value, json};

use super::super::select::Selection;
use super::super::table::{Cell, Column, Table, Tone, data, escaped, numbers, words};
use super::compare::{Comparison, commits};
use super::limit::Unit;
use super::{Outcome, Verdict};
use crate::figures::{change, plural};

/// The exit code of what is beyond its limits.
pub const OVER: u8 = 4;

/// What becomes of figures that could not be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unjudged {
    /// They are said.
    Pass,
    /// They fail, as a broken limit does.
    Fail,
}

const COLUMNS: &[Column] = &[
    words("figure", "figure"),
    data("unit"),
    numbers("old", "old"),
    numbers("new", "new"),
    data("old_builds"),
    data("new_builds"),
    numbers("change_percent", "change"),
    numbers("noise_percent", "noise"),
    data("low_percent"),
    data("high_percent"),
    data("limit_percent"),
    data("outcome"),
    data("broken"),
    words("verdict", "verdict"),
];

/// The columns that a narrow terminal can do without, the first first.
pub const DISPENSABLE: &[&str] = &["noise_percent", "old"];

/// How to read the table.
pub const LEGEND: &str =
    "slower and more is +; a change within the noise is no significant difference";

impl Comparison {
    /// 0, or [`OVER`] where a limit is broken, or what was asked for could not be judged and must be.
    pub fn exit_code(&self, unjudged: Unjudged) -> u8 {
        let missing = unjudged == Unjudged::Fail && self.judgement.unjudged().next().is_some();
        if missing || self.judgement.broken().next().is_some() { OVER } else { 0 }
    }

    /// What was found, in a sentence or two.
    pub fn headline(&self, unjudged: Unjudged) -> String {
        let failing = if unjudged == Unjudged::Fail { ", which is required" } else { "" };
        let reasons = self.reasons().into_iter();
        let reasons = reasons.map(|(reason, figures)| {
            format!("Not judged{failing}: {} ({reason})", figures.join(", "))
        });
        let parts: Vec<String> = self.findings().into_iter().chain(reasons).collect();
        format!("{}.", parts.join(". "))
    }

    /// What was found of the figures that were judged, the worst first.
    fn findings(&self) -> Vec<String> {
        let of = |is: fn(&Verdict) -> bool| self.judgement.verdicts.iter().filter(move |v| is(v));
        let judged = of(|v| !matches!(v.outcome, Outcome::NotJudged(_))).next().is_some();
        let limited = of(|v| v.limit.is_some()).next().is_some();
        let broken: Vec<_> = self.judgement.broken().map(with_limit).collect();
        let worse: Vec<_> =
            of(|v| v.outcome == Outcome::Worse && !v.broken).map(with_change).collect();
        let better: Vec<_> = of(|v| v.outcome == Outcome::Better).map(with_change).collect();
        let nothing = judged && broken.is_empty() && worse.is_empty() && better.is_empty();
        let first = match broken.len() {
            0 => (judged && limited).then(|| "No limit is broken".to_owned()),
            1 => Some(format!("A limit is broken: {}", broken[0])),
            many => Some(format!("{many} limits are broken: {}", broken.join(", "))),
        };
        let named = |what: &str, figures: Vec<String>| {
            (!figures.is_empty()).then(|| format!("{what}: {}", figures.join(", ")))
        };
        let none = nothing.then(|| "No significant difference".to_owned());
        [first, named("Worse", worse), named("Better", better), none]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The figures that were asked for and not judged, by the reason.
    fn reasons(&self) -> Vec<(&str, Vec<&str>)> {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for verdict in self.judgement.unjudged() {
            let Outcome::NotJudged(reason) = &verdict.outcome else { continue };
            match reasons.iter_mut().find(|(of, _)| of == reason) {
                Some((_, figures)) => figures.push(&verdict.figure),
                None => reasons.push((reason, vec![&verdict.figure])),
            }
        }
        reasons
    }

    /// A row for each figure, the worst first.
    pub fn table(&self) -> Table {
        let mut table = Table::new(COLUMNS);
        table.rows = self.judgement.verdicts.iter().map(|verdict| self.row(verdict)).collect();
        table
    }

    fn row(&self, verdict: &Verdict) -> Vec<Cell> {
        let shown = |value| Cell::number(value, |value| verdict.unit.show(value));
        let hidden = |value: Value| Cell::new("", value);
        let (text, tone) = (self.verdict(verdict), tone(verdict));
        vec![
            Cell::words(&verdict.figure),
            hidden(verdict.unit.name().into()),
            shown(verdict.old.median),
            shown(verdict.new.median),
            hidden(verdict.old.runs.into()),
            hidden(verdict.new.runs.into()),
            Cell::number(verdict.change, percent).toned(tone),
            Cell::number(verdict.noise, |noise| format!("±{:.1}%", (noise * 10.0).ceil() / 10.0)),
            hidden(verdict.range.map(|(low, _)| low).into()),
            hidden(verdict.range.map(|(_, high)| high).into()),
            hidden(verdict.limit.into()),
            hidden(outcome(&verdict.outcome).into()),
            hidden(verdict.broken.into()),
            Cell::words(text).toned(tone),
        ]
    }

    /// What became of a figure, and where.
    fn verdict(&self, verdict: &Verdict) -> String {
        let (more, less) = match verdict.unit {
            Unit::Ms => ("slower", "faster"),
            Unit::Bytes | Unit::Count => ("more", "less"),
        };
        let mut text = match &verdict.outcome {
            Outcome::Worse => more.to_owned(),
            Outcome::Better => less.to_owned(),
            Outcome::Same => "no significant difference".to_owned(),
            Outcome::NotJudged(reason) => format!("not judged: {reason}"),
        };
        if let (true, Some(limit)) = (verdict.broken, verdict.limit) {
            text.push_str(&format!(", over the limit of {limit}%"));
        }
        if let Some((_, place)) = self.places.iter().find(|(figure, _)| *figure == verdict.figure) {
            text.push_str(&format!("; {place}"));
        }
        text
    }

    /// The two sides: what they are called, and which builds they are.
    pub fn sides(&self) -> [String; 2] {
        [("old", &self.old), ("new", &self.new)].map(|(side, selection)| {
            let builds = plural(selection.builds.len() as u64, "build");
            let commits = commits(selection).join(", ");
            let of = if commits.is_empty() { String::new() } else { format!(" of {commits}") };
            format!("{side}: {}, {builds}{of}", selection.label)
        })
    }

    /// All of it, fit for a comment: the verdict, a table, and what else should be known.
    pub fn markdown(&self, unjudged: Unjudged) -> String {
        let mut text =
            format!("**{}**\n\n{}\n", escaped(&self.headline(unjudged)), self.table().markdown());
        let lines = self.sides().into_iter().chain(self.notes.iter().cloned());
        lines.for_each(|line| text.push_str(&format!("- {}\n", escaped(&line))));
        text.push_str(
            "- slower and more is +; a change within the noise is no significant difference\n",
        );
        text
    }

    /// All of it for programs.
    pub fn json(&self, unjudged: Unjudged) -> Value {
        let side = |side: &Selection| {
            let ids: Vec<_> = side.builds.iter().map(|build| build.build_id.clone()).collect();
            json!({"name": side.label, "builds": ids, "commits": commits(side)})
        };
        json!({
            "verdict": self.headline(unjudged),
            "exit_code": self.exit_code(unjudged),
            "old": side(&self.old),
            "new": side(&self.new),
            "figures": self.table().json(),
            "notes": self.notes,
        })
    }
}

/// `peak +12.3%`.
fn with_change(verdict: &Verdict) -> String {
    let change = verdict.change.map_or("from nothing".to_owned(), percent);
    format!("{} {change}", verdict.figure)
}

/// `peak +12.3% (limit 5%)`.
fn with_limit(verdict: &Verdict) -> String {
    let limit = verdict.limit.map_or(String::new(), |limit| format!(" (limit {limit}%)"));
    with_change(verdict) + &limit
}

fn percent(percent: f64) -> String {
    change(1.0 + percent / 100.0)
}

/// What programs call an outcome.
fn outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Worse => "worse",
        Outcome::Better => "better",
        Outcome::Same => "same",
        Outcome::NotJudged(_) => "not_judged",
    }
}

fn tone(verdict: &Verdict) -> Tone {
    match verdict.outcome {
        Outcome::Worse => Tone::Bad,
        Outcome::Better => Tone::Good,
        Outcome::Same | Outcome::NotJudged(_) => Tone::Faint,
    }
}
