//! The Liquid that templates are written in: the tags and filters there are.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use liquid_core::parser::{FilterArguments, FilterReflection, ParameterReflection, ParseFilter};
use liquid_core::runtime::Runtime;
use liquid_core::{Error, Expression, Filter, Language, ParseBlock, ParseTag, Result};
use liquid_core::{Value as Liquid, ValueView};
use liquid_lib::stdlib;

use super::assign_tag::AssignTag;
use super::budget::{Budget, Growing, oversize};
use super::capture_tag::{CaptureBlock, IfChangedBlock};
use super::date_filter::DateFilter;
use super::for_tag::ForBlock;
use super::partial_tag::PartialTag;
use super::tablerow_tag::TableRowBlock;
use crate::config::Config;

/// The language of a site whose templates have the names `known`.
pub(super) fn language(config: &Config, known: BTreeSet<String>) -> Language {
    let mut language = Language::empty();
    let known = Arc::new(known);
    let partial = |tag| PartialTag { tag, known: Arc::clone(&known) };
    let tags: Vec<Box<dyn ParseTag>> = vec![
        Box::new(AssignTag),
        Box::new(stdlib::BreakTag),
        Box::new(stdlib::ContinueTag),
        Box::new(stdlib::CycleTag),
        Box::new(stdlib::IncrementTag),
        Box::new(stdlib::DecrementTag),
        Box::new(partial("include")),
        Box::new(partial("render")),
    ];
    for tag in tags {
        language.tags.register(tag.reflection().tag().to_owned(), tag);
    }
    let blocks: Vec<Box<dyn ParseBlock>> = vec![
        Box::new(stdlib::RawBlock),
        Box::new(stdlib::IfBlock),
        Box::new(stdlib::UnlessBlock),
        Box::new(IfChangedBlock),
        Box::new(TableRowBlock),
        Box::new(stdlib::CommentBlock),
        Box::new(CaptureBlock),
        Box::new(stdlib::CaseBlock),
        Box::new(ForBlock),
    ];
    for block in blocks {
        language.blocks.register(block.reflection().start_tag().to_owned(), block);
    }
    let standard = standard_filters()
        .into_iter()
        .map(|filter| -> Box<dyn ParseFilter> { Box::new(Lax { filter, growing: None }) });
    let date = DateFilter { zone: config.timezone.clone() };
    let date: Box<dyn ParseFilter> = Box::new(date);
    let date: Box<dyn ParseFilter> = Box::new(Lax { filter: date, growing: None });
    for filter in standard.chain([date]).chain(url_filters(config)) {
        language.filters.register(filter.reflection().name().to_owned(), filter);
    }
    language
}

fn standard_filters() -> Vec<Box<dyn ParseFilter>> {
    vec![
        Box::new(stdlib::Abs),
        Box::new(stdlib::Append),
        Box::new(stdlib::AtLeast),
        Box::new(stdlib::AtMost),
        Box::new(stdlib::Capitalize),
        Box::new(stdlib::Ceil),
        Box::new(stdlib::Compact),
        Box::new(stdlib::Concat),
        Box::new(stdlib::Default),
        Box::new(stdlib::DividedBy),
        Box::new(stdlib::Downcase),
        Box::new(stdlib::Escape),
        Box::new(stdlib::EscapeOnce),
        Box::new(stdlib::First),
        Box::new(stdlib::Floor),
        Box::new(stdlib::Join),
        Box::new(stdlib::Last),
        Box::new(stdlib::Lstrip),
        Box::new(stdlib::Map),
        Box::new(stdlib::Minus),
        Box::new(stdlib::Modulo),
        Box::new(stdlib::NewlineToBr),
        Box::new(stdlib::Plus),
        Box::new(stdlib::Prepend),
        Box::new(stdlib::Remove),
        Box::new(stdlib::RemoveFirst),
        Box::new(stdlib::Replace),
        Box::new(stdlib::ReplaceFirst),
        Box::new(stdlib::Reverse),
        Box::new(stdlib::Round),
        Box::new(stdlib::Rstrip),
        Box::new(stdlib::Size),
        Box::new(stdlib::Slice),
        Box::new(stdlib::Sort),
        Box::new(stdlib::SortNatural),
        Box::new(stdlib::Split),
        Box::new(stdlib::Strip),
        Box::new(stdlib::StripHtml),
        Box::new(stdlib::StripNewlines),
        Box::new(stdlib::Times),
        Box::new(stdlib::Truncate),
        Box::new(stdlib::TruncateWords),
        Box::new(stdlib::Uniq),
        Box::new(stdlib::Upcase),
        Box::new(stdlib::UrlDecode),
        Box::new(stdlib::UrlEncode),
        Box::new(stdlib::Where),
    ]
}

