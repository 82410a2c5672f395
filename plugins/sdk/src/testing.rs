//! Runs a plugin on given items, in plain `cargo test`: no host is needed.
//!
//! ```
//! # use bengal_plugin::{Error, Item, Items, Outbox, PerItem, Slot, Stage, Work};
//! # struct Shout;
//! # impl Stage for Shout {
//! #     fn name(&self) -> &str { "shout" }
//! #     fn slot(&self) -> Slot { Slot::after("parse") }
//! #     fn items(&self) -> Items { Items::PAGE }
//! #     fn start(&self) -> Work<'_> { Work::PerItem(Box::new(Shout)) }
//! # }
//! # impl PerItem for Shout {
//! #     fn process(&mut self, page: &mut Item<'_>, _: &mut Outbox<'_>) -> Result<(), Error> {
//! #         let title = page.text("title").to_uppercase();
//! #         page.set("title", title)
//! #     }
//! # }
//! use bengal_plugin::testing::{TestItem, run};
//!
//! let run = run(Shout, [TestItem::page("a.md").with("title", "A page")]);
//! assert_eq!(run.items[0].text("title"), "A PAGE");
//! ```
//!
//! The stage is called through the C ABI, by a small host that knows any field of any item.
//!
//! **Invariant:** what the real host refuses of handles and of text that is not UTF-8, this one does.
#![expect(unsafe_code, reason = "it is a host: plugins call it with raw pointers")]

use std::ffi::c_void;

use crate::abi::{self, Bytes, Handle};
use crate::entry::{Linked, offer_stage, size_of};
use crate::plugin::Plugin;
use crate::stage::{Items, Stage};
use crate::value::Data;

/// An item for a stage to be given, or as it came out.
#[derive(Clone, Debug, PartialEq)]
pub struct TestItem {
    kind: Items,
    fields: Vec<(String, Data)>,
}

impl TestItem {
    /// An item of that kind.
    pub fn new(kind: Items) -> Self {
        Self { kind: Items(kind.0 & !abi::ITEM_HTML), fields: Vec::new() }
    }

    /// A page, between parse and taxonomy, of the file `path`.
    pub fn page(path: &str) -> Self {
        Self::new(Items::PAGE).with("path", path)
    }

    /// A file before parse.
    pub fn source(path: &str, text: &str) -> Self {
        Self::new(Items::SOURCE).with("path", path).with("text", text)
    }

    /// A finished output file.
    pub fn output(path: &str, text: &str) -> Self {
        Self::new(Items::OUTPUT).with("path", path).with("text", text)
    }

    /// The same with a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Data>) -> Self {
        self.set(name, value.into());
        self
    }

    /// A field.
    pub fn get(&self, name: &str) -> Option<&Data> {
        self.fields.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The text of a field; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).and_then(Data::as_str).unwrap_or_default()
    }

    fn set(&mut self, name: &str, value: Data) {
        match self.fields.iter_mut().find(|(own, _)| own == name) {
            Some((_, old)) => *old = value,
            None => self.fields.push((name.to_owned(), value)),
        }
    }
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct TestRun {
    /// The items that went on, in the order given.
    pub items: Vec<TestItem>,
    /// What was emitted: path, and bytes.
    pub emitted: Vec<(String, Vec<u8>)>,
    /// The diagnostics: `error` or `warning`, path of the item or file, line, message.
    pub diagnostics: Vec<String>,
    /// The files that were declared as inputs.
    pub inputs: Vec<String>,
    /// The lines that were printed.
    pub log: Vec<String>,
    /// Why it failed.
    pub error: Option<String>,
}

/// Runs a stage with one worker on `items`.
pub fn run(stage: impl Stage, items: impl IntoIterator<Item = TestItem>) -> TestRun {
    run_with(stage, items, Data::Nil)
}

/// The same, with `site` as what [`crate::Outbox::site`] gives.
pub fn run_with(
    stage: impl Stage,
    items: impl IntoIterator<Item = TestItem>,
    site: Data,
) -> TestRun {
    let mut call = Call { site, ..Call::default() };
    let mut offered = None;
    let given = offer_stage(Box::new(stage), &HOST, |stage| {
        offered = Some(*stage);
        Ok(())
    });
    if let (Ok(()), Some(stage)) = (given, offered) {
        call.run(&stage, items);
    }
    call.run
}

