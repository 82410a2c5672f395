//! What a plugin is, and what it registers.
#![expect(unsafe_code, reason = "the host's table is called")]

use std::ops::RangeInclusive;

use crate::abi::{self, Bytes};
use crate::entry;
use crate::error::Error;
use crate::stage::{Outbox, Purity, Stage};
use crate::value::{Arguments, Context, Data, Value};

/// A plugin: what [`crate::export`] is given.
pub trait Plugin: 'static {
    /// Registers what the plugin has. Called once for each build.
    ///
    /// # Errors
    /// When it cannot be used so: nothing is built.
    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error>;
}

/// Takes what a plugin has.
#[derive(Debug)]
pub struct Registrar<'c> {
    pub(crate) context: Context<'c>,
    pub(crate) host: &'static abi::Host,
}

impl<'c> Registrar<'c> {
    /// The plugin's options, a map. Those that are not asked for before `register` returns are unknown: the
    /// build is refused.
    pub fn options(&self) -> Options<'c> {
        let Context { host, call } = self.context;
        // SAFETY: the call lasts for `'c`.
        Options(self.context.value(unsafe { (host.options)(call) }))
    }

    /// Adds a stage.
    ///
    /// # Errors
    /// When the host refuses it.
    pub fn stage(&mut self, stage: impl Stage) -> Result<(), Error> {
        let context = self.context;
        entry::offer_stage(Box::new(stage), self.host, |stage| {
            // SAFETY: the call lasts, and the struct until the function has returned.
            context.check(unsafe { (context.host.register_stage)(context.call, stage) })
        })
    }

    /// Adds a Liquid filter.
    ///
    /// # Errors
    /// When the host refuses it.
    pub fn filter(&mut self, filter: impl Filter) -> Result<(), Error> {
        let context = self.context;
        entry::offer_filter(Box::new(filter), self.host, |filter| {
            // SAFETY: the call lasts, and the struct until the function has returned.
            context.check(unsafe { (context.host.register_filter)(context.call, filter) })
        })
    }

    /// Adds a Liquid tag.
    ///
    /// # Errors
    /// When the host refuses it.
    pub fn tag(&mut self, tag: impl Tag) -> Result<(), Error> {
        let context = self.context;
        entry::offer_tag(Box::new(tag), self.host, |tag| {
            // SAFETY: the call lasts, and the struct until the function has returned.
            context.check(unsafe { (context.host.register_tag)(context.call, tag) })
        })
    }

    /// Adds an observer of the build.
    ///
    /// # Errors
    /// When the host refuses it.
    pub fn observer(&mut self, observer: impl Observer) -> Result<(), Error> {
        let context = self.context;
        entry::offer_observer(Box::new(observer), self.host, |observer| {
            // SAFETY: the call lasts, and the struct until the function has returned.
            context.check(unsafe { (context.host.register_observer)(context.call, observer) })
        })
    }

    /// Gives templates the value `site.NAME`.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn value(&mut self, name: &str, value: impl Into<Data>) -> Result<(), Error> {
        let value = self.context.make(&value.into());
        let Context { host, call } = self.context;
        let name = Bytes::of(name.as_bytes());
        // SAFETY: the call lasts for `'c`, and the name until the function has returned.
        self.context.check(unsafe { (host.register_value)(call, name, value) })
    }

    /// Gives the template `NAME.liquid`, which the site's own goes before.
    ///
    /// # Errors
    /// When the name is none.
    pub fn template(&mut self, name: &str, text: &str) -> Result<(), Error> {
        let Context { host, call } = self.context;
        let (name, text) = (Bytes::of(name.as_bytes()), Bytes::of(text.as_bytes()));
        // SAFETY: the call lasts for `'c`, and the bytes until the function has returned.
        self.context.check(unsafe { (host.register_template)(call, name, text) })
    }

    /// The site, as far as its configuration tells.
    pub fn site(&self) -> Option<Value<'c>> {
        Outbox { context: self.context }.site()
    }

    /// Says that the file at `path` was read, or looked for in vain.
    ///
    /// # Errors
    /// None that the plugin need look at: the host keeps them.
    pub fn declare_input(&mut self, path: &str) -> Result<(), Error> {
        Outbox { context: self.context }.declare_input(path)
    }

    /// Prints a line.
    pub fn log(&mut self, line: &str) {
        Outbox { context: self.context }.log(line);
    }
}

/// The options of a plugin.
#[derive(Clone, Copy, Debug)]
pub struct Options<'c>(Option<Value<'c>>);