/// A filter to which nothing may be given: where that is an error of the filter's, the result is
/// nothing. What it makes has a limit.
#[derive(Clone)]
struct Lax<F> {
    filter: F,
    /// Where the result may be far longer than what is given: the filter, and its arguments.
    growing: Option<(Growing, Vec<Expression>)>,
}

impl ParseFilter for Lax<Box<dyn ParseFilter>> {
    fn parse(&self, mut arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        let growing = Growing::named(self.filter.reflection().name()).map(|growing| {
            let positional: Vec<Expression> = arguments.positional.by_ref().collect();
            arguments.positional = Box::new(positional.clone().into_iter());
            (growing, positional)
        });
        Ok(Box::new(Lax { filter: self.filter.parse(arguments)?, growing }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self.filter.reflection()
    }
}

impl fmt::Debug for Lax<Box<dyn Filter>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.filter.fmt(f)
    }
}

impl fmt::Display for Lax<Box<dyn Filter>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.filter, f)
    }
}

impl Filter for Lax<Box<dyn Filter>> {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Liquid> {
        if let Some((growing, arguments)) = &self.growing {
            let text = |argument: &Expression| {
                Ok(argument.evaluate(runtime)?.to_kstr().into_owned().into_string())
            };
            // Where an argument is an error, the filter says so.
            let texts: Result<Vec<_>> = arguments.iter().map(text).collect();
            let limit = texts.ok().and_then(|texts| growing.oversize(input, &texts));
            if let Some(limit) = limit {
                return Err(Budget::of(runtime).exceed(limit));
            }
        }
        match self.filter.evaluate(input, runtime) {
            Err(_) if input.is_nil() => Ok(Liquid::Nil),
            Ok(value) => match oversize(&value, input) {
                Some(limit) => Err(Budget::of(runtime).exceed(limit)),
                None => Ok(value),
            },
            error => error,
        }
    }
}

/// `relative_url` and `absolute_url`: what a URL of the site begins with where it is served.
fn url_filters(config: &Config) -> Vec<Box<dyn ParseFilter>> {
    vec![
        Box::new(UrlFilter { name: "relative_url", start: config.base_path().into() }),
        Box::new(UrlFilter { name: "absolute_url", start: (*config.base_url).into() }),
    ]
}

/// Puts what URLs of the site begin with in front of one from the site's root.
#[derive(Clone, Debug)]
struct UrlFilter {
    name: &'static str,
    start: Arc<str>,
}

impl FilterReflection for UrlFilter {
    fn name(&self) -> &str {
        self.name
    }

    fn description(&self) -> &str {
        "Makes a URL from the site's root one that works where the site is served."
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}

impl ParseFilter for UrlFilter {
    fn parse(&self, mut arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        match arguments.positional.next() {
            Some(Expression::Literal(_) | Expression::Variable(_)) => {
                Err(Error::with_msg(format!("`{}` takes no arguments", self.name)))
            }
            None => Ok(Box::new(self.clone())),
        }
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

impl fmt::Display for UrlFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Whether a URL begins with a scheme, such as `mailto:`.
fn has_scheme(url: &str) -> bool {
    let end = url.find([':', '/', '?', '#']);
    end.is_some_and(|end| url.as_bytes()[end] == b':')
}

impl Filter for UrlFilter {
    fn evaluate(&self, input: &dyn ValueView, _runtime: &dyn Runtime) -> Result<Liquid> {
        let url = input.to_kstr();
        Ok(Liquid::scalar(match url.as_bytes() {
            // What is no path of this site stays as it is.
            [] | [b'#' | b'?', ..] | [b'/', b'/', ..] => url.into_string(),
            _ if has_scheme(&url) => url.into_string(),
            [b'/', ..] => format!("{}{url}", self.start),
            _ => format!("{}/{url}", self.start),
        }))
    }
}
