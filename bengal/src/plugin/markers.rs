//! The HTML of a page as a plugin sees it: with a marker in each spot where a link will be filled in,
//! and around its summary.
//!
//! A marker is `bengal-link:NUMBER-KEY`, where the key is none that stands in the HTML itself: what text
//! could imitate is no marker.
//!
//! **Invariant:** HTML that is given back unchanged makes the body that it was made of; what has lost its
//! marker is lost for that alone.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::content::page::{Body, Link, offset};

const LINK: &str = "bengal-link:";

/// The HTML of a body with its markers, and their key.
pub(super) fn mark(html: &str, body: &Body) -> (String, u64) {
    let mut key = 0;
    for seed in 0.. {
        key = xxh3_64_with_seed(html.as_bytes(), seed);
        if !html.contains(&shown(key)) {
            break;
        }
    }
    let mut marks: Vec<(usize, String)> = Vec::new();
    let summary = &body.summary;
    let has_summary = summary.start < summary.end;
    if has_summary {
        marks.push((summary.start as usize, summary_mark(key, "")));
    }
    for (number, link) in body.links.iter().enumerate() {
        marks.push((link.offset as usize, format!("{LINK}{number}-{}", shown(key))));
    }
    if has_summary {
        marks.push((summary.end as usize, summary_mark(key, "/")));
    }
    marks.sort_by_key(|(at, _)| *at);
    let mut marked = String::with_capacity(html.len() + 48 * marks.len());
    let mut from = 0;
    for (at, mark) in marks {
        marked.push_str(html.get(from..at).unwrap_or_default());
        marked.push_str(&mark);
        from = at;
    }
    marked.push_str(html.get(from..).unwrap_or_default());
    (marked, key)
}

fn shown(key: u64) -> String {
    format!("{key:016x}")
}

fn summary_mark(key: u64, slash: &str) -> String {
    format!("<!--{slash}bengal-summary-{}-->", shown(key))
}

/// What HTML with markers is.
#[derive(Debug, PartialEq)]
pub(super) struct Unmarked {
    pub html: String,
    pub links: Box<[Link]>,
    pub summary: Range<u32>,
}

/// Takes the markers of `key` out of `html`, whose links were `links`.
pub(super) fn unmark(html: &str, key: u64, links: &[Link]) -> Unmarked {
    let (start, end) = (summary_mark(key, ""), summary_mark(key, "/"));
    let shown = shown(key);
    let mut unmarked =
        Unmarked { html: String::with_capacity(html.len()), links: Box::default(), summary: 0..0 };
    let (mut found, mut opened, mut closed) = (Vec::new(), None, None);
    let mut rest = html;
    // Every marker holds the key: what stands before it says which it is.
    while let Some(at) = rest.find(&shown) {
        let (before, after) = (&rest[..at], &rest[at + shown.len()..]);
        let head = |mark: &str| before.strip_suffix(&mark[..mark.len() - shown.len() - 3]);
        let summary = after.strip_prefix("-->");
        if let (Some(text), Some(left)) = (head(&end), summary) {
            unmarked.html.push_str(text);
            closed = Some(offset(unmarked.html.len()));
            rest = left;
        } else if let (Some(text), Some(left)) = (head(&start), summary) {
            unmarked.html.push_str(text);
            opened = Some(offset(unmarked.html.len()));
            rest = left;
        } else if let Some((text, link)) = link_before(before, links) {
            unmarked.html.push_str(text);
            found.push(Link { offset: offset(unmarked.html.len()), ..link.clone() });
            rest = after;
        } else {
            unmarked.html.push_str(&rest[..at + shown.len()]);
            rest = after;
        }
    }
    unmarked.html.push_str(rest);
    unmarked.links = found.into();
    if let (Some(opened), Some(closed)) = (opened, closed)
        && opened < closed
    {
        unmarked.summary = opened..closed;
    }
    unmarked
}

/// What stands before a link's marker, whose key has been found, and the link.
fn link_before<'a, 'l>(before: &'a str, links: &'l [Link]) -> Option<(&'a str, &'l Link)> {
    let head = before.strip_suffix('-')?;
    let text = head.trim_end_matches(|c: char| c.is_ascii_digit());
    let link = links.get(head[text.len()..].parse::<usize>().ok()?)?;
    Some((text.strip_suffix(LINK)?, link))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> (Body, &'static str) {
        let html = "<p>a <a href=\"\">b</a></p><p>bengal-link:0-1 <img src=\"\"></p>";
        let link =
            |offset, target: &str| Link { offset, line: 1, column: 1, target: target.into() };
        let links = [link(14, "b.md"), link(54, "c.png")];
        (Body { summary: 0..25, links: links.into(), ..Body::default() }, html)
    }

    #[test]
    fn html_that_is_given_back_is_what_it_was() {
        let (body, html) = body();
        let (marked, key) = mark(html, &body);
        assert!(
            marked.contains("href=\"bengal-link:0-") && marked.contains("src=\"bengal-link:1-")
        );
        let unmarked = unmark(&marked, key, &body.links);
        assert_eq!(unmarked.html, html);
        assert_eq!((&unmarked.links, unmarked.summary), (&body.links, body.summary));
    }

    #[test]
    fn what_loses_its_marker_is_lost_alone() {
        let (body, html) = body();
        let (marked, key) = mark(html, &body);
        let without = marked.replacen("<!--/bengal", "<!--", 1);
        let end = without.replace("href=\"bengal-link:0", "href=\"x");
        let unmarked = unmark(&format!("<b>{end}</b>"), key, &body.links);
        assert_eq!(unmarked.summary, 0..0);
        assert_eq!(unmarked.links.len(), 1);
        assert_eq!(&*unmarked.links[0].target, "c.png");
        let at = unmarked.links[0].offset as usize;
        assert!(unmarked.html[..at].ends_with("src=\""));
        assert!(unmark("bengal-link:9-0000000000000000-", 0, &body.links).links.is_empty());
    }
}
