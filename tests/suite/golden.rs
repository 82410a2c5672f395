//! Golden sites: `tests/golden/CASE/` is a story, a site before, and its whole output after.
//!
//! `case.md` tells the behaviour in a sentence; its lines `flags: …` and `wrong: …` are read here.
//! `output/` is the whole output, `diagnostics.txt` the exit code and each diagnostic on a line; it
//! is not there when the code is 0 and there are none. `BENGAL_BLESS=1` writes both anew, but of no
//! case with a line `wrong:`, which is as it should be and says how the program differs.
//! `BENGAL_CASE=name` runs one case.
//!
//! **Invariant:** each case gives the same bytes with 1 worker and with 16, and on every run.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::support::{Site, Tree, copy_tree, differences, tree};

#[test]
fn every_case_builds_as_told() {
    let cases = Mutex::new(cases());
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(case) = cases.lock().unwrap().pop() else { break };
                    failures.lock().unwrap().extend(case.check());
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(failures.is_empty(), "{} cases:\n\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn every_case_has_a_title_and_is_small() {
    for case in cases() {
        let story = case.story();
        assert!(story.starts_with("# ") && story.contains(".\n"), "{}", case.name());
        let files = tree(&case.folder.join("site"));
        assert!(files.len() <= 20, "{} has {} files", case.name(), files.len());
    }
}

struct Case {
    folder: PathBuf,
}

/// What a build came to.
#[derive(PartialEq)]
struct Result {
    output: Tree,
    diagnostics: String,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden");
    let only = std::env::var("BENGAL_CASE").ok();
    let wanted = |case: &Case| only.as_deref().is_none_or(|only| only == case.name());
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let folders = entries.filter(|path| path.is_dir());
    folders.map(|folder| Case { folder }).filter(wanted).collect()
}

impl Case {
    fn name(&self) -> String {
        self.folder.file_name().unwrap().to_string_lossy().into_owned()
    }

    fn story(&self) -> String {
        fs::read_to_string(self.folder.join("case.md")).unwrap()
    }

    /// The rest of the line of `case.md` that begins with `key:`.
    fn line(&self, key: &str) -> Option<String> {
        let story = self.story();
        let mut lines = story.lines();
        lines.find_map(|line| Some(line.strip_prefix(key)?.strip_prefix(':')?.trim().to_owned()))
    }

    /// What is wrong, if anything.
    fn check(&self) -> Option<String> {
        let site = Site::bare(&[]);
        copy_tree(&self.folder.join("site"), &site.root());
        let found = self.build(&site, "1");
        let mut wrong = Vec::new();
        for (jobs, what) in [("1", "built again"), ("16", "built again with 16 workers")] {
            wrong.extend(difference(what, &found, &self.build(&site, jobs)));
        }
        fs::remove_dir_all(site.path("public")).ok();
        fs::remove_dir_all(site.path(".bengal")).ok();
        wrong.extend(difference("built with 16 workers", &found, &self.build(&site, "16")));
        if std::env::var_os("BENGAL_BLESS").is_some() && self.line("wrong").is_none() {
            self.bless(&found);
        }
        wrong.extend(difference("as told", &self.expected(), &found));
        let told = self.line("wrong").map_or(String::new(), |line| format!(" (known: {line})"));
        (!wrong.is_empty()).then(|| format!("{}{told}\n  {}", self.name(), wrong.join("\n  ")))
    }

    fn build(&self, site: &Site, jobs: &str) -> Result {
        let flags = self.line("flags").unwrap_or_default();
        let mut arguments = vec!["-j", jobs];
        arguments.extend(flags.split_whitespace());
        let run = site.build(&arguments);
        let mut diagnostics = String::new();
        if run.code != Some(0) || !run.diagnostics().is_empty() {
            diagnostics = format!("exit {}\n", run.code.unwrap_or_default());
            run.diagnostics().iter().for_each(|line| diagnostics.push_str(&format!("{line}\n")));
        }
        Result { output: site.output(), diagnostics }
    }

    fn expected(&self) -> Result {
        let diagnostics = fs::read_to_string(self.folder.join("diagnostics.txt"));
        Result {
            output: tree(&self.folder.join("output")),
            diagnostics: diagnostics.unwrap_or_default(),
        }
    }

    fn bless(&self, found: &Result) {
        let (output, diagnostics) =
            (self.folder.join("output"), self.folder.join("diagnostics.txt"));
        fs::remove_dir_all(&output).ok();
        fs::remove_file(&diagnostics).ok();
        for (path, bytes) in &found.output {
            let file = output.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
        if !found.diagnostics.is_empty() {
            fs::write(diagnostics, &found.diagnostics).unwrap();
        }
    }
}

fn difference(what: &str, expected: &Result, found: &Result) -> Vec<String> {
    let text = |result: &Result| result.diagnostics.clone().into_bytes();
    let mut all = differences(&expected.output, &found.output);
    let of = |result: &Result| Tree::from([("diagnostics.txt".to_owned(), text(result))]);
    all.extend(differences(&of(expected), &of(found)));
    all.into_iter().map(|line| format!("{what}: {line}")).collect()
}
