//! Judges new runs against old: which figures are worse, which only tremble, and which limits are broken.
//!
//! A *time* is judged from at least [`ENOUGH`] runs a side, and has changed where the interval of the
//! shift ([`interval`]) leaves out 0. A *count* (bytes, allocations) is judged from one run a
//! side: it has changed where it differs by more than runs of an unchanged tree were measured to
//! ([`Noise`]), which shrinks with the root of the number of runs, and the interval leaves out 0 too.
//! A limit is broken where the figure has changed, and its median by more than the limit.
//!
//! This module knows nothing of builds: what it judges are named numbers, of which less is better. What is
//! around it:
//!
//! * [`limit`]: limits, as they are written; [`measure`]: the figures that they name;
//! * [`compare`]: builds against builds, judged; [`report`]: what that found;
//! * [`budget`]: how high figures may be; [`spread`]: how much they tremble.
//!
//! **Invariant:** what cannot be judged says so, and why; it never counts as unchanged.

pub mod budget;
pub mod compare;
pub mod interval;
pub mod limit;
pub mod measure;
pub mod report;
pub mod spread;

#[cfg(test)]
mod alarms;

use super::change::median;
use limit::{Limit, Unit};

/// Runs that each side of a time must have: with four, even runs without overlap come by chance once in
/// 70 times each way.
pub const ENOUGH: usize = 5;

/// A figure's numbers on both sides.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its name, as limits have it.
    pub figure: String,
    /// What it is counted in.
    pub unit: Unit,
    /// How it trembles.
    pub kind: Kind,
    /// Of the old runs; what was not measured is left out.
    pub old: Vec<f64>,
    /// Of the new ones.
    pub new: Vec<f64>,
    /// Why it cannot be judged, whatever the numbers.
    pub barred: Option<String>,
}

/// How a figure trembles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// As the machine does: only several runs tell how much.
    Time,
    /// By what was measured.
    Count(Noise),
}

/// The most by which two runs of an unchanged tree differ: `amount` and `ratio` of the figure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Noise {
    /// Whatever the figure's size, in its unit.
    pub amount: f64,
    /// In proportion to it.
    pub ratio: f64,
}

/// One side of a verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Side {
    /// The median; `None` where nothing was measured.
    pub median: Option<f64>,
    /// How many runs it is of.
    pub runs: usize,
}

/// What became of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// More, beyond what noise does.
    Worse,
    /// Less, beyond that.
    Better,
    /// No significant difference.
    Same,
    /// It cannot be told, and why.
    NotJudged(String),
}

/// The judgement on one figure. Changes are new against old, in percent of the old median: more is `+`.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Its name.
    pub figure: String,
    /// What it is counted in.
    pub unit: Unit,
    /// The old runs.
    pub old: Side,
    /// The new runs.
    pub new: Side,
    /// How much more the new median is; `None` where there is nothing to compare with.
    pub change: Option<f64>,
    /// How large a change must about be to be told from noise.
    pub noise: Option<f64>,
    /// What the shift lies between, with 99 % confidence, where each side has [`ENOUGH`] runs.
    pub range: Option<(f64, f64)>,
    /// What became of it.
    pub outcome: Outcome,
    /// How much more it may be.
    pub limit: Option<f64>,
    /// Whether it is more than that.
    pub broken: bool,
}

/// The judgement on all figures, the worst first.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Of each figure.
    pub verdicts: Vec<Verdict>,
}

/// Judges `samples`, those that `limits` names by them.
pub fn judge(samples: &[Sample], limits: &[Limit]) -> Judgement {
    let limit = |sample: &Sample| limits.iter().find(|limit| limit.figure == sample.figure);
    let percent = |sample| limit(sample).map(|limit| limit.percent);
    let mut verdicts: Vec<Verdict> =
        samples.iter().map(|sample| verdict(sample, percent(sample))).collect();
    verdicts.sort_by(|a, b| rank(a).cmp(&rank(b)).then(severity(b).total_cmp(&severity(a))));
    Judgement { verdicts }
}

/// Broken limits come first, then what is worse, what a limit could not be held to, and what is better.
fn rank(verdict: &Verdict) -> u8 {
    match (&verdict.outcome, verdict.broken, verdict.limit) {
        (_, true, _) => 0,
        (Outcome::Worse, ..) => 1,
        (Outcome::NotJudged(_), _, Some(_)) => 2,
        (Outcome::Same, ..) => 3,
        (Outcome::Better, ..) => 4,
        (Outcome::NotJudged(_), ..) => 5,
    }
}

/// What orders figures of one rank: only changes that are some can be bad.
fn severity(verdict: &Verdict) -> f64 {
    match verdict.outcome {
        Outcome::Worse => verdict.change.unwrap_or(f64::INFINITY),
        Outcome::Better => verdict.change.unwrap_or(f64::NEG_INFINITY),
        Outcome::Same | Outcome::NotJudged(_) => 0.0,
    }
}

impl Judgement {
    /// The figures whose limits are broken.
    pub fn broken(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts.iter().filter(|verdict| verdict.broken)
    }

