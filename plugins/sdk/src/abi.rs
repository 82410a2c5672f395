//! The C ABI between bengal and a plugin, version 1.0. The C header is made from this file.
//!
//! **Invariant:** a struct starts with its size and grows only at its end; a field never moves, and
//! what a number means never changes. Whoever reads a struct of the other side reads no further than
//! the size that it gives.
//!
//! **Invariant:** nothing of Rust's own crosses: no `String`, no `Vec`, no trait object, no panic.

use std::ffi::c_void;

/// The version of the ABI that is changed when something moves: a plugin of another one is refused.
pub const ABI_MAJOR: u16 = 1;

/// The version of the ABI that is changed when something is added at the end of a struct. A plugin of a
/// higher one than the host's is refused.
pub const ABI_MINOR: u16 = 0;

/// What the descriptor holds behind its size.
pub const MAGIC: [u8; 8] = *b"BENGALPL";

/// The name of the descriptor's symbol.
pub const DESCRIPTOR_SYMBOL: &str = "bengal_plugin_v1";

/// The name of the entry's symbol.
pub const ENTRY_SYMBOL: &str = "bengal_register_v1";

/// Nothing can be thrown out of the plugin's functions: it is written in C.
pub const PANIC_NONE: u8 = 0;
/// Panics unwind, and are caught inside of the plugin.
pub const PANIC_UNWIND: u8 = 1;
/// Panics would end the whole process: refused.
pub const PANIC_ABORT: u8 = 2;

/// The plugin takes all its memory from the host: it is counted in the plugin's stages.
pub const ALLOCATOR_HOST: u8 = 0;
/// The plugin takes memory elsewhere too: reports say "not counted".
pub const ALLOCATOR_OWN: u8 = 1;

/// The call was done.
pub const OK: i32 = 0;
/// The call failed. The host keeps the reason, and the callback that made the call fails with it.
pub const FAILED: i32 = 1;
/// The build was cancelled: the callback is to return at once.
pub const CANCELLED: i32 = 2;

/// The stage is given items one by one, or in batches, on several threads.
pub const PER_ITEM: u32 = 0;
/// The stage is given all items, in the order of their paths, on one thread, before any goes on.
pub const BARRIER: u32 = 1;

/// The stage stands right before its anchor.
pub const BEFORE: u32 = 0;
/// The stage stands right after its anchor.
pub const AFTER: u32 = 1;

/// A Markdown file that was found: `path`, `text`, `front_matter`. Before parse.
pub const ITEM_SOURCE: u32 = 1;
/// A data file that was found: `path`, `text`. Before parse.
pub const ITEM_DATA_SOURCE: u32 = 1 << 1;
/// A page that was parsed: `path`, `title`, `url`, `params`, … Between parse and taxonomy.
pub const ITEM_PAGE: u32 = 1 << 2;
/// What a data file holds: `path`, `value`. Between parse and taxonomy.
pub const ITEM_DATA: u32 = 1 << 3;
/// A file that is copied: `path`, `bytes`.
pub const ITEM_FILE: u32 = 1 << 4;
/// A page that is to be rendered: `page`, `number`. Between taxonomy and render.
pub const ITEM_RENDER: u32 = 1 << 5;
/// A finished output file: `path`, `bytes`, `text`, `page`. After render.
pub const ITEM_OUTPUT: u32 = 1 << 6;
/// Said together with `ITEM_PAGE`: the stage reads or changes the page's `html`.
pub const ITEM_HTML: u32 = 1 << 16;

/// The result depends on the item and the options only.
pub const PURE: u32 = 0;
/// The result depends on files too, each of which is declared with `declare_input`.
pub const DECLARES_INPUTS: u32 = 1;
/// The result depends on more: the stage runs on every item in every build.
pub const VOLATILE: u32 = 2;

/// A tag without an end tag.
pub const BODY_NONE: u32 = 0;
/// The body of a tag is rendered first.
pub const BODY_RENDERED: u32 = 1;
/// The body of a tag is taken as it stands.
pub const BODY_RAW: u32 = 2;

/// What stands behind a tag's name is text, with what stands in `{{ }}` rendered.
pub const SYNTAX_TEXT: u32 = 0;
/// What stands behind a tag's name is arguments: `a, b, name: c`.
pub const SYNTAX_ARGUMENTS: u32 = 1;

