//! Which builds a name means, and which builds may be compared.
//!
//! **Invariant:** a name that could mean two things is refused, and says which.

use std::fmt;

use bengal_metrics::record::{Mode, Record};

use super::{History, Place};
use crate::figures::plural;

/// The shortest beginning of a build's id, or of a commit, that is taken as such.
const SHORTEST: usize = 4;

/// Why a name means no build.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// Nothing is called that.
    #[error(
        "no build is named `{0}`: a build is named by its id or the beginning of it, a git revision, \
         a name given to `bengal perf save`, `latest`, `previous`, or `-N` for the Nth before the latest"
    )]
    Unknown(String),
    /// The history does not reach back so far.
    #[error("there is no build `{name}`: the history has {}{like}", plural(*builds, "build"))]
    TooFar {
        /// The name.
        name: String,
        /// How many builds there are.
        builds: u64,
        /// Which of them count, in words.
        like: &'static str,
    },
    /// Several are.
    #[error("`{name}` could be {}; give more of it", some_of(candidates))]
    Ambiguous {
        /// The name.
        name: String,
        /// What it could be.
        candidates: Vec<String>,
    },
    /// A saved file could not be read.
    #[error(transparent)]
    Saved(#[from] super::HistoryError),
}

/// The first three of `candidates`, and how many others there are.
fn some_of(candidates: &[String]) -> String {
    let named = candidates.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    match candidates.len() {
        0..=3 => named,
        count => format!("{named} or {} others", count - 3),
    }
}

/// The builds that a name means: one, or several of one kind.
#[derive(Debug)]
pub struct Selection {
    /// How a person calls them: `latest (3f2a…)`, `saved as main`.
    pub label: String,
    /// The builds, oldest first; never empty.
    pub builds: Vec<Record>,
}

/// Finds the builds that `name` means.
///
/// `latest`, `previous` (the newest before it that is like it) and `-N` (the Nth before it) come first,
/// then names of `bengal perf save`, ids and commits and their beginnings, and last what `revision` makes
/// of the name: a commit, where git knows one. A commit means all its builds whose files were as
/// committed, or all where there are none such.
///
/// # Errors
/// When it means none, or cannot be told which.
pub fn select(
    history: &History,
    place: &Place,
    name: &str,
    revision: impl Fn(&str) -> Option<String>,
) -> Result<Selection, SelectError> {
    if let Some(steps) = steps_back(name) {
        return behind_latest(history, name, steps);
    }
    if let Some(builds) = place.saved(name)? {
        return Ok(Selection { label: format!("saved as {name}"), builds });
    }
    if let Some(found) = by_beginning(&history.records, name)? {
        return Ok(found);
    }
    let commit = revision(name).ok_or_else(|| SelectError::Unknown(name.to_owned()))?;
    let label = format!("{name} ({})", short(&commit));
    of_commit(&history.records, &commit, label)
        .ok_or_else(|| SelectError::Unknown(format!("{name} ({})", short(&commit))))
}

/// The one build that `name` means: the newest where it means several.
///
/// # Errors
/// As [`select`].
pub fn select_one(
    history: &History,
    place: &Place,
    name: &str,
    revision: impl Fn(&str) -> Option<String>,
) -> Result<Record, SelectError> {
    let found = select(history, place, name, revision)?;
    found.builds.into_iter().next_back().ok_or_else(|| SelectError::Unknown(name.to_owned()))
}

/// Whether `name` stands for something else than a saved build, so that none may be saved under it.
pub fn is_reserved(name: &str) -> bool {
    name == "HEAD" || steps_back(name).is_some()
}

/// How a name counts back from the latest build.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Steps {
    /// So many builds, of whatever kind.
    Any(usize),
    /// One build, of those like the latest.
    Like,
}

