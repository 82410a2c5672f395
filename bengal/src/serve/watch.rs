//! What of a site is watched. The only module that names notify.
//!
//! Watched are the folders that a build reads, what symbolic links in them lead to, and the
//! configuration, the libraries of plugins and the files that plugins declare, wherever they are; not the output,
//! `.bengal`, or whatever else lies in the site, so that neither a build nor a log written there sets off
//! another build.
//!
//! **Invariant:** reading a file is no change; what a build ignores sets off none.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crossbeam_channel::Sender;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use walkdir::WalkDir;
use xxhash_rust::xxh3::Xxh3Default;

use super::{Message, ServeError};
use crate::build::INPUTS;

/// Watches a site.
pub(super) struct Watcher {
    notify: RecommendedWatcher,
    scope: Scope,
    /// What notify was told to watch.
    watched: BTreeSet<PathBuf>,
    /// Whether there are files of plugins that are not watched yet.
    has_new: bool,
    /// What the site looked like before the last build, once changes were lost.
    seen: Option<u64>,
}

impl Watcher {
    /// Watches the site at `root`, which is canonical, and the configuration file `config`, which
    /// need not be there.
    ///
    /// # Errors
    /// When the system cannot tell of changes at all.
    pub fn new(root: PathBuf, config: &Path, sender: Sender<Message>) -> Result<Self, ServeError> {
        // Links are followed by `Scope`, which knows where they may lead: notify would go anywhere.
        let settings = notify::Config::default().with_follow_symlinks(false);
        let tell = move |event| pass_on(event, &sender);
        let notify = RecommendedWatcher::new(tell, settings);
        let notify = notify.map_err(|error| ServeError::Watch(error.to_string()))?;
        let scope = Scope::new(root, config);
        Ok(Self { notify, scope, watched: BTreeSet::new(), has_new: false, seen: None })
    }

    /// Whether a change of `path` calls for a build.
    pub fn is_input(&self, path: &Path) -> bool {
        self.scope.is_input(path)
    }

    /// The site's folder.
    pub fn root(&self) -> &Path {
        &self.scope.root
    }

    /// Watches these files of plugins, and no others any more. Gives those among them that were not watched
    /// before and have changed since `begun`.
    pub fn watch_files<'p>(
        &mut self,
        files: impl Iterator<Item = &'p PathBuf>,
        begun: SystemTime,
    ) -> Vec<PathBuf> {
        let files = files.flat_map(|file| self.scope.resolved(file)).collect();
        let before = std::mem::replace(&mut self.scope.of_plugins, files);
        let new = self.scope.of_plugins.difference(&before);
        let changed = |file: &&PathBuf| {
            file.metadata().and_then(|found| found.modified()).is_ok_and(|time| time >= begun)
        };
        let changed = new.clone().filter(changed).cloned().collect();
        self.has_new |= new.count() > 0;
        changed
    }

    /// Watches what has come into the site by `changed`, or all if this is the first time. Returns
    /// the folders that cannot be watched, and why.
    pub fn follow(&mut self, changed: &BTreeSet<PathBuf>) -> Vec<(PathBuf, String)> {
        let leads_on = |path: &PathBuf| {
            path.symlink_metadata().is_ok_and(|found| found.is_dir() || found.is_symlink())
        };
        let has_new = std::mem::take(&mut self.has_new);
        if !self.watched.is_empty() && !has_new && !changed.iter().any(leads_on) {
            return Vec::new();
        }
        self.scope.explore();
        let mut failed = Vec::new();
        for (folder, mode) in self.scope.places() {
            // A folder that was made anew under its old name, or in one that was, is another one to the
            // system.
            let may_be_another = changed.iter().any(|path| folder.starts_with(path));
            if self.watched.contains(&folder) && !may_be_another || !folder.is_dir() {
                continue;
            }
            match self.notify.watch(&folder, mode) {
                Ok(()) => drop(self.watched.insert(folder)),
                Err(error) => failed.push((folder, reason(&error))),
            }
        }
        failed
    }

    /// Whether the site is another than before the last build: what to go by when the system `lost`
    /// changes. It may lose them on large sites, where a build opens more files than its queue holds
    /// (16,384 on Linux), and to build again for that alone would never end. Where it never lost any,
    /// nobody looks.
    pub fn looks_different(&mut self, lost: bool) -> bool {
        if !lost && self.seen.is_none() {
            return false;
        }
        let now = self.scope.fingerprint();
        self.seen.replace(now) != Some(now)
    }
}

fn pass_on(event: notify::Result<Event>, sender: &Sender<Message>) {
    // An error is about a watch that could not be added to a new folder: look for what is there.
    let Ok(event) = event else { return drop(sender.send(Message::Lost)) };
    if event.need_rescan() {
        let _ = sender.send(Message::Lost);
    }
    if matches!(event.kind, EventKind::Access(_)) {
        return;
    }
    for path in event.paths {
        // Nobody listens only when the server is about to end.
        let _ = sender.send(Message::Changed(path));
    }
}