/// Registers the plugin `P` with these options; gives the names of its stages, and the options that it did
/// not ask for.
///
/// # Errors
/// When it refuses, with its reason.
pub fn register<P: Plugin>(options: Data) -> Result<(Vec<String>, Vec<String>), String> {
    register_with::<P>(options, Data::Nil)
}

/// The same, with `site` as what [`crate::Registrar::site`] gives.
///
/// # Errors
/// When it refuses, with its reason.
pub fn register_with<P: Plugin>(
    options: Data,
    site: Data,
) -> Result<(Vec<String>, Vec<String>), String> {
    let mut call = Call { options, site, ..Call::default() };
    // SAFETY: the table lives as long as the process, the call until the function has returned.
    let status = unsafe { crate::entry::register::<P>(&HOST, call.pointer(), Linked::Host) };
    if status != abi::OK {
        return Err(call.run.error.unwrap_or_default());
    }
    let Data::Map(options) = &call.options else { return Ok((call.stages, Vec::new())) };
    let unknown = options.iter().map(|(key, _)| key).filter(|key| !call.asked.contains(key));
    Ok((call.stages.clone(), unknown.cloned().collect()))
}

#[derive(Default)]
struct Call {
    #[expect(clippy::vec_box, reason = "their bytes are lent, and the list grows")]
    values: Vec<Box<Data>>,
    items: Vec<Option<TestItem>>,
    options: Data,
    options_handle: Handle,
    asked: Vec<String>,
    stages: Vec<String>,
    site: Data,
    run: TestRun,
}

/// What is added to an item's place to make its handle; those of values are smaller.
const ITEM: Handle = 1 << 32;

impl Call {
    fn pointer(&mut self) -> *mut abi::Call {
        (&raw mut *self).cast()
    }

    fn run(&mut self, stage: &abi::Stage, items: impl IntoIterator<Item = TestItem>) {
        let mut worker: *mut c_void = stage.state;
        let wanted = Items(stage.items & !abi::ITEM_HTML);
        self.items = items.into_iter().map(Some).collect();
        let handles = (ITEM..).zip(&self.items);
        let given = |(_, item): &(Handle, &Option<TestItem>)| {
            item.as_ref().is_some_and(|item| wanted.contains(item.kind))
        };
        let handles: Vec<_> = handles.filter(given).map(|(at, _)| at).collect();
        let call = self.pointer();
        // SAFETY: as the ABI asks: the worker is started, given items, finished and stopped, in this order.
        unsafe {
            let mut status =
                stage.start.map_or(0, |start| start(stage.state, call, &raw mut worker));
            if let (abi::OK, Some(process)) = (status, stage.process) {
                status = process(worker, call, handles.as_ptr(), handles.len());
            }
            if let (abi::OK, Some(finish)) = (status, stage.finish) {
                let count = if stage.kind == abi::BARRIER { handles.len() } else { 0 };
                finish(worker, call, handles.as_ptr(), count);
            }
            if let Some(stop) = stage.stop.filter(|_| worker != stage.state) {
                stop(worker);
            }
            if let Some(drop) = stage.drop {
                drop(stage.state);
            }
        }
        self.run.items = self.items.drain(..).flatten().collect();
    }

    fn fail(&mut self, message: &str) -> i32 {
        self.run.error.get_or_insert(message.to_owned());
        abi::FAILED
    }

    fn push(&mut self, value: Data) -> Handle {
        self.values.push(Box::new(value));
        self.values.len() as Handle
    }

    fn value(&mut self, handle: Handle) -> Data {
        match usize::try_from(handle).ok().and_then(|at| self.values.get(at.wrapping_sub(1))) {
            Some(value) => (**value).clone(),
            None => {
                if handle != 0 {
                    self.fail("it used a handle that is not its own");
                }
                Data::Nil
            }
        }
    }

