//! What tags and filters ask of the program that renders.

use std::fmt;

use crate::limits::{Budget, Limit};
use crate::template::Template;

/// The program that renders a page.
pub trait Host: fmt::Debug + Send + Sync {
    /// The URL of the page or file that is made of the file `path`, from the folder of the content.
    fn url_of_file(&self, path: &str) -> Option<String>;

    /// The URL of the page whose file is named `name`, without what it ends in, perhaps with folders
    /// before it.
    fn url_of_post(&self, name: &str) -> Option<String>;

    /// The file `path`, from the folder of the page being rendered.
    ///
    /// # Errors
    /// Why it cannot be included, in lower case.
    fn file_beside(&self, path: &str) -> Result<File, String>;

    /// `code` in the language `language` as HTML, with numbered lines where that is asked for.
    ///
    /// # Errors
    /// When it takes more than is left in `budget`.
    fn highlight(
        &self,
        code: &str,
        language: &str,
        numbered: bool,
        budget: &Budget,
    ) -> Result<String, Limit>;

    /// `text`, which is Markdown, as HTML.
    ///
    /// # Errors
    /// When it takes more than is left in `budget`.
    fn markdown(&self, text: &str, budget: &Budget) -> Result<String, Limit>;

    /// A template's rendering begins, or that of one that it includes.
    fn enter(&self, _template: &Template) {}

    /// The rendering that began last has ended, perhaps by a fault, and gave so many bytes.
    fn leave(&self, _template: &Template, _bytes: usize) {}
}

/// A file that is to be included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What places call it.
    pub name: String,
    /// Its text.
    pub text: String,
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

    fn file_beside(&self, _path: &str) -> Result<File, String> {
        Err("there is no page that files could be beside".to_owned())
    }

    fn highlight(
        &self,
        code: &str,
        language: &str,
        _numbered: bool,
        _budget: &Budget,
    ) -> Result<String, Limit> {
        let (code, language) = (escape(code), escape(language));
        Ok(format!("<pre><code class=\"language-{language}\">{code}</code></pre>\n"))
    }

    fn markdown(&self, text: &str, _budget: &Budget) -> Result<String, Limit> {
        Ok(text.to_owned())
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
