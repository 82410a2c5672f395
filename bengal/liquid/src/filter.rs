//! What a filter is, and what it is given.

use std::ops::RangeInclusive;

use jiff::tz::TimeZone;

use crate::date::Date;
use crate::host::Host;
use crate::limits::{Budget, CALL_WORK, Limit};
use crate::value::Value;
use crate::watch::Watch;

/// A filter that comes with the language: one line of [`crate::filters::STANDARD`].
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// How many arguments it takes, without names: least and most.
    pub arguments: (usize, usize),
    /// The arguments with names that it takes.
    pub named: &'static [&'static str],
    /// What it does.
    pub run: Run,
}

/// What a filter does with its input.
pub type Run = for<'v> fn(Value<'v>, &Arguments<'_, 'v>, &Surroundings<'_>) -> Filtered<'v>;

/// What comes out of a filter.
pub type Filtered<'v> = Result<Value<'v>, FilterError>;

/// A filter of the host's.
pub trait Filter: Send + Sync {
    /// Its name.
    fn name(&self) -> &str;

    /// How many arguments it takes, without names.
    fn arguments(&self) -> RangeInclusive<usize>;

    /// The arguments with names that it takes.
    fn named(&self) -> &[&str] {
        &[]
    }

    /// Whether the same input and arguments always give the same, whatever page is rendered: then what it
    /// makes of the site may be remembered.
    fn is_pure(&self) -> bool {
        false
    }

    /// What each call of it counts as in [`crate::limits::WORK`], besides its input and arguments.
    fn work(&self) -> u64 {
        CALL_WORK
    }

    /// What it makes of `input`.
    ///
    /// # Errors
    /// When it can make nothing of it; the page is then reported and left out.
    fn run<'v>(
        &self,
        input: Value<'v>,
        arguments: &Arguments<'_, 'v>,
        surroundings: &Surroundings<'_>,
    ) -> Filtered<'v>;
}

/// What a filter is given besides its input. Their number was checked when the template was read.
#[derive(Clone, Copy, Debug)]
pub struct Arguments<'a, 'v> {
    /// Those without a name.
    pub positional: &'a [Value<'v>],
    /// Those with one.
    pub named: &'a [(&'a str, Value<'v>)],
}

impl<'v> Arguments<'_, 'v> {
    /// The argument at `index`, from 0.
    pub fn get(&self, index: usize) -> Option<&Value<'v>> {
        self.positional.get(index)
    }

    /// The argument at `index`, nil where it is not given.
    pub fn value(&self, index: usize) -> Value<'v> {
        self.get(index).cloned().unwrap_or_default()
    }

    /// The argument named `name`.
    pub fn named(&self, name: &str) -> Option<&Value<'v>> {
        self.named.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }
}

/// What a filter may ask of the rendering it is part of.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The clock.
    pub now: Date,
    /// The zone of dates that name none, and in which Unix seconds are shown.
    pub zone: &'a TimeZone,
    /// What randomness begins with: the page's path.
    pub seed: &'a str,
    /// The program that renders.
    pub host: &'a dyn Host,
    /// What it is told of what is read.
    pub watch: &'static Watch,
    /// What may still be done. A filter's input and arguments count by themselves, a list for its items;
    /// what it goes over besides is for it to take.
    pub budget: &'a Budget,
}

/// Why a filter gives nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// It cannot work with what it was given; in lower case, without the filter's name.
    #[error("{0}")]
    Argument(String),
    /// What it would make is too large.
    #[error("{0}")]
    Limit(Limit),
}

impl FilterError {
    /// It cannot work with what it was given.
    pub fn argument<T>(message: impl Into<String>) -> Result<T, Self> {
        Err(Self::Argument(message.into()))
    }
}

impl From<Limit> for FilterError {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}
