/* The C ABI between bengal and a plugin.
 *
 * Made from plugins/sdk/src/abi.rs by cbindgen: do not edit.
 *
 * A plugin in C exports a `const bengal_plugin_v1_t bengal_plugin_v1` and a function
 * `int32_t bengal_register_v1(const bengal_host_v1 *host, bengal_call *call)`, and nothing else.
 * The manual's chapter "Writing a plugin" begins with one.
 */

#ifndef BENGAL_PLUGIN_H
#define BENGAL_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

// What the descriptor holds behind its size.
#define BENGAL_MAGIC {'B', 'E', 'N', 'G', 'A', 'L', 'P', 'L'}

// The bytes of a string literal.
#define BENGAL_TEXT(literal) ((bengal_bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

// The version of the ABI that is changed when something moves: a plugin of another one is refused.
#define BENGAL_ABI_MAJOR 1

// The version of the ABI that is changed when something is added at the end of a struct. A plugin of a
// higher one than the host's is refused.
#define BENGAL_ABI_MINOR 0

// Nothing can be thrown out of the plugin's functions: it is written in C.
#define BENGAL_PANIC_NONE 0

// Panics unwind, and are caught inside of the plugin.
#define BENGAL_PANIC_UNWIND 1

// Panics would end the whole process: refused.
#define BENGAL_PANIC_ABORT 2

// The plugin takes all its memory from the host: it is counted in the plugin's stages.
#define BENGAL_ALLOCATOR_HOST 0

// The plugin takes memory elsewhere too: reports say "not counted".
#define BENGAL_ALLOCATOR_OWN 1

// The call was done.
#define BENGAL_OK 0

// The call failed. The host keeps the reason, and the callback that made the call fails with it.
#define BENGAL_FAILED 1

// The build was cancelled: the callback is to return at once.
#define BENGAL_CANCELLED 2

// The stage is given items one by one, or in batches, on several threads.
#define BENGAL_PER_ITEM 0

// The stage is given all items, in the order of their paths, on one thread, before any goes on.
#define BENGAL_BARRIER 1

// The stage stands right before its anchor.
#define BENGAL_BEFORE 0

// The stage stands right after its anchor.
#define BENGAL_AFTER 1

// A Markdown file that was found: `path`, `text`, `front_matter`. Before parse.
#define BENGAL_ITEM_SOURCE 1

// A data file that was found: `path`, `text`. Before parse.
#define BENGAL_ITEM_DATA_SOURCE (1 << 1)

// A page that was parsed: `path`, `title`, `url`, `params`, … Between parse and taxonomy.
#define BENGAL_ITEM_PAGE (1 << 2)

// What a data file holds: `path`, `value`. Between parse and taxonomy.
#define BENGAL_ITEM_DATA (1 << 3)

// A file that is copied: `path`, `bytes`.
#define BENGAL_ITEM_FILE (1 << 4)

// A page that is to be rendered: `page`, `number`. Between taxonomy and render.
#define BENGAL_ITEM_RENDER (1 << 5)

// A finished output file: `path`, `bytes`, `text`, `page`. After render.
#define BENGAL_ITEM_OUTPUT (1 << 6)

// Said together with `ITEM_PAGE`: the stage reads or changes the page's `html`.
#define BENGAL_ITEM_HTML (1 << 16)

// The result depends on the item and the options only.
#define BENGAL_PURE 0

// The result depends on files too, each of which is declared with `declare_input`.
#define BENGAL_DECLARES_INPUTS 1

// The result depends on more: the stage runs on every item in every build.
#define BENGAL_VOLATILE 2

// A tag without an end tag.
#define BENGAL_BODY_NONE 0

// The body of a tag is rendered first.
#define BENGAL_BODY_RENDERED 1

// The body of a tag is taken as it stands.
#define BENGAL_BODY_RAW 2

// What stands behind a tag's name is text, with what stands in `{{ }}` rendered.
#define BENGAL_SYNTAX_TEXT 0

// What stands behind a tag's name is arguments: `a, b, name: c`.
#define BENGAL_SYNTAX_ARGUMENTS 1

// No value: what was asked for is not there.
#define BENGAL_KIND_NONE 0

// Nothing, as a value.
#define BENGAL_KIND_NIL 1

// True or false.
#define BENGAL_KIND_BOOL 2