/// No value: what was asked for is not there.
pub const KIND_NONE: u32 = 0;
/// Nothing, as a value.
pub const KIND_NIL: u32 = 1;
/// True or false.
pub const KIND_BOOL: u32 = 2;
/// A whole number.
pub const KIND_INT: u32 = 3;
/// Any other number.
pub const KIND_FLOAT: u32 = 4;
/// UTF-8 text.
pub const KIND_TEXT: u32 = 5;
/// Bytes that may be no text.
pub const KIND_BYTES: u32 = 6;
/// A list.
pub const KIND_LIST: u32 = 7;
/// A map from text to values, or an object of the host with fields, such as a page.
pub const KIND_MAP: u32 = 8;

/// Not as the author meant it, perhaps.
pub const WARNING: u32 = 1;
/// Wrong: the build's exit code is 1.
pub const ERROR: u32 = 2;

/// For those who look for a fault in the plugin.
pub const LOG_DEBUG: u32 = 1;
/// For those who build the site.
pub const LOG_INFO: u32 = 2;

/// The build begins. Data: `site`, `output`, `jobs`, `command` (`build` or `serve`).
pub const EVENT_STARTED: u32 = 1;
/// A stage has ended. Data: `name`, `plugin`, `workers`, `items_in`, `items_out`, `busy_ms`, `wall_ms`, …
pub const EVENT_STAGE_FINISHED: u32 = 2;
/// A diagnostic, in the order in which they are shown. Data: `severity`, `code`, `message`, `hint`, `file`, `line`,
/// `column`.
pub const EVENT_DIAGNOSTIC: u32 = 3;
/// The build has ended. Data: `pages`, `written`, `unchanged`, `removed`, `exit_code`, `failure`, and what was
/// measured, as the manual's page "Metrics" has it: `build_time_ms`, `stages`, …
pub const EVENT_FINISHED: u32 = 4;

/// Bytes that the one who gives them keeps alive for as long as the call lasts. `data` may be null
/// where `length` is 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    /// The first byte.
    pub data: *const u8,
    /// How many there are.
    pub length: usize,
}

/// What the host knows of the callback that it has called. Good only until that returns, and only on
/// the thread that it was called on; functions that are given another do nothing, and fail.
#[repr(C)]
#[derive(Debug)]
pub struct Call {
    private: [u8; 0],
}

/// A value of a call, or an item; 0 is none. One of another call is refused.
pub type Handle = u64;

/// What a plugin is: a data symbol of inline bytes, named `bengal_plugin_v1`, which the host reads in the file
/// before it opens the library.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    /// Bytes of this struct.
    pub size: u32,
    /// The ABI's major version: `BENGAL_ABI_MAJOR`.
    pub abi_major: u16,
    /// The ABI's minor version: `BENGAL_ABI_MINOR`.
    pub abi_minor: u16,
    /// `BENGALPL`.
    pub magic: [u8; 8],
    /// What a panic does: `BENGAL_PANIC_NONE` and so on.
    pub panic: u8,
    /// Whose allocator the plugin uses: `BENGAL_ALLOCATOR_HOST` or `BENGAL_ALLOCATOR_OWN`.
    pub allocator: u8,
    /// Zero.
    pub reserved: [u8; 6],
    /// The plugin's name in UTF-8, filled up with zeros: letters, digits, `-` and `_`.
    pub name: [u8; 64],
    /// The plugin's version in UTF-8, filled up with zeros.
    pub version: [u8; 32],
}

/// The entry of a plugin, named `bengal_register_v1`: called once for each build, it registers what the plugin
/// has by the functions of `host`, which lives as long as the process. Returns 0, or what a function
/// of the host returned.
pub type Register = unsafe extern "C" fn(host: *const Host, call: *mut Call) -> i32;

/// A stage, as it is registered. The host copies it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// Bytes of this struct.
    pub size: u32,
    /// `BENGAL_PER_ITEM` or `BENGAL_BARRIER`.
    pub kind: u32,
    /// The items that it is given, as a sum of `BENGAL_ITEM_…`; all others pass by.
    pub items: u32,
    /// `BENGAL_PURE`, `BENGAL_DECLARES_INPUTS` or `BENGAL_VOLATILE`.
    pub purity: u32,
    /// 0: only one worker is started, on one thread; else as many as the build has.
    pub thread_safe: u32,
    /// `BENGAL_BEFORE` or `BENGAL_AFTER`.
    pub placement: u32,
    /// The stage that it stands beside: a built-in one, or one of a plugin.
    pub anchor: Bytes,
    /// Its name. In the chain it is `PLUGIN.NAME`, or `PLUGIN` where it is the plugin's own name.
    pub name: Bytes,
    /// Handed to `start` and `drop`.
    pub state: *mut c_void,
    /// Makes a worker, on the thread that it will work on. Null: `state` is the worker.
    pub start: Option<
        unsafe extern "C" fn(state: *mut c_void, call: *mut Call, worker: *mut *mut c_void) -> i32,
    >,
    /// Handles items, which go on when it returns unless they were dropped. Null only where `items` is 0.
    pub process: Option<
        unsafe extern "C" fn(
            worker: *mut c_void,
            call: *mut Call,
            items: *const Handle,
            count: usize,
        ) -> i32,
    >,
    /// Called once for each worker, after its last item. A barrier is given all its items again, which
    /// go on only when it returns. May be null.
    pub finish: Option<
        unsafe extern "C" fn(
            worker: *mut c_void,
            call: *mut Call,
            items: *const Handle,
            count: usize,
        ) -> i32,
    >,
    /// Frees a worker, also one that was not finished. Not called where `start` is null. May be null.
    pub stop: Option<unsafe extern "C" fn(worker: *mut c_void)>,
    /// Frees `state`, when no worker is left. May be null.
    pub drop: Option<unsafe extern "C" fn(state: *mut c_void)>,
}

