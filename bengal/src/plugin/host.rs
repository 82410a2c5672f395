//! The table of functions that a plugin is given.
//!
//! **Invariant:** whatever a plugin passes, but pointers to what is not there, ends in its own failure: a
//! handle of another call, text that is not UTF-8, a null pointer, a function at the wrong time.
//!
//! **Invariant:** no panic of bengal's crosses into a plugin.
#![expect(unsafe_code, reason = "plugins call these functions with raw pointers")]

use std::alloc::Layout;
use std::ffi::c_void;
use std::mem::size_of;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;

use bengal_plugin::abi::{self, Bytes, Handle};

use super::call::{Call, Node, Role};
use super::given::{bytes, copied, slice, text};
use super::place::place;
use super::stage::What;
use super::{fields, json};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::incremental::{fingerprint, read};
use crate::pipeline::StageError;
use crate::value::{Map, Value};

#[expect(clippy::cast_possible_truncation, reason = "it has some hundred bytes")]
const SIZE: u32 = size_of::<abi::Host>() as u32;

/// The table. Plugins keep a pointer to it.
pub(super) static HOST: abi::Host = abi::Host {
    size: SIZE,
    abi_major: abi::ABI_MAJOR,
    abi_minor: abi::ABI_MINOR,
    alloc,
    alloc_zeroed,
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
    emit_page,
    emit_data,
    emit_file,
    emit_output,
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

unsafe extern "C" fn alloc(size: usize, align: usize) -> *mut c_void {
    match Layout::from_size_align(size, align) {
        // SAFETY: the size is not 0.
        Ok(layout) if size > 0 => unsafe { std::alloc::alloc(layout).cast() },
        _ => null_mut(),
    }
}

unsafe extern "C" fn alloc_zeroed(size: usize, align: usize) -> *mut c_void {
    match Layout::from_size_align(size, align) {
        // SAFETY: the size is not 0.
        Ok(layout) if size > 0 => unsafe { std::alloc::alloc_zeroed(layout).cast() },
        _ => null_mut(),
    }
}

unsafe extern "C" fn realloc(
    pointer: *mut c_void,
    size: usize,
    align: usize,
    new_size: usize,
) -> *mut c_void {
    if pointer.is_null() || size == 0 {
        // SAFETY: nothing is given that could be wrong.
        return unsafe { alloc(new_size, align) };
    }
    match (Layout::from_size_align(size, align), Layout::from_size_align(new_size, align)) {
        // SAFETY: the plugin gives back what `alloc` gave, with its size and alignment; the new size is not 0
        // and no overflow.
        (Ok(layout), Ok(_)) if new_size > 0 => unsafe {
            std::alloc::realloc(pointer.cast(), layout, new_size).cast()
        },
        _ => null_mut(),
    }
}

unsafe extern "C" fn free(pointer: *mut c_void, size: usize, align: usize) {
    if let (false, Ok(layout)) =
        (pointer.is_null() || size == 0, Layout::from_size_align(size, align))
    {
        // SAFETY: the plugin gives back what `alloc` gave, with its size and alignment.
        unsafe { std::alloc::dealloc(pointer.cast(), layout) };
    }
}

/// Does `work` with the callback that runs, which `call` is to be. A panic in it is the callback's
/// failure.
///
/// # Safety
/// As of [`Call::with`].
unsafe fn enter<'c, T>(
    call: *mut abi::Call,
    otherwise: T,
    work: impl FnOnce(&mut Call<'c>) -> T,
) -> T {
    let guarded =
        |call: &mut Call<'c>, otherwise| match catch_unwind(AssertUnwindSafe(|| work(call))) {
            Ok(done) => done,
            Err(_) => {
                call.fail("bengal itself has failed in a function of its table");
                otherwise
            }
        };
    // SAFETY: as the caller promises.
    unsafe { Call::with(call, otherwise, guarded) }
}

/// Functions of the table, each given the call that a plugin has passed. The second expression is what is
/// returned where there is none.
macro_rules! functions {
    ($(fn $name:ident($call:ident $(, $argument:ident: $type:ty)* $(,)?) -> $result:ty, $otherwise:expr; $body:block)*) => {
        $(unsafe extern "C" fn $name(call: *mut abi::Call $(, $argument: $type)*) -> $result {
            // SAFETY: it is a plugin that calls; as the ABI says, the bytes, structs and handles that it points to
            // live until this returns.
            unsafe { enter(call, $otherwise, |$call| $body) }
        })*
    };
}

