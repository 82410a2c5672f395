//! What a stage is, and what it is given to work with: as a built-in one, of the same names.
//!
//! * [`PerItem`]: one worker on each of the build's threads, items in any order;
//! * [`Barrier`]: one worker that sees every item before any goes on.
#![expect(unsafe_code, reason = "items are reached through the host's table")]

use std::ops::BitOr;

use crate::abi::{self, Bytes, Handle};
use crate::error::Error;
use crate::value::{Context, Data, Value};

/// One step of a build.
pub trait Stage: Send + Sync + 'static {
    /// Its name. In the chain it is `PLUGIN.NAME`, or `PLUGIN` where it is the plugin's own name.
    fn name(&self) -> &str;

    /// Where in the chain it belongs.
    fn slot(&self) -> Slot;

    /// The items that it is given; all others pass by.
    fn items(&self) -> Items;

    /// What its results depend on.
    fn purity(&self) -> Purity {
        Purity::Volatile
    }

    /// How many workers it may have.
    fn workers(&self) -> Workers {
        Workers::Jobs
    }

    /// A worker. Called once for each thread that the stage is given.
    fn start(&self) -> Work<'_>;
}

/// Where in the chain a stage belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Right before the stage of that name.
    Before(String),
    /// Right after the stage of that name.
    After(String),
}

impl Slot {
    /// Right before the stage `anchor`.
    pub fn before(anchor: &str) -> Self {
        Self::Before(anchor.to_owned())
    }

    /// Right after the stage `anchor`.
    pub fn after(anchor: &str) -> Self {
        Self::After(anchor.to_owned())
    }
}

/// A set of kinds of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Items(pub(crate) u32);

impl Items {
    /// None: the stage only emits.
    pub const NONE: Self = Self(0);
    /// Markdown files that were found, before parse.
    pub const SOURCE: Self = Self(abi::ITEM_SOURCE);
    /// Data files that were found, before parse.
    pub const DATA_SOURCE: Self = Self(abi::ITEM_DATA_SOURCE);
    /// Pages, between parse and taxonomy, but for their HTML.
    pub const PAGE: Self = Self(abi::ITEM_PAGE);
    /// Pages, between parse and taxonomy, with their `html`.
    pub const PAGE_HTML: Self = Self(abi::ITEM_PAGE | abi::ITEM_HTML);
    /// What data files hold, between parse and taxonomy.
    pub const DATA: Self = Self(abi::ITEM_DATA);
    /// Files that are copied.
    pub const FILE: Self = Self(abi::ITEM_FILE);
    /// Pages that are to be rendered, between taxonomy and render.
    pub const RENDER: Self = Self(abi::ITEM_RENDER);
    /// Finished output files, after render.
    pub const OUTPUT: Self = Self(abi::ITEM_OUTPUT);

    /// Whether all of `other` are in this.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Items {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What results depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purity {
    /// On the item and the options only.
    Pure = abi::PURE,
    /// On files too, each of which is declared with [`Outbox::declare_input`].
    DeclaresInputs = abi::DECLARES_INPUTS,
    /// On more: it runs on every item in every build.
    Volatile = abi::VOLATILE,
}

/// How many workers a stage may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workers {
    /// As many as the build has.
    Jobs,
    /// One, as it is not safe on several threads.
    One,
}