fn reason(error: &notify::Error) -> String {
    match error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "the system watches no more folders; raise fs.inotify.max_user_watches".to_owned()
        }
        _ => error.to_string(),
    }
}

/// Which paths a build reads.
struct Scope {
    root: PathBuf,
    config: PathBuf,
    /// Folders whose whole contents are read: the site's own, and those that links lead to.
    folders: BTreeSet<PathBuf>,
    /// Single files that links lead to.
    files: BTreeSet<PathBuf>,
    /// Libraries of plugins and what they have declared, each as it is named, in a folder without links, and
    /// where that leads. They need not be there.
    of_plugins: BTreeSet<PathBuf>,
}

impl Scope {
    fn new(root: PathBuf, config: &Path) -> Self {
        let config = in_real_folder(config);
        let (folders, files, of_plugins) = Default::default();
        Self { root, config, folders, files, of_plugins }
    }

    /// A file of a plugin as changes of it are told. None of one that bengal hides in the site: what it keeps
    /// there changes in every build.
    fn resolved(&self, file: &Path) -> Vec<PathBuf> {
        let own = in_real_folder(file);
        let real = own.canonicalize().ok();
        let shown = |path: &PathBuf| {
            path.strip_prefix(&self.root).map_or(true, |within| !within.iter().any(is_hidden))
        };
        std::iter::once(own).chain(real).filter(shown).collect()
    }

    /// Finds what links lead to. As in a build, they lead nowhere outside of the site, and not to
    /// what is hidden.
    fn explore(&mut self) {
        self.folders = INPUTS.iter().map(|input| self.root.join(input)).collect();
        self.files.clear();
        self.files.extend(self.config.canonicalize());
        let mut unread: Vec<PathBuf> = self.folders.iter().cloned().collect();
        while let Some(folder) = unread.pop() {
            let links = entries(&folder).filter(|entry| entry.path_is_symlink());
            for target in links.filter_map(|link| link.path().canonicalize().ok()) {
                let Ok(inside) = target.strip_prefix(&self.root) else { continue };
                if inside.as_os_str().is_empty() || inside.iter().any(is_hidden) {
                    continue;
                }
                match target.is_dir() {
                    true if self.folders.insert(target.clone()) => unread.push(target),
                    true => {}
                    false => drop(self.files.insert(target)),
                }
            }
        }
    }

    /// What is to be watched: folders with all in them, and by themselves those in which one of the
    /// former, or a file, may come and go.
    fn places(&self) -> Vec<(PathBuf, RecursiveMode)> {
        let parents = self.files.iter().chain([&self.config]).filter_map(|file| file.parent());
        let parents: BTreeSet<_> = parents.chain([self.root.as_path()]).collect();
        let of_plugins = self.of_plugins.iter().filter_map(|file| nearest_folder(file));
        let alone = parents.into_iter().chain(of_plugins).collect::<BTreeSet<_>>().into_iter();
        let alone = alone.filter(|parent| !self.folders.contains(*parent));
        let alone = alone.map(|parent| (parent.to_owned(), RecursiveMode::NonRecursive));
        let whole = self.folders.iter().map(|path| (path.clone(), RecursiveMode::Recursive));
        alone.chain(whole).collect()
    }

    fn is_input(&self, path: &Path) -> bool {
        // Also a folder that was missing on the way to a file of a plugin's.
        let leads_to = |file: &PathBuf| file.starts_with(path);
        if path == self.config || self.files.contains(path) || self.of_plugins.iter().any(leads_to)
        {
            return true;
        }
        let mut folders = self.folders.iter().filter_map(|folder| path.strip_prefix(folder).ok());
        folders.any(|within| !within.iter().any(is_ignored))
    }

    /// A hash of the names, sizes and times of all that is read.
    fn fingerprint(&self) -> u64 {
        let mut hash = Xxh3Default::new();
        let files = self
            .folders
            .iter()
            .flat_map(|folder| entries(folder))
            .map(walkdir::DirEntry::into_path);
        let single = self.files.iter().chain(&self.of_plugins).cloned();
        for path in files.chain(single).chain([self.config.clone()]) {
            let Ok(found) = path.symlink_metadata() else { continue };
            hash.write(path.as_os_str().as_encoded_bytes());
            hash.write_u64(found.len());
            let changed = found.modified().ok();
            let since = changed.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
            hash.write_u128(since.unwrap_or_default().as_nanos());
        }
        hash.finish()
    }
}

/// `file` with its folder made canonical, and not itself: it may not be there yet, or be a link.
fn in_real_folder(file: &Path) -> PathBuf {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let parent = file.parent().and_then(|parent| parent.canonicalize().ok());
    match (parent, file.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        _ => file,
    }
}

/// The folder of `file`, or the one that is there on the way to it.
fn nearest_folder(file: &Path) -> Option<&Path> {
    file.ancestors().skip(1).find(|folder| folder.is_dir())
}

