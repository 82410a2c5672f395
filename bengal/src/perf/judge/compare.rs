//! Builds against builds: which of them are alike, their figures judged, and what should be known of it.
//!
//! 1. The builds of both sides that are of one kind are kept: the kind that most are of.
//! 2. The figures are taken from them: those that are always shown, and those that limits name.
//! 3. They are judged ([`super`]); what only unlike builds have is not.
//! 4. Of what became worse or better it is said in which stage.

use bengal_metrics::record::Record;

use super::super::select::{Difference, Question, Selection, commit, differs, mode, short, unlike};
use super::limit::Limit;
use super::measure::{Measure, UnknownFigure};
use super::{Judgement, Outcome, Sample, Verdict, judge};
use crate::figures::plural;

/// The figures that are always judged.
pub(super) const ALWAYS: &[&str] =
    &["time", "cpu", "peak", "allocated", "allocations", "heap", "rss"];

/// And those where the builds differ in pages.
const PER_PAGE: &[&str] = &["cpu_per_page", "peak_per_page", "allocated_per_page"];

/// And those of each stage, where that is asked for.
pub(super) const OF_STAGES: [&str; 3] = ["cpu", "peak", "allocated"];

/// Builds of a side that are compared, the newest: every one is held against every one of the other side.
const MOST: usize = 500;

/// What is compared, and how.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// How much worse figures may become.
    pub limits: Vec<Limit>,
    /// Whether each stage's figures are shown.
    pub stages: Stages,
    /// Which builds are compared.
    pub likeness: Likeness,
}

/// Whether each stage's figures are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stages {
    /// Only where a limit names them.
    #[default]
    Named,
    /// All of them.
    All,
}

/// Which builds are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Likeness {
    /// Like with like only.
    #[default]
    Asked,
    /// Sites in two folders are taken for one, and are otherwise alike.
    OneSite,
    /// Whatever there is.
    Anything,
}

/// Why builds are not compared.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// They are of different kinds.
    #[error("the builds cannot be compared: {0}; `--force` compares them all the same")]
    Unlike(Difference),
    /// A limit names no figure.
    #[error(transparent)]
    Figure(#[from] UnknownFigure),
    /// A limit names no stage.
    #[error("`{figure}` has a limit, but no build has a stage of that name: there are {stages}")]
    NoStage {
        /// The figure.
        figure: String,
        /// The stages, with commas between.
        stages: String,
    },
}

/// Builds that were compared.
#[derive(Debug)]
pub struct Comparison {
    /// The old ones.
    pub old: Selection,
    /// The new ones.
    pub new: Selection,
    /// What became of their figures.
    pub judgement: Judgement,
    /// Where most of a change is, by figure.
    pub places: Vec<(String, String)>,
    /// What else should be known, in sentences.
    pub notes: Vec<String>,
}

/// Compares builds.
///
/// # Errors
/// When no builds of the two sides are alike, or a limit names what is not there.
pub fn compare(old: Selection, new: Selection, terms: &Terms) -> Result<Comparison, CompareError> {
    let measures = measures(&[&old.builds, &new.builds], terms)?;
    let (old, mut notes) = newest(old);
    let (new, more) = newest(new);
    let (old, new, others) = alike(old, new, terms.likeness)?;
    notes.extend([more, others].concat());
    let samples: Vec<Sample> = measures.iter().map(|m| sample(m, &old, &new, terms)).collect();
    let judgement = judge(&samples, &terms.limits);
    let changed = judgement.verdicts.iter().filter(|verdict| is_changed(verdict));
    let places = changed.filter_map(|verdict| place(verdict, &measures, &old, &new)).collect();
    notes.extend(differences(&old, &new));
    notes.extend(in_turn(&judgement, &old, &new));
    notes.extend(too_coarse(&judgement));
    Ok(Comparison { old, new, judgement, places, notes })
}

fn is_changed(verdict: &Verdict) -> bool {
    matches!(verdict.outcome, Outcome::Worse | Outcome::Better)
}