/// A worker of a stage, by the stage's kind.
pub enum Work<'s> {
    /// Handles items one by one, beside others of its kind.
    PerItem(Box<dyn PerItem + 's>),
    /// Sees all items first.
    Barrier(Box<dyn Barrier + 's>),
}

/// A worker of a stage that handles items one by one.
pub trait PerItem: Send {
    /// Handles one item, which goes on when this returns unless it was dropped.
    ///
    /// # Errors
    /// When the stage cannot go on: the build is cancelled. What is wrong with one page is a
    /// [`Diagnostic`] and no error.
    fn process(&mut self, item: &mut Item<'_>, out: &mut Outbox<'_>) -> Result<(), Error>;

    /// Called once, after the last item.
    ///
    /// # Errors
    /// As in [`PerItem::process`].
    fn finish(&mut self, _out: &mut Outbox<'_>) -> Result<(), Error> {
        Ok(())
    }
}

/// The worker of a stage that sees all items before any goes on. In [`Barrier::process`] it has no outbox,
/// so that nothing can be emitted early.
pub trait Barrier: Send {
    /// Looks at one item. They come in the order of their paths, however many threads there are.
    ///
    /// # Errors
    /// When the stage cannot go on.
    fn process(&mut self, item: &mut Item<'_>) -> Result<(), Error>;

    /// Called once, after the last item, with all of them again: they can still be changed and dropped.
    ///
    /// # Errors
    /// When the stage cannot go on.
    fn finish(self: Box<Self>, items: &mut [Item<'_>], out: &mut Outbox<'_>) -> Result<(), Error>;
}

/// One thing on its way through the chain.
#[derive(Debug)]
pub struct Item<'c> {
    pub(crate) context: Context<'c>,
    pub(crate) handle: Handle,
}

impl<'c> Item<'c> {
    /// The kind of item: one of [`Items`]' constants.
    pub fn kind(&self) -> Items {
        let Context { host, call } = self.context;
        // SAFETY: the call lasts for `'c`.
        Items(unsafe { (host.item_kind)(call, self.handle) })
    }

    /// The field `name`.
    pub fn get(&self, name: &str) -> Option<Value<'c>> {
        let Context { host, call } = self.context;
        // SAFETY: the call lasts for `'c`, and the name until the function has returned.
        let handle = unsafe { (host.item_get)(call, self.handle, Bytes::of(name.as_bytes())) };
        self.context.value(handle)
    }

    /// The text of the field `name`; empty where there is none.
    pub fn text(&self, name: &str) -> &'c str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Its path.
    pub fn path(&self) -> &'c str {
        self.text("path")
    }

    /// Changes the field `name`.
    ///
    /// # Errors
    /// When the item has no such field, or not of such values.
    pub fn set(&mut self, name: &str, value: impl Into<Data>) -> Result<(), Error> {
        let value = self.context.make(&value.into());
        let Context { host, call } = self.context;
        let name = Bytes::of(name.as_bytes());
        // SAFETY: the call lasts for `'c`, and the name until the function has returned.
        self.context.check(unsafe { (host.item_set)(call, self.handle, name, value) })
    }

    /// It does not go on.
    ///
    /// # Errors
    /// None that the plugin need look at: the host keeps them.
    pub fn discard(&mut self) -> Result<(), Error> {
        let Context { host, call } = self.context;
        // SAFETY: the call lasts for `'c`.
        self.context.check(unsafe { (host.item_drop)(call, self.handle) })
    }

    /// Reports what is wrong with it.
    ///
    /// # Errors
    /// None that the plugin need look at: the host keeps them.
    pub fn report(&self, diagnostic: &Diagnostic<'_>) -> Result<(), Error> {
        diagnostic.send(self.context, self.handle)
    }
}

/// Where a stage puts what later stages should see, and by which it speaks to the host.
#[derive(Debug)]
pub struct Outbox<'c> {
    pub(crate) context: Context<'c>,
}

/// A function of the host that adds something of a path.
type Emit = unsafe extern "C" fn(*mut abi::Call, Bytes, Bytes) -> i32;

impl<'c> Outbox<'c> {
    fn emit(&mut self, emit: Emit, path: &str, bytes: &[u8]) -> Result<(), Error> {
        let (path, bytes) = (Bytes::of(path.as_bytes()), Bytes::of(bytes));
        // SAFETY: the call lasts for `'c`, and the bytes until the function has returned.
        self.context.check(unsafe { emit(self.context.call, path, bytes) })
    }

    /// Adds a page, of the file `path` under `content/` (which need not be there) whose text is `text`. Before
    /// parse only.
    ///
    /// # Errors
    /// When the path is none, or it is too late, or the build was cancelled.
    pub fn emit_page(&mut self, path: &str, text: &str) -> Result<(), Error> {
        self.emit(self.context.host.emit_page, path, text.as_bytes())
    }

    /// Adds a data file, `path` under `data/`. Before parse only.
    ///
    /// # Errors
    /// As [`Outbox::emit_page`].
    pub fn emit_data(&mut self, path: &str, text: &str) -> Result<(), Error> {
        self.emit(self.context.host.emit_data, path, text.as_bytes())
    }

