//! What all of the suite works with: sites in temporary directories, and the binary run on them.
//!
//! **Invariant:** a program that hangs is killed and fails its test; one that panics fails it too.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The moment that counts as now in every test: 2023-11-14T22:13:20Z.
pub const NOW: &str = "1700000000";

/// How long any one run of the binary may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(30);

/// The bytes of a directory by path, with `/`; a folder that holds nothing is an entry too.
pub type Tree = BTreeMap<String, Vec<u8>>;

/// How a run of the binary went.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A command that runs the binary.
pub fn bengal() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bengal"));
    command.env("SOURCE_DATE_EPOCH", NOW).env("TZ", "Pacific/Kiritimati").env("NO_COLOR", "1");
    command
}

/// A command that runs the binary after `limits`, in the words of a shell.
#[cfg(unix)]
pub fn limited(limits: &str) -> Command {
    let mut command = Command::new("sh");
    let script = format!("{limits}; exec \"$0\" \"$@\"");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_bengal")]);
    command.env("SOURCE_DATE_EPOCH", NOW);
    command
}

/// Runs `command` to its end.
pub fn run(command: &mut Command) -> Run {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let stdout = std::thread::spawn(move || read(&mut out));
    let stderr = std::thread::spawn(move || read(&mut err));
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it hangs: {command:?}");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let run =
        Run { code: status.code(), stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() };
    assert!(status.code().is_some(), "{status}: {command:?}\n{}", run.stderr);
    assert!(run.code != Some(101), "it panicked: {command:?}\n{}", run.stderr);
    run
}

