//! URLs: which one a page has, and which file in the output directory that is.
//!
//! **Invariant:** a URL that leaves this module begins with `/`, and the output path made of it
//! stays within the output directory on every system.

use super::date::Date;
use super::front_matter::FrontMatter;
use super::page::Kind;
use super::slug::{portable, slugify};
use crate::config::Config;

/// The URL of the 404 page, where hosts look for it: no configuration moves it.
pub const NOT_FOUND_URL: &str = "/404.html";

/// A page, as far as its URL depends on it.
pub struct Subject<'a> {
    /// Its path under `content/`, with `/`.
    pub path: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Its date.
    pub date: Option<Date>,
    /// Its `slug:`.
    pub slug: Option<&'a str>,
    /// Its `url:`.
    pub url: Option<&'a str>,
}

/// A URL, and whether a name in it was altered because Windows refuses it.
#[derive(Debug, PartialEq, Eq)]
pub struct Url {
    /// The URL, from the site's root.
    pub url: String,
    /// A name that was altered.
    pub altered: Option<String>,
}

/// The URL of the page at `path`, in a site of that configuration.
///
/// # Errors
/// As [`url_of`].
pub fn of_page(
    path: &str,
    title: &str,
    front: &FrontMatter,
    config: &Config,
) -> Result<Url, String> {
    if Kind::of(path) == Kind::NotFound {
        return Ok(Url { url: NOT_FOUND_URL.to_owned(), altered: None });
    }
    let rare = front.rare.as_deref();
    let page = Subject {
        path,
        title,
        date: front.date,
        slug: rare.and_then(|rare| rare.slug.as_deref()),
        url: rare.and_then(|rare| rare.url.as_deref()),
    };
    let of_section = config.permalinks.iter().filter(|(section, _)| {
        let rest = path.strip_prefix(&**section);
        rest.is_some_and(|rest| section.is_empty() || rest.starts_with('/'))
    });
    let nearest = of_section.max_by_key(|(section, _)| section.len());
    url_of(&page, nearest.map(|(_, pattern)| &**pattern), config.ugly_urls)
}

/// The URL of a page whose section has the permalink `pattern`, if any.
///
/// # Errors
/// In words, when what the page asks for is no URL within the site.
pub fn url_of(page: &Subject<'_>, pattern: Option<&str>, ugly: bool) -> Result<Url, String> {
    if let Some(url) = page.url {
        return explicit(url);
    }
    let (folder, stem) = folder_and_stem(page.path);
    let mut url = String::with_capacity(page.path.len() + 2);
    let is_index = stem.is_empty();
    match pattern {
        Some(pattern) if !is_list(page.path) => fill(pattern, page, &mut url)?,
        _ => {
            folder.split('/').filter(|name| !name.is_empty()).for_each(|name| push(&mut url, name));
            match page.slug {
                Some(slug) => push_slug(&mut url, slug, is_index)?,
                None if !is_index => push(&mut url, stem),
                None => {}
            }
        }
    }
    if ugly && !is_index && !url.ends_with('/') {
        url.push_str(".html");
    } else if !url.ends_with('/') {
        url.push('/');
    }
    within(url)
}

/// The folder of the file that names a page, and the page's own name in it: empty for the page of a
/// folder (`index.md`, `_index.md`).
pub fn folder_and_stem(path: &str) -> (&str, &str) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "index.md" | "_index.md" => (folder, ""),
        _ => (folder, name.strip_suffix(".md").unwrap_or(name)),
    }
}

/// Whether the file is the home page's or a section's, which no pattern moves.
fn is_list(path: &str) -> bool {
    path == "index.md" || path == "_index.md" || path.ends_with("/_index.md")
}

fn push(url: &mut String, name: &str) {
    url.push('/');
    url.push_str(&slugify(name));
}

fn push_slug(url: &mut String, slug: &str, is_index: bool) -> Result<(), String> {
    if slug.contains(['/', '\\']) || slug.bytes().all(|byte| byte == b'.') {
        return Err(format!("the slug `{slug}` is not one segment of a URL"));
    }
    if is_index {
        url.truncate(url.rfind('/').unwrap_or(0));
    }
    push(url, slug);
    Ok(())
}

/// Checks a permalink pattern.
///
/// # Errors
/// In words, when it does not begin with `/` or uses a name that is none of [`TOKENS`].
pub fn check(pattern: &str) -> Result<(), String> {
    if !pattern.starts_with('/') {
        return Err(format!("the permalink pattern `{pattern}` does not begin with /"));
    }
    for segment in pattern.split('/') {
        for token in tokens(segment).filter_map(|part| part.strip_prefix(':')) {
            if !TOKENS.contains(&token) {
                let known = TOKENS.join(", :");
                return Err(format!("`:{token}` is nothing a permalink knows; it knows :{known}"));
            }
        }
    }
    Ok(())
}

