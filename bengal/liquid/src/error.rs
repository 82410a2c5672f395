//! What can be wrong with a template, and where.

use std::fmt;

use crate::limits::Limit;

/// A fault in a template's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What is wrong, in a sentence without its full stop.
    pub message: String,
    /// The byte of the template at which it stands.
    pub offset: usize,
    /// What may help.
    pub hint: Option<Hint>,
}

/// What may help against a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The known name that is perhaps meant.
    Nearest(String),
    /// How to write what is perhaps meant, in a sentence without its full stop.
    Instead(&'static str),
    /// There is no template of that name, and perhaps another one is meant.
    MissingTemplate(String, Option<String>),
}

impl SyntaxError {
    /// A fault at `offset`.
    pub fn new(message: impl Into<String>, offset: usize) -> Self {
        Self { message: message.into(), offset, hint: None }
    }

    pub(crate) fn hint(self, hint: Option<Hint>) -> Self {
        Self { hint, ..self }
    }

    pub(crate) fn instead(self, instead: &'static str) -> Self {
        self.hint(Some(Hint::Instead(instead)))
    }

    /// The same, with the name among `known` that is nearest to `name`.
    pub(crate) fn near<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        self.hint(nearest(name, known).map(|near| Hint::Nearest(near.to_owned())))
    }
}

/// The known name nearest to `name`, where at most one slip in three letters parts them, however they
/// are put together: `baseURL` is `base_url`.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = name.chars().count().div_ceil(3);
    let plain = |name: &str| name.to_lowercase().replace(['_', '-'], "");
    let own = plain(name);
    let letters = own.chars().count();
    let slips = |candidate: &str| {
        let candidate = plain(candidate);
        // Names differ by at least as much as their lengths, of which comparing takes the product.
        let may_be = candidate.chars().count().abs_diff(letters) <= most;
        may_be.then(|| strsim::damerau_levenshtein(&own, &candidate))
    };
    known
        .into_iter()
        .filter_map(|candidate| Some((slips(candidate)?, candidate)))
        .filter(|(slips, _)| *slips <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

/// A place in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The template's name.
    pub template: String,
    /// The byte at which the tag or expression stands.
    pub offset: usize,
}

/// Why a rendering ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderError {
    /// What went wrong.
    pub kind: Fault,
    /// Where, in the innermost partial.
    pub place: Place,
    /// The tags that included it, from within.
    pub included_from: Vec<Place>,
}

/// What goes wrong while a template is rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A filter or tag cannot work with what it was given.
    #[error("{name}: {message}")]
    Argument {
        /// The filter's or tag's name.
        name: String,
        /// Why not.
        message: String,
    },
    /// Two values have no order.
    #[error("{0} and {1} cannot be compared")]
    Order(&'static str, &'static str),
    /// No template has that name.
    #[error("no template is named `{0}`")]
    MissingTemplate(String),
    /// A template is wrong, which was reported when it was read.
    #[error("the template `{0}` is wrong")]
    WrongTemplate(String),
    /// A file that is included is wrong.
    #[error("{0}")]
    Syntax(String),
    /// It uses too much.
    #[error("{0}")]
    Limit(Limit),
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for RenderError {}

/// A name that was looked up and is nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Undefined {
    /// The template in which it stands.
    pub template: String,
    /// The byte at which it stands.
    pub offset: usize,
    /// As it is written, such as `page.titel`.
    pub path: String,
}
