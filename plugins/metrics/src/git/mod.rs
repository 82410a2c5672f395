//! The state of a site's repository, from its plain files: git is not run.
//!
//! Source of the formats: gitrepository-layout(5), gitformat-index(5), git-pack-refs(1).
//!
//! **Invariant:** nothing is read but plain files, each up to a limit; what is not as expected is `None`.

mod ci;
mod dirty;
mod index;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::record::Git;

/// The most that is read of a file that has a line or a few, such as `HEAD`.
const SMALL: usize = 64 << 10;

/// References that lead to references, one after the other.
const DEPTH: usize = 5;

/// A repository with files that are checked out.
#[derive(Debug)]
pub(crate) struct Repository {
    /// The folder of the files.
    worktree: PathBuf,
    /// The path of the site in it.
    within: PathBuf,
    /// What belongs to this checkout: `HEAD` and the index.
    git_dir: PathBuf,
    /// What belongs to all checkouts of the repository.
    common: PathBuf,
}

impl Repository {
    /// The repository that the folder `site`, a canonical path, is in.
    pub fn of(site: &Path) -> Option<Self> {
        let (worktree, git_dir) = site.ancestors().find_map(|folder| {
            let git_dir = git_dir(folder)?;
            git_dir.join("HEAD").is_file().then_some((folder, git_dir))
        })?;
        let common = match read_line(&git_dir.join("commondir")) {
            Some(path) => git_dir.join(path),
            None => git_dir.clone(),
        };
        let within = site.strip_prefix(worktree).ok()?.to_owned();
        Some(Self { worktree: worktree.to_owned(), within, git_dir, common })
    }

    /// The path of the site in the folder of the repository's files.
    pub fn within(&self) -> &Path {
        &self.within
    }

    /// Its state. `own` are folders whose files do not make the site dirty.
    pub fn state(&self, own: &[PathBuf], deadline: Instant) -> Option<Git> {
        if self.common.join("reftable").is_dir() {
            // `HEAD` says nothing then, and the tables are no plain text.
            return None;
        }
        let head = read_line(&self.git_dir.join("HEAD"))?;
        let (commit, branch) = match head.strip_prefix("ref:").map(str::trim) {
            Some(name) => {
                let branch = name.strip_prefix("refs/heads/").map(str::to_owned);
                (self.resolve(name), branch)
            }
            None => (
                Some(head).filter(|head| is_id(head)),
                ci::branch(&|name| std::env::var(name).ok()),
            ),
        };
        Some(Git { commit, branch, dirty: self.is_dirty(own, deadline) })
    }

    /// The commit that a reference leads to.
    fn resolve(&self, name: &str) -> Option<String> {
        let mut name = name.to_owned();
        for _ in 0..DEPTH {
            let sound = name.starts_with("refs/") && !name.split('/').any(|part| part == "..");
            let found = match sound.then(|| read_line(&self.common.join(&name)))? {
                Some(found) => found,
                None => return self.packed(&name),
            };
            match found.strip_prefix("ref:") {
                Some(next) => next.trim().clone_into(&mut name),
                None => return Some(found).filter(|found| is_id(found)),
            }
        }
        None
    }

    /// The commit of a reference that has no file of its own.
    fn packed(&self, name: &str) -> Option<String> {
        let file = open_plain(&self.common.join("packed-refs"))?;
        let mut lines = BufReader::new(file).lines();
        let found = lines.find_map(|line| match line {
            Ok(line) => {
                let (id, own) = line.split_once(' ')?;
                (own == name && is_id(id)).then(|| Some(id.to_owned()))
            }
            // No further: it would fail for ever.
            Err(_) => Some(None),
        });
        found.flatten()
    }
}

/// The folder that `.git` in `folder` is, or names.
fn git_dir(folder: &Path) -> Option<PathBuf> {
    let git = folder.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let line = read_line(&git)?;
    Some(folder.join(line.strip_prefix("gitdir:")?.trim()))
}

/// Whether `text` is a commit's name: SHA-1 or SHA-256.
fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The first line of a small file.
fn read_line(path: &Path) -> Option<String> {
    let text = String::from_utf8(read_start(path, SMALL)?).ok()?;
    Some(text.lines().next()?.trim_end().to_owned())
}

/// The first bytes of a plain file, `limit` at most.
pub(crate) fn read_start(path: &Path, limit: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    open_plain(path)?.take(limit as u64).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Opens what is a plain file: another could keep the reader waiting.
fn open_plain(path: &Path) -> Option<File> {
    let plain = std::fs::metadata(path).ok()?.is_file();
    plain.then(|| File::open(path).ok())?
}