/// A Liquid filter, as it is registered. The host copies it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Bytes of this struct.
    pub size: u32,
    /// `BENGAL_PURE`, `BENGAL_DECLARES_INPUTS` or `BENGAL_VOLATILE`.
    pub purity: u32,
    /// 0: the host lets in one thread at a time.
    pub thread_safe: u32,
    /// Arguments without names that it takes, at least.
    pub least_arguments: u32,
    /// Arguments without names that it takes, at most.
    pub most_arguments: u32,
    /// Zero.
    pub reserved: u32,
    /// Its name in templates.
    pub name: Bytes,
    /// The names of arguments that it takes, with a space between each.
    pub named: Bytes,
    /// Handed to `apply` and `drop`.
    pub state: *mut c_void,
    /// `input | name: arguments…, key: value…`: puts a handle of this call into `result`. `named` is a map.
    pub apply: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            call: *mut Call,
            input: Handle,
            arguments: *const Handle,
            count: usize,
            named: Handle,
            result: *mut Handle,
        ) -> i32,
    >,
    /// Frees `state`. May be null.
    pub drop: Option<unsafe extern "C" fn(state: *mut c_void)>,
}

/// A Liquid tag, as it is registered. The host copies it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Tag {
    /// Bytes of this struct.
    pub size: u32,
    /// `BENGAL_PURE`, `BENGAL_DECLARES_INPUTS` or `BENGAL_VOLATILE`.
    pub purity: u32,
    /// 0: the host lets in one thread at a time.
    pub thread_safe: u32,
    /// What stands between it and `{% endNAME %}`: `BENGAL_BODY_NONE` and so on.
    pub body: u32,
    /// How what stands behind its name is read: `BENGAL_SYNTAX_TEXT` or `BENGAL_SYNTAX_ARGUMENTS`.
    pub syntax: u32,
    /// Arguments without names that it takes, at least.
    pub least_arguments: u32,
    /// Arguments without names that it takes, at most.
    pub most_arguments: u32,
    /// Its name in templates.
    pub name: Bytes,
    /// The names of arguments that it takes, with a space between each.
    pub named: Bytes,
    /// Handed to `render` and `drop`.
    pub state: *mut c_void,
    /// Puts the text that takes the tag's place into `result`. `markup` is what stands behind its name, with
    /// what stands in `{{ }}` rendered; of a tag with arguments, empty. `content` is its body.
    pub render: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            call: *mut Call,
            markup: Bytes,
            arguments: *const Handle,
            count: usize,
            named: Handle,
            content: Bytes,
            result: *mut Handle,
        ) -> i32,
    >,
    /// Frees `state`. May be null.
    pub drop: Option<unsafe extern "C" fn(state: *mut c_void)>,
}

/// An observer of the build, as it is registered. The host copies it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Observer {
    /// Bytes of this struct.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Handed to `event` and `drop`.
    pub state: *mut c_void,
    /// Told of what happens, on one thread: `event` is one of `BENGAL_EVENT_…`, and there may be more in a later
    /// minor version; `data` is a map.
    pub event: Option<
        unsafe extern "C" fn(state: *mut c_void, call: *mut Call, event: u32, data: Handle) -> i32,
    >,
    /// Frees `state`. May be null.
    pub drop: Option<unsafe extern "C" fn(state: *mut c_void)>,
}

