/* Any bytes: all builds of the scanner agree, and what they accept can be read. */

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

typedef int scan(struct json_index *ix, struct slice text, struct error *err);

/* Scans once more, into an index of its own, and compares with what was found. */
static void check_same(const struct json_index *ix, const struct error *err, struct slice text,
                       scan *other)
{
    struct json_index again;
    struct error again_err = ERROR_INIT;
    json_index_init(&again);
    int rc = other(&again, text, &again_err);
    require((rc == 0) == (ix->count > 0));
    require(strcmp(err->msg, again_err.msg) == 0 && ix->count == again.count);
    if (ix->count > 0)
        require(memcmp(ix->nodes, again.nodes, ix->count * sizeof(*ix->nodes)) == 0);
    if (rc == 0 && text.len < 4096)
        require(json_equal(ix, JSON_ROOT, &again, JSON_ROOT));
    json_index_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = { (const char *)data, size };
    struct json_index fast;
    struct arena arena;
    struct error err = ERROR_INIT;
    json_index_init(&fast);
    arena_init(&arena, WORKING_MEMORY);
    int rc = json_scan(&fast, text, &err);
    require((rc == 0) == (fast.count > 0));
    check_same(&fast, &err, text, sse2_json_scan);
    check_same(&fast, &err, text, portable_json_scan);
    for (uint32_t i = 0; i < fast.count; i++) {
        check_value(&fast, i, &arena);
        arena_clear(&arena);
    }
    arena_done(&arena);
    json_index_done(&fast);
    return 0;
}
