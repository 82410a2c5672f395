//! Writes a whole site from a seed: sections, pages, configuration and templates.
//!
//! **Invariant:** same spec, same bytes; what one page holds depends on the spec and its number alone.
//! **Invariant:** no section holds more than [`SECTION_PAGES`] pages and no tree is more than three
//! deep, so the lists of sections do not grow with the site (those of the terms do: 3 entries a page).
//! **Invariant:** every relative link leads to a page of the site.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::prose;
use crate::rng::SplitMix64;

/// The most regular pages that one section holds.
pub const SECTION_PAGES: usize = 100;

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteSpec {
    /// Number of regular pages; sections and the home page come on top.
    pub pages: usize,
    /// What everything random follows from.
    pub seed: u64,
}

/// Writes the site of `spec` into `dir`, which is created where it is not there.
///
/// # Errors
///
/// `AlreadyExists` where `dir` holds a `content` folder (what was in it would stay, and the
/// site would no longer be the spec's); else what the file system says, with the path.
pub fn generate(dir: &Path, spec: &SiteSpec) -> io::Result<()> {
    let content = dir.join("content");
    if content.exists() {
        let message = format!("{} is there already", content.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
    }
    let layout = Layout::new(spec);
    write(&dir.join("bengal.yaml"), CONFIGURATION)?;
    write(&dir.join(HIGHLIGHTING), HIGHLIGHTING_CONFIGURATION)?;
    for (name, text) in TEMPLATES {
        write(&dir.join("templates").join(name), text)?;
    }
    write(
        &content.join("_index.md"),
        "---\ntitle: Home\ndescription: The home page of a generated site.\n---\n\nWelcome.\n",
    )?;
    write_sections(&content, &layout, spec.seed)?;
    write_pages(&content, &layout, spec.seed)
}

/// Where the pages of a site are: the tree of its sections, and which page is in which.
#[derive(Debug, Clone)]
pub struct Layout {
    sections: Vec<String>,
    pages: usize,
}

impl Layout {
    /// The layout of `spec`'s site. The seed has no part in it.
    pub fn new(spec: &SiteSpec) -> Self {
        let fan_out = (1..)
            .find(|n| (n + n * n + n * n * n) * SECTION_PAGES >= spec.pages)
            .expect("the tree outgrows any number of pages");
        Self { sections: section_tree(fan_out), pages: spec.pages }
    }

    /// The sections' folders under `content`, parents before children: `s1/s1-2/s1-2-3`.
    pub fn sections(&self) -> &[String] {
        &self.sections
    }

    /// Number of regular pages.
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// The file of page `index` under `content`, with `/` between its parts: `s1/s1-2/page-12.md`.
    pub fn page_path(&self, index: usize) -> String {
        format!("{}/page-{index}.md", self.section_of(index))
    }

    /// A link from the file of page `from` to that of page `to`: `../s1-2/page-12.md`.
    pub fn relative_link(&self, from: usize, to: usize) -> String {
        let from_parts: Vec<&str> = self.section_of(from).split('/').collect();
        let to_parts: Vec<&str> = self.section_of(to).split('/').collect();
        let shared = from_parts.iter().zip(&to_parts).take_while(|(a, b)| a == b).count();
        let mut link = "../".repeat(from_parts.len() - shared);
        for part in &to_parts[shared..] {
            link.push_str(part);
            link.push('/');
        }
        link + &format!("page-{to}.md")
    }

    fn section_of(&self, index: usize) -> &str {
        &self.sections[index % self.sections.len()]
    }
}

/// The bare program neither highlights nor writes a sitemap, so bengal does not either, but where that is
/// what is measured.
const CONFIGURATION: &str = "title: A generated site\nbase_url: https://example.org\n\
                             markdown: {highlight: false}\n\
                             plugins: [{name: sitemap, enabled: false}]\n";

/// The file, beside the configuration, of one with which bengal highlights.
pub const HIGHLIGHTING: &str = "highlighting.yaml";

const HIGHLIGHTING_CONFIGURATION: &str =
    "title: A generated site\nbase_url: https://example.org\nmarkdown: {highlight: true}\n";

const TEMPLATES: [(&str, &str); 6] = [
    ("base.liquid", include_str!("../templates/site/base.liquid")),
    ("home.liquid", include_str!("../templates/site/home.liquid")),
    ("page.liquid", include_str!("../templates/site/page.liquid")),
    ("section.liquid", include_str!("../templates/site/section.liquid")),
    ("taxonomy.liquid", include_str!("../templates/site/taxonomy.liquid")),
    ("term.liquid", include_str!("../templates/site/term.liquid")),
];

fn section_tree(fan_out: usize) -> Vec<String> {
    let mut sections = Vec::new();
    for a in 1..=fan_out {
        sections.push(format!("s{a}"));
        for b in 1..=fan_out {
            sections.push(format!("s{a}/s{a}-{b}"));
            for c in 1..=fan_out {
                sections.push(format!("s{a}/s{a}-{b}/s{a}-{b}-{c}"));
            }
        }
    }
    sections
}

fn write_sections(content: &Path, layout: &Layout, seed: u64) -> io::Result<()> {
    for (index, section) in layout.sections().iter().enumerate() {
        // Pages take the streams from 0 up; sections those from the top down.
        let mut rng = SplitMix64::new(seed, u64::MAX - index as u64);
        let text = prose::section(&mut rng, section);
        write(&content.join(section).join("_index.md"), &text)?;
    }
    Ok(())
}

fn write_pages(content: &Path, layout: &Layout, seed: u64) -> io::Result<()> {
    for index in 0..layout.pages() {
        let text = prose::page(layout, seed, index);
        // The sections' own pages have made every folder.
        write_file(&content.join(layout.page_path(index)), &text)?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().map(PathBuf::from).unwrap_or_default();
    fs::create_dir_all(&folder).map_err(|error| with_path(&folder, &error))?;
    write_file(path, text)
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text).map_err(|error| with_path(path, &error))
}

fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn files(spec: SiteSpec) -> BTreeMap<PathBuf, Vec<u8>> {
        let dir = tempfile::tempdir().unwrap();
        generate(dir.path(), &spec).unwrap();
        walkdir::WalkDir::new(dir.path())
            .into_iter()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let name = entry.path().strip_prefix(dir.path()).unwrap().to_owned();
                (name, fs::read(entry.path()).unwrap())
            })
            .collect()
    }

    fn pages(files: &BTreeMap<PathBuf, Vec<u8>>) -> BTreeMap<&Path, &str> {
        files
            .iter()
            .filter(|(path, _)| path.to_string_lossy().contains("page-"))
            .map(|(path, bytes)| (path.as_path(), std::str::from_utf8(bytes).unwrap()))
            .collect()
    }

    #[test]
    fn same_seed_same_bytes_other_seed_other_bytes() {
        let spec = SiteSpec { pages: 60, seed: 7 };
        let (first, again) = (files(spec), files(spec));
        assert!(first == again);
        let other = files(SiteSpec { seed: 8, ..spec });
        assert!(first.keys().eq(other.keys()));
        assert!(pages(&first).iter().all(|(path, text)| pages(&other)[path] != *text));
    }

    #[test]
    fn pages_are_of_the_size_they_should_be() {
        let files = files(SiteSpec { pages: 500, seed: 1 });
        let pages = pages(&files);
        assert_eq!(pages.len(), 500);
        let mean = pages.values().map(|text| text.len()).sum::<usize>() / pages.len();
        assert!((3_300..=4_100).contains(&mean), "mean of {mean} bytes");
        let longest = pages.values().map(|text| text.len()).max().unwrap();
        assert!(longest < 8_000, "longest of {longest} bytes");
    }

    #[test]
    fn every_relative_link_leads_to_a_page() {
        let files = files(SiteSpec { pages: 300, seed: 3 });
        let mut links = 0;
        for (path, text) in pages(&files) {
            for target in text.split("](").skip(1) {
                let target = target.split(')').next().unwrap();
                if target.starts_with("https://") {
                    continue;
                }
                let mut resolved = path.parent().unwrap().to_owned();
                for part in target.split('/') {
                    match part {
                        ".." => assert!(resolved.pop()),
                        name => resolved.push(name),
                    }
                }
                assert!(files.contains_key(&resolved), "{target} in {path:?}");
                links += 1;
            }
        }
        assert!(links >= 300, "{links} links");
    }

    #[test]
    fn the_mix_is_what_was_asked_for() {
        let files = files(SiteSpec { pages: 900, seed: 5 });
        let pages = pages(&files);
        let with = |what: &str| pages.values().filter(|text| text.contains(what)).count();
        assert!((240..=360).contains(&with("\n```")), "{}", with("\n```"));
        assert!((90..=300).contains(&with("|---|")), "{}", with("|---|"));
        assert!((50..=250).contains(&with("[^1]:")), "{}", with("[^1]:"));
        assert_eq!(with("\n## "), 900);
        assert!(with("\n### ") > 450, "{}", with("\n### "));
    }

    #[test]
    fn sections_stay_small_at_any_size() {
        for pages in [0, 1, 299, 301, 1_000, 10_000, 100_000] {
            let layout = Layout::new(&SiteSpec { pages, seed: 0 });
            let largest = pages.div_ceil(layout.sections().len());
            assert!(largest <= SECTION_PAGES, "{largest} at {pages}");
        }
    }

    #[test]
    fn a_site_is_not_written_over_another() {
        let dir = tempfile::tempdir().unwrap();
        let spec = SiteSpec { pages: 1, seed: 0 };
        generate(dir.path(), &spec).unwrap();
        let refused = generate(dir.path(), &spec).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn the_templates_are_liquid() {
        let parser = liquid::ParserBuilder::with_stdlib().build().unwrap();
        for (name, text) in TEMPLATES {
            let body = text.strip_prefix("---\nlayout: base\n---\n").unwrap_or(text);
            assert!(body.starts_with('<'), "{name}");
            parser.parse(body).unwrap();
        }
    }
}
