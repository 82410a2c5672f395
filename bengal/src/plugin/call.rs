//! A callback of a plugin while it runs: its handles, and what it may do.
//!
//! **Invariant:** a handle is good in the call that gave it and in no other: it carries the call's number,
//! and one that is not the call's own makes the callback fail.
//!
//! **Invariant:** what a plugin passes as its call is never followed: it is a number, and is compared with
//! that of the innermost callback of the thread. So a call that is over, that waits for another, or of
//! another thread, does no harm.
//!
//! **Invariant:** what a plugin's own code leaves allocated stays in the account of the stage, what the host
//! makes for it meanwhile goes with the items.
//!
//! **Invariant:** the first thing that goes wrong is kept, and the callback fails with it, whatever it
//! returns.

#![expect(unsafe_code, reason = "the callback that runs on a thread is found by a pointer")]

use std::cell::{Cell, OnceCell};
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use bengal_liquid::value::Value as Liquid;
use bengal_plugin::abi;
use typed_arena::Arena;

use super::model::World;
use super::options::Options;
use super::register::Registration;
use super::stage::Desk;
use super::{LogLine, Shared};
use crate::diagnostic::Diagnostic;
use crate::memory;
use crate::pipeline::StageError;
use crate::site::PageId;
use crate::value::{Map, Value};

/// A callback that runs.
pub(super) struct Call<'c> {
    /// The plugin's name.
    pub plugin: &'c str,
    /// What all calls of the build share.
    pub shared: &'c Shared,
    /// The site, as far as it is known.
    pub world: Option<World<'c>>,
    /// What the callback may do.
    pub role: Role<'c>,
    arenas: &'c Arenas,
    number: u32,
    nodes: Vec<Node<'c>>,
    /// Values of templates. In boxes, as their bytes are lent.
    #[expect(clippy::vec_box, reason = "the list grows while what is in it is borrowed")]
    liquid: Vec<Box<Liquid<'c>>>,
    fault: Option<Fault>,
    /// What of the thread's memory could go with items when the plugin's code was last entered.
    entered: i64,
}

