//! What tags and filters ask of the program that renders.

use std::fmt;

use crate::template::Template;

/// The program that renders a page.
pub trait Host: fmt::Debug + Send + Sync {
    /// The URL of the page or file that is made of the file `path`, from the folder of the content.
    fn url_of_file(&self, path: &str) -> Option<String>;

    /// The URL of the page whose file is named `name`, without what it ends in, perhaps with folders
    /// before it.
    fn url_of_post(&self, name: &str) -> Option<String>;

    /// What the file `path` gives as a template, from the folder of the page being rendered.
    ///
    /// # Errors
    /// Why it gives nothing, in lower case.
    fn include_beside(&self, path: &str) -> Result<String, String>;

    /// `code` in the language `language` as HTML, with numbered lines where that is asked for.
    fn highlight(&self, code: &str, language: &str, numbered: bool) -> String;

    /// `text`, which is Markdown, as HTML.
    fn markdown(&self, text: &str) -> String;

    /// A template's rendering begins, or that of one that it includes.
    fn enter(&self, _template: &Template) {}

    /// The rendering that began last has ended, perhaps by a fault, and gave so many bytes.
    fn leave(&self, _template: &Template, _bytes: usize) {}
}

/// A program without a site.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSite;

impl Host for NoSite {
    fn url_of_file(&self, _path: &str) -> Option<String> {
        None
    }

    fn url_of_post(&self, _name: &str) -> Option<String> {
        None
    }

    fn include_beside(&self, _path: &str) -> Result<String, String> {
        Err("there is no page that files could be beside".to_owned())
    }

    fn highlight(&self, code: &str, language: &str, _numbered: bool) -> String {
        let (code, language) = (escape(code), escape(language));
        format!("<pre><code class=\"language-{language}\">{code}</code></pre>\n")
    }

    fn markdown(&self, text: &str) -> String {
        text.to_owned()
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
