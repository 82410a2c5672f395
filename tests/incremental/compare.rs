//! What a build comes to, and how that differs from a clean build.
//!
//! **Invariant:** what is let pass is only what a clean build cannot know: files of other people, files of
//! builds that were forgotten with the state, what these stand in the way of, and a word about lost state.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bengal::build::BuildReport;
use bengal::diagnostic::Diagnostic;
use serde_json::{Value, json};

use crate::support::{Run, Tree, differences};
use crate::world::MINE;

/// How a build went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The exit code.
    pub code: u64,
    /// The diagnostics, sorted.
    pub diagnostics: Vec<String>,
    /// Why nothing was built, or the build was cancelled; else empty.
    pub failure: String,
    /// What a user reads of pages and files.
    pub counts: Value,
    /// Pages that were rendered.
    pub rendered: u64,
    /// Files that got new bytes.
    pub written: u64,
    /// Files that were removed.
    pub removed: u64,
}

impl From<&BuildReport> for Outcome {
    fn from(report: &BuildReport) -> Self {
        let outputs = &report.outputs;
        Self {
            code: report.exit_code().into(),
            diagnostics: sorted(
                report.diagnostics.iter().map(|d| serde_json::to_value(d).unwrap()),
            ),
            failure: report.failure.clone().unwrap_or_default(),
            counts: json!({
                "total_pages": report.pages,
                "pages_left_out": report.pages_left_out,
                "regular_pages": report.counts.regular_pages,
                "excluded": report.excluded,
                "files": outputs.written + outputs.unchanged,
            }),
            rendered: report.extent.pages_rendered,
            written: outputs.written,
            removed: outputs.removed,
        }
    }
}

impl From<&Run> for Outcome {
    fn from(run: &Run) -> Self {
        let messages = run.messages();
        let end = messages.last().unwrap();
        let of = |reason: &'static str, key| {
            let own = messages.iter().filter(move |message| message["reason"] == reason);
            own.map(move |message| message[key].clone())
        };
        let count = |name| end["outputs"][name].as_u64().unwrap_or(0);
        let name = |key: &str| end[key].clone();
        let failure = of("failure", "message").next().unwrap_or_default();
        Self {
            code: u64::try_from(run.code.unwrap()).unwrap(),
            diagnostics: sorted(of("diagnostic", "diagnostic")),
            failure: failure.as_str().unwrap_or_default().to_owned(),
            counts: if run.code == Some(2) {
                Value::Null
            } else {
                json!({
                    "total_pages": name("total_pages"),
                    "pages_left_out": name("pages_left_out"),
                    "regular_pages": name("regular_pages"),
                    "excluded": name("excluded"),
                    "files": count("written") + count("unchanged"),
                })
            },
            rendered: end["pages_rendered"].as_u64().unwrap_or(0),
            written: count("written"),
            removed: count("removed"),
        }
    }
}

impl Outcome {
    /// That of a build which was refused.
    pub fn refused(diagnostics: &[Diagnostic], failure: &str) -> Self {
        let lines = diagnostics.iter().map(|d| serde_json::to_value(d).unwrap());
        let of_config = "the configuration is wrong";
        let failure = if diagnostics.is_empty() { failure } else { of_config }.to_owned();
        Self { code: 2, diagnostics: sorted(lines), failure, ..Self::default() }
    }
}

fn sorted(diagnostics: impl Iterator<Item = Value>) -> Vec<String> {
    let mut lines: Vec<_> = diagnostics.map(|diagnostic| diagnostic.to_string()).collect();
    lines.sort();
    lines
}

/// How a build went, and the output directory behind it.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub outcome: Outcome,
    pub tree: Tree,
}

/// What is in and around the output that a clean build cannot know of.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Other people's files in the output.
    pub mine: BTreeSet<String>,
    /// Files of builds that bengal may have forgotten: it may remove them, and may not know them.
    pub leftovers: BTreeSet<String>,
    /// Whether the state was damaged since the last build that came to its end.
    pub state_lost: bool,
}

impl Surroundings {
    /// Notes that the site was built.
    pub fn built(&mut self, clean: &Seen, found: &Seen) {
        if clean.outcome.code < 2 {
            // What bengal has written anew it knows again.
            let is_there = |path: &str| {
                // Perhaps as a link, or an empty folder.
                ["", "@", "/"].iter().any(|end| found.tree.contains_key(&format!("{path}{end}")))
            };
            let forgotten = |path: &String| is_there(path) && !clean.tree.contains_key(path);
            self.leftovers.retain(forgotten);
            self.state_lost = false;
        }
    }