    /// Adds a file beside pages, `path` under `content/`: it goes where its page goes. Before taxonomy only.
    ///
    /// # Errors
    /// As [`Outbox::emit_page`].
    pub fn emit_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        self.emit(self.context.host.emit_file, path, bytes)
    }

    /// Adds an output file.
    ///
    /// # Errors
    /// When the path is none or leaves the output directory, or the build was cancelled.
    pub fn emit_output(&mut self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        self.emit(self.context.host.emit_output, path, bytes)
    }

    /// Whether somebody has that output path; known from taxonomy on.
    pub fn has_output(&self, path: &str) -> bool {
        let Context { host, call } = self.context;
        // SAFETY: the call lasts for `'c`, and the path until the function has returned.
        unsafe { (host.has_output)(call, Bytes::of(path.as_bytes())) != 0 }
    }

    /// Reports what is wrong with the site.
    ///
    /// # Errors
    /// None that the plugin need look at: the host keeps them.
    pub fn report(&mut self, diagnostic: &Diagnostic<'_>) -> Result<(), Error> {
        diagnostic.send(self.context, 0)
    }

    /// Says that the file at `path` was read, or looked for in vain.
    ///
    /// # Errors
    /// None that the plugin need look at: the host keeps them.
    pub fn declare_input(&mut self, path: &str) -> Result<(), Error> {
        let Context { host, call } = self.context;
        // SAFETY: the call lasts for `'c`, and the path until the function has returned.
        self.context.check(unsafe { (host.declare_input)(call, Bytes::of(path.as_bytes())) })
    }

    /// Prints a line.
    pub fn log(&mut self, line: &str) {
        self.log_at(abi::LOG_INFO, line);
    }

    /// Prints a line with `--verbose`.
    pub fn debug(&mut self, line: &str) {
        self.log_at(abi::LOG_DEBUG, line);
    }

    fn log_at(&mut self, level: u32, line: &str) {
        let Context { host, call } = self.context;
        // SAFETY: the call lasts for `'c`, and the line until the function has returned.
        unsafe { (host.log)(call, level, Bytes::of(line.as_bytes())) }
    }

    /// The site, as templates know it: from taxonomy on with its pages.
    pub fn site(&self) -> Option<Value<'c>> {
        let Context { host, call } = self.context;
        // SAFETY: the call lasts for `'c`.
        self.context.value(unsafe { (host.site)(call) })
    }
}

/// What is wrong, and where.
#[derive(Clone, Copy, Debug)]
pub struct Diagnostic<'a> {
    severity: u32,
    file: &'a str,
    line: u32,
    column: u32,
    offset: i64,
    message: &'a str,
    hint: &'a str,
}

impl<'a> Diagnostic<'a> {
    /// Perhaps not as meant: `message` is a sentence without its full stop.
    pub fn warning(message: &'a str) -> Self {
        let severity = abi::WARNING;
        Self { severity, file: "", line: 0, column: 0, offset: -1, message, hint: "" }
    }

    /// Wrong: the build's exit code is 1.
    pub fn error(message: &'a str) -> Self {
        Self { severity: abi::ERROR, ..Self::warning(message) }
    }

    /// The same, in `file`, relative to the site, rather than in the item's.
    #[must_use]
    pub fn in_file(self, file: &'a str) -> Self {
        Self { file, ..self }
    }

    /// The same, at a line and a column in characters, both from 1; column 0 is the whole line.
    #[must_use]
    pub fn at(self, line: u32, column: u32) -> Self {
        Self { line, column, ..self }
    }

    /// The same, at a byte of the file.
    #[must_use]
    pub fn at_byte(self, offset: usize) -> Self {
        Self { offset: i64::try_from(offset).unwrap_or(-1), ..self }
    }

    /// The same, with advice.
    #[must_use]
    pub fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    fn send(&self, context: Context<'_>, item: Handle) -> Result<(), Error> {
        let diagnostic = abi::Diagnostic {
            size: crate::entry::size_of::<abi::Diagnostic>(),
            severity: self.severity,
            item,
            file: Bytes::of(self.file.as_bytes()),
            line: self.line,
            column: self.column,
            offset: self.offset,
            message: Bytes::of(self.message.as_bytes()),
            hint: Bytes::of(self.hint.as_bytes()),
        };
        // SAFETY: the call lasts, and the struct and what it points to until the function has returned.
        context.check(unsafe { (context.host.report)(context.call, &raw const diagnostic) })
    }
}