fn read(from: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Run {
    /// The messages of `--message-format json`.
    pub fn messages(&self) -> Vec<Value> {
        let parse =
            |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        self.stdout.lines().map(parse).collect()
    }

    /// The diagnostics of `--message-format json`, as `severity[code] file:line:column message`.
    pub fn diagnostics(&self) -> Vec<String> {
        let messages = self.messages();
        let own = messages.iter().filter(|message| message["reason"] == "diagnostic");
        let mut lines: Vec<_> = own.map(|message| line(&message["diagnostic"])).collect();
        lines.sort();
        lines
    }

    /// Fails unless one of the diagnostics holds every one of `parts`.
    pub fn expect(&self, parts: &[&str]) {
        let all = self.diagnostics();
        let found = all.iter().any(|line| parts.iter().all(|part| line.contains(part)));
        assert!(found, "no diagnostic with {parts:?} among\n{}\n{}", all.join("\n"), self.stderr);
    }
}

fn line(diagnostic: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let place = &diagnostic["place"];
    let at = match (place["line"].as_u64(), place["column"].as_u64()) {
        (None, _) => "-".to_owned(),
        (Some(0), _) => text(&place["file"]),
        (Some(line), Some(column)) => format!("{}:{line}:{column}", text(&place["file"])),
        (Some(line), None) => format!("{}:{line}", text(&place["file"])),
    };
    let (severity, code) = (text(&diagnostic["severity"]), text(&diagnostic["code"]));
    format!("{severity}[{code}] {at} {}", text(&diagnostic["message"]))
}

/// A site in a temporary directory, which is its parent: what lies beside the site is outside of it.
#[derive(Debug)]
pub struct Site {
    parent: TempDir,
}

/// Templates of a line each, so that outputs are small.
pub const TEMPLATES: &[(&str, &str)] = &[
    ("templates/base.liquid", "{{ content }}"),
    ("templates/home.liquid", "home{% for p in site.pages %} {{ p.url }}{% endfor %}\n"),
    ("templates/section.liquid", "section{% for p in page.pages %} {{ p.url }}{% endfor %}\n"),
    ("templates/page.liquid", "page {{ page.title }}\n{{ page.content }}"),
    ("templates/taxonomy.liquid", "terms{% for t in page.terms %} {{ t.title }}{% endfor %}\n"),
    (
        "templates/term.liquid",
        "term {{ page.title }}{% for p in page.pages %} {{ p.url }}{% endfor %}\n",
    ),
    ("templates/404.liquid", "404\n"),
];

impl Site {
    /// A site that holds these files and no templates of its own.
    pub fn bare(files: &[(&str, &str)]) -> Self {
        let site = Self { parent: tempfile::tempdir().unwrap() };
        fs::create_dir_all(site.path("content")).unwrap();
        files.iter().for_each(|(path, text)| site.write(path, text));
        site
    }

    /// A site that holds these files, and [`TEMPLATES`].
    pub fn new(files: &[(&str, &str)]) -> Self {
        let site = Self::bare(TEMPLATES);
        files.iter().for_each(|(path, text)| site.write(path, text));
        site
    }

    /// The directory that the site lies in; nothing may be written there.
    pub fn parent(&self) -> &Path {
        self.parent.path()
    }

    /// The site's folder.
    pub fn root(&self) -> PathBuf {
        self.parent.path().join("site")
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let file = self.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }

    /// `bengal build` of the site, with JSON messages.
    pub fn build(&self, arguments: &[&str]) -> Run {
        let run = run(bengal().arg("build").arg(self.root()).args(JSON).args(arguments));
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        run
    }

    /// The same where the process may take `kilobytes` of address space.
    #[cfg(unix)]
    pub fn build_in_memory(&self, kilobytes: u64) -> Run {
        let mut command = limited(&format!("ulimit -v {kilobytes}"));
        run(command.args(["build", "-j", "2"]).arg(self.root()).args(JSON))
    }

    /// A build that is expected to find nothing wrong.
    pub fn build_clean(&self, arguments: &[&str]) -> Run {
        let run = self.build(arguments);
        assert_eq!(run.diagnostics(), [""; 0], "{}", run.stderr);
        assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
        run
    }

    /// What is in the output directory.
    pub fn output(&self) -> Tree {
        tree(&self.path("public"))
    }

    /// The text of an output file.
    pub fn read(&self, path: &str) -> String {
        let file = self.path("public").join(path);
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }
}

/// The arguments for messages as JSON.
pub const JSON: &[&str] = &["--message-format", "json"];

/// What is in `directory`; empty where it is not there. Links are not followed.
pub fn tree(directory: &Path) -> Tree {
    let mut tree = Tree::new();
    gather(directory, "", &mut tree);
    tree
}

fn gather(directory: &Path, prefix: &str, tree: &mut Tree) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    let before = tree.len();
    for entry in entries.map(Result::unwrap) {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            gather(&entry.path(), &format!("{name}/"), tree);
        } else if kind.is_symlink() {
            tree.insert(format!("{name}@"), Vec::new());
        } else {
            tree.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    if tree.len() == before && !prefix.is_empty() {
        tree.insert(prefix.to_owned(), Vec::new());
    }
}

/// Copies a directory and all in it.
pub fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// How `found` differs from `expected`, by file; empty when they are equal.
pub fn differences(expected: &Tree, found: &Tree) -> Vec<String> {
    let paths: std::collections::BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    let difference = |path: &&String| match (expected.get(*path), found.get(*path)) {
        (Some(a), Some(b)) if a == b => None,
        (Some(a), Some(b)) => Some(format!("{path}: {}", first_difference(a, b))),
        (Some(_), None) => Some(format!("{path}: missing")),
        (None, _) => Some(format!("{path}: should not be there")),
    };
    paths.iter().filter_map(difference).collect()
}

fn first_difference(expected: &[u8], found: &[u8]) -> String {
    let (expected, found) = (String::from_utf8_lossy(expected), String::from_utf8_lossy(found));
    let (mut a, mut b) = (expected.split('\n'), found.split('\n'));
    let mut line = 1;
    loop {
        match (a.next(), b.next()) {
            (Some(a), Some(b)) if a == b => line += 1,
            (a, b) => return format!("line {line}: expected {a:?}, found {b:?}"),
        }
    }
}