    fn item(&mut self, handle: Handle) -> Option<&mut TestItem> {
        let at = usize::try_from(handle.checked_sub(ITEM)?).ok()?;
        self.items.get_mut(at)?.as_mut()
    }

    fn text(&mut self, bytes: Bytes) -> String {
        match String::from_utf8(bytes_of(bytes)) {
            Ok(text) => text,
            Err(_) => {
                self.fail("it gave text that is not UTF-8");
                String::new()
            }
        }
    }
}

fn bytes_of(bytes: Bytes) -> Vec<u8> {
    if bytes.data.is_null() {
        return Vec::new();
    }
    // SAFETY: the plugin lends these bytes until the function has returned.
    unsafe { std::slice::from_raw_parts(bytes.data, bytes.length) }.to_owned()
}

/// The functions of the host: each is given the call, by reference.
macro_rules! functions {
    ($(fn $name:ident($call:ident $(, $argument:ident: $type:ty)*) $(-> $result:ty)? $body:block)*) => {
        $(unsafe extern "C" fn $name(call: *mut abi::Call $(, $argument: $type)*) $(-> $result)? {
            // SAFETY: the call is the one that `Call::pointer` gave, which nothing else uses meanwhile.
            let $call = unsafe { &mut *call.cast::<Call>() };
            $body
        })*
    };
}