/// What is wrong, and where.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Diagnostic {
    /// Bytes of this struct.
    pub size: u32,
    /// `BENGAL_WARNING` or `BENGAL_ERROR`.
    pub severity: u32,
    /// The item that it is about; 0 for none.
    pub item: Handle,
    /// The file that it is about, relative to the site; empty: the item's.
    pub file: Bytes,
    /// Line from 1; 0: the whole file, or `offset`.
    pub line: u32,
    /// Column in characters, from 1; 0: the whole line.
    pub column: u32,
    /// Byte of the file, where `line` is 0; -1 for none.
    pub offset: i64,
    /// A sentence without its full stop.
    pub message: Bytes,
    /// What to do about it; may be empty.
    pub hint: Bytes,
}

/// What the host lends a plugin. Every function but the allocator's takes the call that it is called
/// in. Of a plugin of a lower minor version, the functions at the end are not known to it.
///
/// What goes wrong in one of these functions is the callback's fault: it fails with the reason that the
/// host has kept, whether or not the plugin looks at what the function returned.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// Bytes of this struct.
    pub size: u32,
    /// The host's ABI, major version.
    pub abi_major: u16,
    /// The host's ABI, minor version.
    pub abi_minor: u16,

    /// Takes `size` bytes at a multiple of `align`, a power of two; null when there are none, or `size` is 0. May
    /// be called on any thread, as the next three may.
    pub alloc: unsafe extern "C" fn(size: usize, align: usize) -> *mut c_void,
    /// The same, of zeros.
    pub alloc_zeroed: unsafe extern "C" fn(size: usize, align: usize) -> *mut c_void,
    /// Makes what `alloc` gave with `size` and `align` `new_size` long; it may move. Null when that is not
    /// possible: the old one stays.
    pub realloc: unsafe extern "C" fn(
        pointer: *mut c_void,
        size: usize,
        align: usize,
        new_size: usize,
    ) -> *mut c_void,
    /// Gives back what `alloc` gave with `size` and `align`.
    pub free: unsafe extern "C" fn(pointer: *mut c_void, size: usize, align: usize),
    /// Says that memory was taken elsewhere, whatever the descriptor says. While registering only.
    pub not_counted: unsafe extern "C" fn(call: *mut Call),

    /// Says why the callback is about to return something else than 0.
    pub fail: unsafe extern "C" fn(call: *mut Call, message: Bytes),
    /// Prints a line: `BENGAL_LOG_INFO`, or `BENGAL_LOG_DEBUG` with `--verbose` only.
    pub log: unsafe extern "C" fn(call: *mut Call, level: u32, message: Bytes),
    /// Reports what is wrong with a page.
    pub report: unsafe extern "C" fn(call: *mut Call, diagnostic: *const Diagnostic) -> i32,
    /// Says that the file at `path` (absolute, or relative to the site) was read, or looked for in vain.
    pub declare_input: unsafe extern "C" fn(call: *mut Call, path: Bytes) -> i32,

    /// Registers a stage; while registering only, as the next five.
    pub register_stage: unsafe extern "C" fn(call: *mut Call, stage: *const Stage) -> i32,
    /// Registers a Liquid filter.
    pub register_filter: unsafe extern "C" fn(call: *mut Call, filter: *const Filter) -> i32,
    /// Registers a Liquid tag.
    pub register_tag: unsafe extern "C" fn(call: *mut Call, tag: *const Tag) -> i32,
    /// Registers an observer.
    pub register_observer: unsafe extern "C" fn(call: *mut Call, observer: *const Observer) -> i32,
    /// Gives templates the value `site.NAME`.
    pub register_value: unsafe extern "C" fn(call: *mut Call, name: Bytes, value: Handle) -> i32,
    /// Gives the template `NAME.liquid`, which the site's own goes before.
    pub register_template: unsafe extern "C" fn(call: *mut Call, name: Bytes, text: Bytes) -> i32,
    /// The plugin's options, a map. Those that are never asked for while registering are unknown: the
    /// build is refused. Valid while registering only.
    pub options: unsafe extern "C" fn(call: *mut Call) -> Handle,

    /// Says that the plugin begins with this item, so that what fails now fails on it.
    pub item_begin: unsafe extern "C" fn(call: *mut Call, item: Handle),
    /// `BENGAL_ITEM_…` of an item.
    pub item_kind: unsafe extern "C" fn(call: *mut Call, item: Handle) -> u32,
    /// A field of an item; 0 where it has none of that name.
    pub item_get: unsafe extern "C" fn(call: *mut Call, item: Handle, name: Bytes) -> Handle,
    /// Changes a field of an item. Bytes that `item_get` gave before stay as they were.
    pub item_set:
        unsafe extern "C" fn(call: *mut Call, item: Handle, name: Bytes, value: Handle) -> i32,
    /// The item does not go on.
    pub item_drop: unsafe extern "C" fn(call: *mut Call, item: Handle) -> i32,

    /// Adds a page, of the file `path` under `content/` (which need not be there) whose text is `text`. Before
    /// parse only.
    pub emit_page: unsafe extern "C" fn(call: *mut Call, path: Bytes, text: Bytes) -> i32,
    /// Adds a data file, `path` under `data/`. Before parse only.
    pub emit_data: unsafe extern "C" fn(call: *mut Call, path: Bytes, text: Bytes) -> i32,
    /// Adds a file beside pages, `path` under `content/`: it goes where its page goes. Before taxonomy only.
    pub emit_file: unsafe extern "C" fn(call: *mut Call, path: Bytes, bytes: Bytes) -> i32,
    /// Adds an output file. Its path must be nobody else's.
    pub emit_output: unsafe extern "C" fn(call: *mut Call, path: Bytes, bytes: Bytes) -> i32,

    /// 1 where somebody has that output path; 0 where nobody does, and before taxonomy, where nobody knows.
    pub has_output: unsafe extern "C" fn(call: *mut Call, path: Bytes) -> i32,

    /// The site, as templates know it: `title`, `base_url`, `params`, …; from taxonomy on also `pages`, `data` and so on.
    /// 0 in filters and tags, which are given what they are about.
    pub site: unsafe extern "C" fn(call: *mut Call) -> Handle,

    /// `BENGAL_KIND_…` of a value; `BENGAL_KIND_NONE` of 0.
    pub value_kind: unsafe extern "C" fn(call: *mut Call, value: Handle) -> u32,
    /// 1 for true; 0 for all else.
    pub value_bool: unsafe extern "C" fn(call: *mut Call, value: Handle) -> i32,
    /// A whole number; 0 for all else.
    pub value_int: unsafe extern "C" fn(call: *mut Call, value: Handle) -> i64,
    /// A number; 0 for all else.
    pub value_float: unsafe extern "C" fn(call: *mut Call, value: Handle) -> f64,
    /// The bytes of text or bytes; empty for all else.
    pub value_bytes: unsafe extern "C" fn(call: *mut Call, value: Handle) -> Bytes,
    /// How many a list or a map has, or bytes of text; 0 for all else.
    pub value_length: unsafe extern "C" fn(call: *mut Call, value: Handle) -> usize,
    /// The element at `index`, from 0, of a list or a map; 0 where there is none.
    pub value_index: unsafe extern "C" fn(call: *mut Call, value: Handle, index: usize) -> Handle,
    /// What a map has at `key`; 0 where there is nothing.
    pub value_key: unsafe extern "C" fn(call: *mut Call, value: Handle, key: Bytes) -> Handle,
    /// The key at `index`, from 0, of a map; empty where there is none.
    pub value_key_at: unsafe extern "C" fn(call: *mut Call, value: Handle, index: usize) -> Bytes,
    /// A value as JSON; 0 bytes for what cannot be.
    pub value_to_json: unsafe extern "C" fn(call: *mut Call, value: Handle) -> Bytes,

    /// Nothing, as a value.
    pub make_nil: unsafe extern "C" fn(call: *mut Call) -> Handle,
    /// True, for all but 0, or false.
    pub make_bool: unsafe extern "C" fn(call: *mut Call, value: i32) -> Handle,
    /// A whole number.
    pub make_int: unsafe extern "C" fn(call: *mut Call, value: i64) -> Handle,
    /// A number.
    pub make_float: unsafe extern "C" fn(call: *mut Call, value: f64) -> Handle,
    /// Text, which must be UTF-8; copied, as all here is.
    pub make_text: unsafe extern "C" fn(call: *mut Call, text: Bytes) -> Handle,
    /// Bytes.
    pub make_bytes: unsafe extern "C" fn(call: *mut Call, bytes: Bytes) -> Handle,
    /// A list of `count` values.
    pub make_list:
        unsafe extern "C" fn(call: *mut Call, values: *const Handle, count: usize) -> Handle,
    /// A map of `count` keys and values.
    pub make_map: unsafe extern "C" fn(
        call: *mut Call,
        keys: *const Bytes,
        values: *const Handle,
        count: usize,
    ) -> Handle,
    /// The value that JSON says.
    pub make_from_json: unsafe extern "C" fn(call: *mut Call, json: Bytes) -> Handle,
}

impl Bytes {
    /// The bytes of `text`.
    pub const fn of(text: &[u8]) -> Self {
        Self { data: text.as_ptr(), length: text.len() }
    }

    /// None.
    pub const EMPTY: Self = Self { data: std::ptr::null(), length: 0 };
}
