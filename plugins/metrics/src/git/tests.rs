//! Against repositories that git made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use super::Repository;
use crate::record::Git;

/// A repository in a temporary folder, with a site in `docs`.
struct Checkout {
    folder: tempfile::TempDir,
}

const SITE: &str = "docs";

impl Checkout {
    /// `None` where this git cannot make it so.
    fn try_new(arguments: &[&str]) -> Option<Self> {
        let new = Self { folder: tempfile::tempdir().unwrap() };
        let made =
            new.try_git(&[&["init", "--quiet", "--initial-branch=main"], arguments].concat());
        made.then_some(new)
    }

    fn new() -> Self {
        Self::try_new(&[]).unwrap()
    }

    /// With two files committed.
    fn committed() -> Self {
        let new = Self::new();
        new.commit();
        new
    }

    fn commit(&self) {
        self.write("docs/content/a.md", "Some text.\n");
        self.write("other/b.txt", "Other text.\n");
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--message", "first"]);
        self.settle();
    }

    /// Has git write an index that is younger than all files, and note their times.
    fn settle(&self) {
        let past = SystemTime::now() - Duration::from_secs(60);
        for file in self.git(&["ls-files"]).lines().map(|path| self.path(path)) {
            if let Ok(file) = fs::File::options().append(true).open(file) {
                file.set_modified(past).unwrap();
            }
        }
        self.git(&["update-index", "--refresh"]);
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(self.path("."));
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
            git.env_remove(name);
        }
        for (name, value) in [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
            ("GIT_AUTHOR_NAME", "A"),
            ("GIT_AUTHOR_EMAIL", "a@example.org"),
            ("GIT_COMMITTER_NAME", "A"),
            ("GIT_COMMITTER_EMAIL", "a@example.org"),
        ] {
            git.env(name, value);
        }
        git
    }

    fn try_git(&self, arguments: &[&str]) -> bool {
        self.command(arguments).output().unwrap().status.success()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn state(&self) -> Option<Git> {
        state_of(&self.path(SITE))
    }

    fn dirty(&self) -> Option<bool> {
        self.state().unwrap().dirty
    }
}

fn state_of(site: &Path) -> Option<Git> {
    let own = [site.join(".bengal"), site.join("public")];
    Repository::of(site)?.state(&own, Instant::now() + Duration::from_secs(60))
}

#[test]
fn commit_and_branch_are_those_that_git_tells() {
    let checkout = Checkout::committed();
    let head = Some(checkout.git(&["rev-parse", "HEAD"]));
    let state = || checkout.state().unwrap();
    assert_eq!((state().commit, state().branch.as_deref()), (head.clone(), Some("main")));
    checkout.git(&["switch", "--quiet", "--create", "a/b"]);
    assert_eq!(state().branch.as_deref(), Some("a/b"));
    // Loose references go, and a line of `packed-refs` is the commit that a tag stands for.
    checkout.git(&["tag", "--annotate", "v1", "--message", "one"]);
    checkout.git(&["pack-refs", "--all"]);
    assert!(!checkout.path(".git/refs/heads/a/b").exists());
    assert_eq!(state().commit, head);
    checkout.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    checkout.git(&["symbolic-ref", "HEAD", "refs/heads/alias"]);
    assert_eq!((state().commit, state().branch.as_deref()), (head.clone(), Some("alias")));
    checkout.git(&["checkout", "--quiet", "--detach"]);
    assert_eq!(state().commit, head);
}

#[test]
fn a_repository_without_a_commit_and_a_folder_without_one() {
    let checkout = Checkout::new();
    fs::create_dir(checkout.path(SITE)).unwrap();
    let expected = Git { commit: None, branch: Some("main".to_owned()), dirty: Some(false) };
    assert_eq!(checkout.state(), Some(expected));
    let folder = tempfile::tempdir().unwrap();
    assert!(Repository::of(&folder.path().canonicalize().unwrap()).is_none());
}

#[test]
fn a_worktree_has_a_head_and_an_index_of_its_own() {
    let checkout = Checkout::committed();
    checkout.git(&["worktree", "add", "--quiet", "-b", "side", "beside"]);
    let site = checkout.path("beside/docs");
    let state = state_of(&site).unwrap();
    assert_eq!(state.branch.as_deref(), Some("side"));
    assert_eq!(state.commit, Some(checkout.git(&["rev-parse", "side"])));
    assert_eq!(state.dirty, Some(false));
    fs::write(site.join("content/a.md"), "Changed.\n").unwrap();
    assert_eq!(state_of(&site).unwrap().dirty, Some(true));
    assert_eq!(checkout.dirty(), Some(false));
    assert_eq!(Repository::of(&site).unwrap().within(), Path::new("docs"));
}

#[test]
fn dirty_is_what_git_says_in_each_version_of_the_index() {
    for version in ["2", "3", "4"] {
        let checkout = Checkout::committed();
        for name in ["docs/content/ä/long name.md", "docs/content/b", "docs/content/bc"] {
            checkout.write(name, name);
        }
        checkout.git(&["add", "."]);
        checkout.git(&["update-index", "--index-version", version]);
        if version == "3" {
            checkout.git(&["update-index", "--skip-worktree", "docs/content/b"]);
            checkout.write("docs/content/b", "It does not matter.");
        }
        checkout.settle();
        let written = fs::read(checkout.path(".git/index")).unwrap()[7];
        assert_eq!(written.to_string(), version);
        assert_eq!(checkout.dirty(), Some(false), "{version}");
        checkout.write("docs/content/ä/long name.md", "docs/content/ä/lung name.md");
        assert_eq!(checkout.dirty(), Some(true), "{version}");
    }
}

