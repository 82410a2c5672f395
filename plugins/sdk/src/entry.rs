//! Between the C ABI and the traits: the functions that the host calls.
//!
//! **Invariant:** no panic leaves the plugin; each becomes an error with its message and place.
#![expect(unsafe_code, reason = "the host calls these functions with raw pointers")]

use std::any::Any;
use std::cell::RefCell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, Once, PoisonError};

use crate::abi::{self, Bytes, Handle};
use crate::error::Error;
use crate::plugin::{Event, Filter, Observer, Plugin, Registrar, Tag};
use crate::stage::{Item, Outbox, Slot, Stage, Work, Workers};
use crate::value::{Arguments, Context, Value};

/// How a plugin is linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// As a library that the host opens: it has a panic hook and an allocator of its own.
    Library,
    /// Into the host.
    Host,
}

/// The size of an ABI struct, as it says it itself.
pub(crate) const fn size_of<T>() -> u32 {
    let size = std::mem::size_of::<T>();
    assert!(size < 1 << 16, "a struct of the ABI has some hundred bytes");
    #[expect(clippy::cast_possible_truncation, reason = "it is small, as was just checked")]
    let size = size as u32;
    size
}

/// The entry of the plugin `P`.
///
/// # Safety
/// As the host calls it: with its table, which lives as long as the process, and a call.
pub unsafe fn register<P: Plugin>(
    host: *const abi::Host,
    call: *mut abi::Call,
    linked: Linked,
) -> i32 {
    // SAFETY: the host gives its table, which lives as long as the process.
    let Some(table) = (unsafe { host.as_ref() }) else { return abi::FAILED };
    if table.abi_major != abi::ABI_MAJOR || table.size < size_of::<abi::Host>() {
        return abi::FAILED;
    }
    if linked == Linked::Library {
        note_panics();
        // SAFETY: the table lives as long as the process.
        if !unsafe { crate::allocator::connect(host) } {
            // SAFETY: the call lasts until this returns.
            unsafe { (table.not_counted)(call) };
        }
    }
    enter(table, call, |context| P::register(&mut Registrar { context, host: table }))
}

thread_local! {
    /// The panic that is being caught on this thread, in words.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps panics in words instead of printing them, as the host says what has failed.
fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let at = info.location().map(|at| format!(" at {at}")).unwrap_or_default();
            let words = format!("panicked{at}: {}", message(info.payload()));
            let _ = PANIC.try_with(|panic| panic.replace(Some(words)));
        }));
    });
}

fn message(payload: &dyn Any) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}

/// Calls `work` and makes what comes of it the status that the host is given.
fn enter<'c>(
    host: &'c abi::Host,
    call: *mut abi::Call,
    work: impl FnOnce(Context<'c>) -> Result<(), Error>,
) -> i32 {
    let context = Context { host, call };
    let (status, words) = match catch_unwind(AssertUnwindSafe(|| work(context))) {
        Ok(Ok(())) => return abi::OK,
        Ok(Err(error)) => error.into_status(),
        Err(payload) => {
            let noted = PANIC.try_with(|panic| panic.take()).ok().flatten();
            let words = noted.unwrap_or_else(|| format!("panicked: {}", message(&*payload)));
            // What a panic carries may panic when it is dropped.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(std::mem::forget);
            (abi::FAILED, Some(words))
        }
    };
    if let Some(words) = words {
        // SAFETY: the call lasts until the callback returns, and the words until `fail` has.
        unsafe { (host.fail)(call, Bytes::of(words.as_bytes())) };
    }
    status
}

/// Drops what the host was given, panic or not.
///
/// # Safety
/// `state` came from `Box::into_raw` of a `Box<T>`, and is not used again.
unsafe extern "C" fn drop_box<T>(state: *mut c_void) {
    // SAFETY: as the caller promises.
    let work = || drop(unsafe { Box::from_raw(state.cast::<T>()) });
    // A panic in `drop` has nobody to be told to; what it carries may panic again when it is dropped.
    let _ = catch_unwind(AssertUnwindSafe(work)).map_err(std::mem::forget);
}

/// A stage, and the worker that was made to see its kind: the first that is asked for.
struct StageState {
    first: Mutex<Option<Work<'static>>>,
    stage: Box<dyn Stage>,
    host: &'static abi::Host,
}

struct Worker {
    work: Option<Work<'static>>,
    host: &'static abi::Host,
}