// A whole number.
#define BENGAL_KIND_INT 3

// Any other number.
#define BENGAL_KIND_FLOAT 4

// UTF-8 text.
#define BENGAL_KIND_TEXT 5

// Bytes that may be no text.
#define BENGAL_KIND_BYTES 6

// A list.
#define BENGAL_KIND_LIST 7

// A map from text to values, or an object of the host with fields, such as a page.
#define BENGAL_KIND_MAP 8

// Not as the author meant it, perhaps.
#define BENGAL_WARNING 1

// Wrong: the build's exit code is 1.
#define BENGAL_ERROR 2

// For those who look for a fault in the plugin.
#define BENGAL_LOG_DEBUG 1

// For those who build the site.
#define BENGAL_LOG_INFO 2

// The build begins. Data: `site`, `output`, `jobs`, `command` (`build` or `serve`).
#define BENGAL_EVENT_STARTED 1

// A stage has ended. Data: `name`, `plugin`, `workers`, `items_in`, `items_out`, `busy_ms`, `wall_ms`, …
#define BENGAL_EVENT_STAGE_FINISHED 2

// A diagnostic, in the order in which they are shown. Data: `severity`, `code`, `message`, `hint`, `file`, `line`,
// `column`.
#define BENGAL_EVENT_DIAGNOSTIC 3

// The build has ended. Data: `pages`, `written`, `unchanged`, `removed`, `exit_code`, `failure`, and what was
// measured, as the manual's page "Metrics" has it: `build_time_ms`, `stages`, …
#define BENGAL_EVENT_FINISHED 4

// What a plugin is: a data symbol of inline bytes, named `bengal_plugin_v1`, which the host reads in the file
// before it opens the library.
typedef struct bengal_plugin_v1_t {
  // Bytes of this struct.
  uint32_t size;
  // The ABI's major version: `BENGAL_ABI_MAJOR`.
  uint16_t abi_major;
  // The ABI's minor version: `BENGAL_ABI_MINOR`.
  uint16_t abi_minor;
  // `BENGALPL`.
  uint8_t magic[8];
  // What a panic does: `BENGAL_PANIC_NONE` and so on.
  uint8_t panic;
  // Whose allocator the plugin uses: `BENGAL_ALLOCATOR_HOST` or `BENGAL_ALLOCATOR_OWN`.
  uint8_t allocator;
  // Zero.
  uint8_t reserved[6];
  // The plugin's name in UTF-8, filled up with zeros: letters, digits, `-` and `_`.
  uint8_t name[64];
  // The plugin's version in UTF-8, filled up with zeros.
  uint8_t version[32];
} bengal_plugin_v1_t;

// What the host knows of the callback that it has called. Good only until that returns, and only on
// the thread that it was called on; functions that are given another do nothing, and fail.
typedef struct bengal_call {
  uint8_t private_[0];
} bengal_call;

// Bytes that the one who gives them keeps alive for as long as the call lasts. `data` may be null
// where `length` is 0.
typedef struct bengal_bytes {
  // The first byte.
  const uint8_t *data;
  // How many there are.
  size_t length;
} bengal_bytes;

// A value of a call, or an item; 0 is none. One of another call is refused.
typedef uint64_t bengal_handle;

// What is wrong, and where.
typedef struct bengal_diagnostic_v1 {
  // Bytes of this struct.
  uint32_t size;
  // `BENGAL_WARNING` or `BENGAL_ERROR`.
  uint32_t severity;
  // The item that it is about; 0 for none.
  bengal_handle item;
  // The file that it is about, relative to the site; empty: the item's.
  struct bengal_bytes file;
  // Line from 1; 0: the whole file, or `offset`.
  uint32_t line;
  // Column in characters, from 1; 0: the whole line.
  uint32_t column;
  // Byte of the file, where `line` is 0; -1 for none.
  int64_t offset;
  // A sentence without its full stop.
  struct bengal_bytes message;
  // What to do about it; may be empty.
  struct bengal_bytes hint;
} bengal_diagnostic_v1;

