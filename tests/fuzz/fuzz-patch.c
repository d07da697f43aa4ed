/* {"doc": any value, "patch": operations}: what a patch makes is JSON again. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json/patch.h"

#define WORKING_MEMORY ((size_t)16 << 20)
#define OUT_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check(const struct json_index *ix, json_ref doc, json_ref patch, struct arena *arena,
                  struct buf *out)
{
    struct error err = ERROR_INIT;
    struct json_index result;
    json_index_init(&result);
    buf_put_lit(out, "x");
    if (json_patch_apply(ix, patch, ix, doc, arena, out, &err) == 0) {
        struct slice text = slice_after(buf_slice(out), 1);
        require(json_scan(&result, text, &err) == 0);
        require(slice_equal(json_raw(&result, JSON_ROOT), text));
        if (json_count(ix, patch) == 0)
            require(slice_equal(text, json_raw(ix, doc)));
    } else {
        require(err.code == ERROR_SYNTAX || err.code == ERROR_SHAPE || err.code == ERROR_LIMIT);
        require(out->len == 1 && out->failure == BUF_OK);
    }
    json_index_done(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_index ix;
    struct arena arena;
    struct buf out;
    struct error err = ERROR_INIT;
    json_index_init(&ix);
    arena_init(&arena, WORKING_MEMORY);
    buf_init(&out, OUT_MAX);
    if (json_scan(&ix, (struct slice){ (const char *)data, size }, &err) == 0) {
        json_ref doc = json_member(&ix, JSON_ROOT, SLICE("doc"));
        json_ref patch = json_member(&ix, JSON_ROOT, SLICE("patch"));
        if (doc != JSON_ABSENT && patch != JSON_ABSENT)
            check(&ix, doc, patch, &arena, &out);
    }
    buf_done(&out);
    arena_done(&arena);
    json_index_done(&ix);
    return 0;
}