/// The figures of the builds of all `sides` that are judged, each once.
///
/// # Errors
/// When a limit names no figure, or a stage that no build has.
pub fn measures(sides: &[&[Record]], terms: &Terms) -> Result<Vec<Measure>, CompareError> {
    let all = || sides.iter().copied().flatten();
    let mut stages: Vec<&str> = Vec::new();
    for stage in all().flat_map(|build| &build.stages) {
        if !stages.contains(&stage.name.as_str()) {
            stages.push(&stage.name);
        }
    }
    let mut names: Vec<String> = ALWAYS.iter().map(|name| (*name).to_owned()).collect();
    let pages: Vec<_> =
        sides.iter().filter_map(|builds| builds.last()).map(|b| b.total_pages).collect();
    if pages.iter().any(|count| *count != pages[0]) {
        names.extend(PER_PAGE.iter().map(|name| (*name).to_owned()));
    }
    if terms.stages == Stages::All {
        let of = |stage: &&str| OF_STAGES.map(|name| format!("{stage}.{name}"));
        names.extend(stages.iter().flat_map(of));
    }
    let limited = terms.limits.iter().map(|limit| limit.figure.clone());
    let limited: Vec<String> = limited.filter(|name| !names.contains(name)).collect();
    names.extend(limited);
    let measures: Vec<Measure> = names.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
    match measures.iter().find(|measure| !all().any(|build| measure.is_in(build))) {
        Some(measure) => {
            let stages = stages.join(", ");
            Err(CompareError::NoStage { figure: measure.name.clone(), stages })
        }
        None => Ok(measures),
    }
}

/// A side with its newest builds, and what should be known of the others.
fn newest(mut side: Selection) -> (Selection, Vec<String>) {
    let older = side.builds.len().saturating_sub(MOST);
    side.builds.drain(..older);
    let note = || {
        let builds = plural(older as u64, "build");
        format!("{builds} of {} left out: older than the newest {MOST}", side.label)
    };
    let notes = if older > 0 { vec![note()] } else { Vec::new() };
    (side, notes)
}

/// The builds of both sides that are of one kind, and what should be known of the others.
fn alike(
    old: Selection,
    new: Selection,
    likeness: Likeness,
) -> Result<(Selection, Selection, Vec<String>), CompareError> {
    if likeness == Likeness::Anything {
        return Ok((old, new, Vec::new()));
    }
    let kin = |a: &Record, b: &Record| kind_differs(a, b, likeness).is_none();
    let siblings = |a: &Record, b: &Record| kin(a, b) && a.machine == b.machine && a.jobs == b.jobs;
    // On one side, nothing but chance makes a difference.
    let twins = |a: &Record, b: &Record| siblings(a, b) && content(a) == content(b);
    let found = most(&old, &new, twins, siblings).or_else(|| most(&old, &new, twins, kin));
    let Some((olds, news)) = found else {
        let latest = old.builds.last().zip(new.builds.last());
        let difference = latest.and_then(|(old, new)| kind_differs(old, new, likeness));
        let by_name = || Difference { what: "kind", old: old.label, new: new.label };
        return Err(CompareError::Unlike(difference.unwrap_or_else(by_name)));
    };
    let mut notes = Vec::new();
    let (old, new) = (keep(old, olds, &mut notes), keep(new, news, &mut notes));
    Ok((old, new, notes))
}

/// What of the site and of bengal may make a difference between two builds.
fn content(build: &Record) -> (u64, Option<&str>, Option<&str>) {
    (build.total_pages, build.config_hash.as_deref(), build.bengal_version.as_deref())
}

/// A side with those of its builds that are `kept`.
fn keep(side: Selection, kept: Vec<Record>, notes: &mut Vec<String>) -> Selection {
    let left_out = side.builds.len() - kept.len();
    if left_out > 0 {
        let builds = plural(left_out as u64, "build");
        notes.push(format!("{builds} of {} left out: of another kind than the others", side.label));
    }
    Selection { builds: kept, ..side }
}

/// Why two builds are of different kinds.
fn kind_differs(old: &Record, new: &Record, likeness: Likeness) -> Option<Difference> {
    match likeness {
        Likeness::Anything => None,
        Likeness::Asked => differs(old, new, Question::Anything),
        Likeness::OneSite => {
            let old = Record { site_id: new.site_id.clone(), ..old.clone() };
            differs(&old, new, Question::Anything)
        }
    }
}

/// The largest group of builds on both sides that are `like` each other, and on one side `same`; of as
/// large ones the newest.
fn most(
    old: &Selection,
    new: &Selection,
    same: impl Fn(&Record, &Record) -> bool,
    like: impl Fn(&Record, &Record) -> bool,
) -> Option<(Vec<Record>, Vec<Record>)> {
    let group = |builds: &[Record], of: &Record| -> Vec<Record> {
        builds.iter().filter(|build| same(build, of)).cloned().collect()
    };
    let mut seen: Vec<&Record> = Vec::new();
    let mut best: Option<(Vec<Record>, Vec<Record>)> = None;
    for anchor in new.builds.iter().rev() {
        if seen.iter().any(|seen| same(seen, anchor)) {
            continue;
        }
        seen.push(anchor);
        let Some(partner) = old.builds.iter().rev().find(|build| like(build, anchor)) else {
            continue;
        };
        let found = (group(&old.builds, partner), group(&new.builds, anchor));
        let size = |(old, new): &(Vec<Record>, Vec<Record>)| old.len().min(new.len());
        if best.as_ref().is_none_or(|best| size(best) < size(&found)) {
            best = Some(found);
        }
    }
    best
}

