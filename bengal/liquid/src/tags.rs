//! Jekyll's tags but those that include, which are the language's own.

use std::sync::Arc;

use crate::filter::{FilterError, Surroundings};
use crate::host::Host;
use crate::limits::MARKDOWN_WORK;
use crate::tag::{Body, Given, Syntax, Tag};

/// Every tag here.
pub fn jekyll() -> Vec<Arc<dyn Tag>> {
    vec![Arc::new(Highlight), Arc::new(LINK), Arc::new(POST_URL)]
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
        surroundings.budget.work_over(code.len(), MARKDOWN_WORK)?;
        let html = surroundings.host.highlight(code, language, numbered, surroundings.budget)?;
        out.push_str(&html);
        Ok(())
    }
}

/// A tag whose text the host answers with another.
struct Answered {
    name: &'static str,
    /// What the host answers, or why it cannot.
    answer: fn(&dyn Host, &str) -> Result<String, String>,
}

/// `{% link blog/hello.md %}`: the URL of a file of the content.
const LINK: Answered = Answered {
    name: "link",
    answer: |host, path| {
        host.url_of_file(path).ok_or_else(|| format!("`{path}` is no page of this site"))
    },
};

/// `{% post_url 2024-05-06-hello %}`: the URL of a page by the name of its file.
const POST_URL: Answered = Answered {
    name: "post_url",
    answer: |host, name| {
        host.url_of_post(name).ok_or_else(|| format!("no page's file is named `{name}`"))
    },
};

impl Tag for Answered {
    fn name(&self) -> &str {
        self.name
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
        let answer = (self.answer)(surroundings.host, given.text);
        out.push_str(&answer.map_err(FilterError::Argument)?);
        Ok(())
    }
}
