//! Two real documentation sites under the embedded theme.
//!
//! They lie outside of the project, in `BENGAL_CORPORA`, else `../shared/corpora` beside it; where
//! they are missing, this says so and passes.
//!
//! **Invariant:** every page that is no draft is there, and the theme leads nowhere that is not.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Run, Site, bengal, copy_tree, run};

/// Later than any page's date, so that none is left out for it: 2100-01-01.
const LATE: &str = "4102444800";

#[test]
fn bengal_docs_builds_whole() {
    builds_whole("bengal-docs/content", 250);
}

#[test]
fn hugo_docs_builds_whole() {
    builds_whole("hugo-docs/content/en", 980);
}

fn builds_whole(folder: &str, at_least: usize) {
    let Some(content) = corpus(folder) else { return };
    let site = Site::bare(&[("bengal.yaml", "title: A real site\n")]);
    copy_tree(&content, &site.path("content"));
    let sources = sources(&site.path("content"));
    assert!(sources.len() >= at_least, "{} sources", sources.len());
    let mut command = bengal();
    command.env("SOURCE_DATE_EPOCH", LATE).arg("build").arg(site.root());
    let built = run(command.args(["--message-format", "json"]));
    assert!(built.code == Some(0) || built.code == Some(1), "{:?}", built.code);
    assert!(!built.stderr.contains("panicked"), "{}", built.stderr);
    let lost = refused_pages(&built);
    assert_pages(&built, &sources, &lost);
    assert_outputs(&site, &sources, &lost);
    assert_navigation(&site);
}

fn corpus(folder: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora");
    let corpora = std::env::var_os("BENGAL_CORPORA").map_or(beside, PathBuf::from);
    let content = corpora.join(folder);
    if !content.is_dir() {
        println!("skipped: there is no {}", content.display());
        return None;
    }
    Some(content)
}

/// A Markdown file that is no draft.
struct Source {
    path: String,
    /// Whether its front matter gives it another URL than its path.
    moved: bool,
}

fn sources(content: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    for path in crate::support::tree(content).into_keys().filter(|path| path.ends_with(".md")) {
        if path.split('/').any(|name| name.starts_with('.')) {
            continue;
        }
        let text = fs::read_to_string(content.join(&path)).unwrap();
        let front = front_matter(&text);
        if !front.contains(&"draft: true") {
            let moves = |line: &&str| line.starts_with("slug:") || line.starts_with("url:");
            sources.push(Source { moved: front.iter().any(moves), path });
        }
    }
    sources
}

fn front_matter(text: &str) -> Vec<&str> {
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim_end);
    match lines.next() {
        Some("---") => lines.take_while(|line| *line != "---").collect(),
        _ => Vec::new(),
    }
}

/// The pages that are reported to be left out.
fn refused_pages(run: &Run) -> BTreeSet<String> {
    let codes = [
        "url-conflict",
        "url-outside",
        "front-matter-syntax",
        "not-utf8",
        "unreadable",
        "template-render",
    ];
    let messages = run.messages();
    let refused = messages.iter().map(|message| &message["diagnostic"]).filter(|diagnostic| {
        diagnostic["severity"] == "error" && codes.iter().any(|code| diagnostic["code"] == *code)
    });
    let file = |diagnostic: &serde_json::Value| {
        Some(diagnostic["place"]["file"].as_str()?.strip_prefix("content/")?.to_owned())
    };
    refused.filter_map(file).collect()
}

fn assert_pages(run: &Run, sources: &[Source], lost: &BTreeSet<String>) {
    let is_page = |path: &str| {
        let name = path.rsplit('/').next().unwrap();
        name != "_index.md" && path != "index.md" && path != "404.md"
    };
    let pages = sources.iter().filter(|source| is_page(&source.path));
    let expected = pages.filter(|source| !lost.contains(&source.path)).count();
    let finished = run.messages().pop().unwrap();
    assert_eq!(finished["regular_pages"], expected, "{lost:?}");
    assert!(lost.len() * 50 <= sources.len(), "{} pages are left out: {lost:?}", lost.len());
}

fn assert_outputs(site: &Site, sources: &[Source], lost: &BTreeSet<String>) {
    let here = sources.iter().filter(|source| !lost.contains(&source.path) && !source.moved);
    let missing = |source: &&Source| !site.path("public").join(output_of(&source.path)).is_file();
    let (missing, there): (Vec<_>, Vec<_>) = here.partition(missing);
    let missing: Vec<_> = missing.iter().map(|source| &source.path).collect();
    assert!(missing.is_empty(), "no output of {missing:?}");
    assert!(there.len() * 10 >= sources.len() * 9, "only {} could be looked for", there.len());
}

/// Where the page of `path` goes, for the plain names that these sites have.
fn output_of(path: &str) -> String {
    let stem = path.strip_suffix(".md").unwrap();
    let folder = stem.strip_suffix("_index").or(stem.strip_suffix("index")).unwrap_or(stem);
    let url = folder.trim_end_matches('/').to_lowercase().replace(' ', "-");
    if url.is_empty() { "index.html".to_owned() } else { format!("{url}/index.html") }
}

/// Asserts that every link to the site's root in what the theme writes leads to a file.
fn assert_navigation(site: &Site) {
    let output = site.output();
    let mut links = 0;
    let mut dead = BTreeSet::new();
    for (path, bytes) in output.iter().filter(|(path, _)| path.ends_with(".html")) {
        let html = String::from_utf8_lossy(bytes);
        for href in ["head", "nav", "header", "footer"].iter().flat_map(|tag| hrefs_in(&html, tag))
        {
            links += 1;
            if !output.contains_key(&file_of(&href)) {
                dead.insert(format!("{href} on {path}"));
            }
        }
    }
    assert!(links > output.len(), "there is a navigation: {links} links");
    assert!(
        dead.is_empty(),
        "{} dead links: {:?}",
        dead.len(),
        dead.iter().take(20).collect::<Vec<_>>()
    );
}

/// The values of `href="/…"` within the elements `tag`, which bodies cannot hold: raw HTML is off.
fn hrefs_in(html: &str, tag: &str) -> Vec<String> {
    let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
    let mut hrefs = Vec::new();
    for part in html.split(&open).skip(1) {
        if !part.starts_with(['>', ' ', '\n']) {
            continue;
        }
        let inner = part.split(&close).next().unwrap_or_default();
        let values =
            inner.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default());
        hrefs.extend(values.filter(|href| href.starts_with('/')).map(str::to_owned));
    }
    hrefs
}

fn file_of(href: &str) -> String {
    let path = href.split(['#', '?']).next().unwrap_or_default().trim_start_matches('/');
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path }
}