/// What a permalink pattern may name. `:slug` is the front matter's, else the title's.
pub const TOKENS: &[&str] =
    &["year", "month", "day", "slug", "title", "section", "sections", "filename"];

/// The parts of a segment: tokens with their `:`, and the text between them.
fn tokens(segment: &str) -> impl Iterator<Item = &str> {
    let mut rest = segment;
    std::iter::from_fn(move || {
        let start = rest.chars().next()?;
        let body = &rest[start.len_utf8()..];
        let end = if start == ':' {
            body.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(body.len())
        } else {
            body.find(':').unwrap_or(body.len())
        };
        let (part, next) = rest.split_at(start.len_utf8() + end);
        rest = next;
        Some(part)
    })
}

fn fill(pattern: &str, page: &Subject<'_>, url: &mut String) -> Result<(), String> {
    let (folder, stem) = folder_and_stem(page.path);
    // A bundle's own name is its folder's.
    let (folder, stem) = if stem.is_empty() {
        folder.rsplit_once('/').unwrap_or(("", folder))
    } else {
        (folder, stem)
    };
    for segment in pattern.split('/').filter(|segment| !segment.is_empty()) {
        if segment == ":sections" {
            folder.split('/').filter(|name| !name.is_empty()).for_each(|name| push(url, name));
            continue;
        }
        let mut filled = String::new();
        for part in tokens(segment) {
            let Some(token) = part.strip_prefix(':') else {
                filled.push_str(part);
                continue;
            };
            let civil = || {
                let missing = || format!("the permalink pattern `{pattern}` needs a date");
                page.date.map(Date::civil).ok_or_else(missing)
            };
            match token {
                "year" => filled.push_str(&format!("{:04}", civil()?.year())),
                "month" => filled.push_str(&format!("{:02}", civil()?.month())),
                "day" => filled.push_str(&format!("{:02}", civil()?.day())),
                "title" => filled.push_str(page.title),
                "slug" => filled.push_str(page.slug.unwrap_or(page.title)),
                "section" => filled.push_str(folder.split('/').next().unwrap_or_default()),
                _ => filled.push_str(stem),
            }
        }
        if !filled.is_empty() {
            push(url, &filled);
        }
    }
    if pattern.ends_with('/') {
        url.push('/');
    }
    Ok(())
}

/// A URL as an author wrote it, from the site's root.
///
/// # Errors
/// In words, when it is not a path from the root or leaves the output directory.
pub fn explicit(url: &str) -> Result<Url, String> {
    if !url.starts_with('/') {
        return Err(format!("the URL `{url}` does not begin with /"));
    }
    let mut clean = String::with_capacity(url.len() + 1);
    for segment in url.split('/').filter(|segment| !segment.is_empty()) {
        clean.push('/');
        clean.push_str(segment);
    }
    let last = clean.rsplit('/').next().unwrap_or_default();
    if url.ends_with('/') || !last.contains('.') {
        clean.push('/');
    }
    within(clean)
}

/// Checks each segment of `url`, and alters those that Windows refuses.
fn within(url: String) -> Result<Url, String> {
    let mut altered = None;
    for segment in url.split('/') {
        if segment == ".." || segment == "." || segment == crate::output::TEMPORARY {
            return Err(format!("the URL `{url}` leaves the output directory"));
        }
        if let Some(bad) = segment.chars().find(|c| c.is_control() || REFUSED.contains(c)) {
            return Err(format!("the URL `{url}` holds {bad:?}, which no file name may"));
        }
        if segment.len() > SEGMENT {
            return Err(format!(
                "a segment of the URL is {} bytes long, over {SEGMENT}",
                segment.len()
            ));
        }
        if matches!(portable(segment), std::borrow::Cow::Owned(_)) {
            altered = Some(segment.to_owned());
        }
    }
    match altered {
        None => Ok(Url { url, altered }),
        Some(_) => {
            let segments: Vec<_> = url.split('/').map(portable).collect();
            Ok(Url { url: segments.join("/"), altered })
        }
    }
}

/// What Windows refuses in a file name, and what would end a URL's path.
const REFUSED: &[char] = &['\\', '<', '>', ':', '"', '|', '?', '*', '#'];

