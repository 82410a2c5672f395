//! What tags and filters ask of the site for the page being rendered: `link`, `post_url`,
//! `include_relative`, `highlight`, `markdownify`.
//!
//! **Invariant:** a file that a page includes is a plain one in the folder of the content, and not
//! hidden.

use std::io::{self, Read};
use std::path::{Component, Path};

use bengal_liquid::host::{File, Host, NoSite};
use bengal_liquid::limits::{Budget, Limit};
use bengal_liquid::template::Template;

use super::Rendering;
use crate::config::Config;
use crate::highlight::Languages;
use crate::incremental::fingerprint;
use crate::incremental::read::{self, What};
use crate::markdown::Markdown;
use crate::output::open_plain;
use crate::site::{CONTENT, Made, content_path};

/// What a unit of [`crate::highlight::WORK`] counts as in [`bengal_liquid::limits::WORK`]: it takes up to 400 ns.
const HIGHLIGHT_WORK: u64 = 512;

/// The page being rendered.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageHost<'r, 'm> {
    pub rendering: &'r Rendering<'r, 'm>,
}

impl Host for PageHost<'_, '_> {
    fn url_of_file(&self, path: &str) -> Option<String> {
        let sources = self.rendering.site.sources;
        let path = path.strip_prefix("content/").unwrap_or(path).trim_start_matches('/');
        read::note_name(What::Link, path);
        let url = sources.site.url_of_file(self.rendering.page.page(), &format!("/{path}"))?;
        Some(format!("{}{url}", sources.settings.config.base_path()))
    }

    fn url_of_post(&self, name: &str) -> Option<String> {
        let sources = self.rendering.site.sources;
        let name = name.trim_start_matches('/');
        read::note_name(What::Post, name);
        let page = self.rendering.site.post(name)?;
        Some(format!("{}{}", sources.settings.config.base_path(), sources.site[page].url))
    }

    fn file_beside(&self, path: &str) -> Result<File, String> {
        self.read(path)
    }

    fn highlight(
        &self,
        code: &str,
        language: &str,
        numbered: bool,
        budget: &Budget,
    ) -> Result<String, Limit> {
        let block = fenced(code, language, numbered);
        // What stands before it on its line is text, or belongs to it no longer.
        if self.is_body() { Ok(format!("\n{block}")) } else { self.markdown(&block, budget) }
    }

    fn markdown(&self, text: &str, budget: &Budget) -> Result<String, Limit> {
        let sources = self.rendering.site.sources;
        // Where raw HTML is left out, so would be what comes of the text.
        if self.is_body() && !sources.settings.config.markdown.unsafe_html {
            return Ok(text.to_owned());
        }
        let page = self.rendering.page.page();
        html_of(text, &sources.settings.config, sources.languages, budget, |made| {
            if !made.body.links.is_empty() {
                read::note(What::EveryPage);
            }
            sources.site.fill_links(page, made, 0..made.html.len(), sources.settings)
        })
    }

    fn enter(&self, template: &Template) {
        if let Some(recorder) = self.rendering.recorder {
            recorder.enter(template.name());
        }
    }

    fn leave(&self, _template: &Template, bytes: usize) {
        if let Some(recorder) = self.rendering.recorder {
            recorder.leave(bytes);
        }
    }
}

/// What stands in for a site where a template is rendered without one.
#[derive(Debug, Default)]
pub(super) struct Siteless {
    config: Config,
    languages: Languages,
}

impl Host for Siteless {
    fn url_of_file(&self, path: &str) -> Option<String> {
        NoSite.url_of_file(path)
    }

    fn url_of_post(&self, name: &str) -> Option<String> {
        NoSite.url_of_post(name)
    }

    fn file_beside(&self, path: &str) -> Result<File, String> {
        NoSite.file_beside(path)
    }

    fn highlight(
        &self,
        code: &str,
        language: &str,
        numbered: bool,
        budget: &Budget,
    ) -> Result<String, Limit> {
        self.markdown(&fenced(code, language, numbered), budget)
    }

    fn markdown(&self, text: &str, budget: &Budget) -> Result<String, Limit> {
        html_of(text, &self.config, &self.languages, budget, |made| made.as_written())
    }
}

/// `code` as a fence that nothing in it can close.
fn fenced(code: &str, language: &str, numbered: bool) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let options = if numbered { " {linenos}" } else { "" };
    format!("{fence}{language}{options}\n{code}\n{fence}\n")
}

/// Markdown as HTML, whose links `fill` fills in; as it is where it nests too deep.
fn html_of(
    text: &str,
    config: &Config,
    languages: &Languages,
    budget: &Budget,
    fill: impl FnOnce(Made<'_>) -> String,
) -> Result<String, Limit> {
    let mut html = String::new();
    let mut markdown = Markdown::new(config, languages);
    let Ok(found) = markdown.convert(text, &mut html) else { return Ok(text.to_owned()) };
    budget.work_over(markdown.highlight_work(), HIGHLIGHT_WORK)?;
    Ok(fill(Made { body: &found.into_body(), html: &html }))
}

impl PageHost<'_, '_> {
    /// Whether what is rendered is a body, and will be read as Markdown itself.
    fn is_body(&self) -> bool {
        self.rendering.site.sources.within.is_none()
    }

    /// The file `path`, from the folder of the page.
    fn read(&self, path: &str) -> Result<File, String> {
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if path.is_empty() || path.contains('\\') || !Path::new(path).components().all(inside) {
            return Err(format!("`{path}` does not stay in the page's folder"));
        }
        let is_hidden = |name: &str| name.starts_with('.') && name != ".";
        if path.split('/').any(is_hidden) {
            return Err(format!("`{path}` is hidden: a name in it begins with `.`"));
        }
        let own = self.rendering.page.page().path.as_deref().unwrap_or_default();
        let folder = own.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let root = &self.rendering.site.sources.settings.root;
        let file = content_path(&format!("{folder}{path}"));
        let real = root.join(&file).canonicalize();
        let content = root.join(CONTENT).canonicalize();
        match (real, content) {
            (Ok(real), Ok(content)) if real.starts_with(&content) => match read_plain(&real) {
                Ok(Some(text)) => {
                    read::note_file(&file, fingerprint::of_file(&real, text.as_bytes()));
                    Ok(File { name: file, text })
                }
                Ok(None) => Err(format!("{file} cannot be read, or is no file")),
                Err(error) => Err(format!("{file}: {error}")),
            },
            (Ok(_), _) => Err(format!("{file} leads out of the content")),
            (Err(error), _) => Err(format!("{file}: {error}")),
        }
    }
}

/// The text of the plain file at `path`, which is canonical; `None` where it is none, such as a pipe,
/// which would be waited for.
fn read_plain(path: &Path) -> io::Result<Option<String>> {
    let Some(mut file) = open_plain(path)? else { return Ok(None) };
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(Some(text))
}