functions! {
    fn not_counted(_call) {}

    fn fail(call, message: Bytes) {
        let message = String::from_utf8_lossy(&bytes_of(message)).into_owned();
        call.fail(&message);
    }

    fn log(call, _level: u32, message: Bytes) {
        let line = call.text(message);
        call.run.log.push(line);
    }

    fn report(call, diagnostic: *const abi::Diagnostic) -> i32 {
        // SAFETY: the plugin gives a struct.
        let diagnostic = unsafe { *diagnostic };
        let severity = if diagnostic.severity == abi::ERROR { "error" } else { "warning" };
        let (file, message) = (call.text(diagnostic.file), call.text(diagnostic.message));
        let of_item = call.item(diagnostic.item).map(|item| item.text("path").to_owned());
        let file = if file.is_empty() { of_item.unwrap_or_default() } else { file };
        call.run.diagnostics.push(format!("{severity} {file}:{}: {message}", diagnostic.line));
        abi::OK
    }

    fn declare_input(call, path: Bytes) -> i32 {
        let path = call.text(path);
        call.run.inputs.push(path);
        abi::OK
    }

    fn register_stage(call, stage: *const abi::Stage) -> i32 {
        // SAFETY: the plugin gives a struct.
        let stage = unsafe { *stage };
        let name = call.text(stage.name);
        call.stages.push(name);
        if let Some(drop) = stage.drop {
            // SAFETY: the stage is not used again.
            unsafe { drop(stage.state) };
        }
        abi::OK
    }

    fn register_filter(_call, filter: *const abi::Filter) -> i32 {
        // SAFETY: the plugin gives a struct, and the state is not used again.
        unsafe { (*filter).drop.iter().for_each(|drop| drop((*filter).state)) };
        abi::OK
    }

    fn register_tag(_call, tag: *const abi::Tag) -> i32 {
        // SAFETY: the plugin gives a struct, and the state is not used again.
        unsafe { (*tag).drop.iter().for_each(|drop| drop((*tag).state)) };
        abi::OK
    }

    fn register_observer(_call, observer: *const abi::Observer) -> i32 {
        // SAFETY: the plugin gives a struct, and the state is not used again.
        unsafe { (*observer).drop.iter().for_each(|drop| drop((*observer).state)) };
        abi::OK
    }

    fn register_value(_call, _name: Bytes, _value: Handle) -> i32 {
        abi::OK
    }

    fn register_template(_call, _name: Bytes, _text: Bytes) -> i32 {
        abi::OK
    }

    fn options(call) -> Handle {
        let options = call.options.clone();
        call.options_handle = call.push(options);
        call.options_handle
    }

    fn item_begin(_call, _item: Handle) {}

    fn item_kind(call, item: Handle) -> u32 {
        call.item(item).map_or(0, |item| item.kind.0)
    }

    fn item_get(call, item: Handle, name: Bytes) -> Handle {
        let name = call.text(name);
        match call.item(item) {
            Some(item) => match item.get(&name).cloned() {
                Some(value) => call.push(value),
                None => 0,
            },
            None => {
                call.fail("it used a handle that is not its own");
                0
            }
        }
    }

    fn item_set(call, item: Handle, name: Bytes, value: Handle) -> i32 {
        let (name, value) = (call.text(name), call.value(value));
        match call.item(item) {
            Some(item) => item.set(&name, value),
            None => return call.fail("it used a handle that is not its own"),
        }
        abi::OK
    }

    fn item_drop(call, item: Handle) -> i32 {
        let at = item.checked_sub(ITEM).and_then(|at| usize::try_from(at).ok());
        match at.and_then(|at| call.items.get_mut(at)) {
            Some(item) => *item = None,
            None => return call.fail("it used a handle that is not its own"),
        }
        abi::OK
    }

    fn emit(call, path: Bytes, bytes: Bytes) -> i32 {
        let path = call.text(path);
        call.run.emitted.push((path, bytes_of(bytes)));
        abi::OK
    }

    fn has_output(call, path: Bytes) -> i32 {
        let path = call.text(path);
        i32::from(call.run.emitted.iter().any(|(own, _)| *own == path))
    }

    fn site(call) -> Handle {
        let site = call.site.clone();
        if site == Data::Nil { 0 } else { call.push(site) }
    }

    fn value_kind(call, value: Handle) -> u32 {
        if value == 0 {
            return abi::KIND_NONE;
        }
        match call.value(value) {
            Data::Nil => abi::KIND_NIL,
            Data::Bool(_) => abi::KIND_BOOL,
            Data::Int(_) => abi::KIND_INT,
            Data::Float(_) => abi::KIND_FLOAT,
            Data::Text(_) => abi::KIND_TEXT,
            Data::Bytes(_) => abi::KIND_BYTES,
            Data::List(_) => abi::KIND_LIST,
            Data::Map(_) => abi::KIND_MAP,
        }
    }

    fn value_bool(call, value: Handle) -> i32 {
        i32::from(call.value(value) == Data::Bool(true))
    }

    fn value_int(call, value: Handle) -> i64 {
        if let Data::Int(number) = call.value(value) { number } else { 0 }
    }

    fn value_float(call, value: Handle) -> f64 {
        match call.value(value) {
            Data::Int(number) => number as f64,
            Data::Float(number) => number,
            _ => 0.0,
        }
    }

    fn value_bytes(call, value: Handle) -> Bytes {
        call.value(value);
        let at = usize::try_from(value).unwrap_or(0).wrapping_sub(1);
        match call.values.get(at).map(|value| &**value) {
            Some(Data::Text(text)) => Bytes::of(text.as_bytes()),
            Some(Data::Bytes(bytes)) => Bytes::of(bytes),
            _ => Bytes::EMPTY,
        }
    }

    fn value_length(call, value: Handle) -> usize {
        match call.value(value) {
            Data::Text(text) => text.len(),
            Data::Bytes(bytes) => bytes.len(),
            Data::List(list) => list.len(),
            Data::Map(map) => map.len(),
            _ => 0,
        }
    }

    fn value_index(call, value: Handle, index: usize) -> Handle {
        let found = match call.value(value) {
            Data::List(list) => list.into_iter().nth(index),
            Data::Map(map) => map.into_iter().nth(index).map(|(_, value)| value),
            _ => None,
        };
        found.map_or(0, |value| call.push(value))
    }

    fn value_key(call, value: Handle, key: Bytes) -> Handle {
        let key = call.text(key);
        let found = call.value(value).get(&key).cloned();
        if value == call.options_handle {
            call.asked.push(key);
        }
        found.map_or(0, |value| call.push(value))
    }

    fn value_key_at(call, value: Handle, index: usize) -> Bytes {
        call.value(value);
        let at = usize::try_from(value).unwrap_or(0).wrapping_sub(1);
        match call.values.get(at).map(|value| &**value) {
            Some(Data::Map(map)) => {
                map.get(index).map_or(Bytes::EMPTY, |(key, _)| Bytes::of(key.as_bytes()))
            }
            _ => Bytes::EMPTY,
        }
    }

    fn value_to_json(call, _value: Handle) -> Bytes {
        call.fail("there is no JSON in tests: use `to_data`");
        Bytes::EMPTY
    }

    fn make_nil(call) -> Handle {
        call.push(Data::Nil)
    }

    fn make_bool(call, value: i32) -> Handle {
        call.push(Data::Bool(value != 0))
    }

    fn make_int(call, value: i64) -> Handle {
        call.push(Data::Int(value))
    }

    fn make_float(call, value: f64) -> Handle {
        call.push(Data::Float(value))
    }

    fn make_text(call, text: Bytes) -> Handle {
        let text = call.text(text);
        call.push(Data::Text(text))
    }

    fn make_bytes(call, bytes: Bytes) -> Handle {
        call.push(Data::Bytes(bytes_of(bytes)))
    }

    fn make_list(call, values: *const Handle, count: usize) -> Handle {
        // SAFETY: the plugin gives `count` values.
        let list = (0..count).map(|at| call.value(unsafe { *values.add(at) })).collect();
        call.push(Data::List(list))
    }

    fn make_map(call, keys: *const Bytes, values: *const Handle, count: usize) -> Handle {
        // SAFETY: the plugin gives `count` keys and values.
        let entry = |at| unsafe { (*keys.add(at), *values.add(at)) };
        let entries = (0..count).map(entry).map(|(key, value)| (call.text(key), call.value(value)));
        let map = entries.collect();
        call.push(Data::Map(map))
    }

    fn make_from_json(call, _json: Bytes) -> Handle {
        call.fail("there is no JSON in tests: use `Data`");
        0
    }
}

