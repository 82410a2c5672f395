//! Where a link in a body leads.
//!
//! One that names a file of the site gets the URL of that; any other that begins at the site's root gets
//! the path of `base_url`, unless it has that already.

use std::ops::Range;

use super::{Page, Settings, Site};
use crate::content::page::{Body, Link};
use crate::markdown::{is_file, is_from_root, push_href};

/// What a link's target is.
enum Resolved<'a> {
    /// A page or a file of the site: its URL from the site's root, and the target's `?…#…`.
    Url(&'a str, &'a str),
    /// A Markdown file that is no page of the site.
    NoPage,
    /// Nothing that bengal knows.
    Other,
}

/// What a link does not lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The page of a Markdown file.
    Page,
    /// A file that the site is given; it may be one that the build makes.
    File,
}

/// A body, and its HTML with the links still open.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// What was found in it.
    pub body: &'a Body,
    /// Its HTML.
    pub html: &'a str,
}

impl Made<'_> {
    /// The HTML, with the links as they were written.
    pub fn as_written(self) -> String {
        let mut filled = String::with_capacity(self.html.len());
        self.fill_with(0..self.html.len(), &mut filled, |link, out| push_href(&link.target, out));
        filled
    }

    /// Appends the bytes `range` of the HTML to `out`, where `fill` appends the URL of each link.
    fn fill_with(
        self,
        range: Range<usize>,
        out: &mut String,
        mut fill: impl FnMut(&Link, &mut String),
    ) {
        let Self { body, html } = self;
        let mut at = range.start;
        for link in &body.links {
            let spot = link.offset as usize;
            if spot < range.start || spot > range.end {
                continue;
            }
            out.push_str(html.get(at..spot).unwrap_or_default());
            at = spot;
            fill(link, out);
        }
        out.push_str(html.get(at..range.end).unwrap_or_default());
    }
}

impl Site {
    /// The bytes `range` of a body of `page`, with the links in it filled in.
    pub fn fill_links(
        &self,
        page: &Page,
        made: Made<'_>,
        range: Range<usize>,
        settings: &Settings,
    ) -> String {
        let mut filled = String::new();
        self.fill(page, made, range, settings, &mut filled, |_, _| ());
        filled
    }

    /// Appends the bytes `range` of a body of `page` to `out` with the links in it filled in; calls
    /// `missing` for each that leads to no page and no file that the site is given.
    pub fn fill(
        &self,
        page: &Page,
        made: Made<'_>,
        range: Range<usize>,
        settings: &Settings,
        out: &mut String,
        mut missing: impl FnMut(&Link, Missing),
    ) {
        made.fill_with(range, out, |link, out| {
            match self.resolve(page, &link.target) {
                Resolved::Url(url, rest) => {
                    out.push_str(settings.config.base_path());
                    push_href(url, out);
                    push_href(rest, out);
                    return;
                }
                Resolved::NoPage => missing(link, Missing::Page),
                Resolved::Other => {
                    if is_from_root(&link.target)
                        && self.below_base(&link.target, settings).is_none()
                    {
                        out.push_str(settings.config.base_path());
                    }
                    if is_file(&link.target) {
                        missing(link, Missing::File);
                    }
                }
            }
            push_href(&link.target, out);
        });
    }

    /// The URL from the site's root of the page or file that `target`, as written in `page`, leads to.
    pub fn url_of_file(&self, page: &Page, target: &str) -> Option<String> {
        match self.resolve(page, target) {
            Resolved::Url(url, rest) => Some(format!("{url}{rest}")),
            Resolved::NoPage | Resolved::Other => None,
        }
    }

    /// What of `target` stands behind the path of `base_url`, where it begins with that. A site with a folder
    /// of that name is meant to be linked from its root.
    fn below_base<'t>(&self, target: &'t str, settings: &Settings) -> Option<&'t str> {
        let rest = target.strip_prefix(settings.config.base_path())?;
        let ends = rest.is_empty() || rest.starts_with(['/', '?', '#']);
        (ends && !self.has_folder_of_base).then_some(rest)
    }

    /// The output path to which a browser would take `target`, as written in `page`; `None` where that is
    /// outside of the site.
    pub fn output_of_link(&self, page: &Page, target: &str, settings: &Settings) -> Option<String> {
        let target = self.below_base(target, settings).unwrap_or(target);
        let (written, _) = split(target);
        let decoded = percent_decode(written);
        join(page.url.trim_start_matches('/'), decoded.as_deref().unwrap_or(written))
    }

    /// The Markdown file that `target` should name, where it names a page as HTML.
    pub fn page_meant(&self, page: &Page, target: &str) -> Option<String> {
        let (written, rest) = split(target);
        let stem = written.strip_suffix(".html").or_else(|| written.strip_suffix(".htm"))?;
        let file = format!("{stem}.md{rest}");
        self.url_of_file(page, &file).map(|_| file)
    }

    /// Resolves `target`, as written in `page`: a path relative to its file (or, with a leading `/`,
    /// to the content folder), perhaps with `?…` or `#…`.
    fn resolve<'a>(&'a self, page: &Page, target: &'a str) -> Resolved<'a> {
        let (written, rest) = split(target);
        let is_page = written.ends_with(".md");
        let decoded = percent_decode(written);
        let from = page.path.as_deref().unwrap_or_default();
        let Some(path) = join(from, decoded.as_deref().unwrap_or(written)) else {
            return if is_page { Resolved::NoPage } else { Resolved::Other };
        };
        let url = if is_page {
            self.by_path(page.language, &path).map(|id| &self[id].url)
        } else {
            let found = self.resources.binary_search_by(|link| link.path.as_str().cmp(&path));
            found.ok().map(|at| &self.resources[at].url)
        };
        match url {
            Some(url) => Resolved::Url(url, rest),
            None if is_page => Resolved::NoPage,
            None => Resolved::Other,
        }
    }
}

/// `target` as a path, and its `?…#…`.
fn split(target: &str) -> (&str, &str) {
    target.split_at(target.find(['#', '?']).unwrap_or(target.len()))
}

/// `target`, as written in `from`, as a path from the folder that both are in, where it stays within that.
fn join(from: &str, target: &str) -> Option<String> {
    let mut path = String::with_capacity(from.len() + target.len());
    if !target.starts_with('/') {
        path.push_str(from.rsplit_once('/').map_or("", |(up, _)| up));
    }
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if path.is_empty() => return None,
            ".." => path.truncate(path.rfind('/').unwrap_or(0)),
            name => {
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(name);
            }
        }
    }
    Some(path)
}

/// Undoes percent-encoding; `None` where there is none, or it gives no text.
fn percent_decode(text: &str) -> Option<String> {
    if !text.as_bytes().contains(&b'%') {
        return None;
    }
    percent_encoding::percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_within_the_content() {
        for (from, target, joined) in [
            ("a/b.md", "c.md", Some("a/c.md")),
            ("a/b.md", "./../c.md", Some("c.md")),
            ("a/b.md", "/c/d.md", Some("c/d.md")),
            ("b.md", "../c.md", None),
        ] {
            assert_eq!(join(from, target).as_deref(), joined, "{target}");
        }
    }
}