impl<'c> Options<'c> {
    /// The option `name`; `None` where it is not given, or nil.
    pub fn get(self, name: &str) -> Option<Value<'c>> {
        self.0?.get(name).filter(|value| value.kind() != crate::Kind::Nil)
    }

    /// All options.
    pub fn all(self) -> Option<Value<'c>> {
        self.0
    }

    fn typed<T>(
        self,
        name: &str,
        what: &str,
        read: impl FnOnce(Value<'c>) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let wrong = || Error::new(format_args!("the option `{name}` is not {what}"));
        read(value).map(Some).ok_or_else(wrong)
    }

    /// The text of the option `name`.
    ///
    /// # Errors
    /// When it is something else.
    pub fn text(self, name: &str) -> Result<Option<&'c str>, Error> {
        self.typed(name, "text", Value::as_str)
    }

    /// The whole number of the option `name`.
    ///
    /// # Errors
    /// When it is something else.
    pub fn int(self, name: &str) -> Result<Option<i64>, Error> {
        self.typed(name, "a whole number", Value::as_int)
    }

    /// The truth of the option `name`.
    ///
    /// # Errors
    /// When it is something else.
    pub fn bool(self, name: &str) -> Result<Option<bool>, Error> {
        self.typed(name, "`true` or `false`", Value::as_bool)
    }
}

/// A Liquid filter.
pub trait Filter: Send + Sync + 'static {
    /// Its name in templates.
    fn name(&self) -> &str;

    /// What its results depend on besides the input and the arguments.
    fn purity(&self) -> Purity {
        Purity::Volatile
    }

    /// How many arguments it takes, without names.
    fn arguments(&self) -> RangeInclusive<u32> {
        0..=0
    }

    /// The arguments with names that it takes.
    fn named(&self) -> &[&str] {
        &[]
    }

    /// `input | name: arguments`.
    ///
    /// # Errors
    /// When there is no result: the page that asks for it is reported.
    fn apply(&self, input: Value<'_>, arguments: &Arguments<'_>) -> Result<Data, Error>;
}

/// A Liquid tag.
pub trait Tag: Send + Sync + 'static {
    /// Its name in templates.
    fn name(&self) -> &str;

    /// What stands between it and its end tag.
    fn body(&self) -> Body {
        Body::None
    }

    /// How what stands behind its name is read.
    fn syntax(&self) -> Syntax {
        Syntax::Text
    }

    /// How many arguments it takes, without names.
    fn arguments(&self) -> RangeInclusive<u32> {
        0..=0
    }

    /// The arguments with names that it takes.
    fn named(&self) -> &[&str] {
        &[]
    }

    /// What its results depend on besides its arguments and content.
    fn purity(&self) -> Purity {
        Purity::Volatile
    }

    /// The text that takes the tag's place: `markup` is what stands behind its name, `content` its body.
    ///
    /// # Errors
    /// When there is none: the page that asks for it is reported.
    fn render(
        &self,
        markup: &str,
        arguments: &Arguments<'_>,
        content: &str,
    ) -> Result<String, Error>;
}

/// What stands between a tag and its end tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Body {
    /// There is no end tag.
    None = abi::BODY_NONE,
    /// Markup that is rendered first.
    Rendered = abi::BODY_RENDERED,
    /// Text that is taken as it stands.
    Raw = abi::BODY_RAW,
}

/// How what stands behind a tag's name is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Syntax {
    /// As text, with what stands in `{{ }}` rendered.
    Text = abi::SYNTAX_TEXT,
    /// As arguments: `a, b, name: c`.
    Arguments = abi::SYNTAX_ARGUMENTS,
}

/// An observer of the build.
pub trait Observer: Send + 'static {
    /// Told of what happens.
    ///
    /// # Errors
    /// When the build has failed by it.
    fn event(&mut self, event: &Event<'_>, out: &mut Outbox<'_>) -> Result<(), Error>;
}

/// What happens in a build, with its figures as a map.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'c> {
    /// The build begins: `site`, `output`, `jobs`, `command`.
    Started(Value<'c>),
    /// A stage has ended: `name`, `plugin`, `workers`, `items_in`, `items_out`, `busy_ms`, `wall_ms`, …
    StageFinished(Value<'c>),
    /// A diagnostic, in the order in which they are shown: `severity`, `code`, `message`, `file`, `line`, …
    Diagnostic(Value<'c>),
    /// The build has ended: `pages`, `written`, `exit_code`, and all that was measured, such as
    /// `build_time_ms` and `stages`. What is reported now is a warning that changes nothing any more.
    Finished(Value<'c>),
}

impl<'c> Event<'c> {
    /// The figures.
    pub fn data(&self) -> Value<'c> {
        match *self {
            Self::Started(data)
            | Self::StageFinished(data)
            | Self::Diagnostic(data)
            | Self::Finished(data) => data,
        }
    }
}
