/*
 * YAML reader and writer: whatever is read scans as JSON with one place per node, and what is written
 * reads back as the same bytes.
 */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "cli/yaml-read.h"
#include "cli/yaml-write.h"
#include "json/scan.h"

#define FUZZ_MEMORY_MAX ((size_t)64 << 20)
#define FUZZ_TEXT_MAX ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(const struct json_index *ix, struct arena *arena, struct slice json)
{
    struct error err = ERROR_INIT;
    struct buf yaml, again;
    struct yaml_places places = { 0 };
    buf_init(&yaml, FUZZ_TEXT_MAX);
    buf_init(&again, FUZZ_TEXT_MAX);
    if (yaml_write(ix, JSON_ROOT, arena, &yaml, &err) < 0) {
        assert(err.code == ERROR_LIMIT || err.code == ERROR_NOMEM);
    } else if (yaml_read(buf_slice(&yaml), 1, arena, &again, &places, &err) < 0) {
        assert(err.code == ERROR_LIMIT || err.code == ERROR_NOMEM);
    } else {
        assert(slice_equal(json, buf_slice(&again)));
    }
    yaml_places_done(&places);
    buf_done(&again);
    buf_done(&yaml);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = ERROR_INIT;
    struct arena arena;
    struct buf json;
    struct yaml_places places = { 0 };
    struct json_index ix;
    arena_init(&arena, FUZZ_MEMORY_MAX);
    buf_init(&json, FUZZ_TEXT_MAX);
    json_index_init(&ix);
    struct slice text = { (const char *)data, size };
    if (yaml_read(text, 1, &arena, &json, &places, &err) == 0) {
        if (json_scan(&ix, buf_slice(&json), &err) < 0)
            abort();
        assert(places.count == ix.count);
        round_trip(&ix, &arena, buf_slice(&json));
    } else {
        assert(err.code != ERROR_NONE && err.msg[0] != '\0');
    }
    json_index_done(&ix);
    yaml_places_done(&places);
    buf_done(&json);
    arena_done(&arena);
    return 0;
}