    /// Whether a file that bengal does not know stands in the way of its file `path`.
    fn blocks(&self, path: &str) -> bool {
        let within = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
        };
        let mut known = self.mine.iter().chain(&self.leftovers);
        known.any(|other| within(other, path) || within(path, other))
    }

    /// Whether an incremental build may report this though a clean one does not.
    fn allows(&self, diagnostic: &Value, blocked: bool) -> bool {
        let file = diagnostic["place"]["file"].as_str();
        let of_state = file.is_none_or(|file| file.starts_with(".bengal"));
        let about_lost_state = of_state && (self.state_lost || !self.leftovers.is_empty());
        let about_leftover = file.is_some_and(|file| self.leftovers.contains(file));
        about_lost_state || about_leftover || blocked && diagnostic["code"] == "output-blocked"
    }
}

/// How an incremental build, which found the output as `before`, differs from a clean one; empty where it
/// does not.
pub fn divergences(
    before: &Tree,
    clean: &Seen,
    found: &Seen,
    around: &Surroundings,
) -> Vec<String> {
    let mut wrong = compare_outcomes(clean, found, around);
    let mut own = found.tree.clone();
    for path in &around.mine {
        if own.remove(path).as_deref() != Some(MINE) {
            wrong.push(format!("{path}, which is not bengal's, was touched"));
        }
    }
    match clean.outcome.code {
        // It has changed nothing.
        2 => wrong.extend(differences(before, &found.tree)),
        0 | 1 => {
            let mut expected = clean.tree.clone();
            let is_blocked = |path: &String, _: &mut Vec<u8>| around.blocks(path);
            expected.extract_if(.., is_blocked).for_each(|(path, _)| drop(own.remove(&path)));
            let leftover =
                |path: &String| around.leftovers.contains(path.trim_end_matches(['@', '/']));
            own.retain(|path, _| expected.contains_key(path) || !leftover(path));
            wrong.extend(differences(&expected, &own));
        }
        _ => {}
    }
    wrong
}

/// How the builds differ in what they say.
fn compare_outcomes(clean: &Seen, found: &Seen, around: &Surroundings) -> Vec<String> {
    let blocked = clean.tree.keys().any(|path| around.blocks(path));
    let (missing, extra) = compare_diagnostics(&clean.outcome, &found.outcome);
    let is_allowed = |diagnostic: &Value| around.allows(diagnostic, blocked);
    let (allowed, extra): (Vec<_>, Vec<_>) = extra.into_iter().partition(is_allowed);
    let missing = missing.iter().map(|line| format!("this is not reported: {line}"));
    let extra = extra.iter().map(|line| format!("a clean build does not report: {line}"));
    let mut wrong: Vec<_> = missing.chain(extra).collect();
    let (clean, found) = (&clean.outcome, &found.outcome);
    let errors = allowed.iter().any(|diagnostic| diagnostic["severity"] == "error");
    let code = clean.code.max(errors.into());
    if found.code != code {
        wrong.push(format!("exit code {}, not {code}", found.code));
    }
    if found.failure != clean.failure {
        wrong.push(format!("it fails: {:?}, not {:?}", found.failure, clean.failure));
    }
    if found.counts != clean.counts && clean.code < 3 && !blocked {
        wrong.push(format!("counts {}, not {}", found.counts, clean.counts));
    }
    wrong
}

/// The diagnostics that only the clean build has, and those that only the other one has.
fn compare_diagnostics(clean: &Outcome, found: &Outcome) -> (Vec<Value>, Vec<Value>) {
    // What a build has said before it was cancelled depends on which of its workers was how far.
    let said = |outcome: &Outcome| match outcome.code {
        3 => Vec::new(),
        _ => outcome.diagnostics.clone(),
    };
    let (mut extra, mut missing) = (said(found), Vec::new());
    for line in said(clean) {
        match extra.iter().position(|other| *other == line) {
            Some(index) => drop(extra.swap_remove(index)),
            None => missing.push(line),
        }
    }
    let read = |line: String| serde_json::from_str(&line).unwrap();
    (missing.into_iter().map(read).collect(), extra.into_iter().map(read).collect())
}

/// What a wrong engine may do: the comparison must see each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A page that changed is not written.
    StalePage,
    /// A file that no longer belongs is not removed.
    StaleFile,
    /// A file is not written at all.
    MissingFile,
    /// A folder is left empty.
    EmptyFolder,
    /// An unfinished file is left.
    Unfinished,
    /// A diagnostic is forgotten.
    LostDiagnostic,
    /// A diagnostic is shown twice.
    RepeatedDiagnostic,
    /// A page is not counted.
    Count,
    /// Files that are not bengal's are removed.
    Greed,
}

