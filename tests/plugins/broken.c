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
#ifndef VERSION
#define VERSION "1"
#endif
#ifndef STAGE
#define STAGE "broken"
#endif
#ifndef KIND
#define KIND BENGAL_PER_ITEM
#endif
#ifndef PURITY
#define PURITY BENGAL_PURE
#endif
#ifndef PLACEMENT
#define PLACEMENT BENGAL_AFTER
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
/* Done with the stage that is about to be registered. */
#ifndef THEN
#define THEN
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
    .version = VERSION,
};
#endif

static const bengal_host_v1 *host;
static bengal_handle kept;
static bengal_call *kept_call;

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

/* Uses a call on a thread that it was not made on. */
#ifdef THREAD
#include <pthread.h>
static void *elsewhere(void *call) {
    kept = host->make_int(call, 1);
    host->fail(call, BENGAL_TEXT("said elsewhere"));
    return NULL;
}
static void on_a_thread(bengal_call *call) {
    pthread_t thread;
    pthread_create(&thread, NULL, elsewhere, call);
    pthread_join(thread, NULL);
    if (kept == 0) {
        host->fail(call, BENGAL_TEXT("refused elsewhere"));
    }
}
#endif

__attribute__((unused)) static int32_t process(void *worker, bengal_call *call, const bengal_handle *items, size_t count) {
    (void)worker, (void)call, (void)items, (void)count, (void)kept, (void)kept_call, (void)host;
    ACT;
    return BENGAL_OK;
}

/* A filter `f` that lets in one thread at a time, and gives what `FILTERED` is. */
#ifdef FILTERED
static int32_t apply(void *state, bengal_call *call, bengal_handle input, const bengal_handle *arguments,
                     size_t count, bengal_handle named, bengal_handle *result) {
    (void)state, (void)call, (void)input, (void)arguments, (void)count, (void)named;
    *result = FILTERED;
    return BENGAL_OK;
}
#endif

#ifdef ENTRY_IS_DATA
const int32_t bengal_register_v1 = 1;
#elif !defined NO_ENTRY
int32_t bengal_register_v1(const bengal_host_v1 *table, bengal_call *call) {
    host = table;
    REGISTER;
    bengal_stage_v1 stage = {
        .size = STAGE_SIZE,
        .kind = KIND,
        .items = ITEMS,
        .purity = PURITY,
        .placement = PLACEMENT,
        .anchor = BENGAL_TEXT(ANCHOR),
        .name = BENGAL_TEXT(STAGE),
        .process = PROCESS,
    };
#ifdef FILTERED
    bengal_filter_v1 filter = {.size = sizeof(filter), .name = BENGAL_TEXT("f"), .apply = apply};
    host->register_filter(call, &filter);
#endif
    THEN;
    return host->register_stage(call, &stage);
}
#endif