fn steps_back(name: &str) -> Option<Steps> {
    match name {
        "latest" => Some(Steps::Any(0)),
        "previous" => Some(Steps::Like),
        _ => Some(Steps::Any(name.strip_prefix('-')?.parse().ok()?)),
    }
}

fn behind_latest(history: &History, name: &str, steps: Steps) -> Result<Selection, SelectError> {
    let latest = history.records.last().ok_or_else(|| SelectError::Unknown(name.to_owned()))?;
    let wanted = |build: &&Record| match steps {
        Steps::Any(_) => true,
        Steps::Like => differs(build, latest, Question::Anything).is_none(),
    };
    let back = if let Steps::Any(back) = steps { back } else { 1 };
    let build = history.records.iter().rev().filter(wanted).nth(back);
    let build = build.ok_or_else(|| SelectError::TooFar {
        name: name.to_owned(),
        builds: history.records.iter().filter(wanted).count() as u64,
        like: if steps == Steps::Like { " like the latest" } else { "" },
    })?;
    let label = match build.build_id.as_deref() {
        Some(id) => format!("{name} ({id})"),
        None => name.to_owned(),
    };
    Ok(Selection { label, builds: vec![build.clone()] })
}

/// The builds whose id or commit begins with `name`.
fn by_beginning(records: &[Record], name: &str) -> Result<Option<Selection>, SelectError> {
    let begins = |text: &str| text == name || (name.len() >= SHORTEST && text.starts_with(name));
    let mut ids: Vec<&str> = records.iter().filter_map(|build| build.build_id.as_deref()).collect();
    ids.retain(|id| begins(id));
    if let Some(exact) = ids.iter().find(|id| **id == name) {
        ids = vec![*exact];
    }
    let mut commits: Vec<&str> = records.iter().filter_map(commit).filter(|c| begins(c)).collect();
    commits.sort_unstable();
    commits.dedup();
    match (&ids[..], &commits[..]) {
        ([], []) => Ok(None),
        ([id], []) => {
            let is = |build: &&Record| build.build_id.as_deref() == Some(*id);
            let builds = records.iter().filter(is).cloned().collect();
            Ok(Some(Selection { label: (*id).to_owned(), builds }))
        }
        ([], [commit]) => Ok(of_commit(records, commit, format!("commit {}", short(commit)))),
        (ids, commits) => {
            let ids = ids.iter().map(|id| format!("the build {id}"));
            let commits = commits.iter().map(|commit| format!("the commit {}", short(commit)));
            let candidates = ids.chain(commits).collect();
            Err(SelectError::Ambiguous { name: name.to_owned(), candidates })
        }
    }
}

fn of_commit(records: &[Record], wanted: &str, label: String) -> Option<Selection> {
    let of: Vec<&Record> = records.iter().filter(|build| commit(build) == Some(wanted)).collect();
    let clean = |build: &&&Record| build.git.as_ref().is_some_and(|git| git.dirty == Some(false));
    let committed: Vec<Record> = of.iter().filter(clean).map(|build| (*build).clone()).collect();
    let builds = match committed.is_empty() {
        true => of.into_iter().cloned().collect(),
        false => committed,
    };
    (!builds.is_empty()).then_some(Selection { label, builds })
}

/// The commit that a build was of.
pub fn commit(build: &Record) -> Option<&str> {
    build.git.as_ref()?.commit.as_deref()
}

/// The first characters of a commit, as git shows it.
pub fn short(commit: &str) -> &str {
    commit.char_indices().nth(9).map_or(commit, |(at, _)| &commit[..at])
}

/// How much a build built, in a word.
pub fn mode(build: &Record) -> &'static str {
    match build.mode {
        Mode::Full => "full",
        Mode::Incremental => "incremental",
    }
}

/// What is to be learned from two builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Only whether they are of one kind.
    Anything,
    /// How their times differ.
    Time,
    /// How what they held at most differs.
    Peak,
    /// How what they allocated differs.
    Amount,
}

