//! Finds the site's files: pages, files beside them, data, and what is copied as it is.
//!
//! **Invariant:** names that begin with `.` are ignored, no other; a symbolic link is followed only
//! where it stays within the site.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use super::Context;
use crate::diagnostic::{Code, Diagnostic, display_path};
use crate::pipeline::item::{FileBytes, FileCopy, Item, Source};
use crate::pipeline::stage::{Barrier, Outbox, Slot, Stage, StageError, Work};
use crate::site::CONTENT;
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
        Work::Barrier(Box::new(Walk { context: self.context }))
    }
}

struct Walk<'b> {
    context: &'b Context<'b>,
}

impl Barrier for Walk<'_> {
    /// Nothing comes before this stage.
    fn process(&mut self, _item: Item, _reports: &mut Vec<Diagnostic>) -> Result<(), StageError> {
        Ok(())
    }

    fn finish(self: Box<Self>, out: &mut Outbox<'_>) -> Result<(), StageError> {
        let root = &self.context.settings.root;
        self.walk(&root.join(CONTENT), out, |path, file| {
            let path = Arc::from(path);
            if is_markdown(&path) {
                return Item::Source(Source { path, file: file.to_owned() });
            }
            let from = FileBytes::Path(file.to_owned());
            Item::File(FileCopy { resource: Some(path), from, to: Text::default() })
        })?;
        self.walk(&root.join("data"), out, |path, file| {
            Item::DataSource(Source { path: path.into(), file: file.to_owned() })
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
        let folders = std::iter::once(&self.context.settings.root).chain(&self.context.theme);
        for folder in folders {
            let mut own = Vec::new();
            walk_files(
                &self.context.settings.root,
                &folder.join(STATIC),
                &mut out.reports,
                |path, file| {
                    own.push((Text::from(path), file.to_owned()));
                },
            );
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
                    let from = FileBytes::Embedded(bytes);
                    out.emit(Item::File(FileCopy { resource: None, from, to: (*path).into() }))?;
                }
            }
        }
        Ok(())
    }

    fn walk(
        &self,
        folder: &Path,
        out: &mut Outbox<'_>,
        item: impl Fn(&str, &Path) -> Item,
    ) -> Result<(), StageError> {
        let mut reports = std::mem::take(&mut out.reports);
        let mut sent = Ok(());
        walk_files(&self.context.settings.root, folder, &mut reports, |path, file| {
            if sent.is_ok() {
                sent = out.emit(item(path, file));
            }
        });
        out.reports.append(&mut reports);
        sent
    }
}

/// Calls `found` with each file under `folder`: its path relative to it with `/`, and where it is.
/// What cannot be read, or leads out of `root`, is reported. A folder that is not there is empty.
pub fn walk_files(
    root: &Path,
    folder: &Path,
    reports: &mut Vec<Diagnostic>,
    mut found: impl FnMut(&str, &Path),
) {
    if !folder.exists() {
        return;
    }
    let mut outside = Vec::new();
    let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    let entries = entries.filter_entry(|entry| is_wanted(entry, root, &mut outside));
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                reports.push(walk_error(&error, root, folder));
                continue;
            }
        };
        if !entry.file_type().is_file() {
            continue;
        }
        let path = entry.path();
        let relative = path.strip_prefix(folder).unwrap_or(path);
        match relative.to_str() {
            Some(relative) if std::path::MAIN_SEPARATOR == '/' => found(relative, path),
            Some(relative) => found(&relative.replace(std::path::MAIN_SEPARATOR, "/"), path),
            None => {
                let diagnostic = Diagnostic::error(Code::NotUtf8, "this file's name is not UTF-8");
                reports.push(diagnostic.in_file(&display_path(root, path)).hint("rename it"));
            }
        }
    }
    reports.append(&mut outside);
}

fn is_wanted(entry: &DirEntry, root: &Path, reports: &mut Vec<Diagnostic>) -> bool {
    if entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".") {
        return false;
    }
    if !entry.path_is_symlink() {
        return true;
    }
    let inside = entry.path().canonicalize().is_ok_and(|target| target.starts_with(root));
    if !inside {
        reports.push(
            Diagnostic::error(Code::SymlinkOutside, "this symbolic link leads out of the site")
                .in_file(&display_path(root, entry.path()))
                .hint("copy what it leads to into the site"),
        );
    }
    inside
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
