/* Any bytes: both builds of the scanner agree, and what they accept can be read. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json/cursor.h"
#include "support/portable-scan.h"

#define WORKING_MEMORY ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_value(const struct json_index *ix, json_ref ref, struct arena *arena)
{
    struct error err = ERROR_INIT;
    struct slice s = SLICE_ABSENT;
    struct slice raw = json_raw(ix, ref);
    require(raw.ptr >= ix->text && raw.len <= ix->text_len - (size_t)(raw.ptr - ix->text));
    require(ix->nodes[ref].next > ref && ix->nodes[ref].next <= ix->count);
    if (json_is(ix, ref, JSON_STRING)) {
        if (json_string(ix, ref, arena, "m", &s, &err) == 0)
            require(json_string_is(ix, ref, s) && s.len <= raw.len - 2);
        else
            require(err.code == ERROR_SHAPE);
    }
    if (json_is(ix, ref, JSON_OBJECT) && json_check_unique(ix, ref, arena, "m", &err) < 0)
        require(err.code == ERROR_SHAPE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = { (const char *)data, size };
    struct json_index fast;
    struct json_index portable;
    struct arena arena;
    struct error fast_err = ERROR_INIT;
    struct error portable_err = ERROR_INIT;
    json_index_init(&fast);
    json_index_init(&portable);
    arena_init(&arena, WORKING_MEMORY);
    int rc = json_scan(&fast, text, &fast_err);
    require(portable_json_scan(&portable, text, &portable_err) == rc);
    require(strcmp(fast_err.msg, portable_err.msg) == 0 && fast.count == portable.count);
    require((rc == 0) == (fast.count > 0));
    if (fast.count > 0)
        require(memcmp(fast.nodes, portable.nodes, fast.count * sizeof(*fast.nodes)) == 0);
    for (uint32_t i = 0; i < fast.count; i++) {
        check_value(&fast, i, &arena);
        arena_clear(&arena);
    }
    if (rc == 0 && size < 4096)
        require(json_equal(&fast, JSON_ROOT, &portable, JSON_ROOT));
    arena_done(&arena);
    json_index_done(&fast);
    json_index_done(&portable);
    return 0;
}
