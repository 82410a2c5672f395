//! The workflow in `examples/ci`: its steps are run here as a CI would run them.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_yaml::Value as Yaml;

use super::*;
use crate::support::run;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/ci/performance.yml");

/// A site's repository with two commits, a CI's workspace, and a program `gh` that writes down how it is
/// called.
struct Ci {
    folder: TempDir,
    workflow: Yaml,
    env: BTreeMap<String, String>,
}

/// How a step ended.
struct Step {
    name: String,
    run: Run,
}

impl Ci {
    /// The repository has the site as it is `before`, and with `after` written over it.
    fn new(before: &[(&str, &str)], after: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workflow: Yaml = serde_yaml::from_str(&fs::read_to_string(FILE).unwrap()).unwrap();
        let ci = Self { folder, workflow, env: BTreeMap::new() };
        fs::create_dir(ci.path("repository")).unwrap();
        ci.git(&["init", "--quiet"]);
        for files in [before, after] {
            for (file, text) in files {
                let file = ci.path("repository").join(file);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text).unwrap();
            }
            ci.git(&["add", "--all"]);
            ci.git(&["commit", "--quiet", "--message", "the site"]);
        }
        ci.prepare()
    }

    fn prepare(mut self) -> Self {
        let programs = self.path("programs");
        fs::create_dir(&programs).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_bengal"), programs.join("bengal")).unwrap();
        let gh = "#!/bin/sh\necho \"$@\" >> \"$GH_LOG\"\ncase $* in *--jq*) cat \"$GH_COMMENTS\";; esac\n";
        fs::write(programs.join("gh"), gh).unwrap();
        fs::set_permissions(programs.join("gh"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(self.path("workspace")).unwrap();
        fs::write(self.path("comments"), "").unwrap();
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        for (name, value) in [
            ("PATH", path),
            ("GH_LOG", self.path("gh.log").display().to_string()),
            ("GH_COMMENTS", self.path("comments").display().to_string()),
            ("GITHUB_STEP_SUMMARY", self.path("summary.md").display().to_string()),
            ("GITHUB_REPOSITORY", "someone/site".to_owned()),
        ] {
            self.env.insert(name.to_owned(), value);
        }
        self
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=A", "-c", "user.email=a@example.org"]).args(arguments);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").current_dir(self.path("repository"));
        assert_eq!(run(&mut git).code, Some(0), "{arguments:?}");
    }

    /// What is made of a value before a step sees it.
    fn expanded(value: &Yaml) -> String {
        let text = match value {
            Yaml::String(text) => text.clone(),
            Yaml::Number(number) => number.to_string(),
            other => panic!("{other:?}"),
        };
        let text = text.replace("${{ github.token }}", "secret");
        let text = text.replace("${{ github.event.pull_request.number }}", "7");
        assert!(!text.contains("${{"), "an expression that this test does not know: {text}");
        text
    }

    fn variables(&self, of: &Yaml) -> Vec<(String, String)> {
        let Some(map) = of.get("env").and_then(Yaml::as_mapping) else { return Vec::new() };
        map.iter()
            .map(|(name, value)| (name.as_str().unwrap().to_owned(), Self::expanded(value)))
            .collect()
    }

    /// Runs the steps in order. After one has failed, only those run that say so.
    fn run(&self, given: &[(&str, &str)]) -> Vec<Step> {
        let job = &self.workflow["jobs"]["performance"];
        let mut steps: Vec<Step> = Vec::new();
        for step in job["steps"].as_sequence().unwrap() {
            if let Some(action) = step.get("uses").and_then(Yaml::as_str) {
                self.act(action, step);
                continue;
            }
            let failed = steps.iter().any(|step| step.run.code != Some(0));
            let condition = step.get("if").and_then(Yaml::as_str).unwrap_or_default();
            if failed && !condition.contains("!cancelled()") {
                continue;
            }
            // As the runner calls it: `bash -e {0}`.
            let mut shell = Command::new("bash");
            shell
                .args(["-e", "-c", step["run"].as_str().unwrap()])
                .current_dir(self.path("workspace"));
            shell.envs(self.variables(&self.workflow)).envs(&self.env).envs(self.variables(step));
            shell.envs(given.iter().copied());
            let name = step["name"].as_str().unwrap().to_owned();
            steps.push(Step { name, run: run(&mut shell) });
        }
        steps
    }

    fn act(&self, action: &str, step: &Yaml) {
        match action.split('@').next().unwrap() {
            "actions/cache" => {}
            "actions/checkout" => {
                let depth = step["with"]["fetch-depth"].as_u64().unwrap().to_string();
                let from = format!("file://{}", self.path("repository").display());
                let to = self.path("workspace").join(step["with"]["path"].as_str().unwrap());
                let mut git = Command::new("git");
                let cloned = run(git.args(["clone", "--quiet", "--depth", &depth, &from]).arg(to));
                assert_eq!(cloned.code, Some(0), "{}", cloned.stderr);
            }
            other => panic!("an action that this test does not know: {other}"),
        }
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

fn codes(steps: &[Step]) -> Vec<(&str, Option<i32>)> {
    steps.iter().map(|step| (step.name.as_str(), step.run.code)).collect()
}

#[test]
fn a_pull_request_that_changes_little_passes() {
    let ci = Ci::new(&[PAGE], &[("content/a.md", "---\ntitle: A\n---\nTexts.\n")]);
    let steps = ci.run(&[("BUILDS", "1")]);
    assert!(steps.iter().all(|step| step.run.code == Some(0)), "{:?}", codes(&steps));
    assert_eq!(steps.len(), 5, "every step was run: {:?}", codes(&steps));
    let summary = ci.read("summary.md");
    assert!(summary.starts_with("**No limit is broken. "), "{summary}");
    let comment = ci.read("workspace/comment.md");
    assert_eq!(comment, format!("<!-- bengal performance -->\n{summary}"));
    let log = ci.read("gh.log");
    assert!(
        log.contains("--method POST repos/someone/site/issues/7/comments --field body=@comment.md"),
        "{log}"
    );
}

#[test]
fn a_pull_request_that_takes_much_more_fails_and_is_told() {
    let long = "---\ntitle: A\n---\n".to_owned() + &"Some *text*.\n\n".repeat(20_000);
    let ci = Ci::new(&[PAGE], &[("content/a.md", &long)]);
    fs::write(ci.path("comments"), "11\n42\n").unwrap();
    let steps = ci.run(&[("BUILDS", "1")]);
    let failed: Vec<_> = codes(&steps).into_iter().filter(|(_, code)| *code != Some(0)).collect();
    assert_eq!(failed, [("Build both in turn, and compare", Some(4))]);
    let comment = ci.read("workspace/comment.md");
    assert!(comment.contains("limits are broken: ") && comment.contains("| peak |"), "{comment}");
    assert!(comment.contains("mostly parse: +"), "{comment}");
    assert!(comment.contains("old: before, 1 build of "), "{comment}");
    let log = ci.read("gh.log");
    assert!(log.contains("--method PATCH repos/someone/site/issues/comments/42 "), "{log}");
}

#[test]
fn a_site_that_cannot_be_built_fails_without_a_comment() {
    let ci = Ci::new(&[PAGE], &[("bengal.yaml", "title: [\n")]);
    let steps = ci.run(&[("BUILDS", "1")]);
    let compared = steps.iter().find(|step| step.name.contains("compare")).unwrap();
    assert_eq!(compared.run.code, Some(2), "{}", compared.run.stderr);
    assert!(!ci.path("gh.log").exists());
}

/// The blocks of `language` in the manual's chapter.
fn shown(language: &str) -> Vec<String> {
    let page = "/../examples/docs/content/reference/performance-in-ci.md";
    let page = fs::read_to_string(env!("CARGO_MANIFEST_DIR").to_owned() + page).unwrap();
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// What the manual shows is what is tested here.
#[test]
fn the_manual_shows_this_workflow() {
    let workflow = fs::read_to_string(FILE).unwrap();
    assert!(shown("yaml").contains(&workflow), "the manual has another workflow");
}

#[test]
fn the_baseline_of_the_manual_is_committed_and_judges() {
    let ignored = &shown("text")[0];
    let ci = Ci::new(&[PAGE, (".gitignore", ignored)], &[("content/b.md", "B.\n")]);
    let [make, judge] = &shown("sh")[..] else { panic!("one block makes it, one judges by it") };
    let site = ci.path("repository");
    let shell = |script: &str| {
        run(Command::new("bash").args(["-e", "-c", script]).envs(&ci.env).current_dir(&site))
    };
    let made = shell(make);
    assert_eq!(made.code, Some(0), "{}{}", made.stdout, made.stderr);
    let status = shell("git status --porcelain");
    assert_eq!(status.stdout, "A  .bengal-metrics/saved/baseline.jsonl\n");
    let judged = shell(judge);
    assert_eq!(judged.code, Some(0), "{}{}", judged.stdout, judged.stderr);
    assert!(judged.stdout.contains("No limit is broken."), "{}", judged.stdout);
    fs::write(site.join("content/c.md"), "Some *text*.\n\n".repeat(20_000)).unwrap();
    let judged = shell(judge);
    assert_eq!(judged.code, Some(4), "{}{}", judged.stdout, judged.stderr);
}
