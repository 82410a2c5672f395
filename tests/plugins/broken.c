/* Plugins that are wrong in one way each, chosen by `-D`: what is not chosen is right. */
#include <bengal_plugin.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef SIZE
#define SIZE sizeof(bengal_plugin_v1_t)
#endif
#ifndef MAJOR
#define MAJOR BENGAL_ABI_MAJOR
#endif
#ifndef MINOR
#define MINOR BENGAL_ABI_MINOR
#endif
#ifndef MAGIC
#define MAGIC BENGAL_MAGIC
#endif
#ifndef PANIC
#define PANIC BENGAL_PANIC_NONE
#endif
#ifndef ALLOCATOR
#define ALLOCATOR BENGAL_ALLOCATOR_HOST
#endif
#ifndef NAME
#define NAME "broken"
#endif
#ifndef STAGE_SIZE
#define STAGE_SIZE sizeof(bengal_stage_v1)
#endif
#ifndef ITEMS
#define ITEMS BENGAL_ITEM_PAGE
#endif
#ifndef PROCESS
#define PROCESS process
#endif
#ifndef ANCHOR
#define ANCHOR "parse"
#endif
#ifndef ACT
#define ACT
#endif
#ifndef REGISTER
#define REGISTER
#endif

#if defined SHORT_DESCRIPTOR
const uint8_t bengal_plugin_v1[16] = {0};
#elif !defined NO_DESCRIPTOR
const bengal_plugin_v1_t bengal_plugin_v1 = {
    .size = SIZE,
    .abi_major = MAJOR,
    .abi_minor = MINOR,
    .magic = MAGIC,
    .panic = PANIC,
    .allocator = ALLOCATOR,
    .name = NAME,
    .version = "1",
};
#endif

static const bengal_host_v1 *host;
static bengal_handle kept;

/* What is done if the library is opened. */
#ifdef CONSTRUCTOR
__attribute__((constructor)) static void opened(void) {
    FILE *file = fopen(CONSTRUCTOR, "w");
    if (file != NULL) {
        fclose(file);
    }
    abort();
}
#endif

__attribute__((unused)) static int32_t process(void *worker, bengal_call *call, const bengal_handle *items, size_t count) {
    (void)worker, (void)call, (void)items, (void)count, (void)kept, (void)host;
    ACT;
    return BENGAL_OK;
}

#ifndef NO_ENTRY
int32_t bengal_register_v1(const bengal_host_v1 *table, bengal_call *call) {
    host = table;
    REGISTER;
    bengal_stage_v1 stage = {
        .size = STAGE_SIZE,
        .kind = BENGAL_PER_ITEM,
        .items = ITEMS,
        .purity = BENGAL_PURE,
        .placement = BENGAL_AFTER,
        .anchor = BENGAL_TEXT(ANCHOR),
        .name = BENGAL_TEXT("broken"),
        .process = PROCESS,
    };
    return host->register_stage(call, &stage);
}
#endif