fn sample(measure: &Measure, old: &Selection, new: &Selection, terms: &Terms) -> Sample {
    let values =
        |side: &Selection| side.builds.iter().filter_map(|build| measure.of(build)).collect();
    let builds: Vec<&Record> = old.builds.iter().chain(&new.builds).collect();
    let one_site =
        |old: &Record, new: &Record| Record { site_id: new.site_id.clone(), ..old.clone() };
    let barred = match terms.likeness {
        Likeness::Anything => None,
        Likeness::Asked | Likeness::OneSite => {
            let pair = old.builds.last().zip(new.builds.last());
            pair.and_then(|(old, new)| measure.differs(&one_site(old, new), new))
        }
    };
    Sample {
        figure: measure.name.clone(),
        unit: measure.quantity.unit,
        kind: measure.kind(&builds),
        old: values(old),
        new: values(new),
        barred: barred.map(|difference| difference.to_string()),
    }
}

/// In which stage most of a change is, if it is in one.
fn place(
    verdict: &Verdict,
    measures: &[Measure],
    old: &Selection,
    new: &Selection,
) -> Option<(String, String)> {
    let measure = measures.iter().find(|measure| measure.name == verdict.figure)?;
    let change = verdict.new.median? - verdict.old.median?;
    let (stage, part) = measure.mostly(&old.builds, &new.builds, change)?;
    let sign = if part > 0.0 { "+" } else { "-" };
    let shown = verdict.unit.show(part.abs());
    Some((verdict.figure.clone(), format!("mostly {stage}: {sign}{shown}")))
}

/// What may be the reason of changes, besides the site.
fn differences(old: &Selection, new: &Selection) -> Vec<String> {
    let Some((old, new)) = old.builds.last().zip(new.builds.last()) else { return Vec::new() };
    let plugins = |build: &Record| {
        let named =
            build.plugins.iter().map(|plugin| format!("{} {}", plugin.name, plugin.version));
        Some(named.collect::<Vec<_>>().join(", ")).filter(|plugins| !plugins.is_empty())
    };
    let pages = |build: &Record| Some(build.total_pages);
    let mut notes: Vec<String> = [
        unlike("site", &old.site_id, &new.site_id),
        unlike("mode", &Some(mode(old)), &Some(mode(new))),
        unlike("machine", &old.machine, &new.machine),
        unlike("jobs", &old.jobs, &new.jobs),
        unlike("bengal's version", &old.bengal_version, &new.bengal_version),
        unlike("plugins", &plugins(old), &plugins(new)),
        unlike("pages", &pages(old), &pages(new)),
    ]
    .into_iter()
    .flatten()
    .map(|difference| difference.to_string())
    .collect();
    if old.config_hash != new.config_hash {
        notes.push("they differ in the configuration".to_owned());
    }
    notes
}

/// That a change in time may be the machine's: the builds of one side were all made before the other's.
fn in_turn(judgement: &Judgement, old: &Selection, new: &Selection) -> Option<String> {
    let is_time =
        |verdict: &&Verdict| is_changed(verdict) && verdict.unit == super::limit::Unit::Ms;
    judgement.verdicts.iter().find(is_time)?;
    let times =
        |side: &Selection| -> Vec<_> { side.builds.iter().filter_map(Record::time).collect() };
    let (old, new) = (times(old), times(new));
    let before = |a: &[_], b: &[_]| a.iter().max() < b.iter().min();
    (before(&old, &new) || before(&new, &old)).then(|| {
        "all builds of one side were made before those of the other, so a slower spell of the machine would \
         look like this too: `bengal perf run --builds 10 OLD_DIR NEW_DIR` makes them in turn"
            .to_owned()
    })
}

/// That a limit is finer than these builds can tell.
fn too_coarse(judgement: &Judgement) -> Option<String> {
    let coarse = |verdict: &&Verdict| {
        let finer = verdict.limit.zip(verdict.noise).is_some_and(|(limit, noise)| limit < noise);
        finer && verdict.outcome == Outcome::Same
    };
    let figures = judgement.verdicts.iter().filter(coarse);
    let figures: Vec<_> = figures.map(|verdict| verdict.figure.as_str()).collect();
    (!figures.is_empty()).then(|| {
        format!(
            "more builds would tell smaller changes: the noise is more than the limit of {}",
            figures.join(", ")
        )
    })
}

/// The commits of a side's builds, as git shows them.
pub fn commits(side: &Selection) -> Vec<&str> {
    let mut commits: Vec<&str> = side.builds.iter().filter_map(commit).map(short).collect();
    commits.dedup();
    commits
}