/// What of two builds is not alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is: `mode`, `machine` …
    pub what: &'static str,
    /// What it is of the one.
    pub old: String,
    /// What it is of the other.
    pub new: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "they differ in {}: {} and {}", self.what, self.old, self.new)
    }
}

/// Why two builds cannot be compared; `None` where they can.
///
/// Like is compared with like: one site and one mode; two incremental builds only where the one
/// rendered at most twice as many pages as the other, since their cost follows the edit. Times are not
/// compared across machines, and peaks not across numbers of workers, each of which holds a page.
pub fn differs(old: &Record, new: &Record, question: Question) -> Option<Difference> {
    let of_kind = || {
        unlike("site", &old.site_id, &new.site_id)
            .or_else(|| unlike("mode", &Some(mode(old)), &Some(mode(new))))
            .or_else(|| unlike_edit(old, new))
    };
    match question {
        Question::Anything | Question::Amount => of_kind(),
        Question::Time => of_kind().or_else(|| unlike("machine", &old.machine, &new.machine)),
        Question::Peak => of_kind().or_else(|| unlike("jobs", &old.jobs, &new.jobs)),
    }
}

/// The difference in `what`, if any.
pub fn unlike<T: PartialEq + fmt::Display>(
    what: &'static str,
    old: &Option<T>,
    new: &Option<T>,
) -> Option<Difference> {
    let shown = |value: &Option<T>| value.as_ref().map_or("unknown".to_owned(), T::to_string);
    (old != new).then(|| Difference { what, old: shown(old), new: shown(new) })
}

fn unlike_edit(old: &Record, new: &Record) -> Option<Difference> {
    if new.mode == Mode::Full {
        return None;
    }
    let (Some(a), Some(b)) = (old.pages_rendered, new.pages_rendered) else { return None };
    let alike = a.min(b).saturating_mul(2) >= a.max(b);
    let shown = |pages: u64| pages.to_string();
    (!alike).then(|| Difference { what: "pages rendered", old: shown(a), new: shown(b) })
}

#[cfg(test)]
mod tests {
    use bengal_metrics::record::Git;

    use super::*;
    use crate::perf::sample::{build, builds};

    /// What `name` means among `records`, by id; git knows `main`.
    fn found(records: &[Record], name: &str) -> Result<Vec<String>, String> {
        let history = History { records: records.to_vec(), ..History::default() };
        let place = Place::at("/nowhere".into());
        let main = commit(&records[1]).map(ToOwned::to_owned);
        let revision = |name: &str| main.clone().filter(|_| name == "main");
        let found = select(&history, &place, name, revision).map_err(|error| error.to_string())?;
        Ok(found.builds.iter().map(|build| build.build_id.clone().unwrap()).collect())
    }

    fn id(record: &Record) -> String {
        record.build_id.clone().unwrap()
    }

    #[test]
    fn a_build_is_named_from_the_latest_by_its_id_and_by_its_commit() {
        let records = builds(&[1.0; 5]);
        let commit = commit(&records[2]).unwrap().to_owned();
        for (name, at) in [
            ("latest", 4),
            ("-0", 4),
            ("previous", 3),
            ("-1", 3),
            ("-4", 0),
            (id(&records[2]).as_str(), 2),
            ("20261122-130402", 1),
            (&commit, 2),
            (&commit[..39], 2),
            ("main", 1),
        ] {
            assert_eq!(found(&records, name), Ok(vec![id(&records[at])]), "{name}");
        }
    }

    #[test]
    fn a_whole_id_is_no_beginning_of_another() {
        let mut records = builds(&[1.0; 3]);
        records[2].build_id = Some(format!("{}9", id(&records[0])));
        assert_eq!(found(&records, &id(&records[0])), Ok(vec![id(&records[0])]));
    }

