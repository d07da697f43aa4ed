#include "json/patch.h"

#include "json/fail.h"
#include "json/tree.h"

/* One operation with its members read. */
struct operation {
    struct slice path;
    struct slice from;            /* of move and copy */
    struct json_tree_value value; /* of add, replace and test */
};

typedef int apply_fn(struct json_tree *t, const struct operation *op, struct error *err);

static int apply_add(struct json_tree *t, const struct operation *op, struct error *err)
{
    return json_tree_add(t, op->path, op->value, err);
}

static int apply_remove(struct json_tree *t, const struct operation *op, struct error *err)
{
    return json_tree_remove(t, op->path, err);
}

static int apply_replace(struct json_tree *t, const struct operation *op, struct error *err)
{
    struct json_tree_value *target = NULL;
    if (json_tree_find(t, op->path, &target, err) < 0)
        return -1;
    *target = op->value;
    return 0;
}

/* RFC 6901 has one spelling for each token, so comparing text is comparing places. */
static bool is_inside(struct slice path, struct slice outer)
{
    return path.len > outer.len && slice_has_prefix(path, outer) && path.ptr[outer.len] == '/';
}

static int apply_move(struct json_tree *t, const struct operation *op, struct error *err)
{
    struct json_tree_value *source = NULL;
    if (is_inside(op->path, op->from))
        return json_fail(err, ERROR_SHAPE, "a value cannot be moved into itself, from ", op->from,
                         "");
    if (json_tree_find(t, op->from, &source, err) < 0)
        return json_fail_in(err, "from ", op->from);
    if (slice_equal(op->path, op->from))
        return 0;
    struct json_tree_value value = *source;
    if (json_tree_remove(t, op->from, err) < 0)
        return json_fail_in(err, "from ", op->from);
    return json_tree_add(t, op->path, value, err);
}

static int apply_copy(struct json_tree *t, const struct operation *op, struct error *err)
{
    struct json_tree_value *source = NULL;
    if (json_tree_find(t, op->from, &source, err) < 0)
        return json_fail_in(err, "from ", op->from);
    struct json_tree_value value = *source;
    if (json_tree_copy(t, &value, err) < 0)
        return -1;
    return json_tree_add(t, op->path, value, err);
}

static int apply_test(struct json_tree *t, const struct operation *op, struct error *err)
{
    struct json_tree_value *target = NULL;
    if (json_tree_find(t, op->path, &target, err) < 0)
        return -1;
    if (json_tree_equal(t, target, op->value.ix, op->value.ref))
        return 0;
    if (t->steps == 0)
        return error_set(err, ERROR_LIMIT, "the patch needs more than %u steps",
                         JSON_TREE_STEPS_MAX);
    return error_set(err, ERROR_SHAPE, "the value is not the one that is asked for");
}

/* clang-format off */
static const struct kind {
    struct slice name;
    bool needs_value;
    bool needs_from;
    apply_fn *apply;
} kinds[] = {
    { SLICE_INIT("add"),     true,  false, apply_add },
    { SLICE_INIT("remove"),  false, false, apply_remove },
    { SLICE_INIT("replace"), true,  false, apply_replace },
    { SLICE_INIT("move"),    false, true,  apply_move },
    { SLICE_INIT("copy"),    false, true,  apply_copy },
    { SLICE_INIT("test"),    true,  false, apply_test },
};
/* clang-format on */

static const struct kind *find_kind(struct slice name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (slice_equal(kinds[i].name, name))
            return &kinds[i];
    }
    return NULL;
}

struct patch {
    const struct json_index *ix;
    struct json_tree tree;
};

static int read_string(struct patch *p, json_ref object, struct slice name, const char *what,
                       struct slice *ret, struct error *err)
{
    json_ref ref = json_member(p->ix, object, name);
    if (ref == JSON_ABSENT)
        return error_set(err, ERROR_SHAPE, "the member '%s' is missing", what);
    return json_string(p->ix, ref, p->tree.arena, what, ret, err);
}

/* The members that the kind of operation needs, and the operation itself. */
static int run(struct patch *p, json_ref object, const struct kind *kind, struct slice path,
               struct error *err)
{
    struct operation op = { .path = path, .value = { p->ix, JSON_ABSENT, NULL } };
    if (kind->needs_from && read_string(p, object, SLICE("from"), "from", &op.from, err) < 0)
        return -1;
    if (kind->needs_value) {
        op.value.ref = json_member(p->ix, object, SLICE("value"));
        if (op.value.ref == JSON_ABSENT)
            return error_set(err, ERROR_SHAPE, "the member 'value' is missing");
    }
    return kind->apply(&p->tree, &op, err);
}

static int apply_one(struct patch *p, json_ref object, struct error *err)
{
    struct slice name = SLICE_ABSENT;
    struct slice path = SLICE_ABSENT;
    if (!json_is(p->ix, object, JSON_OBJECT))
        return error_set(err, ERROR_SHAPE, "expected an object, found %s",
                         json_kind_name(p->ix, object));
    if (json_check_unique(p->ix, object, p->tree.arena, "the operation", err) < 0)
        return -1;
    if (read_string(p, object, SLICE("op"), "op", &name, err) < 0)
        return -1;
    const struct kind *kind = find_kind(name);
    if (!kind)
        return json_fail(err, ERROR_SHAPE, "op ", name,
                         " is none of add, remove, replace, move, copy, test");
    if (read_string(p, object, SLICE("path"), "path", &path, err) < 0)
        return error_wrap(err, SLICE_FMT, SLICE_ARG(name));
    if (run(p, object, kind, path, err) == 0)
        return 0;
    json_fail_in(err, "", path);
    return error_wrap(err, SLICE_FMT, SLICE_ARG(name));
}

static int apply_all(struct patch *p, json_ref list, struct error *err)
{
    unsigned number = 0;
    json_each_element (p->ix, list, it) {
        if (apply_one(p, it, err) < 0)
            return error_wrap(err, JSON_PATCH_OPERATION "%u", number);
        number++;
    }
    return 0;
}

int json_patch_check(const struct json_index *patch, json_ref list, struct error *err)
{
    if (json_is(patch, list, JSON_NULL))
        return 0;
    if (!json_is(patch, list, JSON_ARRAY))
        return error_set(err, ERROR_SHAPE, "a JSON patch is an array of operations, not %s",
                         json_kind_name(patch, list));
    unsigned number = 0;
    json_each_element (patch, list, it) {
        if (number == JSON_PATCH_OPERATIONS_MAX)
            return error_set(err, ERROR_LIMIT, "a JSON patch has more than %u operations",
                             JSON_PATCH_OPERATIONS_MAX);
        if (!json_is(patch, it, JSON_OBJECT) && !json_is(patch, it, JSON_NULL))
            return error_set(err, ERROR_SHAPE, "operation %u: expected an object, found %s", number,
                             json_kind_name(patch, it));
        number++;
    }
    return 0;
}

int json_patch_apply(const struct json_index *patch, json_ref list, const struct json_index *doc,
                     json_ref target, struct arena *arena, struct buf *out, struct error *err)
{
    struct patch p = { .ix = patch, .tree = { arena, JSON_TREE_STEPS_MAX, { doc, target, NULL } } };
    if (json_patch_check(patch, list, err) < 0)
        return -1;
    if (apply_all(&p, list, err) < 0)
        return -1;
    struct buf before = *out;
    if (json_tree_write(&p.tree, out, err) == 0)
        return 0;
    out->len = before.len;
    out->failure = before.failure;
    return -1;
}
