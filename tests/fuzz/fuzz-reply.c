/*
 * A path, NUL, a JSON text: it is one object or refused; each getter gives a value of its type or one line
 * that names the path.
 */

#include <stdint.h>
#include <string.h>

#include "http/reply.h"
#include "support/fuzz-input.h"
#include "support/promise.h"

#define PATH_MAX_BYTES 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_failure(int rc, const struct error *err, const char *path)
{
    promise(rc == 0 ? err->code == ERROR_NONE : rc == -1 && err->code == ERROR_SHAPE,
            "a getter gets a value or says what is there");
    if (rc < 0)
        promise(strstr(err->msg, path) != NULL, "the path is named");
}

static void check_getters(const json_t *tree, const char *path)
{
    const json_t *found = reply_find(tree, path);
    struct slice text = SLICE_ABSENT;
    int64_t number = 0;
    bool is = false;
    struct error errs[3] = { ERROR_INIT, ERROR_INIT, ERROR_INIT };
    int rc[3] = { reply_string(tree, path, &text, &errs[0]),
                  reply_int(tree, path, &number, &errs[1]), reply_bool(tree, path, &is, &errs[2]) };
    for (int i = 0; i < 3; i++)
        check_failure(rc[i], &errs[i], path);
    promise((rc[0] == 0) == json_is_string(found), "a string is a string");
    promise((rc[1] == 0) == json_is_integer(found), "a number is a number");
    promise((rc[2] == 0) == json_is_boolean(found), "a boolean is a boolean");
    promise(rc[0] < 0 || (slice_is_present(text) && !memchr(text.ptr, 0, text.len)),
            "a string has no NUL");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = { data, size };
    struct slice word = fuzz_piece(&in), rest = fuzz_bytes(&in, in.left);
    char path[PATH_MAX_BYTES + 1];
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    struct error err = ERROR_INIT;
    size_t len = word.len < PATH_MAX_BYTES ? word.len : PATH_MAX_BYTES;
    memcpy(path, word.ptr ? word.ptr : "", len);
    path[len] = 0;
    if (reply_parse(rest, &tree, &err) < 0) {
        promise(!tree && (err.code == ERROR_SYNTAX || err.code == ERROR_SHAPE) &&
                    promise_is_line(slice_of(err.msg)),
                "a refusal is one line");
        return 0;
    }
    promise(json_is_object(tree), "a reply is an object");
    check_getters(tree, path);
    return 0;
}
