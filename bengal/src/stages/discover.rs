//! Finds the site's files: pages, files beside them, data, and what is copied as it is.
//!
//! **Invariant:** names that begin with `.` are ignored, no other; a symbolic link is followed only
//! where it stays within the site and away from what bengal writes.

use std::collections::HashSet;
use std::path::{Component, MAIN_SEPARATOR, Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use super::Context;
use crate::diagnostic::{Code, Diagnostic, display_path};
use crate::memory;
use crate::pipeline::item::{FileBytes, FileCopy, Item, Source};
use crate::pipeline::stage::{Barrier, Outbox, Slot, Stage, StageError, Work};
use crate::site::CONTENT;
use crate::store::FOLDER;
use crate::theme;
use crate::value::Text;

/// The first stage.
pub(super) struct Discover<'b> {
    pub context: &'b Context<'b>,
}

impl Stage for Discover<'_> {
    fn name(&self) -> &str {
        "discover"
    }

    fn slot(&self) -> Slot {
        Slot::Chain
    }

    fn start(&self) -> Work<'_> {
        Work::Barrier(Box::new(Walk { context: self.context, others: Vec::new() }))
    }
}

struct Walk<'b> {
    context: &'b Context<'b>,
    /// From stages that come before this one.
    others: Vec<Item>,
}

impl Barrier for Walk<'_> {
    fn process(&mut self, item: Item, _reports: &mut Vec<Diagnostic>) -> Result<(), StageError> {
        self.others.push(item);
        Ok(())
    }

    fn finish(mut self: Box<Self>, out: &mut Outbox<'_>) -> Result<(), StageError> {
        let others = std::mem::take(&mut self.others);
        others.into_iter().try_for_each(|item| out.emit(item))?;
        let root = &self.context.settings.root;
        self.walk(&root.join(CONTENT), out, |path, file| {
            let path = Arc::from(path);
            if is_markdown(&path) {
                return Item::Source(Source { path, file: file.to_owned(), text: None });
            }
            let from = FileBytes::Path(file.to_owned());
            Item::File(FileCopy { resource: Some(path), from, to: Text::default() })
        })?;
        self.walk(&root.join("data"), out, |path, file| {
            Item::DataSource(Source { path: path.into(), file: file.to_owned(), text: None })
        })?;
        self.static_files(out)
    }
}

fn is_markdown(path: &str) -> bool {
    path.ends_with(".md")
}

/// The folder of a site, or a theme, whose files are copied as they are.
pub const STATIC: &str = "static";

impl Walk<'_> {
    /// The files that are copied as they are: the site's, then the theme's, then the embedded
    /// theme's; of those with one name, the first.
    fn static_files(&self, out: &mut Outbox<'_>) -> Result<(), StageError> {
        let mut seen: HashSet<Text> = HashSet::new();
        let folders = std::iter::once(&*self.context.settings.root).chain(self.context.theme);
        for folder in folders {
            let mut own = Vec::new();
            walk_files(self.bounds(), &folder.join(STATIC), &mut out.reports, |path, file| {
                own.push((Text::from(path), file.to_owned()));
            });
            for (to, file) in own {
                if seen.insert(to.clone()) {
                    let from = FileBytes::Path(file);
                    out.emit(Item::File(FileCopy { resource: None, from, to }))?;
                }
            }
        }
        // A site that has replaced the embedded base has its own style.
        if self.context.templates.is_embedded("base") {
            for (path, bytes) in theme::FILES {
                if seen.insert((*path).into()) {
                    let from = FileBytes::Memory((*bytes).into());
                    out.emit(Item::File(FileCopy { resource: None, from, to: (*path).into() }))?;
                }
            }
        }
        Ok(())
    }

    fn bounds(&self) -> Bounds<'_> {
        Bounds { root: &self.context.settings.root, output: self.context.output.root() }
    }

    fn walk(
        &self,
        folder: &Path,
        out: &mut Outbox<'_>,
        item: impl Fn(&str, &Path) -> Item,
    ) -> Result<(), StageError> {
        let mut reports = std::mem::take(&mut out.reports);
        let mut sent = Ok(());
        walk_files(self.bounds(), folder, &mut reports, |path, file| {
            if sent.is_ok() {
                sent = out.emit(item(path, file));
            }
        });
        out.reports.append(&mut reports);
        sent
    }
}

/// Where a walk may lead.
#[derive(Clone, Copy, Debug)]
pub struct Bounds<'a> {
    /// The site, canonical.
    pub root: &'a Path,
    /// The output directory, canonical: what bengal writes is not read again.
    pub output: &'a Path,
}

impl Bounds<'_> {
    /// Why a symbolic link to `target`, which is canonical, is not followed.
    pub fn refusal(&self, target: &Path) -> Option<&'static str> {
        let Ok(inside) = target.strip_prefix(self.root) else {
            return Some("this symbolic link leads out of the site");
        };
        let hidden = |part: Component<'_>| part.as_os_str().as_encoded_bytes().starts_with(b".");
        if inside.components().any(hidden) {
            return Some("this symbolic link leads to what is ignored: a name begins with `.`");
        }
        // A link to a folder that holds one of them leads there too.
        let own = [self.output, &self.root.join(FOLDER)];
        let meets = |own: &Path| own.starts_with(target) || target.starts_with(own);
        let meets = own.into_iter().any(meets);
        meets.then_some("this symbolic link leads to what bengal itself writes")
    }
}

