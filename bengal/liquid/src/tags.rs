//! Jekyll's tags.

use std::sync::Arc;

use crate::filter::{FilterError, Surroundings};
use crate::tag::{Body, Given, Syntax, Tag};

/// Every tag here.
pub fn jekyll() -> Vec<Arc<dyn Tag>> {
    vec![Arc::new(Highlight), Arc::new(Link), Arc::new(PostUrl), Arc::new(IncludeRelative)]
}

/// `{% highlight ruby linenos %}`: what stands in it as code, as it is written.
struct Highlight;

impl Tag for Highlight {
    fn name(&self) -> &str {
        "highlight"
    }

    fn body(&self) -> Body {
        // As in Jekyll, what stands in it is rendered: `raw` keeps braces.
        Body::Rendered
    }

    fn syntax(&self) -> Syntax {
        Syntax::Text
    }

    fn run(
        &self,
        given: &Given<'_, '_>,
        surroundings: &Surroundings<'_>,
        out: &mut String,
    ) -> Result<(), FilterError> {
        let mut words = given.text.split_whitespace();
        let Some(language) = words.next() else {
            return FilterError::argument("it names a language: `{% highlight ruby %}`");
        };
        let mut numbered = false;
        for word in words {
            match word {
                "linenos" | "linenos=table" | "linenos=inline" => numbered = true,
                // Marked lines come with the fences of Markdown; here they are Pygments' own.
                other if other.contains('=') || other.starts_with('"') || other.ends_with('"') => {}
                other => {
                    let message =
                        format!("it has no option `{other}`; `linenos` numbers the lines");
                    return FilterError::argument(message);
                }
            }
        }
        let code = given.body.unwrap_or_default();
        let code = code.trim_start_matches(['\n', '\r']).trim_end();
        out.push_str(&surroundings.host.highlight(code, language, numbered));
        Ok(())
    }
}

/// `{% link blog/hello.md %}`: the URL of a file of the content.
struct Link;

impl Tag for Link {
    fn name(&self) -> &str {
        "link"
    }

    fn syntax(&self) -> Syntax {
        Syntax::Text
    }

    fn run(
        &self,
        given: &Given<'_, '_>,
        surroundings: &Surroundings<'_>,
        out: &mut String,
    ) -> Result<(), FilterError> {
        match surroundings.host.url_of_file(given.text) {
            Some(url) => out.push_str(&url),
            None => {
                return FilterError::argument(format!("`{}` is no page of this site", given.text));
            }
        }
        Ok(())
    }
}

/// `{% post_url 2024-05-06-hello %}`: the URL of a page by the name of its file.
struct PostUrl;

impl Tag for PostUrl {
    fn name(&self) -> &str {
        "post_url"
    }

    fn syntax(&self) -> Syntax {
        Syntax::Text
    }

    fn run(
        &self,
        given: &Given<'_, '_>,
        surroundings: &Surroundings<'_>,
        out: &mut String,
    ) -> Result<(), FilterError> {
        match surroundings.host.url_of_post(given.text) {
            Some(url) => out.push_str(&url),
            None => {
                return FilterError::argument(format!("no page's file is named `{}`", given.text));
            }
        }
        Ok(())
    }
}

/// `{% include_relative part.md %}`: another file of the content, as a template.
struct IncludeRelative;

impl Tag for IncludeRelative {
    fn name(&self) -> &str {
        "include_relative"
    }

    fn syntax(&self) -> Syntax {
        Syntax::Text
    }

    fn run(
        &self,
        given: &Given<'_, '_>,
        surroundings: &Surroundings<'_>,
        out: &mut String,
    ) -> Result<(), FilterError> {
        let path = given.text.trim_matches(['"', '\'']);
        let text = surroundings.host.include_beside(path).map_err(FilterError::Argument)?;
        out.push_str(&text);
        Ok(())
    }
}
