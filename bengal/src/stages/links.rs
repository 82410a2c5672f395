//! Links of bodies that lead nowhere, with their places.
//!
//! **Invariant:** a link to a file is judged when the build has ended: until then, a stage may make it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashSet;

use super::Context;
use crate::content::page::Link;
use crate::content::slug::fold;
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::incremental::read::{self, What};
use crate::memory;
use crate::site::{PageId, Site};

/// Links to files that nobody had made when their page was rendered.
#[derive(Debug, Default)]
pub struct OpenLinks(Mutex<Vec<OpenLink>>);

#[derive(Debug)]
struct OpenLink {
    page: PageId,
    link: Link,
    /// The output path to which it leads.
    path: String,
}

impl OpenLinks {
    /// Keeps `link` in mind where nobody has the output path to which it leads.
    pub(super) fn check_file(&self, context: &Context<'_>, site: &Site, page: PageId, link: &Link) {
        let Some(claims) = context.claims.get() else { return };
        // It stays with the stage, and does not go on with the page.
        memory::kept(|| {
            let path = site.output_of_link(&site[page], &link.target, context.settings);
            path.iter().for_each(|path| read::note_name(What::Output, path));
            let is_open = |path: &String| !lock(claims).has(path);
            let open = path.filter(is_open).map(|path| OpenLink { page, link: link.clone(), path });
            if let Some(open) = open {
                // It will be judged again when nothing of the page has changed.
                read::note(What::Volatile);
                lock(&self.0).push(open);
            }
        });
    }

    /// What to say of those that lead nowhere now that the build has `made` these output paths.
    pub fn broken(&self, context: &Context<'_>, made: &[impl AsRef<str>]) -> Vec<Diagnostic> {
        let open = std::mem::take(&mut *lock(&self.0));
        let Some((site, claims)) = context.site.get().zip(context.claims.get()) else {
            return Vec::new();
        };
        if open.is_empty() {
            return Vec::new();
        }
        let claims = lock(claims);
        let made: FxHashSet<_> = made.iter().map(|path| fold(path.as_ref())).collect();
        let is_made = |path: &str| claims.has(path) || made.contains(&fold(path));
        let broken = open.into_iter().filter(|open| !is_made(&open.path));
        let mut broken: Vec<_> =
            broken.map(|open| no_file(context, site, open.page, &open.link)).collect();
        // The body of a list is rendered on each of its pages.
        broken.sort();
        broken.dedup();
        broken
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The diagnostic of a link to a Markdown file that is no page.
pub(super) fn no_page(context: &Context<'_>, site: &Site, page: PageId, link: &Link) -> Diagnostic {
    let message = format!("`{}` is no page of this site", link.target);
    Diagnostic::warning(Code::BrokenLink, message)
        .at(place(context, site, page, link))
        .hint("a link names the file, relative to this one; drafts are no pages of the site")
}

fn no_file(context: &Context<'_>, site: &Site, page: PageId, link: &Link) -> Diagnostic {
    let message = format!("`{}` is no file of this site", link.target);
    let hint = match site.page_meant(&site[page], &link.target) {
        Some(file) => format!("a link to a page names its file: `{file}`"),
        None => "a link names a file relative to this one, or by its URL from the site's root; \
                 what is elsewhere, by its whole URL"
            .to_owned(),
    };
    Diagnostic::warning(Code::BrokenLink, message).at(place(context, site, page, link)).hint(hint)
}

fn place(context: &Context<'_>, site: &Site, page: PageId, link: &Link) -> Place {
    let file = site.name_of(page);
    // The text is read again, as this is rare and holding every text is not.
    let text = std::fs::read_to_string(context.settings.root.join(&file)).unwrap_or_default();
    match link.line {
        0 => Place::file(&file),
        line => Place::in_bytes(&file, &text, line as usize, link.column as usize),
    }
}
