/* A line with a pointer, then a document: tokens go round, what is found is in the document. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json/pointer.h"

#define WORKING_MEMORY ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* A pointer's tokens, written again, are the pointer. */
static bool check_tokens(struct slice pointer, struct arena *arena)
{
    struct buf out;
    buf_init(&out, WORKING_MEMORY);
    bool valid = true;
    for (struct slice rest = pointer; valid && rest.len > 0;) {
        struct error err = ERROR_INIT;
        struct slice token = SLICE_ABSENT;
        valid = json_pointer_next(&rest, arena, &token, &err) == 0;
        if (valid)
            json_pointer_put(&out, token);
        else
            require(err.code == ERROR_SYNTAX);
    }
    if (valid)
        require(slice_equal(buf_slice(&out), pointer));
    buf_done(&out);
    return valid;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice document = { (const char *)data, size };
    struct slice pointer = slice_cut(&document, '\n');
    struct arena arena;
    struct json_index ix;
    struct error err = ERROR_INIT;
    json_ref ref = JSON_ABSENT;
    arena_init(&arena, WORKING_MEMORY);
    json_index_init(&ix);
    bool valid = check_tokens(pointer, &arena);
    if (slice_is_present(document) && json_scan(&ix, document, &err) == 0) {
        if (json_pointer_find(&ix, pointer, &arena, &ref, &err) == 0)
            require(valid && ref < ix.count);
        else
            require(ref == JSON_ABSENT && err.code != ERROR_NONE);
    }
    arena_done(&arena);
    json_index_done(&ix);
    return 0;
}
