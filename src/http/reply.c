#include "http/reply.h"

#include <string.h>

#include "base/num.h"

#define NAME_MAX_BYTES 64u

static const char *const type_names[] = {
    [JSON_OBJECT] = "an object",    [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
    [JSON_INTEGER] = "a number",    [JSON_REAL] = "a number",  [JSON_TRUE] = "true or false",
    [JSON_FALSE] = "true or false", [JSON_NULL] = "null",
};

/* Not less than the values in it; those in strings count too. */
static size_t count_values(struct slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == ',' || text.ptr[i] == '{' || text.ptr[i] == '[';
    return n;
}

int reply_parse(struct slice text, json_t **ret, struct error *err)
{
    json_error_t where;
    if (count_values(text) > REPLY_VALUES_MAX)
        return error_set(err, ERROR_LIMIT, "the reply has more than %u values", REPLY_VALUES_MAX);
    CLEANUP(reply_tree_free)
    json_t *tree = json_loadb(text.ptr ? text.ptr : "", text.len,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);
    if (!tree && !where.text[0]) /* jansson has words for all else */
        return error_nomem(err);
    if (!tree)
        return error_set(err, ERROR_SYNTAX, "the reply is not JSON (line %d, column %d)",
                         where.line, where.column);
    if (!json_is_object(tree))
        return error_set(err, ERROR_SHAPE, "the reply is %s, not a JSON object",
                         type_names[json_typeof(tree)]);
    *ret = steal_ptr(tree);
    return 0;
}

/* One step of a path: the member or element that the name selects. */
static const json_t *step(const json_t *from, const char *name, size_t len)
{
    char text[NAME_MAX_BYTES];
    if (len >= sizeof(text))
        return NULL;
    memcpy(text, name, len);
    text[len] = 0;
    if (json_is_array(from)) {
        uint64_t index;
        return num_uint64(slice_of(text), &index) == NUM_OK ? json_array_get(from, index) : NULL;
    }
    return json_object_get(from, text);
}

const json_t *reply_find(const json_t *tree, const char *path)
{
    while (tree && *path) {
        size_t len = strcspn(path, ".");
        tree = step(tree, path, len);
        path += len + (path[len] == '.');
    }
    return tree;
}

static int wrong(const json_t *found, const char *path, const char *wanted, struct error *err)
{
    return error_set(err, ERROR_SHAPE, "the reply's %s is %s, not %s", path,
                     found ? type_names[json_typeof(found)] : "absent", wanted);
}

int reply_string(const json_t *tree, const char *path, struct slice *ret, struct error *err)
{
    const json_t *found = reply_find(tree, path);
    if (!json_is_string(found))
        return wrong(found, path, "a string", err);
    *ret = (struct slice){ json_string_value(found), json_string_length(found) };
    return 0;
}

int reply_int(const json_t *tree, const char *path, int64_t *ret, struct error *err)
{
    const json_t *found = reply_find(tree, path);
    if (!json_is_integer(found))
        return wrong(found, path, "a whole number", err);
    *ret = json_integer_value(found);
    return 0;
}

int reply_bool(const json_t *tree, const char *path, bool *ret, struct error *err)
{
    const json_t *found = reply_find(tree, path);
    if (!json_is_boolean(found))
        return wrong(found, path, "true or false", err);
    *ret = json_is_true(found);
    return 0;
}