/// Text and the like, or what the function returns where it is wrong.
macro_rules! given {
    ($value:expr $(, $otherwise:expr)?) => {
        match $value {
            Some(value) => value,
            None => return $($otherwise)?,
        }
    };
}

functions! {
    fn not_counted(call) -> (), (); {
        match &mut call.role {
            Role::Register(registration, _) => registration.not_counted = true,
            _ => drop(call.fail(LATE)),
        }
    }

    fn fail(call, message: Bytes) -> (), (); {
        let bytes = given!(bytes(call, message));
        let message = String::from_utf8_lossy(bytes).into_owned();
        call.fail(message);
    }

    fn log(call, level: u32, message: Bytes) -> (), (); {
        let line = given!(text(call, message));
        call.log(level, line);
    }

    fn report(call, diagnostic: *const abi::Diagnostic) -> i32, abi::FAILED; {
        let raw = given!(copied(call, diagnostic), abi::FAILED);
        let file = given!(text(call, raw.file), abi::FAILED);
        let message = given!(text(call, raw.message), abi::FAILED);
        let hint = given!(text(call, raw.hint), abi::FAILED);
        let place = given!(place(call, &raw, file), abi::FAILED);
        let severity = match raw.severity {
            abi::ERROR => Severity::Error,
            abi::WARNING => Severity::Warning,
            other => return call.fail(format!("it reports with a severity of {other}")),
        };
        let diagnostic = Diagnostic {
            place,
            code: Code::Plugin,
            severity,
            message: format!("{}: {message}", call.plugin),
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
        };
        match &mut call.role {
            Role::Stage(desk) => desk.report(diagnostic),
            Role::Observe(reports) => {
                reports.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(diagnostic);
            }
            Role::Register(..) => return call.fail("it reports a diagnostic while it registers"),
            Role::Template => {
                return call.fail("it reports a diagnostic in a template, where it returns an error");
            }
        }
        abi::OK
    }

    fn declare_input(call, path: Bytes) -> i32, abi::FAILED; {
        let path = given!(text(call, path), abi::FAILED);
        let path = call.shared.root.join(path);
        note_input(&path);
        call.shared.declare(path);
        abi::OK
    }

    fn register_stage(call, stage: *const abi::Stage) -> i32, abi::FAILED; {
        let raw = given!(copied(call, stage), abi::FAILED);
        let name = given!(text(call, raw.name), abi::FAILED);
        let anchor = given!(text(call, raw.anchor), abi::FAILED);
        let Role::Register(registration, _) = &mut call.role else { return call.fail(LATE) };
        let added = registration.add_stage(raw, name, anchor);
        call.status(added.map_err(StageError::Failed))
    }

    fn register_filter(call, filter: *const abi::Filter) -> i32, abi::FAILED; {
        let raw = given!(copied(call, filter), abi::FAILED);
        let name = given!(text(call, raw.name), abi::FAILED);
        let named = given!(text(call, raw.named), abi::FAILED);
        let Role::Register(registration, _) = &mut call.role else { return call.fail(LATE) };
        let added = registration.add_filter(raw, name, named);
        call.status(added.map_err(StageError::Failed))
    }

    fn register_tag(call, tag: *const abi::Tag) -> i32, abi::FAILED; {
        let raw = given!(copied(call, tag), abi::FAILED);
        let name = given!(text(call, raw.name), abi::FAILED);
        let named = given!(text(call, raw.named), abi::FAILED);
        let Role::Register(registration, _) = &mut call.role else { return call.fail(LATE) };
        let added = registration.add_tag(raw, name, named);
        call.status(added.map_err(StageError::Failed))
    }

    fn register_observer(call, observer: *const abi::Observer) -> i32, abi::FAILED; {
        let raw = given!(copied(call, observer), abi::FAILED);
        let Role::Register(registration, _) = &mut call.role else { return call.fail(LATE) };
        if raw.event.is_none() {
            return call.fail("it registers an observer whose function `event` is null");
        }
        registration.observers.push(super::register::ObserverSpec { raw });
        abi::OK
    }

    fn register_value(call, name: Bytes, value: Handle) -> i32, abi::FAILED; {
        let name = given!(text(call, name), abi::FAILED);
        let node = call.node(value);
        let value = given!(call.copy(node), abi::FAILED);
        let Role::Register(registration, _) = &mut call.role else { return call.fail(LATE) };
        let added = registration.add_value(name, value);
        call.status(added.map_err(StageError::Failed))
    }

    fn register_template(call, name: Bytes, template: Bytes) -> i32, abi::FAILED; {
        let name = given!(text(call, name), abi::FAILED);
        let template = given!(text(call, template), abi::FAILED);
        let Role::Register(registration, _) = &mut call.role else { return call.fail(LATE) };
        let added = registration.add_template(name, template);
        call.status(added.map_err(StageError::Failed))
    }

    fn options(call) -> Handle, 0; {
        let Role::Register(_, options) = &call.role else {
            call.fail(LATE);
            return 0;
        };
        let options = *options;
        call.handle(Node::Options(options))
    }

    fn item_begin(call, item: Handle) -> (), (); {
        let place = given!(call.item(item));
        if let Role::Stage(desk) = &mut call.role {
            desk.current = place;
        }
    }

    fn item_kind(call, item: Handle) -> u32, 0; {
        let place = given!(call.item(item), 0);
        match &call.role {
            Role::Stage(desk) => fields::kind(&desk.items[place].item),
            _ => 0,
        }
    }

    fn item_get(call, item: Handle, name: Bytes) -> Handle, 0; {
        let place = given!(call.item(item), 0);
        let name = given!(text(call, name), 0);
        match call.item_get(place, name) {
            Some(node) => call.handle(node),
            None => 0,
        }
    }

    fn item_set(call, item: Handle, name: Bytes, value: Handle) -> i32, abi::FAILED; {
        let place = given!(call.item(item), abi::FAILED);
        let name = given!(text(call, name), abi::FAILED);
        let node = call.node(value);
        let set = call.item_set(place, name, node);
        call.status(set.map_err(StageError::Failed))
    }

    fn item_drop(call, item: Handle) -> i32, abi::FAILED; {
        let place = given!(call.item(item), abi::FAILED);
        if let Role::Stage(desk) = &mut call.role {
            desk.items[place].dropped = true;
        }
        abi::OK
    }

    fn emit_page(call, path: Bytes, page: Bytes) -> i32, abi::FAILED; {
        let path = given!(text(call, path), abi::FAILED);
        let page = given!(text(call, page), abi::FAILED);
        let Role::Stage(desk) = &mut call.role else { return call.fail(NO_STAGE) };
        let emitted = desk.emit_source(What::Page, path, page);
        call.status(emitted)
    }

    fn emit_data(call, path: Bytes, data: Bytes) -> i32, abi::FAILED; {
        let path = given!(text(call, path), abi::FAILED);
        let data = given!(text(call, data), abi::FAILED);
        let Role::Stage(desk) = &mut call.role else { return call.fail(NO_STAGE) };
        let emitted = desk.emit_source(What::Data, path, data);
        call.status(emitted)
    }

    fn emit_file(call, path: Bytes, file: Bytes) -> i32, abi::FAILED; {
        let path = given!(text(call, path), abi::FAILED);
        let file = given!(bytes(call, file), abi::FAILED);
        let Role::Stage(desk) = &mut call.role else { return call.fail(NO_STAGE) };
        let emitted = desk.emit_file(path, file);
        call.status(emitted)
    }

    fn emit_output(call, path: Bytes, output: Bytes) -> i32, abi::FAILED; {
        let path = given!(text(call, path), abi::FAILED);
        let output = given!(bytes(call, output), abi::FAILED);
        let Role::Stage(desk) = &mut call.role else { return call.fail(NO_STAGE) };
        let emitted = desk.emit_output(path, output);
        call.status(emitted)
    }

    fn has_output(call, path: Bytes) -> i32, 0; {
        let path = given!(text(call, path), 0);
        match &call.role {
            Role::Stage(desk) => i32::from(desk.has_output(path)),
            _ => 0,
        }
    }

    fn site(call) -> Handle, 0; {
        if call.world.is_none() { 0 } else { call.handle(Node::Site) }
    }

    fn value_kind(call, value: Handle) -> u32, abi::KIND_NONE; {
        if value == 0 { abi::KIND_NONE } else { {
            let node = call.node(value);
            call.kind(node)
        } }
    }

    fn value_bool(call, value: Handle) -> i32, 0; {
        i32::from(matches!(call.node(value), Node::Bool(true)))
    }

    fn value_int(call, value: Handle) -> i64, 0; {
        if let Node::Int(number) = call.node(value) { number } else { 0 }
    }

    fn value_float(call, value: Handle) -> f64, 0.0; {
        match call.node(value) {
            Node::Int(number) => number as f64,
            Node::Float(number) => number,
            _ => 0.0,
        }
    }

    fn value_bytes(call, value: Handle) -> Bytes, Bytes::EMPTY; {
        match call.node(value) {
            Node::Text(text) => Bytes::of(text.as_bytes()),
            Node::Bytes(bytes) => Bytes::of(bytes),
            _ => Bytes::EMPTY,
        }
    }

    fn value_length(call, value: Handle) -> usize, 0; {
        let node = call.node(value);
        call.length(node)
    }

    fn value_index(call, value: Handle, index: usize) -> Handle, 0; {
        let node = call.node(value);
        match call.element(node, index) {
            Some(node) => call.handle(node),
            None => 0,
        }
    }

    fn value_key(call, value: Handle, key: Bytes) -> Handle, 0; {
        let node = call.node(value);
        let key = given!(text(call, key), 0);
        match call.field(node, key) {
            Some(node) => call.handle(node),
            None => 0,
        }
    }

    fn value_key_at(call, value: Handle, index: usize) -> Bytes, Bytes::EMPTY; {
        let node = call.node(value);
        call.key_at(node, index).map_or(Bytes::EMPTY, |key| Bytes::of(key.as_bytes()))
    }

    fn value_to_json(call, value: Handle) -> Bytes, Bytes::EMPTY; {
        let node = call.node(value);
        let value = given!(call.copy(node), Bytes::EMPTY);
        match call.keep_text(json::to_json(&value)) {
            Node::Text(text) => Bytes::of(text.as_bytes()),
            _ => Bytes::EMPTY,
        }
    }

    fn make_nil(call) -> Handle, 0; {
        call.handle(Node::Nil)
    }

    fn make_bool(call, value: i32) -> Handle, 0; {
        call.handle(Node::Bool(value != 0))
    }

    fn make_int(call, value: i64) -> Handle, 0; {
        call.handle(Node::Int(value))
    }

    fn make_float(call, value: f64) -> Handle, 0; {
        call.handle(Node::Float(value))
    }

    fn make_text(call, given: Bytes) -> Handle, 0; {
        let text = given!(text(call, given), 0);
        let node = call.keep_text(text);
        call.handle(node)
    }

    fn make_bytes(call, given: Bytes) -> Handle, 0; {
        let bytes = given!(bytes(call, given), 0);
        let node = call.keep_bytes(bytes);
        call.handle(node)
    }

    fn make_list(call, values: *const Handle, count: usize) -> Handle, 0; {
        let values = given!(slice(call, "values", values, count), 0);
        let mut list = Vec::with_capacity(values.len());
        for value in values {
            let node = call.node(*value);
            list.push(given!(call.copy(node), 0));
        }
        call.made(Value::List(list))
    }

    fn make_map(call, keys: *const Bytes, values: *const Handle, count: usize) -> Handle, 0; {
        let keys = given!(slice(call, "keys", keys, count), 0);
        let values = given!(slice(call, "values", values, count), 0);
        let mut map = Map::new();
        for (key, value) in keys.iter().zip(values) {
            let key = given!(text(call, *key), 0);
            let node = call.node(*value);
            map.insert(key.into(), given!(call.copy(node), 0));
        }
        call.made(Value::Map(map))
    }

    fn make_from_json(call, given: Bytes) -> Handle, 0; {
        let bytes = given!(bytes(call, given), 0);
        match json::from_json(bytes) {
            Ok(value) => {
                let node = call.keep(value);
                call.handle(node)
            }
            Err(message) => {
                call.fail(message);
                0
            }
        }
    }
}

/// Said of functions that are for registering.
const LATE: &str = "it registers something when it is too late for that";

/// Said of functions that are for stages.
const NO_STAGE: &str = "it emits something where no stage is running";

/// What is rendered now depends on the file at `path`.
fn note_input(path: &std::path::Path) {
    let print = std::fs::read(path).map_or(0, |bytes| fingerprint::of_file(path, &bytes));
    read::note_file(&path.to_string_lossy(), print);
}