/// All in `folder` that is not hidden; links are met, not followed.
fn entries(folder: &Path) -> impl Iterator<Item = walkdir::DirEntry> {
    let shown = |entry: &walkdir::DirEntry| entry.depth() == 0 || !is_hidden(entry.file_name());
    WalkDir::new(folder).follow_root_links(false).into_iter().filter_entry(shown).flatten()
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Whether a name is hidden, or one that editors give to copies of what they edit: `a.md~` and
/// `4913` by Vim, `#a.md#` by Emacs, `a.md___jb_tmp___` by JetBrains'. Their coming and going is not
/// worth a build, as the edit itself is told too.
fn is_ignored(name: &OsStr) -> bool {
    let bytes = name.as_encoded_bytes();
    is_hidden(name)
        || bytes.ends_with(b"~")
        || bytes == b"4913"
        || bytes.starts_with(b"#") && bytes.ends_with(b"#")
        || bytes.ends_with(b"___jb_tmp___")
        || bytes.ends_with(b"___jb_old___")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn site(files: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for file in files {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), "").unwrap();
        }
        (folder, root)
    }

    fn scope(root: &Path, config: &str) -> Scope {
        let mut scope = Scope::new(root.to_owned(), &root.join(config));
        scope.explore();
        scope
    }

    #[test]
    fn what_a_build_reads_is_an_input_and_nothing_else() {
        let (_folder, root) = site(&["content/a.md", "bengal.yaml"]);
        let scope = scope(&root, "bengal.yaml");
        for path in ["content/a.md", "content", "templates", "data/x/y.yaml", "static/a.css"] {
            assert!(scope.is_input(&root.join(path)), "{path}");
        }
        assert!(scope.is_input(&root.join("bengal.yaml")));
        for path in [
            "public/index.html",
            ".bengal/lock",
            "serve.log",
            "other.yaml",
            "content/.a.md.swp",
            "content/.git/x",
            "content/a.md~",
            "content/#a.md#",
            "content/4913",
            "content2/a.md",
        ] {
            assert!(!scope.is_input(&root.join(path)), "{path}");
        }
    }

    #[test]
    fn a_configuration_elsewhere_is_watched_there() {
        let (_folder, root) = site(&["content/a.md", "conf/own.yaml"]);
        let scope = scope(&root, "content/../conf/own.yaml");
        assert!(scope.is_input(&root.join("conf/own.yaml")));
        assert!(!scope.is_input(&root.join("conf/other.yaml")));
        assert!(!scope.is_input(&root.join("bengal.yaml")));
        assert!(scope.places().contains(&(root.join("conf"), RecursiveMode::NonRecursive)));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_within_the_site_only() {
        use std::os::unix::fs::symlink;
        let (_folder, root) = site(&["content/a.md", "shared/b.md", "README.md", ".git/c"]);
        let outside = tempfile::tempdir().unwrap();
        symlink("../README.md", root.join("content/readme.md")).unwrap();
        symlink("../shared", root.join("content/shared")).unwrap();
        symlink("../content", root.join("shared/round")).unwrap();
        symlink("..", root.join("content/all")).unwrap();
        symlink("../.git", root.join("content/git")).unwrap();
        symlink(outside.path(), root.join("content/outside")).unwrap();
        let scope = scope(&root, "bengal.yaml");
        for path in ["README.md", "shared/b.md", "shared/new/c.md"] {
            assert!(scope.is_input(&root.join(path)), "{path}");
        }
        for path in [".git/c", "other.md"] {
            assert!(!scope.is_input(&root.join(path)), "{path}");
        }
        assert!(!scope.places().iter().any(|(place, _)| !place.starts_with(&root)));
    }

    #[test]
    fn what_was_made_anew_is_watched_again_even_where_that_was_not_told() {
        let (_folder, root) = site(&["content/a.md", "templates/a.liquid"]);
        let (sender, messages) = crossbeam_channel::unbounded();
        let config = root.join("bengal.yaml");
        let mut watcher = Watcher::new(root.clone(), &config, sender).unwrap();
        assert_eq!(watcher.follow(&BTreeSet::new()), []);
        fs::remove_dir_all(root.join("templates")).unwrap();
        fs::create_dir(root.join("templates")).unwrap();
        // What is told of this counts as lost: anything may be new.
        assert_eq!(watcher.follow(&BTreeSet::from([root.clone()])), []);
        let made = root.join("templates/b.liquid");
        fs::write(&made, "").unwrap();
        let limit = std::time::Instant::now() + std::time::Duration::from_secs(10);
        let is_made = |message| matches!(message, Message::Changed(path) if path == made);
        while !is_made(messages.recv_deadline(limit).unwrap()) {}
    }

    #[test]
    fn a_site_looks_different_when_a_file_in_it_does() {
        let (_folder, root) = site(&["content/a.md"]);
        let scope = scope(&root, "bengal.yaml");
        let before = scope.fingerprint();
        assert_eq!(scope.fingerprint(), before);
        fs::write(root.join("serve.log"), "more").unwrap();
        assert_eq!(scope.fingerprint(), before);
        fs::write(root.join("content/a.md"), "more").unwrap();
        assert_ne!(scope.fingerprint(), before);
    }
}