#[test]
fn only_tracked_files_of_the_site_make_it_dirty() {
    let checkout = Checkout::committed();
    for path in ["docs/.bengal/x", "docs/public/index.html", "docs/public2"] {
        checkout.write(path, "1");
    }
    checkout.git(&["add", "."]);
    checkout.settle();
    for path in ["other/b.txt", "docs/.bengal/x", "docs/public/index.html", "docs/new.md"] {
        checkout.write(path, "changed, and longer");
        assert_eq!(checkout.dirty(), Some(false), "{path}");
    }
    checkout.write("docs/public2", "changed, and longer");
    assert_eq!(checkout.dirty(), Some(true));
}

#[test]
fn what_was_only_touched_is_not_dirty() {
    let checkout = Checkout::committed();
    let page = checkout.path("docs/content/a.md");
    fs::File::options().append(true).open(&page).unwrap().set_modified(SystemTime::now()).unwrap();
    assert_eq!(checkout.dirty(), Some(false));
    // Of the same size.
    fs::write(&page, "Same text.\n").unwrap();
    assert_eq!(checkout.dirty(), Some(true));
    // Where contents are converted, or may be, that is not to be told.
    fs::write(&page, "Same text\r\n").unwrap();
    assert_eq!(checkout.dirty(), None);
    fs::write(&page, "Same text.\n").unwrap();
    checkout.git(&["config", "core.autocrlf", "input"]);
    assert_eq!(checkout.dirty(), None);
    checkout.git(&["config", "core.autocrlf", "false"]);
    assert_eq!(checkout.dirty(), Some(true));
    checkout.write("docs/.gitattributes", "* text=auto\n");
    checkout.git(&["add", "docs/.gitattributes"]);
    assert_eq!(checkout.dirty(), None);
    fs::remove_file(&page).unwrap();
    assert_eq!(checkout.dirty(), Some(true));
}

#[test]
fn a_change_in_the_moment_of_adding_is_seen() {
    let checkout = Checkout::committed();
    let page = checkout.path("docs/content/a.md");
    fs::write(&page, "Text one.\n").unwrap();
    checkout.git(&["add", "."]);
    let index = fs::metadata(checkout.path(".git/index")).unwrap().modified().unwrap();
    // As a clock that ticks slowly would have it.
    fs::File::options().append(true).open(&page).unwrap().set_modified(index).unwrap();
    checkout.git(&["update-index", "--refresh"]);
    let index = fs::File::options().append(true).open(checkout.path(".git/index")).unwrap();
    let time = fs::metadata(&page).unwrap().modified().unwrap();
    index.set_modified(time).unwrap();
    assert_eq!(checkout.dirty(), Some(false));
    fs::write(&page, "Text two.\n").unwrap();
    fs::File::options().append(true).open(&page).unwrap().set_modified(time).unwrap();
    assert_eq!(checkout.dirty(), Some(true));
}

#[cfg(unix)]
#[test]
fn kinds_and_permissions_count() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let checkout = Checkout::committed();
    symlink("a.md", checkout.path("docs/content/link")).unwrap();
    checkout.git(&["add", "."]);
    checkout.settle();
    assert_eq!(checkout.dirty(), Some(false));
    let page = checkout.path("docs/content/a.md");
    fs::set_permissions(&page, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(checkout.dirty(), Some(true));
    checkout.git(&["config", "core.fileMode", "false"]);
    assert_eq!(checkout.dirty(), Some(false));
    fs::remove_file(checkout.path("docs/content/link")).unwrap();
    symlink("b.md", checkout.path("docs/content/link")).unwrap();
    assert_eq!(checkout.dirty(), Some(true));
}

#[test]
fn what_is_not_settled_is_dirty() {
    let checkout = Checkout::committed();
    checkout.write("docs/content/new.md", "");
    checkout.git(&["add", "--intent-to-add", "docs/content/new.md"]);
    assert_eq!(checkout.dirty(), Some(true));
}

#[test]
fn what_cannot_be_read_is_unknown() {
    let split = Checkout::committed();
    split.git(&["update-index", "--split-index"]);
    assert_eq!(split.dirty(), None);
    if let Some(tables) = Checkout::try_new(&["--ref-format=reftable"]) {
        tables.commit();
        assert_eq!(tables.state(), None);
    }
    if let Some(sha256) = Checkout::try_new(&["--object-format=sha256"]) {
        sha256.commit();
        assert_eq!(sha256.dirty(), Some(false));
        assert_eq!(sha256.state().unwrap().commit.unwrap().len(), 64);
        sha256.write("docs/content/a.md", "Same text.\n");
        assert_eq!(sha256.dirty(), None);
    }
    let checkout = Checkout::committed();
    let site = checkout.path(SITE);
    let late = Repository::of(&site).unwrap().state(&[], Instant::now() - Duration::from_secs(1));
    assert_eq!(late.unwrap().dirty, None);
    let index = fs::read(checkout.path(".git/index")).unwrap();
    for end in 0..index.len() {
        fs::write(checkout.path(".git/index"), &index[..end]).unwrap();
        assert_ne!(checkout.dirty(), Some(true), "the index cut off at {end}");
    }
    let mut wrong = index.clone();
    for byte in 0..index.len() {
        wrong[byte] ^= 0xff;
        fs::write(checkout.path(".git/index"), &wrong).unwrap();
        checkout.state().unwrap();
        wrong[byte] = index[byte];
    }
    for head in ["", "ref: ../../x", "ref: refs/heads/../../HEAD", "nonsense", "ref: refs/heads/\0"]
    {
        fs::write(checkout.path(".git/HEAD"), head).unwrap();
        assert!(checkout.state().is_none_or(|state| state.commit.is_none()), "{head:?}");
    }
}
