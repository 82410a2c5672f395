//! The Liquid that templates are written in: the tags and filters there are.

use std::ops::RangeInclusive;
use std::sync::Arc;

use bengal_liquid::filter::{Arguments, Filter, Filtered, Surroundings};
use bengal_liquid::filters::JEKYLL;
use bengal_liquid::language::Language;
use bengal_liquid::limits::ITEM_WORK;
use bengal_liquid::tags;
use bengal_liquid::value::Value;

use crate::config::Config;

/// The language of a site whose templates have the names `known`.
pub(super) fn language_with<'k>(config: &Config, known: impl Iterator<Item = &'k str>) -> Language {
    let mut language = language(config);
    language.set_partials(known.flat_map(spellings));
    language
}

/// The language of a site of which it is not said which templates it has: whether one is there shows
/// when it is included.
pub fn language(config: &Config) -> Language {
    let mut language = Language::new();
    language.add_builtins(JEKYLL);
    let url = |name, start: &str| Arc::new(UrlFilter { name, start: start.into() });
    language.add_filter(url("relative_url", config.base_path()));
    language.add_filter(url("absolute_url", &config.base_url));
    tags::jekyll().into_iter().for_each(|tag| language.add_tag(tag));
    language
}

/// What `include` may call the template `name`.
fn spellings(name: &str) -> impl Iterator<Item = String> {
    let partial = name.strip_prefix(PARTIALS);
    std::iter::once(name)
        .chain(partial)
        .flat_map(|name| [name.to_owned(), format!("{name}.liquid")])
}

/// The folder of templates that may be included without its name.
pub(super) const PARTIALS: &str = "partials/";

/// The template that `name` means, of those for which `is_known`: as it stands, without `.liquid`,
/// or under `partials/`.
pub(super) fn resolve<'t, T>(name: &str, find: impl Fn(&str) -> Option<&'t T>) -> Option<&'t T> {
    let stem = name.strip_suffix(".liquid").unwrap_or(name);
    find(name).or_else(|| find(stem)).or_else(|| find(&format!("{PARTIALS}{stem}")))
}

/// Where [`resolve`] has looked for `name`, in a sentence without its full stop.
pub(super) fn looked_for(name: &str) -> String {
    let stem = name.strip_suffix(".liquid").unwrap_or(name);
    format!("looked for as {stem}.liquid and {PARTIALS}{stem}.liquid among the templates")
}

/// Puts what URLs of the site begin with in front of one from the site's root: `relative_url` and
/// `absolute_url`.
struct UrlFilter {
    name: &'static str,
    start: Box<str>,
}

impl Filter for UrlFilter {
    fn name(&self) -> &str {
        self.name
    }

    fn arguments(&self) -> RangeInclusive<usize> {
        0..=0
    }

    fn is_pure(&self) -> bool {
        true
    }

    fn work(&self) -> u64 {
        ITEM_WORK
    }

    fn run<'v>(
        &self,
        input: Value<'v>,
        _arguments: &Arguments<'_, 'v>,
        _surroundings: &Surroundings<'_>,
    ) -> Filtered<'v> {
        let start = &*self.start;
        let url = input.to_text();
        let whole = match url.as_bytes() {
            // What is no path of this site stays as it is.
            [] | [b'#' | b'?', ..] | [b'/', b'/', ..] => None,
            _ if has_scheme(&url) => None,
            [b'/', ..] if start.is_empty() => None,
            [b'/', ..] => Some(format!("{start}{url}")),
            _ => Some(format!("{start}/{url}")),
        };
        drop(url);
        Ok(match whole {
            Some(url) => url.into(),
            None if input.as_str().is_some() => input,
            None => input.to_string().into(),
        })
    }
}

/// Whether a URL begins with a scheme, such as `mailto:`.
fn has_scheme(url: &str) -> bool {
    let end = url.find([':', '/', '?', '#']);
    end.is_some_and(|end| url.as_bytes()[end] == b':')
}
