/* A stage in C: tells templates a greeting for each page, as `page.params.greeting`.
 *
 * Option: `greeting` ("Hello").
 *
 *     cc -shared -fPIC -O2 -I ../../../plugins/sdk/include -o libhello.so hello.c
 */
#include <bengal_plugin.h>
#include <string.h>

const bengal_plugin_v1_t bengal_plugin_v1 = {
    .size = sizeof(bengal_plugin_v1_t),
    .abi_major = BENGAL_ABI_MAJOR,
    .abi_minor = BENGAL_ABI_MINOR,
    .magic = BENGAL_MAGIC,
    .panic = BENGAL_PANIC_NONE,
    .allocator = BENGAL_ALLOCATOR_HOST,
    .name = "hello",
    .version = "1.0.0",
};

static const bengal_host_v1 *host;

/* What the stage keeps. */
typedef struct {
    size_t length;
    uint8_t greeting[];
} hello;

static int32_t process(void *worker, bengal_call *call, const bengal_handle *items, size_t count) {
    const hello *state = worker;
    for (size_t i = 0; i < count; i++) {
        host->item_begin(call, items[i]);
        bengal_bytes title =
            host->value_bytes(call, host->item_get(call, items[i], BENGAL_TEXT("title")));
        size_t length = state->length + 2 + title.length;
        uint8_t *text = host->alloc(length, 1);
        if (text == NULL) {
            host->fail(call, BENGAL_TEXT("there is no memory left"));
            return BENGAL_FAILED;
        }
        memcpy(text, state->greeting, state->length);
        memcpy(text + state->length, ", ", 2);
        if (title.length > 0) {
            memcpy(text + state->length + 2, title.data, title.length);
        }
        bengal_handle value = host->make_text(call, (bengal_bytes){text, length});
        host->free(text, length, 1);
        int32_t status =
            host->item_set(call, items[i], BENGAL_TEXT("params.greeting"), value);
        if (status != BENGAL_OK) {
            return status;
        }
    }
    return BENGAL_OK;
}

static void drop(void *state) {
    host->free(state, sizeof(hello) + ((hello *)state)->length, _Alignof(hello));
}

int32_t bengal_register_v1(const bengal_host_v1 *table, bengal_call *call) {
    host = table;
    bengal_bytes greeting = BENGAL_TEXT("Hello");
    bengal_handle option = host->value_key(call, host->options(call), BENGAL_TEXT("greeting"));
    if (host->value_kind(call, option) == BENGAL_KIND_TEXT) {
        greeting = host->value_bytes(call, option);
    }
    hello *state = host->alloc(sizeof(hello) + greeting.length, _Alignof(hello));
    if (state == NULL) {
        host->fail(call, BENGAL_TEXT("there is no memory left"));
        return BENGAL_FAILED;
    }
    state->length = greeting.length;
    if (greeting.length > 0) {
        memcpy(state->greeting, greeting.data, greeting.length);
    }
    bengal_stage_v1 stage = {
        .size = sizeof(stage),
        .kind = BENGAL_PER_ITEM,
        .items = BENGAL_ITEM_PAGE,
        .purity = BENGAL_PURE,
        .thread_safe = 1,
        .placement = BENGAL_AFTER,
        .anchor = BENGAL_TEXT("parse"),
        .name = BENGAL_TEXT("hello"),
        .state = state,
        .process = process,
        .drop = drop,
    };
    int32_t status = host->register_stage(call, &stage);
    if (status != BENGAL_OK) {
        drop(state);
    }
    return status;
}