unsafe extern "C" fn alloc(size: usize, align: usize) -> *mut c_void {
    let Ok(layout) = std::alloc::Layout::from_size_align(size, align) else {
        return std::ptr::null_mut();
    };
    // SAFETY: a size of 0 is answered before.
    if size == 0 {
        std::ptr::null_mut()
    } else {
        unsafe { std::alloc::alloc_zeroed(layout).cast() }
    }
}

unsafe extern "C" fn realloc(
    pointer: *mut c_void,
    size: usize,
    align: usize,
    new_size: usize,
) -> *mut c_void {
    // SAFETY: the plugin gives back what it got, which is as long as it says.
    unsafe {
        let new = alloc(new_size, align);
        if !new.is_null() && !pointer.is_null() {
            new.copy_from_nonoverlapping(pointer, size.min(new_size));
            free(pointer, size, align);
        }
        new
    }
}

unsafe extern "C" fn free(pointer: *mut c_void, size: usize, align: usize) {
    if let (false, Ok(layout)) =
        (pointer.is_null() || size == 0, std::alloc::Layout::from_size_align(size, align))
    {
        // SAFETY: the plugin gives back what it got.
        unsafe { std::alloc::dealloc(pointer.cast(), layout) };
    }
}

static HOST: abi::Host = abi::Host {
    size: size_of::<abi::Host>(),
    abi_major: abi::ABI_MAJOR,
    abi_minor: abi::ABI_MINOR,
    alloc,
    alloc_zeroed: alloc,
    realloc,
    free,
    not_counted,
    fail,
    log,
    report,
    declare_input,
    register_stage,
    register_filter,
    register_tag,
    register_observer,
    register_value,
    register_template,
    options,
    item_begin,
    item_kind,
    item_get,
    item_set,
    item_drop,
    emit_page: emit,
    emit_data: emit,
    emit_file: emit,
    emit_output: emit,
    has_output,
    site,
    value_kind,
    value_bool,
    value_int,
    value_float,
    value_bytes,
    value_length,
    value_index,
    value_key,
    value_key_at,
    value_to_json,
    make_nil,
    make_bool,
    make_int,
    make_float,
    make_text,
    make_bytes,
    make_list,
    make_map,
    make_from_json,
};