/// Calls `found` with each file under `folder`: its path relative to it with `/`, and where it is.
/// What cannot be read, or leads out of bounds, is reported. A folder that is not there is empty.
pub fn walk_files(
    bounds: Bounds<'_>,
    folder: &Path,
    reports: &mut Vec<Diagnostic>,
    mut found: impl FnMut(&str, &Path),
) {
    if !folder.exists() {
        return;
    }
    let root = bounds.root;
    let start = folder.as_os_str().len() + 1;
    let mut links = Links { bounds, followed: HashSet::new(), reports: Vec::new() };
    let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    let mut entries = entries.filter_entry(|entry| !is_hidden(entry) && links.admit(entry));
    // What the walk remembers is its own: it goes with no file that is found.
    while let Some(entry) = memory::kept(|| entries.next()) {
        match &entry {
            Ok(entry) if entry.file_type().is_file() => {
                let path = entry.path();
                // As a path is below the folder it was found in; to compare their parts takes longer than all
                // else here.
                let below = path.to_str().and_then(|path| path.get(start..));
                match below {
                    Some(relative) if MAIN_SEPARATOR == '/' => found(relative, path),
                    Some(relative) => found(&relative.replace(MAIN_SEPARATOR, "/"), path),
                    None => reports.push(not_utf8(root, path)),
                }
            }
            Ok(_) => {}
            Err(error) => reports.push(walk_error(error, root, folder)),
        }
        memory::kept(|| drop(entry));
    }
    memory::kept(|| drop(entries));
    reports.append(&mut links.reports);
}

fn not_utf8(root: &Path, path: &Path) -> Diagnostic {
    Diagnostic::error(Code::NotUtf8, "this file's name is not UTF-8")
        .in_file(&display_path(root, path))
        .hint("rename it")
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// The symbolic links that a walk meets.
struct Links<'a> {
    bounds: Bounds<'a>,
    /// The directories that links led to, each once: folders of links to folders of links would
    /// otherwise give a number of paths that doubles with each.
    followed: HashSet<PathBuf>,
    reports: Vec<Diagnostic>,
}

impl Links<'_> {
    /// Whether `entry` is no link, or one that is followed.
    fn admit(&mut self, entry: &DirEntry) -> bool {
        if !entry.path_is_symlink() {
            return true;
        }
        let Some(message) = self.refusal(entry) else { return true };
        self.reports.push(
            Diagnostic::error(Code::SymlinkOutside, message)
                .in_file(&display_path(self.bounds.root, entry.path()))
                .hint("copy what it leads to in its place"),
        );
        false
    }

    fn refusal(&mut self, entry: &DirEntry) -> Option<&'static str> {
        let Ok(target) = entry.path().canonicalize() else {
            return Some("this symbolic link leads out of the site");
        };
        self.bounds.refusal(&target).or_else(|| {
            let again = entry.file_type().is_dir() && !self.followed.insert(target);
            again.then_some("another symbolic link leads to this folder already")
        })
    }
}

fn walk_error(error: &walkdir::Error, root: &Path, folder: &Path) -> Diagnostic {
    let file = display_path(root, error.path().unwrap_or(folder));
    if error.loop_ancestor().is_some() {
        let message = "this symbolic link leads round in a circle";
        return Diagnostic::error(Code::SymlinkOutside, message).in_file(&file);
    }
    let message = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    Diagnostic::error(Code::Unreadable, message).in_file(&file)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// Walks `content` of the site at `root`: the files found, and the links refused.
    fn walked(root: &Path) -> (Vec<String>, Vec<String>) {
        let (mut found, mut reports) = (Vec::new(), Vec::new());
        let bounds = Bounds { root, output: &root.join("public/site") };
        walk_files(bounds, &root.join(CONTENT), &mut reports, |path, _| found.push(path.into()));
        let refused = reports.into_iter().filter_map(|report| Some(report.place?.file));
        (found, refused.collect())
    }

    fn site() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir(root.join(CONTENT)).unwrap();
        (folder, root)
    }

    #[test]
    fn links_to_the_output_and_to_hidden_files_are_refused() {
        let (_folder, root) = site();
        for file in ["public/site/a", ".bengal/b", ".git/c", "shared/.d/e", "shared/f"] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), "").unwrap();
        }
        let refused = [
            "public",
            "public/site",
            "public/site/a",
            ".bengal",
            ".bengal/b",
            ".git/c",
            "shared/.d",
        ];
        for (number, target) in refused.iter().enumerate() {
            symlink(root.join(target), root.join(format!("content/{number}"))).unwrap();
        }
        symlink("../shared", root.join("content/shared")).unwrap();
        let (found, reported) = walked(&root);
        assert_eq!(found, ["shared/f"]);
        assert_eq!(reported.len(), refused.len(), "{reported:?}");
    }

    #[test]
    fn folders_of_links_to_folders_of_links_come_to_an_end() {
        const DEPTH: usize = 16;
        let (_folder, root) = site();
        for depth in 0..=DEPTH {
            let folder = root.join(format!("content/d{depth:02}"));
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("f"), "").unwrap();
            if depth < DEPTH {
                let next = format!("../d{:02}", depth + 1);
                symlink(&next, folder.join("a")).unwrap();
                symlink(&next, folder.join("b")).unwrap();
            }
        }
        let (found, reported) = walked(&root);
        // Each folder by its own name, and each but the first by one link.
        assert_eq!(found.len(), 2 * DEPTH + 1, "{found:?}");
        assert!(!reported.is_empty());
    }
}