/// Longest file name, in bytes, that every usual file system takes, less room for `.html`.
const SEGMENT: usize = 250;

/// The output path, relative to the output directory, of `url`.
pub fn output_path(url: &str) -> String {
    let path = url.trim_start_matches('/');
    if path.is_empty() || path.ends_with('/') {
        format!("{path}index.html")
    } else {
        path.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(path: &str) -> Subject<'_> {
        Subject { path, title: "The Title", date: None, slug: None, url: None }
    }

    fn url(page: &Subject<'_>, pattern: Option<&str>) -> String {
        url_of(page, pattern, false).unwrap().url
    }

    #[test]
    fn a_path_becomes_a_url_and_a_file() {
        for (path, expected) in [
            ("index.md", "/"),
            ("_index.md", "/"),
            ("about.md", "/about/"),
            ("Docs/Getting Started.md", "/docs/getting-started/"),
            ("docs/_index.md", "/docs/"),
            ("post/index.md", "/post/"),
        ] {
            assert_eq!(url(&page(path), None), expected, "{path}");
        }
        assert_eq!(url_of(&page("a/b.md"), None, true).unwrap().url, "/a/b.html");
        assert_eq!(url_of(&page("a/_index.md"), None, true).unwrap().url, "/a/");
        assert_eq!(output_path("/"), "index.html");
        assert_eq!(output_path("/a/"), "a/index.html");
        assert_eq!(output_path("/a.html"), "a.html");
    }

    #[test]
    fn slug_and_url_change_it() {
        let slug = Subject { slug: Some("New Name"), ..page("a/b.md") };
        assert_eq!(url(&slug, None), "/a/new-name/");
        let bundle = Subject { slug: Some("x"), ..page("a/b/index.md") };
        assert_eq!(url(&bundle, None), "/a/x/");
        for (given, expected) in
            [("/X/y", "/X/y/"), ("/feed.xml", "/feed.xml"), ("//a///b/", "/a/b/")]
        {
            assert_eq!(url(&Subject { url: Some(given), ..page("a.md") }, None), expected);
        }
    }

    #[test]
    fn what_leaves_the_output_is_refused() {
        for given in
            ["/../x", "/a/../../x/", "a/b", "/a\\..\\b", "/a\0b", "/.bengal-tmp/x", "/a?b=c"]
        {
            assert!(explicit(given).is_err(), "{given}");
        }
        for slug in ["..", "a/b", "../../x"] {
            let page = Subject { slug: Some(slug), ..page("a.md") };
            assert!(url_of(&page, None, false).is_err(), "{slug}");
        }
        assert!(explicit(&format!("/{}/", "x".repeat(300))).is_err());
    }

    #[test]
    fn patterns_are_filled() {
        let date = crate::content::date::parse("2024-03-05", &jiff::tz::TimeZone::UTC);
        let post = Subject { date, ..page("blog/2024/my-post.md") };
        for (pattern, expected) in [
            ("/:year/:month/:day/:slug/", "/2024/03/05/the-title/"),
            ("/:section/:filename/", "/blog/my-post/"),
            ("/:sections/:title", "/blog/2024/the-title/"),
            ("/x-:year-:filename.html", "/x-2024-my-post.html/"),
        ] {
            check(pattern).unwrap();
            assert_eq!(url(&post, Some(pattern)), expected, "{pattern}");
        }
        assert_eq!(url(&page("blog/a/index.md"), Some("/p/:filename/")), "/p/a/");
        assert!(url_of(&page("blog/a.md"), Some("/:year/"), false).is_err());
        assert!(check("/:nothing/").is_err() && check("x/").is_err());
    }

    #[test]
    fn a_name_that_windows_refuses_is_altered() {
        let url = url_of(&page("docs/con.md"), None, false).unwrap();
        assert_eq!((url.url.as_str(), url.altered.as_deref()), ("/docs/con_/", Some("con")));
    }

    proptest! {
        #[test]
        fn no_name_leaves_the_output(path in "(\\PC|/|\\.){1,40}", slug in proptest::option::of("\\PC{0,9}")) {
            let path = format!("{path}.md");
            let page = Subject { path: &path, title: &path, date: None, slug: slug.as_deref(), url: None };
            if let Ok(url) = url_of(&page, None, false) {
                prop_assert!(url.url.starts_with('/') && url.url.ends_with('/'));
                prop_assert!(!url.url.contains('\\') && !url.url.contains("//"));
                prop_assert!(output_path(&url.url).split('/').all(|part| !part.is_empty() && part != ".." && part != "."));
            }
        }
    }
}