// A stage, as it is registered. The host copies it.
typedef struct bengal_stage_v1 {
  // Bytes of this struct.
  uint32_t size;
  // `BENGAL_PER_ITEM` or `BENGAL_BARRIER`.
  uint32_t kind;
  // The items that it is given, as a sum of `BENGAL_ITEM_…`; all others pass by.
  uint32_t items;
  // `BENGAL_PURE`, `BENGAL_DECLARES_INPUTS` or `BENGAL_VOLATILE`.
  uint32_t purity;
  // 0: only one worker is started, on one thread; else as many as the build has.
  uint32_t thread_safe;
  // `BENGAL_BEFORE` or `BENGAL_AFTER`.
  uint32_t placement;
  // The stage that it stands beside: a built-in one, or one of a plugin.
  struct bengal_bytes anchor;
  // Its name. In the chain it is `PLUGIN.NAME`, or `PLUGIN` where it is the plugin's own name.
  struct bengal_bytes name;
  // Handed to `start` and `drop`.
  void *state;
  // Makes a worker, on the thread that it will work on. Null: `state` is the worker.
  int32_t (*start)(void *state, struct bengal_call *call, void **worker);
  // Handles items, which go on when it returns unless they were dropped. Null only where `items` is 0.
  int32_t (*process)(void *worker,
                     struct bengal_call *call,
                     const bengal_handle *items,
                     size_t count);
  // Called once for each worker, after its last item. A barrier is given all its items again, which
  // go on only when it returns. May be null.
  int32_t (*finish)(void *worker, struct bengal_call *call, const bengal_handle *items, size_t count);
  // Frees a worker, also one that was not finished. Not called where `start` is null. May be null.
  void (*stop)(void *worker);
  // Frees `state`, when no worker is left. May be null.
  void (*drop)(void *state);
} bengal_stage_v1;

// A Liquid filter, as it is registered. The host copies it.
typedef struct bengal_filter_v1 {
  // Bytes of this struct.
  uint32_t size;
  // `BENGAL_PURE`, `BENGAL_DECLARES_INPUTS` or `BENGAL_VOLATILE`.
  uint32_t purity;
  // 0: the host lets in one thread at a time.
  uint32_t thread_safe;
  // Arguments without names that it takes, at least.
  uint32_t least_arguments;
  // Arguments without names that it takes, at most.
  uint32_t most_arguments;
  // Zero.
  uint32_t reserved;
  // Its name in templates.
  struct bengal_bytes name;
  // The names of arguments that it takes, with a space between each.
  struct bengal_bytes named;
  // Handed to `apply` and `drop`.
  void *state;
  // `input | name: arguments…, key: value…`: puts a handle of this call into `result`. `named` is a map.
  int32_t (*apply)(void *state,
                   struct bengal_call *call,
                   bengal_handle input,
                   const bengal_handle *arguments,
                   size_t count,
                   bengal_handle named,
                   bengal_handle *result);
  // Frees `state`. May be null.
  void (*drop)(void *state);
} bengal_filter_v1;

// A Liquid tag, as it is registered. The host copies it.
typedef struct bengal_tag_v1 {
  // Bytes of this struct.
  uint32_t size;
  // `BENGAL_PURE`, `BENGAL_DECLARES_INPUTS` or `BENGAL_VOLATILE`.
  uint32_t purity;
  // 0: the host lets in one thread at a time.
  uint32_t thread_safe;
  // What stands between it and `{% endNAME %}`: `BENGAL_BODY_NONE` and so on.
  uint32_t body;
  // How what stands behind its name is read: `BENGAL_SYNTAX_TEXT` or `BENGAL_SYNTAX_ARGUMENTS`.
  uint32_t syntax;
  // Arguments without names that it takes, at least.
  uint32_t least_arguments;
  // Arguments without names that it takes, at most.
  uint32_t most_arguments;
  // Its name in templates.
  struct bengal_bytes name;
  // The names of arguments that it takes, with a space between each.
  struct bengal_bytes named;
  // Handed to `render` and `drop`.
  void *state;
  // Puts the text that takes the tag's place into `result`. `markup` is what stands behind its name, with
  // what stands in `{{ }}` rendered; of a tag with arguments, empty. `content` is its body.
  int32_t (*render)(void *state,
                    struct bengal_call *call,
                    struct bengal_bytes markup,
                    const bengal_handle *arguments,
                    size_t count,
                    bengal_handle named,
                    struct bengal_bytes content,
                    bengal_handle *result);
  // Frees `state`. May be null.
  void (*drop)(void *state);
} bengal_tag_v1;

