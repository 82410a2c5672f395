//! What a host's tag is.

use std::fmt;

use crate::filter::{Arguments, FilterError, Surroundings};
use crate::limits::CALL_WORK;

/// A tag of the host's.
pub trait Tag: Send + Sync {
    /// Its name.
    fn name(&self) -> &str;

    /// What stands between it and its end tag.
    fn body(&self) -> Body {
        Body::None
    }

    /// How what stands behind its name is read.
    fn syntax(&self) -> Syntax;

    /// What each call of it counts as in [`crate::limits::WORK`], besides its text and body.
    fn work(&self) -> u64 {
        CALL_WORK
    }

    /// Writes what stands in its place.
    ///
    /// # Errors
    /// When it can make nothing of what it was given; the page is then reported and left out.
    fn run(
        &self,
        given: &Given<'_, '_>,
        surroundings: &Surroundings<'_>,
        out: &mut String,
    ) -> Result<(), FilterError>;
}

impl fmt::Debug for dyn Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What stands between a tag and its end tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// There is no end tag.
    None,
    /// Nodes, which are rendered first.
    Rendered,
    /// Text, which is taken as it stands.
    Raw,
}

/// How what stands behind a tag's name is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// As text, with what stands in `{{ }}` rendered.
    Text,
    /// As arguments: `a, b, name: c`.
    Arguments,
}

/// What a tag is given.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a, 'v> {
    /// What stands behind its name, for [`Syntax::Text`].
    pub text: &'a str,
    /// Its arguments, for [`Syntax::Arguments`].
    pub arguments: Arguments<'a, 'v>,
    /// What stands between it and its end tag.
    pub body: Option<&'a str>,
}