/// What a callback may do besides looking at values.
pub(super) enum Role<'c> {
    /// Register, by these options.
    Register(&'c mut Registration, &'c Options),
    /// Handle items.
    Stage(Desk<'c>),
    /// Make something of values, for a template.
    Template,
    /// Look on, and report.
    Observe(&'c Mutex<Vec<Diagnostic>>),
}

/// Why a callback has failed.
#[derive(Debug)]
pub(super) enum Fault {
    Cancelled,
    Failed(String),
}

/// What a call makes, for as long as it lasts. Nothing is allocated while nothing is made.
#[derive(Default)]
pub(super) struct Arenas {
    values: OnceCell<Arena<Value>>,
    texts: OnceCell<Arena<Box<str>>>,
    bytes: OnceCell<Arena<Box<[u8]>>>,
}

impl Arenas {
    fn value(&self, value: Value) -> &Value {
        self.values.get_or_init(|| Arena::with_capacity(1)).alloc(value)
    }

    fn text(&self, text: impl Into<Box<str>>) -> &str {
        self.texts.get_or_init(|| Arena::with_capacity(1)).alloc(text.into())
    }

    fn bytes(&self, bytes: impl Into<Box<[u8]>>) -> &[u8] {
        self.bytes.get_or_init(|| Arena::with_capacity(1)).alloc(bytes.into())
    }
}

/// A value that a plugin sees.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node<'c> {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'c str),
    Bytes(&'c [u8]),
    List(&'c [Value]),
    Map(&'c Map),
    /// The site.
    Site,
    /// A page of the site.
    Page(PageId),
    /// Pages of the site.
    Pages(&'c [PageId]),
    /// Every page of the site.
    AllPages,
    /// The plugin's options.
    Options(&'c Options),
    /// A list or an object of a template, by its place.
    Liquid(usize),
}

thread_local! {
    /// The innermost callback that runs on the thread: what the plugin knows of it, and where it is.
    static RUNNING: Cell<(*mut abi::Call, *mut ())> =
        const { Cell::new((ptr::null_mut(), ptr::null_mut())) };
}

/// While it lives, a callback runs.
struct Running {
    /// The one around it.
    around: (*mut abi::Call, *mut ()),
}

impl Running {
    fn begin(number: *mut abi::Call, call: *mut ()) -> Self {
        Self { around: RUNNING.replace((number, call)) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.set(self.around);
    }
}

impl<'c> From<&'c Value> for Node<'c> {
    fn from(value: &'c Value) -> Self {
        match value {
            Value::Nil => Self::Nil,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(number) => Self::Int(*number),
            Value::Float(number) => Self::Float(*number),
            Value::Text(text) => Self::Text(text),
            Value::List(list) => Self::List(list),
            Value::Map(map) => Self::Map(map),
        }
    }
}

/// What a plugin did with a call that is over, or of another callback.
const OVER: &str = "it used a call that is not the one that runs";

/// What a plugin did with a handle of another call, or a number of its own.
const FOREIGN: &str = "it used a handle that is not its own";

/// What a plugin did with what is no plain value.
const NO_VALUE: &str = "bytes, pages and the site cannot be put into a list, a map or a field";

/// How deep the lists and maps that a plugin makes may nest: as deep as JSON that is read.
const DEPTH: usize = 128;

/// The bit of a handle that says that it is an item's.
const ITEM: u32 = 1 << 31;

impl<'c> Call<'c> {
    pub fn new(
        plugin: &'c str,
        shared: &'c Shared,
        world: Option<World<'c>>,
        arenas: &'c Arenas,
        role: Role<'c>,
    ) -> Self {
        let number = shared.calls.fetch_add(1, Ordering::Relaxed);
        Self {
            plugin,
            shared,
            world,
            role,
            arenas,
            number,
            nodes: Vec::new(),
            liquid: Vec::new(),
            fault: None,
            entered: 0,
        }
    }

    /// Calls a function of the plugin's; gives what it returned.
    pub fn run(&mut self, function: impl FnOnce(*mut abi::Call) -> i32) -> i32 {
        // Its own number, and no null.
        let number = ptr::without_provenance_mut(self.number as usize + 1);
        self.enter_plugin();
        let status = {
            let _running = Running::begin(number, (&raw mut *self).cast());
            function(number)
        };
        self.leave_plugin();
        status
    }

    fn enter_plugin(&mut self) {
        self.entered = memory::movable();
    }

    fn leave_plugin(&mut self) {
        memory::keep(memory::movable() - self.entered);
    }

    /// Does `work` for a function of the table that was given `call`, with the callback that runs on
    /// this thread; `otherwise`, and the callback's failure, where `call` is not its own.
    ///
    /// # Safety
    /// It is a plugin that calls, not bengal while it has the callback in hand.
    pub unsafe fn with<T>(
        call: *mut abi::Call,
        otherwise: T,
        work: impl FnOnce(&mut Self, T) -> T,
    ) -> T {
        let (number, running) = RUNNING.get();
        if running.is_null() {
            return otherwise;
        }
        // SAFETY: the callback that stands in `RUNNING` waits in `run` on this thread, for the plugin that calls.
        // No other function of the table has it: one that leads to another callback has that one stand there
        // until it returns. `'c` is some lifetime of the call's: nothing is kept that outlives it.
        let own = unsafe { &mut *running.cast::<Self>() };
        own.leave_plugin();
        let done = match ptr::eq(number, call) {
            true => work(own, otherwise),
            false => {
                own.fail(OVER);
                otherwise
            }
        };
        own.enter_plugin();
        done
    }

    /// What has come of a callback that returned `status`.
    ///
    /// # Errors
    /// When it has failed.
    pub fn outcome(self, status: i32) -> Result<(), StageError> {
        match (self.fault, status) {
            (None, abi::OK) => Ok(()),
            (Some(Fault::Cancelled), _) => Err(StageError::Cancelled),
            (Some(Fault::Failed(message)), _) => Err(StageError::Failed(message)),
            (None, status) => {
                Err(StageError::Failed(format!("it returned {status}, and did not say why")))
            }
        }
    }

    /// Keeps why the callback fails; gives what the host's function returns.
    pub fn fail(&mut self, message: impl Into<String>) -> i32 {
        self.fault.get_or_insert_with(|| Fault::Failed(message.into()));
        abi::FAILED
    }

    /// What a host's function returns for `done`.
    pub fn status(&mut self, done: Result<(), StageError>) -> i32 {
        match done {
            Ok(()) => abi::OK,
            Err(StageError::Cancelled) => {
                self.fault.get_or_insert(Fault::Cancelled);
                abi::CANCELLED
            }
            Err(error) => self.fail(error.to_string()),
        }
    }

    pub fn log(&self, level: u32, line: &str) {
        let line = LogLine {
            plugin: self.plugin.to_owned(),
            debug: level == abi::LOG_DEBUG,
            line: line.to_owned(),
        };
        self.shared.log(line);
    }

    /// The handle of `node`.
    pub fn handle(&mut self, node: Node<'c>) -> abi::Handle {
        self.nodes.push(node);
        match u32::try_from(self.nodes.len()) {
            Ok(place) if place < ITEM => self.numbered(place),
            _ => {
                self.fail("it asked for more values in one call than there are handles");
                0
            }
        }
    }

    fn numbered(&self, place: u32) -> abi::Handle {
        u64::from(self.number) << 32 | u64::from(place)
    }

    /// The handle of the item at `place`.
    pub fn item_handle(&self, place: usize) -> abi::Handle {
        self.numbered(ITEM | u32::try_from(place).unwrap_or(ITEM - 1))
    }

    /// The value of a handle; nil of 0, and of one that is not the call's own, which fails.
    pub fn node(&mut self, handle: abi::Handle) -> Node<'c> {
        if handle == 0 {
            return Node::Nil;
        }
        match self.place(handle) {
            Some(place) if place & ITEM == 0 => {
                if let Some(node) = self.nodes.get((place as usize).wrapping_sub(1)) {
                    return *node;
                }
            }
            _ => {}
        }
        self.fail(FOREIGN);
        Node::Nil
    }

    #[expect(clippy::cast_possible_truncation, reason = "the halves of the handle are taken apart")]
    fn place(&self, handle: abi::Handle) -> Option<u32> {
        ((handle >> 32) as u32 == self.number).then_some(handle as u32)
    }

    /// The place of an item; `None` of a handle that is none of this call's items, which fails.
    pub fn item(&mut self, handle: abi::Handle) -> Option<usize> {
        if let (Some(place), Role::Stage(desk)) = (self.place(handle), &self.role)
            && place & ITEM != 0
            && ((place & !ITEM) as usize) < desk.items.len()
        {
            return Some((place & !ITEM) as usize);
        }
        self.fail(FOREIGN);
        None
    }

    /// Keeps a value for the call.
    pub fn keep(&self, value: Value) -> Node<'c> {
        Node::from(self.arenas.value(value))
    }

    /// Keeps a list or a map that was made of the plugin's values; 0, and a failure, where it nests too deep
    /// to be gone through by recursion.
    pub fn made(&mut self, value: Value) -> abi::Handle {
        if !nests_within(&value, DEPTH) {
            self.fail(format!("it made a value that nests over {DEPTH} deep"));
            return 0;
        }
        let node = self.keep(value);
        self.handle(node)
    }

    /// Keeps a text for the call.
    pub fn keep_text(&self, text: impl Into<Box<str>>) -> Node<'c> {
        Node::Text(self.arenas.text(text))
    }

    /// Keeps bytes for the call.
    pub fn keep_bytes(&self, bytes: impl Into<Box<[u8]>>) -> Node<'c> {
        Node::Bytes(self.arenas.bytes(bytes))
    }

    /// Takes a value of a template.
    pub fn take(&mut self, value: Liquid<'c>) -> Node<'c> {
        match value {
            Liquid::Nil | Liquid::Empty | Liquid::Blank => Node::Nil,
            Liquid::Bool(value) => Node::Bool(value),
            Liquid::Int(number) => Node::Int(number),
            Liquid::Float(number) => Node::Float(number),
            Liquid::Str(text) => Node::Text(text),
            Liquid::Text(text) => self.keep_text(&*text),
            Liquid::Date(_) => {
                let text = value.to_text().into_owned();
                self.keep_text(text)
            }
            other => {
                self.liquid.push(Box::new(other));
                Node::Liquid(self.liquid.len() - 1)
            }
        }
    }

    /// The value of a template at `place`.
    pub fn liquid(&self, place: usize) -> &Liquid<'c> {
        &self.liquid[place]
    }

    /// A copy of a value. `None` of what is none: bytes, and objects of the site.
    pub fn copy(&mut self, node: Node<'c>) -> Option<Value> {
        Some(match node {
            Node::Nil => Value::Nil,
            Node::Bool(value) => Value::Bool(value),
            Node::Int(number) => Value::Int(number),
            Node::Float(number) => Value::Float(number),
            Node::Text(text) => Value::Text(text.into()),
            Node::List(list) => Value::List(list.to_vec()),
            Node::Map(map) => Value::Map(map.clone()),
            Node::Options(options) => {
                options.ask_all();
                Value::Map(options.map().clone())
            }
            Node::Liquid(place) => match super::liquid::plain(&self.liquid[place]) {
                Some(value) => value,
                None => {
                    self.fail(NO_VALUE);
                    return None;
                }
            },
            Node::Bytes(_) | Node::Site | Node::Page(_) | Node::Pages(_) | Node::AllPages => {
                self.fail(NO_VALUE);
                return None;
            }
        })
    }
}

fn nests_within(value: &Value, depth: usize) -> bool {
    let within = |value| depth > 0 && nests_within(value, depth - 1);
    match value {
        Value::List(list) => list.iter().all(within),
        Value::Map(map) => map.values().all(within),
        _ => true,
    }
}