    /// The figures that were asked for and not judged: those with a limit, or all where none has one.
    pub fn unjudged(&self) -> impl Iterator<Item = &Verdict> {
        let limited = self.verdicts.iter().any(|verdict| verdict.limit.is_some());
        let asked = move |verdict: &&Verdict| verdict.limit.is_some() || !limited;
        let unjudged = |verdict: &&Verdict| matches!(verdict.outcome, Outcome::NotJudged(_));
        self.verdicts.iter().filter(asked).filter(unjudged)
    }

    /// The figures that are so.
    pub fn that_are<'j>(&'j self, outcome: &'j Outcome) -> impl Iterator<Item = &'j Verdict> {
        self.verdicts.iter().filter(move |verdict| verdict.outcome == *outcome)
    }
}

fn verdict(sample: &Sample, limit: Option<f64>) -> Verdict {
    let side = |values: &Vec<f64>| Side {
        median: (!values.is_empty()).then(|| median(values.clone())),
        runs: values.len(),
    };
    let (old, new) = (side(&sample.old), side(&sample.new));
    let shift = interval::shift(&sample.old, &sample.new);
    let medians = old.median.zip(new.median);
    let percent = |amount: f64| {
        let base = old.median.map(f64::abs).filter(|base| *base > 0.0)?;
        Some(100.0 * amount / base)
    };
    let noise = medians.zip(shift).map(|((old, _), shift)| noise(sample, old, shift));
    let change = medians.and_then(|(old, new)| percent(new - old));
    let outcome = match (unjudged(sample), medians, shift, noise) {
        (None, Some((old, new)), Some(shift), Some(noise)) => {
            outcome(sample, new - old, shift, noise)
        }
        (reason, ..) => Outcome::NotJudged(reason.unwrap_or_default()),
    };
    let enough = old.runs.min(new.runs) >= ENOUGH;
    let judged = !matches!(outcome, Outcome::NotJudged(_));
    let broken =
        |limit: f64| outcome == Outcome::Worse && change.is_none_or(|change| change > limit);
    Verdict {
        figure: sample.figure.clone(),
        unit: sample.unit,
        old,
        new,
        change,
        noise: noise.filter(|_| judged).and_then(percent),
        range: shift.filter(|_| enough).and_then(|(low, high)| percent(low).zip(percent(high))),
        broken: limit.is_some_and(broken),
        outcome,
        limit,
    }
}

/// Why it cannot be judged.
fn unjudged(sample: &Sample) -> Option<String> {
    let (old, new) = (sample.old.len(), sample.new.len());
    match (old, new) {
        (0, 0) => Some("not measured".to_owned()),
        (0, _) => Some("not measured in the old builds".to_owned()),
        (_, 0) => Some("not measured in the new builds".to_owned()),
        _ if sample.barred.is_some() => sample.barred.clone(),
        _ if sample.kind == Kind::Time && old.min(new) < ENOUGH => {
            Some(format!("times need {ENOUGH} builds a side, here are {old} and {new}"))
        }
        _ => None,
    }
}

/// By how much the medians of an unchanged tree may differ.
fn noise(sample: &Sample, old: f64, (low, high): (f64, f64)) -> f64 {
    match sample.kind {
        Kind::Time => (high - low) / 2.0,
        Kind::Count(Noise { amount, ratio }) => {
            let runs = sample.old.len().min(sample.new.len());
            (amount + ratio * old.abs()) / (runs as f64).sqrt()
        }
    }
}