impl Fault {
    /// Makes of a right build, into the directory `output` that was `before`, a wrong one.
    pub fn do_harm(self, output: &Path, before: &Tree, outcome: &mut Outcome) {
        let after = crate::support::tree(output);
        let write = |path: &str, bytes: &[u8]| {
            let file = output.join(path);
            fs::create_dir_all(file.parent().unwrap()).and_then(|()| fs::write(file, bytes)).ok();
        };
        match self {
            Self::StalePage => {
                let changed = before.iter().find(|(path, bytes)| {
                    path.ends_with(".html") && after.get(*path).is_some_and(|new| new != *bytes)
                });
                changed.into_iter().for_each(|(path, bytes)| write(path, bytes));
            }
            Self::StaleFile => {
                let gone = before.iter().find(|(path, _)| !after.contains_key(*path));
                gone.into_iter().for_each(|(path, bytes)| write(path, bytes));
            }
            Self::MissingFile => {
                let new = after.keys().find(|path| !before.contains_key(*path));
                new.into_iter().for_each(|path| fs::remove_file(output.join(path)).unwrap_or(()));
            }
            Self::EmptyFolder => drop(fs::create_dir_all(output.join("empty"))),
            Self::Unfinished => write(".bengal-tmp/1", b"half"),
            Self::LostDiagnostic => drop(outcome.diagnostics.pop()),
            Self::RepeatedDiagnostic => {
                outcome.diagnostics.extend(outcome.diagnostics.first().cloned());
            }
            Self::Count => outcome.counts["regular_pages"] = 0.into(),
            Self::Greed => {
                let mine = after.iter().filter(|(_, bytes)| *bytes == MINE);
                mine.for_each(|(path, _)| fs::remove_file(output.join(path)).unwrap());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::Edit;
    use crate::world::{Files, Way, World};

    /// Edits after which each fault shows.
    const SITE: &[(&str, &str)] = &[
        ("templates/page.liquid", "{{ page.title }}"),
        ("content/a.md", "---\ntitle: A\n---\n"),
        ("content/b/c.md", "[no](no.md)"),
    ];

    fn after_edits(fault: Option<Fault>) -> Result<(), String> {
        let files = SITE.iter().map(|(path, text)| ((*path).into(), (*text).into()));
        let mut world = World::new(&files.collect::<Files>(), Way::Library);
        world.check()?;
        world.apply(&Edit::Mine("a/mine.txt".into()));
        world.check()?;
        world.apply(&Edit::Write("content/a.md".into(), "---\ntitle: B\n---\n".into()));
        world.apply(&Edit::Move("content/b/c.md".into(), "content/b/d.md".into()));
        match fault {
            Some(fault) => world.with_fault(fault).check(),
            None => world.check(),
        }
    }

    #[test]
    fn every_fault_is_seen_and_nothing_else() {
        assert_eq!(after_edits(None), Ok(()));
        for (fault, sentence) in [
            (Fault::StalePage, "a/index.html: line 1: expected Some(\"B\"), found Some(\"A\")"),
            (Fault::StaleFile, "b/c/index.html: should not be there"),
            (Fault::MissingFile, "b/d/index.html: missing"),
            (Fault::EmptyFolder, "empty/: should not be there"),
            (Fault::Unfinished, ".bengal-tmp/1: should not be there"),
            (Fault::LostDiagnostic, "this is not reported: {"),
            (Fault::RepeatedDiagnostic, "a clean build does not report: {"),
            (Fault::Count, "counts {"),
            (Fault::Greed, "a/mine.txt, which is not bengal's, was touched"),
        ] {
            let wrong = after_edits(Some(fault)).expect_err("it is not seen");
            assert!(wrong.contains(sentence), "{fault:?}: {wrong}");
        }
    }

    #[test]
    fn a_wrong_exit_code_is_seen() {
        let seen =
            |code| Seen { outcome: Outcome { code, ..Outcome::default() }, ..Seen::default() };
        let around = Surroundings::default();
        let wrong = divergences(&Tree::new(), &seen(1), &seen(0), &around);
        assert_eq!(wrong, ["exit code 0, not 1"]);
    }

    #[test]
    fn what_bengal_does_not_know_is_let_pass_and_no_more() {
        let files = |paths: &[&str]| -> Tree {
            paths.iter().map(|path| ((*path).to_owned(), MINE.to_vec())).collect()
        };
        let seen = |tree| Seen { tree, ..Seen::default() };
        let mut around = Surroundings::default();
        around.leftovers.insert("old/index.html".into());
        around.mine.insert("x/mine.txt".into());
        let clean = seen(files(&["index.html", "old", "x"]));
        let found = seen(files(&["index.html", "old/index.html@", "x/mine.txt"]));
        assert_eq!(divergences(&Tree::new(), &clean, &found, &around), [""; 0]);
        let found = seen(files(&["index.html", "old/index.html", "x/mine.txt"]));
        assert_eq!(divergences(&Tree::new(), &clean, &found, &around), [""; 0]);
        let found = seen(files(&["index.html", "old", "other", "x/mine.txt"]));
        let wrong = divergences(&Tree::new(), &clean, &found, &around);
        assert_eq!(wrong, ["other: should not be there"]);
    }
}