/// Hands `stage` to `give` as the ABI has it. What `give` refuses is freed again.
pub(crate) fn offer_stage(
    stage: Box<dyn Stage>,
    host: &'static abi::Host,
    give: impl FnOnce(&abi::Stage) -> Result<(), Error>,
) -> Result<(), Error> {
    let state = Box::new(StageState { first: Mutex::new(None), stage, host });
    let work = worker_of(&state);
    let kind = if matches!(work, Work::PerItem(_)) { abi::PER_ITEM } else { abi::BARRIER };
    *state.first.lock().unwrap_or_else(PoisonError::into_inner) = Some(work);
    let (placement, anchor) = match state.stage.slot() {
        Slot::Before(anchor) => (abi::BEFORE, anchor),
        Slot::After(anchor) => (abi::AFTER, anchor),
    };
    let name = state.stage.name().to_owned();
    let (items, purity) = (state.stage.items().0, state.stage.purity() as u32);
    let thread_safe = u32::from(state.stage.workers() == Workers::Jobs);
    let state = Box::into_raw(state).cast();
    let given = give(&abi::Stage {
        size: size_of::<abi::Stage>(),
        kind,
        items,
        purity,
        thread_safe,
        placement,
        anchor: Bytes::of(anchor.as_bytes()),
        name: Bytes::of(name.as_bytes()),
        state,
        start: Some(start),
        process: Some(process),
        finish: Some(finish),
        stop: Some(drop_box::<Worker>),
        drop: Some(drop_box::<StageState>),
    });
    if given.is_err() {
        // SAFETY: it was made above, and the host that refused it does not use it.
        unsafe { drop_box::<StageState>(state) };
    }
    given
}

fn worker_of(state: &StageState) -> Work<'static> {
    // SAFETY: the host stops every worker before it drops the stage, and the first worker is dropped with
    // the stage, before it: fields are dropped in their order.
    unsafe { std::mem::transmute::<Work<'_>, Work<'static>>(state.stage.start()) }
}

unsafe extern "C" fn start(
    state: *mut c_void,
    call: *mut abi::Call,
    worker: *mut *mut c_void,
) -> i32 {
    // SAFETY: the host gives back the state that it was given, which lives until `drop`.
    let state = unsafe { &*state.cast::<StageState>() };
    enter(state.host, call, |_| {
        let first = state.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let work = Some(first.unwrap_or_else(|| worker_of(state)));
        let made = Box::into_raw(Box::new(Worker { work, host: state.host })).cast();
        // SAFETY: the host gives room for one pointer.
        unsafe { worker.write(made) };
        Ok(())
    })
}

/// The items that the host gives.
///
/// # Safety
/// There are `count` of them, for as long as the call lasts.
unsafe fn handles<'c>(items: *const Handle, count: usize) -> &'c [Handle] {
    if count == 0 || items.is_null() {
        return &[];
    }
    // SAFETY: as the caller promises.
    unsafe { std::slice::from_raw_parts(items, count) }
}

unsafe extern "C" fn process(
    worker: *mut c_void,
    call: *mut abi::Call,
    items: *const Handle,
    count: usize,
) -> i32 {
    // SAFETY: the host gives back the worker that it was given, on one thread at a time.
    let worker = unsafe { &mut *worker.cast::<Worker>() };
    // SAFETY: the host gives `count` items.
    let items = unsafe { handles(items, count) };
    enter(worker.host, call, |context| {
        let mut out = Outbox { context };
        for &handle in items {
            if items.len() > 1 {
                // SAFETY: the call lasts until the callback returns.
                unsafe { (context.host.item_begin)(call, handle) };
            }
            let mut item = Item { context, handle };
            match &mut worker.work {
                Some(Work::PerItem(worker)) => worker.process(&mut item, &mut out)?,
                Some(Work::Barrier(worker)) => worker.process(&mut item)?,
                None => return Err(Error::new("it was given an item after its last")),
            }
        }
        Ok(())
    })
}

unsafe extern "C" fn finish(
    worker: *mut c_void,
    call: *mut abi::Call,
    items: *const Handle,
    count: usize,
) -> i32 {
    // SAFETY: the host gives back the worker that it was given, on one thread at a time.
    let worker = unsafe { &mut *worker.cast::<Worker>() };
    // SAFETY: the host gives `count` items.
    let items = unsafe { handles(items, count) };
    enter(worker.host, call, |context| {
        let mut out = Outbox { context };
        match worker.work.take() {
            Some(Work::PerItem(mut worker)) => worker.finish(&mut out),
            Some(Work::Barrier(worker)) => {
                let mut items: Vec<_> =
                    items.iter().map(|&handle| Item { context, handle }).collect();
                worker.finish(&mut items, &mut out)
            }
            None => Err(Error::new("it was finished twice")),
        }
    })
}

/// What the host holds of a filter, a tag or an observer.
struct State<T: ?Sized> {
    host: &'static abi::Host,
    of: Box<T>,
}

fn state_of<T: ?Sized>(host: &'static abi::Host, of: Box<T>) -> *mut c_void {
    Box::into_raw(Box::new(State { host, of })).cast()
}

