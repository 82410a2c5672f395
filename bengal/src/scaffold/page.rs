//! A new page, from an archetype.
//!
//! 1. The path is brought into the form that a page's identity has.
//! 2. What stands in its way is looked for: the file, or one that would be the same page.
//! 3. The archetype of its section, else the default one, is filled in.
//! 4. What came out is read as a build would read it, and only then written.

use std::fs;
use std::io;
use std::path::{MAIN_SEPARATOR, Path};

use super::making::{Making, read_plain};
use super::target::Target;
use super::{ScaffoldError, refused};
use crate::build::now;
use crate::content::front_matter;
use crate::content::page;
use crate::content::permalink::{self, folder_and_stem};
use crate::content::slug::{slugify, titleize};
use crate::diagnostic::{Code, Diagnostic};
use crate::highlight::Languages;
use crate::markdown::Markdown;
use crate::site::{CONTENT, content_path};
use crate::template::{TemplateSource, fill_archetype};
use crate::value::Text;

/// A page that was made.
#[derive(Debug)]
pub struct NewPage {
    /// Its file, relative to the site.
    pub file: String,
    /// The archetype that it was made of, relative to the site; `None` for the built-in one.
    pub archetype: Option<String>,
    /// The URL that it has.
    pub url: String,
    /// Whether it is a draft.
    pub is_draft: bool,
    /// What a build will say of it.
    pub warnings: Vec<Diagnostic>,
}

/// Makes the page at `path` in the site at `site`. `path` is one in `content/`, with or without that
/// and `.md`; where it ends in `/`, the page is a bundle. Without a `title` the page has one that is
/// made of the file's name.
///
/// # Errors
/// When the page is there already, would stand outside of `content/`, or the archetype is wrong.
pub fn new_page(site: &Path, path: &str, title: Option<&str>) -> Result<NewPage, ScaffoldError> {
    let path = page_path(path).map_err(|reason| refused(path, reason))?;
    let target = Target::open(site)?;
    let file = target.root.join(CONTENT).join(&path);
    target.check_links(&file)?;
    check_free(&target, &path)?;
    let archetype = Archetype::of(&target, &path)?;
    let text = archetype.fill(&target, &path, title)?;
    let page = inspect(&target, &path, &text, archetype)?;
    let mut making = Making::default();
    making.file(&file, text.as_bytes())?;
    making.keep();
    Ok(page)
}

/// The path under `content/` of the page that `given` names, or why there is none.
fn page_path(given: &str) -> Result<String, &'static str> {
    let given = given.replace(MAIN_SEPARATOR, "/");
    if given.starts_with('/') || Path::new(&given).is_absolute() {
        return Err("is an absolute path; give it from the folder `content`");
    }
    let mut parts: Vec<&str> =
        given.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err("leaves the folder `content`");
    }
    if parts.iter().any(|part| part.starts_with('.')) {
        return Err("would be ignored: a name begins with `.`");
    }
    if given.contains(|c: char| c.is_control() || c == '\\') {
        return Err("holds a control character or `\\`, which no path of a page may");
    }
    if parts.first() == Some(&CONTENT) && (parts.len() > 1 || given.ends_with('/')) {
        parts.remove(0);
    }
    if given.ends_with('/') {
        parts.push("index.md");
    }
    let path = parts.join("/");
    match path.as_str() {
        "" => Err("names no page"),
        path if path.ends_with(".md") => Ok(path.to_owned()),
        path => Ok(format!("{path}.md")),
    }
}

/// Refuses the page at `path` where it, or another file for the same place, is there.
fn check_free(target: &Target, path: &str) -> Result<(), ScaffoldError> {
    let content = target.root.join(CONTENT);
    let is_there = |path: &str| content.join(path).symlink_metadata().is_ok();
    let shown = content_path(path);
    if is_there(path) {
        return Err(refused(shown, "is there already"));
    }
    let (folder, stem) = folder_and_stem(path);
    let place = if stem.is_empty() { folder } else { path.strip_suffix(".md").unwrap_or(path) };
    let twins = ["/index.md", "/_index.md", ".md"].map(|end| format!("{place}{end}"));
    let mut twins = twins.iter().map(|twin| twin.trim_start_matches('/'));
    if let Some(twin) = twins.find(|twin| is_there(twin)) {
        let reason = format!("would stand for the same page as {}", content_path(twin));
        return Err(refused(shown, reason));
    }
    if path.ends_with("/index.md") && holds_pages(&content.join(folder)).unwrap_or(false) {
        let reason = "would make one page of a section that has pages; its own page is `_index.md`";
        return Err(refused(shown, reason));
    }
    Ok(())
}

