//! What tags and filters ask of the site for the page being rendered: `link`, `post_url`,
//! `include_relative`, `highlight`, `markdownify`.
//!
//! **Invariant:** a file that a page includes is a plain one in the folder of the content, and not
//! hidden.

use std::io::{self, Read};
use std::path::{Component, Path};

use bengal_liquid::host::{Host, NoSite};
use bengal_liquid::template::Template;

use super::{RenderError, Rendering, TemplateSource, Templates};
use crate::config::Config;
use crate::content::front_matter;
use crate::highlight::Languages;
use crate::markdown::Markdown;
use crate::output::open_plain;
use crate::site::{CONTENT, Made, content_path};

/// How deep files may include each other with `include_relative`.
const DEPTH: usize = 16;

/// The page being rendered.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageHost<'r, 'm> {
    pub templates: &'r Templates,
    pub rendering: &'r Rendering<'r, 'm>,
}

impl Host for PageHost<'_, '_> {
    fn url_of_file(&self, path: &str) -> Option<String> {
        let sources = self.rendering.site.sources;
        let path = path.strip_prefix("content/").unwrap_or(path).trim_start_matches('/');
        let url = sources.site.url_of_file(self.rendering.page.page(), &format!("/{path}"))?;
        Some(format!("{}{url}", sources.settings.config.base_path()))
    }

    fn url_of_post(&self, name: &str) -> Option<String> {
        let sources = self.rendering.site.sources;
        let page = self.rendering.site.post(name.trim_start_matches('/'))?;
        Some(format!("{}{}", sources.settings.config.base_path(), sources.site[page].url))
    }

    fn include_beside(&self, path: &str) -> Result<String, String> {
        if self.rendering.depth >= DEPTH {
            return Err(format!("files include each other over {DEPTH} deep"));
        }
        let source = self.read(path)?;
        let body = front_matter::split(&source.text).map_or(0, |split| split.body);
        let rendering = Rendering { depth: self.rendering.depth + 1, ..*self.rendering };
        let mut reports = Vec::new();
        let done = self.templates.render_text(source, body, &rendering, &mut reports);
        done.map_err(|error| {
            let message = match (error, reports.first()) {
                (RenderError::Failed(diagnostic), _) => diagnostic.message,
                (RenderError::Unusable, Some(report)) => report.message.clone(),
                (RenderError::Unusable, None) => "it is wrong".to_owned(),
            };
            // Said once, however deep it was.
            message.strip_prefix("`include_relative`: ").map(str::to_owned).unwrap_or(message)
        })
    }

    fn highlight(&self, code: &str, language: &str, numbered: bool) -> String {
        let block = fenced(code, language, numbered);
        // What stands before it on its line is text, or belongs to it no longer.
        if self.is_body() { format!("\n{block}") } else { self.markdown(&block) }
    }

    fn markdown(&self, text: &str) -> String {
        let sources = self.rendering.site.sources;
        // Where raw HTML is left out, so would be what comes of the text.
        if self.is_body() && !sources.settings.config.markdown.unsafe_html {
            return text.to_owned();
        }
        let page = self.rendering.page.page();
        html_of(text, &sources.settings.config, sources.languages, |made| {
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

    fn include_beside(&self, path: &str) -> Result<String, String> {
        NoSite.include_beside(path)
    }

    fn highlight(&self, code: &str, language: &str, numbered: bool) -> String {
        self.markdown(&fenced(code, language, numbered))
    }

    fn markdown(&self, text: &str) -> String {
        html_of(text, &self.config, &self.languages, |made| made.as_written())
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
    fill: impl FnOnce(Made<'_>) -> String,
) -> String {
    let mut html = String::new();
    let mut markdown = Markdown::new(&config.markdown, languages);
    let Ok(found) = markdown.convert(text, &mut html) else { return text.to_owned() };
    fill(Made { body: &found.into_body(), html: &html })
}

impl PageHost<'_, '_> {
    /// Whether what is rendered is a body, and will be read as Markdown itself.
    fn is_body(&self) -> bool {
        self.rendering.site.sources.within.is_none()
    }

    /// The file `path`, from the folder of the page.
    fn read(&self, path: &str) -> Result<TemplateSource, String> {
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
                Ok(Some(text)) => Ok(TemplateSource { name: file.clone(), file, text }),
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