/// Hands a filter to `give` as the ABI has it.
pub(crate) fn offer_filter(
    filter: Box<dyn Filter>,
    host: &'static abi::Host,
    give: impl FnOnce(&abi::Filter) -> Result<(), Error>,
) -> Result<(), Error> {
    let (name, purity) = (filter.name().to_owned(), filter.purity() as u32);
    let (arguments, named) = (filter.arguments(), filter.named().join(" "));
    let state = state_of(host, filter);
    let given = give(&abi::Filter {
        size: size_of::<abi::Filter>(),
        purity,
        thread_safe: 1,
        least_arguments: *arguments.start(),
        most_arguments: *arguments.end(),
        reserved: 0,
        name: Bytes::of(name.as_bytes()),
        named: Bytes::of(named.as_bytes()),
        state,
        apply: Some(apply),
        drop: Some(drop_box::<State<dyn Filter>>),
    });
    if given.is_err() {
        // SAFETY: it was made above, and the host that refused it does not use it.
        unsafe { drop_box::<State<dyn Filter>>(state) };
    }
    given
}

unsafe extern "C" fn apply(
    state: *mut c_void,
    call: *mut abi::Call,
    input: Handle,
    arguments: *const Handle,
    count: usize,
    named: Handle,
    result: *mut Handle,
) -> i32 {
    // SAFETY: the host gives back the state that it was given; a filter is `Sync`.
    let state = unsafe { &*state.cast::<State<dyn Filter>>() };
    // SAFETY: the host gives `count` arguments.
    let positional = unsafe { handles(arguments, count) };
    enter(state.host, call, |context| {
        let input = Value { context, handle: input };
        let made = state.of.apply(input, &Arguments { context, positional, named })?;
        // SAFETY: the host gives room for one handle.
        unsafe { result.write(context.make(&made)) };
        Ok(())
    })
}

/// Hands a tag to `give` as the ABI has it.
pub(crate) fn offer_tag(
    tag: Box<dyn Tag>,
    host: &'static abi::Host,
    give: impl FnOnce(&abi::Tag) -> Result<(), Error>,
) -> Result<(), Error> {
    let (name, purity) = (tag.name().to_owned(), tag.purity() as u32);
    let (arguments, named) = (tag.arguments(), tag.named().join(" "));
    let (body, syntax) = (tag.body() as u32, tag.syntax() as u32);
    let state = state_of(host, tag);
    let given = give(&abi::Tag {
        size: size_of::<abi::Tag>(),
        purity,
        thread_safe: 1,
        body,
        syntax,
        least_arguments: *arguments.start(),
        most_arguments: *arguments.end(),
        name: Bytes::of(name.as_bytes()),
        named: Bytes::of(named.as_bytes()),
        state,
        render: Some(render),
        drop: Some(drop_box::<State<dyn Tag>>),
    });
    if given.is_err() {
        // SAFETY: it was made above, and the host that refused it does not use it.
        unsafe { drop_box::<State<dyn Tag>>(state) };
    }
    given
}

unsafe extern "C" fn render(
    state: *mut c_void,
    call: *mut abi::Call,
    markup: Bytes,
    arguments: *const Handle,
    count: usize,
    named: Handle,
    content: Bytes,
    result: *mut Handle,
) -> i32 {
    // SAFETY: the host gives back the state that it was given; a tag is `Sync`.
    let state = unsafe { &*state.cast::<State<dyn Tag>>() };
    // SAFETY: the host gives `count` arguments.
    let positional = unsafe { handles(arguments, count) };
    enter(state.host, call, |context| {
        let text = |bytes| std::str::from_utf8(context.borrow(bytes)).unwrap_or_default();
        let arguments = Arguments { context, positional, named };
        let made = state.of.render(text(markup), &arguments, text(content))?;
        // SAFETY: the host gives room for one handle.
        unsafe { result.write(context.make(&made.into())) };
        Ok(())
    })
}

/// Hands an observer to `give` as the ABI has it.
pub(crate) fn offer_observer(
    observer: Box<dyn Observer>,
    host: &'static abi::Host,
    give: impl FnOnce(&abi::Observer) -> Result<(), Error>,
) -> Result<(), Error> {
    let state = state_of(host, observer);
    let given = give(&abi::Observer {
        size: size_of::<abi::Observer>(),
        reserved: 0,
        state,
        event: Some(event),
        drop: Some(drop_box::<State<dyn Observer>>),
    });
    if given.is_err() {
        // SAFETY: it was made above, and the host that refused it does not use it.
        unsafe { drop_box::<State<dyn Observer>>(state) };
    }
    given
}

unsafe extern "C" fn event(
    state: *mut c_void,
    call: *mut abi::Call,
    event: u32,
    data: Handle,
) -> i32 {
    // SAFETY: the host gives back the state that it was given, on one thread at a time.
    let state = unsafe { &mut *state.cast::<State<dyn Observer>>() };
    enter(state.host, call, |context| {
        let data = Value { context, handle: data };
        let event = match event {
            abi::EVENT_STARTED => Event::Started(data),
            abi::EVENT_STAGE_FINISHED => Event::StageFinished(data),
            abi::EVENT_DIAGNOSTIC => Event::Diagnostic(data),
            abi::EVENT_FINISHED => Event::Finished(data),
            // Of a later minor version.
            _ => return Ok(()),
        };
        state.of.event(&event, &mut Outbox { context })
    })
}