    #[test]
    fn what_names_none_or_several_is_refused() {
        let records = builds(&[1.0; 5]);
        for (name, said) in [
            ("-5", "no build `-5`: the history has 5 builds"),
            ("2026", "could be the build 20261122-130401-0001"),
            ("2026", "or 2 others"),
            ("202", "no build is named `202`"),
            ("nonsense", "no build is named `nonsense`"),
            ("", "no build is named"),
            ("-", "no build is named"),
            ("../x", "no build is named"),
        ] {
            let error = found(&records, name).unwrap_err();
            assert!(error.contains(said), "{name}: {error}");
        }
    }

    #[test]
    fn the_previous_build_is_one_like_the_latest() {
        let mut records = builds(&[1.0; 3]);
        records[1].mode = Mode::Incremental;
        assert_eq!(found(&records, "previous"), Ok(vec![id(&records[0])]));
        assert_eq!(found(&records, "-1"), Ok(vec![id(&records[1])]));
        records[0].mode = Mode::Incremental;
        let error = found(&records, "previous").unwrap_err();
        assert!(error.contains("1 build like the latest"), "{error}");
    }

    #[test]
    fn a_commit_means_all_its_builds_of_committed_files() {
        let mut records = builds(&[1.0; 4]);
        let git = |dirty| Some(Git { commit: Some("feedc0de".repeat(5)), branch: None, dirty });
        records[0].git = git(Some(true));
        records[1].git = git(Some(false));
        records[2].git = git(Some(false));
        assert_eq!(found(&records, "feedc0de"), Ok(vec![id(&records[1]), id(&records[2])]));
        [1, 2].into_iter().for_each(|at| records[at].git = git(None));
        assert_eq!(found(&records, "feed").map(|found| found.len()), Ok(3));
        // An id that begins as the commit does.
        records[3].build_id = Some("feed0000".to_owned());
        let error = found(&records, "feed").unwrap_err();
        assert!(error.contains("the build feed0000, the commit feedc0def"), "{error}");
    }

    #[test]
    fn like_is_compared_with_like() {
        let old = build(1, 1.0, 9);
        let what = |change: fn(&mut Record), question| {
            let mut new = build(2, 2.0, 10);
            change(&mut new);
            differs(&old, &new, question).map(|difference| difference.what)
        };
        use Question::{Amount, Anything, Peak, Time};
        for question in [Anything, Time, Peak, Amount] {
            assert_eq!(what(|_| (), question), None);
            assert_eq!(what(|new| new.site_id = None, question), Some("site"));
            assert_eq!(what(|new| new.mode = Mode::Incremental, question), Some("mode"));
        }
        let elsewhere = |new: &mut Record| new.machine = Some("another".into());
        assert_eq!([Time, Peak, Amount].map(|q| what(elsewhere, q)), [Some("machine"), None, None]);
        let busier = |new: &mut Record| new.jobs = Some(16);
        assert_eq!([Time, Peak, Amount].map(|q| what(busier, q)), [None, Some("jobs"), None]);
    }

    #[test]
    fn edits_are_alike_when_one_rendered_at_most_twice_as_much() {
        let edit = |rendered| Record {
            mode: Mode::Incremental,
            pages_rendered: Some(rendered),
            ..build(1, 1.0, 1)
        };
        for (old, new, alike) in
            [(3, 6, true), (3, 7, false), (7, 3, false), (0, 0, true), (0, 1, false)]
        {
            let difference = differs(&edit(old), &edit(new), Question::Anything);
            assert_eq!(difference.is_none(), alike, "{old} {new} {difference:?}");
        }
        let difference = differs(&edit(1), &edit(9), Question::Time).unwrap();
        assert_eq!(difference.to_string(), "they differ in pages rendered: 1 and 9");
    }

    #[test]
    fn what_counts_from_the_latest_cannot_be_a_saved_name() {
        assert!(is_reserved("latest") && is_reserved("previous") && is_reserved("-3"));
        assert!(!is_reserved("main") && !is_reserved("-main"));
    }
}