fn outcome(sample: &Sample, difference: f64, (low, high): (f64, f64), noise: f64) -> Outcome {
    let is_noise = matches!(sample.kind, Kind::Count(_)) && difference.abs() <= noise;
    match () {
        () if is_noise => Outcome::Same,
        () if low > 0.0 => Outcome::Worse,
        () if high < 0.0 => Outcome::Better,
        () => Outcome::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: Kind = Kind::Count(Noise { amount: 1024.0, ratio: 0.01 });

    fn sample(figure: &str, kind: Kind, old: &[f64], new: &[f64]) -> Sample {
        let (old, new) = (old.to_vec(), new.to_vec());
        Sample { figure: figure.to_owned(), unit: Unit::Bytes, kind, old, new, barred: None }
    }

    fn limit(figure: &str, percent: f64) -> Limit {
        Limit { figure: figure.to_owned(), percent }
    }

    fn of(kind: Kind, old: &[f64], new: &[f64]) -> Verdict {
        judge(&[sample("x", kind, old, new)], &[limit("x", 5.0)]).verdicts.remove(0)
    }

    #[test]
    fn a_count_is_judged_from_one_build_a_side_by_its_noise() {
        let base = 100_000.0;
        let same = of(KIB, &[base], &[base + 2000.0]);
        assert_eq!((same.outcome, same.broken), (Outcome::Same, false));
        assert_eq!(same.noise, Some(2.024));
        let worse = of(KIB, &[base], &[base + 4000.0]);
        assert_eq!((worse.outcome, worse.broken, worse.change), (Outcome::Worse, false, Some(4.0)));
        assert!(of(KIB, &[base], &[base + 6000.0]).broken);
        assert_eq!(of(KIB, &[base], &[base - 4000.0]).outcome, Outcome::Better);
        assert_eq!(worse.range, None, "one build a side has no confidence");
    }

    #[test]
    fn more_builds_tell_smaller_changes_unless_they_overlap() {
        let old = [100_000.0, 100_100.0, 100_200.0, 100_300.0];
        let new = old.map(|value| value + 1500.0);
        assert_eq!(of(KIB, &old[..1], &new[..1]).outcome, Outcome::Same);
        assert_eq!(of(KIB, &old, &new).outcome, Outcome::Worse);
        let wild = [99_000.0, 101_700.0, 101_800.0, 110_000.0];
        assert_eq!(of(KIB, &old, &wild).outcome, Outcome::Same);
    }

    #[test]
    fn times_need_five_builds_a_side() {
        let old = [100.0, 101.0, 102.0, 103.0, 104.0];
        let new = old.map(|time| time * 1.1);
        let few = of(Kind::Time, &old[..4], &new);
        assert_eq!(
            few.outcome,
            Outcome::NotJudged("times need 5 builds a side, here are 4 and 5".into())
        );
        assert!(!few.broken && few.change.is_some() && few.range.is_none());
        let enough = of(Kind::Time, &old, &new);
        assert_eq!((enough.outcome, enough.broken), (Outcome::Worse, true));
        let (low, high) = enough.range.unwrap();
        assert!(low > 5.0 && high < 15.0, "{low} {high}");
        assert_eq!(of(Kind::Time, &new, &old).outcome, Outcome::Better);
    }

    #[test]
    fn times_that_overlap_do_not_differ() {
        let old = [100.0, 101.0, 102.0, 103.0, 140.0];
        let new = [120.0, 121.0, 122.0, 123.0, 124.0];
        let verdict = of(Kind::Time, &old, &new);
        assert_eq!((verdict.outcome, verdict.broken), (Outcome::Same, false));
    }

    #[test]
    fn a_limit_that_the_change_is_within_is_not_broken() {
        let old = [100.0, 101.0, 102.0, 103.0, 104.0];
        let verdict = of(Kind::Time, &old, &old.map(|time| time + 4.9));
        assert_eq!((verdict.outcome, verdict.broken), (Outcome::Worse, false));
        let exactly = judge(&[sample("x", KIB, &[1e6], &[1.05e6])], &[limit("x", 5.0)]);
        assert_eq!(exactly.broken().count(), 0, "as much as the limit is within it");
    }

    #[test]
    fn what_was_not_measured_or_is_unlike_is_not_judged() {
        let barred =
            Sample { barred: Some("other machines".into()), ..sample("x", KIB, &[1.0], &[9e9]) };
        for (sample, reason) in [
            (sample("x", KIB, &[], &[]), "not measured"),
            (sample("x", KIB, &[], &[1.0]), "not measured in the old builds"),
            (sample("x", KIB, &[1.0], &[]), "not measured in the new builds"),
            (barred, "other machines"),
        ] {
            let judgement = judge(&[sample], &[limit("x", 5.0)]);
            assert_eq!(judgement.verdicts[0].outcome, Outcome::NotJudged(reason.to_owned()));
            assert_eq!((judgement.broken().count(), judgement.unjudged().count()), (0, 1));
        }
    }

    #[test]
    fn what_was_nothing_is_worse_when_it_is_something() {
        let exact = Kind::Count(Noise::default());
        let verdict = of(exact, &[0.0], &[7.0]);
        assert_eq!((verdict.change, verdict.outcome, verdict.broken), (None, Outcome::Worse, true));
        let verdict = of(exact, &[0.0], &[0.0]);
        assert_eq!((verdict.outcome, verdict.broken), (Outcome::Same, false));
        let verdict = of(exact, &[-100.0], &[-50.0]);
        assert_eq!((verdict.change, verdict.outcome), (Some(50.0), Outcome::Worse));
    }

    #[test]
    fn the_worst_comes_first_and_only_what_has_a_limit_is_required() {
        let kind = Kind::Count(Noise::default());
        let samples = [
            sample("better", kind, &[10.0], &[1.0]),
            sample("same", kind, &[10.0], &[10.0]),
            sample("unmeasured", kind, &[], &[]),
            sample("worse", kind, &[10.0], &[40.0]),
            sample("asked", Kind::Time, &[1.0], &[1.0]),
            sample("broken", kind, &[10.0], &[12.0]),
            sample("more broken", kind, &[10.0], &[13.0]),
        ];
        let limits = ["broken", "more broken", "asked"].map(|name| limit(name, 5.0));
        let judgement = judge(&samples, &limits);
        let names: Vec<_> = judgement.verdicts.iter().map(|verdict| &*verdict.figure).collect();
        assert_eq!(
            names,
            ["more broken", "broken", "worse", "asked", "same", "better", "unmeasured"]
        );
        let names =
            |found: Vec<&Verdict>| found.iter().map(|v| v.figure.clone()).collect::<Vec<_>>();
        assert_eq!(names(judgement.unjudged().collect()), ["asked"]);
        assert_eq!(names(judge(&samples, &[]).unjudged().collect()), ["unmeasured", "asked"]);
    }
}
