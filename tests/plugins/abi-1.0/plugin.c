/* Uses most of what ABI 1.0 has: a stage, an observer, a value, a template, values both ways, an output file,
 * a diagnostic. */
#include "bengal_plugin.h"

const bengal_plugin_v1_t bengal_plugin_v1 = {
    .size = sizeof(bengal_plugin_v1_t),
    .abi_major = 1,
    .abi_minor = 0,
    .magic = BENGAL_MAGIC,
    .name = "old",
    .version = "1",
};

static const bengal_host_v1 *host;

static int32_t process(void *worker, bengal_call *call, const bengal_handle *items, size_t count) {
    (void)worker;
    for (size_t i = 0; i < count; i++) {
        host->item_begin(call, items[i]);
        if (host->item_kind(call, items[i]) != BENGAL_ITEM_PAGE) {
            host->fail(call, BENGAL_TEXT("it is no page"));
            return BENGAL_FAILED;
        }
        bengal_handle values[] = {
            host->item_get(call, items[i], BENGAL_TEXT("title")),
            host->make_bool(call, 1),
            host->make_float(call, 0.5),
            host->make_nil(call),
        };
        bengal_handle list = host->make_list(call, values, 4);
        bengal_bytes keys[] = {BENGAL_TEXT("list"), BENGAL_TEXT("json")};
        bengal_handle entries[] = {list, host->make_from_json(call, BENGAL_TEXT("{\"a\": [1, 2]}"))};
        bengal_handle map = host->make_map(call, keys, entries, 2);
        bengal_handle json = host->make_text(call, host->value_to_json(call, map));
        host->item_set(call, items[i], BENGAL_TEXT("params.old"), json);
        if (host->value_length(call, list) != 4 || host->value_key_at(call, map, 0).length != 4 ||
            host->value_int(call, host->value_index(call, host->value_key(call, host->value_key(call, map, BENGAL_TEXT("json")), BENGAL_TEXT("a")), 1)) != 2) {
            host->fail(call, BENGAL_TEXT("values are not what they were"));
            return BENGAL_FAILED;
        }
        bengal_diagnostic_v1 diagnostic = {
            .size = sizeof(diagnostic),
            .severity = BENGAL_WARNING,
            .item = items[i],
            .line = 2,
            .column = 8,
            .offset = -1,
            .message = BENGAL_TEXT("a title"),
        };
        host->report(call, &diagnostic);
    }
    return BENGAL_OK;
}

static int32_t finish(void *worker, bengal_call *call, const bengal_handle *items, size_t count) {
    (void)worker, (void)items, (void)count;
    return host->emit_output(call, BENGAL_TEXT("old.txt"), BENGAL_TEXT("from 1.0"));
}

static int32_t event(void *state, bengal_call *call, uint32_t event, bengal_handle data) {
    (void)state;
    if (event == BENGAL_EVENT_FINISHED &&
        host->value_int(call, host->value_key(call, data, BENGAL_TEXT("exit_code"))) == 0) {
        host->log(call, BENGAL_LOG_INFO, BENGAL_TEXT("it went well"));
    }
    return BENGAL_OK;
}

int32_t bengal_register_v1(const bengal_host_v1 *table, bengal_call *call) {
    host = table;
    bengal_stage_v1 stage = {
        .size = sizeof(stage),
        .items = BENGAL_ITEM_PAGE,
        .purity = BENGAL_VOLATILE,
        .placement = BENGAL_AFTER,
        .anchor = BENGAL_TEXT("parse"),
        .name = BENGAL_TEXT("old"),
        .process = process,
        .finish = finish,
    };
    bengal_observer_v1 observer = {.size = sizeof(observer), .event = event};
    host->register_value(call, BENGAL_TEXT("old"), host->make_int(call, 10));
    host->register_template(call, BENGAL_TEXT("old"), BENGAL_TEXT("{{ site.old }} "));
    int32_t status = host->register_stage(call, &stage);
    return status != BENGAL_OK ? status : host->register_observer(call, &observer);
}