/// Whether pages lie in `folder`, which need not be there.
fn holds_pages(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        if entry?.file_name().as_encoded_bytes().ends_with(b".md") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a page is made of.
struct Archetype {
    /// The file; `None` for the built-in one.
    file: Option<String>,
    text: String,
}

/// The folder of a site that holds its archetypes.
const ARCHETYPES: &str = "archetypes";

/// The archetype of a site that has none.
const BUILT_IN: &str = "---\ntitle: {{ title | jsonify }}\ndate: {{ date }}\ndraft: true\n---\n";

impl Archetype {
    /// The archetype for the page at `path`: its section's, else the site's default, else the built-in.
    fn of(target: &Target, path: &str) -> Result<Self, ScaffoldError> {
        let section = path.split_once('/').map(|(section, _)| section);
        for name in section.into_iter().chain(["default"]) {
            let file = format!("{ARCHETYPES}/{name}.md");
            let path = target.root.join(&file);
            if path.symlink_metadata().is_err() {
                continue;
            }
            target.check_links(&path)?;
            let text = String::from_utf8(read_plain(&path, &file)?)
                .map_err(|_| refused(&*file, "is not UTF-8"))?;
            return Ok(Self { file: Some(file), text });
        }
        Ok(Self { file: None, text: BUILT_IN.to_owned() })
    }

    fn shown(&self) -> String {
        self.file.clone().unwrap_or_else(|| "(built-in archetype)".to_owned())
    }

    fn fill(
        &self,
        target: &Target,
        path: &str,
        title: Option<&str>,
    ) -> Result<String, ScaffoldError> {
        let name = page::name(path);
        let title = title.map_or_else(|| titleize(name), ToOwned::to_owned);
        let now = now()?;
        let date = now.in_zone(&target.config.timezone).rfc3339();
        let slug = slugify(name);
        let names = [("title", &*title), ("date", &*date), ("slug", &*slug), ("path", path)];
        let file = self.shown();
        let text = self.text.trim_start_matches('\u{feff}').to_owned();
        let source = TemplateSource { name: file.clone(), file, text };
        fill_archetype(source, &names, now, &target.config)
            .map_err(|diagnostics| self.wrong(diagnostics))
    }

    fn wrong(&self, diagnostics: Vec<Diagnostic>) -> ScaffoldError {
        ScaffoldError::Archetype { file: self.shown(), diagnostics }
    }
}

/// Said of front matter that is no YAML once it is filled in.
const QUOTES: &str =
    "this is the archetype filled in; `{{ title | jsonify }}` is YAML whatever the title is";

/// Reads the page at `path`, whose file is to hold `text`, as a build would.
fn inspect(
    target: &Target,
    path: &str,
    text: &str,
    archetype: Archetype,
) -> Result<NewPage, ScaffoldError> {
    let file = content_path(path);
    let mut warnings = Vec::new();
    let read = front_matter::read(&file, text, &target.config, &mut warnings);
    let (front, start) = read.map_err(|mut diagnostic| {
        // The page is not made: what is wrong is the archetype's, on the same line in most cases.
        diagnostic.place.iter_mut().for_each(|place| place.file = archetype.shown());
        archetype.wrong(vec![diagnostic.hint(QUOTES)])
    })?;
    let languages = Languages::default();
    let mut markdown = Markdown::new(&target.config, &languages);
    let found = markdown.convert(&text[start..], &mut String::new());
    let heading = found.ok().and_then(|found| found.title);
    let title: Text = page::title(&front, heading, path, &target.config.title);
    let url = permalink::of_page(path, &title, &front, &target.config).map_err(|message| {
        let diagnostic = Diagnostic::error(Code::UrlOutside, message).in_file(&archetype.shown());
        archetype.wrong(vec![diagnostic.hint("an archetype gives a date by `date: {{ date }}`")])
    })?;
    Ok(NewPage {
        file,
        archetype: archetype.file,
        url: url.url,
        is_draft: front.draft == Some(true),
        warnings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_in_the_ways_that_people_do() {
        for (given, path) in [
            ("about", "about.md"),
            ("about.md", "about.md"),
            ("./content/posts/a.md", "posts/a.md"),
            ("posts//a", "posts/a.md"),
            ("content/posts/a/", "posts/a/index.md"),
            ("posts/a/index.md", "posts/a/index.md"),
            ("posts/_index", "posts/_index.md"),
            ("posts/v1.2", "posts/v1.2.md"),
            ("content", "content.md"),
            ("content/", "index.md"),
            ("content/content/a", "content/a.md"),
            ("My \"first\" post", "My \"first\" post.md"),
        ] {
            assert_eq!(page_path(given).as_deref(), Ok(path), "{given}");
        }
    }

    #[test]
    fn what_is_no_page_of_the_content_folder_is_refused() {
        for given in [
            "",
            ".",
            "..",
            "../x",
            "a/../../x",
            "/etc/x",
            "a/.hidden",
            ".md",
            "a\\b",
            "a\nb",
            "a/..",
        ] {
            assert!(page_path(given).is_err(), "{given}");
        }
    }
}