// An observer of the build, as it is registered. The host copies it.
typedef struct bengal_observer_v1 {
  // Bytes of this struct.
  uint32_t size;
  // Zero.
  uint32_t reserved;
  // Handed to `event` and `drop`.
  void *state;
  // Told of what happens, on one thread: `event` is one of `BENGAL_EVENT_…`, and there may be more in a later
  // minor version; `data` is a map.
  int32_t (*event)(void *state, struct bengal_call *call, uint32_t event, bengal_handle data);
  // Frees `state`. May be null.
  void (*drop)(void *state);
} bengal_observer_v1;

// What the host lends a plugin. Every function but the allocator's takes the call that it is called
// in. Of a plugin of a lower minor version, the functions at the end are not known to it.
//
// What goes wrong in one of these functions is the callback's fault: it fails with the reason that the
// host has kept, whether or not the plugin looks at what the function returned.
typedef struct bengal_host_v1 {
  // Bytes of this struct.
  uint32_t size;
  // The host's ABI, major version.
  uint16_t abi_major;
  // The host's ABI, minor version.
  uint16_t abi_minor;
  // Takes `size` bytes at a multiple of `align`, a power of two; null when there are none, or `size` is 0. May
  // be called on any thread, as the next three may.
  void *(*alloc)(size_t size, size_t align);
  // The same, of zeros.
  void *(*alloc_zeroed)(size_t size, size_t align);
  // Makes what `alloc` gave with `size` and `align` `new_size` long; it may move. Null when that is not
  // possible: the old one stays.
  void *(*realloc)(void *pointer, size_t size, size_t align, size_t new_size);
  // Gives back what `alloc` gave with `size` and `align`.
  void (*free)(void *pointer, size_t size, size_t align);
  // Says that memory was taken elsewhere, whatever the descriptor says. While registering only.
  void (*not_counted)(struct bengal_call *call);
  // Says why the callback is about to return something else than 0.
  void (*fail)(struct bengal_call *call, struct bengal_bytes message);
  // Prints a line: `BENGAL_LOG_INFO`, or `BENGAL_LOG_DEBUG` with `--verbose` only.
  void (*log)(struct bengal_call *call, uint32_t level, struct bengal_bytes message);
  // Reports what is wrong with a page.
  int32_t (*report)(struct bengal_call *call, const struct bengal_diagnostic_v1 *diagnostic);
  // Says that the file at `path` (absolute, or relative to the site) was read, or looked for in vain.
  int32_t (*declare_input)(struct bengal_call *call, struct bengal_bytes path);
  // Registers a stage; while registering only, as the next five.
  int32_t (*register_stage)(struct bengal_call *call, const struct bengal_stage_v1 *stage);
  // Registers a Liquid filter.
  int32_t (*register_filter)(struct bengal_call *call, const struct bengal_filter_v1 *filter);
  // Registers a Liquid tag.
  int32_t (*register_tag)(struct bengal_call *call, const struct bengal_tag_v1 *tag);
  // Registers an observer.
  int32_t (*register_observer)(struct bengal_call *call, const struct bengal_observer_v1 *observer);
  // Gives templates the value `site.NAME`.
  int32_t (*register_value)(struct bengal_call *call, struct bengal_bytes name, bengal_handle value);
  // Gives the template `NAME.liquid`, which the site's own goes before.
  int32_t (*register_template)(struct bengal_call *call,
                               struct bengal_bytes name,
                               struct bengal_bytes text);
  // The plugin's options, a map. Those that are never asked for while registering are unknown: the
  // build is refused. Valid while registering only.
  bengal_handle (*options)(struct bengal_call *call);
  // Says that the plugin begins with this item, so that what fails now fails on it.
  void (*item_begin)(struct bengal_call *call, bengal_handle item);
  // `BENGAL_ITEM_…` of an item.
  uint32_t (*item_kind)(struct bengal_call *call, bengal_handle item);
  // A field of an item; 0 where it has none of that name.
  bengal_handle (*item_get)(struct bengal_call *call, bengal_handle item, struct bengal_bytes name);
  // Changes a field of an item. Bytes that `item_get` gave before stay as they were.
  int32_t (*item_set)(struct bengal_call *call,
                      bengal_handle item,
                      struct bengal_bytes name,
                      bengal_handle value);
  // The item does not go on.
  int32_t (*item_drop)(struct bengal_call *call, bengal_handle item);
  // Adds a page, of the file `path` under `content/` (which need not be there) whose text is `text`. Before
  // parse only.
  int32_t (*emit_page)(struct bengal_call *call, struct bengal_bytes path, struct bengal_bytes text);
  // Adds a data file, `path` under `data/`. Before parse only.
  int32_t (*emit_data)(struct bengal_call *call, struct bengal_bytes path, struct bengal_bytes text);
  // Adds a file beside pages, `path` under `content/`: it goes where its page goes. Before taxonomy only.
  int32_t (*emit_file)(struct bengal_call *call, struct bengal_bytes path, struct bengal_bytes bytes);
  // Adds an output file. Its path must be nobody else's.
  int32_t (*emit_output)(struct bengal_call *call,
                         struct bengal_bytes path,
                         struct bengal_bytes bytes);
  // 1 where somebody has that output path; 0 where nobody does, and before taxonomy, where nobody knows.
  int32_t (*has_output)(struct bengal_call *call, struct bengal_bytes path);
  // The site, as templates know it: `title`, `base_url`, `params`, …; from taxonomy on also `pages`, `data` and so on.
  // 0 in filters and tags, which are given what they are about.
  bengal_handle (*site)(struct bengal_call *call);
  // `BENGAL_KIND_…` of a value; `BENGAL_KIND_NONE` of 0.
  uint32_t (*value_kind)(struct bengal_call *call, bengal_handle value);
  // 1 for true; 0 for all else.
  int32_t (*value_bool)(struct bengal_call *call, bengal_handle value);
  // A whole number; 0 for all else.
  int64_t (*value_int)(struct bengal_call *call, bengal_handle value);
  // A number; 0 for all else.
  double (*value_float)(struct bengal_call *call, bengal_handle value);
  // The bytes of text or bytes; empty for all else.
  struct bengal_bytes (*value_bytes)(struct bengal_call *call, bengal_handle value);
  // How many a list or a map has, or bytes of text; 0 for all else.
  size_t (*value_length)(struct bengal_call *call, bengal_handle value);
  // The element at `index`, from 0, of a list or a map; 0 where there is none.
  bengal_handle (*value_index)(struct bengal_call *call, bengal_handle value, size_t index);
  // What a map has at `key`; 0 where there is nothing.
  bengal_handle (*value_key)(struct bengal_call *call, bengal_handle value, struct bengal_bytes key);
  // The key at `index`, from 0, of a map; empty where there is none.
  struct bengal_bytes (*value_key_at)(struct bengal_call *call, bengal_handle value, size_t index);
  // A value as JSON; 0 bytes for what cannot be.
  struct bengal_bytes (*value_to_json)(struct bengal_call *call, bengal_handle value);
  // Nothing, as a value.
  bengal_handle (*make_nil)(struct bengal_call *call);
  // True, for all but 0, or false.
  bengal_handle (*make_bool)(struct bengal_call *call, int32_t value);
  // A whole number.
  bengal_handle (*make_int)(struct bengal_call *call, int64_t value);
  // A number.
  bengal_handle (*make_float)(struct bengal_call *call, double value);
  // Text, which must be UTF-8; copied, as all here is.
  bengal_handle (*make_text)(struct bengal_call *call, struct bengal_bytes text);
  // Bytes.
  bengal_handle (*make_bytes)(struct bengal_call *call, struct bengal_bytes bytes);
  // A list of `count` values.
  bengal_handle (*make_list)(struct bengal_call *call, const bengal_handle *values, size_t count);
  // A map of `count` keys and values.
  bengal_handle (*make_map)(struct bengal_call *call,
                            const struct bengal_bytes *keys,
                            const bengal_handle *values,
                            size_t count);
  // The value that JSON says.
  bengal_handle (*make_from_json)(struct bengal_call *call, struct bengal_bytes json);
} bengal_host_v1;

// The entry of a plugin, named `bengal_register_v1`: called once for each build, it registers what the plugin
// has by the functions of `host`, which lives as long as the process. Returns 0, or what a function
// of the host returned.
typedef int32_t (*bengal_register_v1_t)(const struct bengal_host_v1 *host, struct bengal_call *call);

#endif  /* BENGAL_PLUGIN_H */
