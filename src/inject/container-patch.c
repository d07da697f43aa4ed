#include "inject/container-patch.h"

#include "base/num.h"
#include "inject/container-check.h"
#include "json/patch.h"

static int deny_result(struct evaluation *e, const struct error *err)
{
    if (err->code == ERROR_NOMEM)
        return evaluation_fail(e, REASON_JSON_PATCH_FAILED, err);
    return evaluation_deny(e, REASON_JSON_PATCH_FAILED,
                           "the JSON patch leaves no valid container: %s", err->msg);
}

/*
 * The operations of RFC 6902, and what a failing one means.  A patch is a sensitive value: a denial
 * tells the number of the operation and this, not its path or value.
 */
static const struct operation_kind {
    struct slice op;
    const char *fault;
} kinds[] = {
    { SLICE_INIT("add"),
      "its value is missing, its parent does not exist or its index is too large" },
    { SLICE_INIT("remove"), "there is nothing at its path" },
    { SLICE_INIT("replace"), "its value is missing or there is nothing at its path" },
    { SLICE_INIT("move"), "there is nothing at from, or the parent of its path does not exist" },
    { SLICE_INIT("copy"), "there is nothing at from, or the parent of its path does not exist" },
    { SLICE_INIT("test"), "the value at its path is another one, or missing" },
};

static const struct operation_kind *find_kind(const struct json_index *ix, json_ref op)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (json_string_is(ix, op, kinds[i].op))
            return &kinds[i];
    }
    return NULL;
}

/* The op of the first operation that RFC 6902 does not know, as upstream names it; else absent. */
static int find_unknown_op(const struct json_index *ix, struct arena *arena, struct slice *ret,
                           struct error *err)
{
    *ret = SLICE_ABSENT;
    json_each_element (ix, JSON_ROOT, at) {
        json_ref op = json_member(ix, at, SLICE("op"));
        if (find_kind(ix, op))
            continue;
        if (json_is(ix, op, JSON_STRING))
            return json_string(ix, op, arena, "op", ret, err);
        *ret = SLICE("unknown");
        return 0;
    }
    return 0;
}

/* The number in the message of json_patch_apply(). */
static bool find_number(const struct error *err, uint64_t *ret)
{
    struct slice text = slice_of(err->msg);
    if (!slice_has_prefix(text, SLICE(JSON_PATCH_OPERATION)))
        return false;
    text = slice_after(text, SLICE(JSON_PATCH_OPERATION).len);
    return num_uint64(slice_cut(&text, ':'), ret) == NUM_OK;
}

static int deny_operation(struct evaluation *e, const struct error *err)
{
    uint64_t number = 0;
    if (err->code == ERROR_NOMEM)
        return evaluation_fail(e, REASON_JSON_PATCH_FAILED, err);
    if (err->code == ERROR_LIMIT)
        return evaluation_deny(
            e, REASON_TOO_LARGE,
            "failed to apply JSON patch: it exceeds a limit of size, depth or work");
    if (!find_number(err, &number))
        return evaluation_deny(e, REASON_JSON_PATCH_FAILED,
                               "failed to apply JSON patch: it is malformed");
    json_ref operation = json_element(e->side_index, JSON_ROOT, (uint32_t)number);
    const struct operation_kind *kind =
        find_kind(e->side_index, json_member(e->side_index, operation, SLICE("op")));
    return evaluation_deny(e, REASON_JSON_PATCH_FAILED,
                           "failed to apply JSON patch: operation %u (counted from 0)%s%s: %s",
                           (unsigned)number, kind ? ", " : "", kind ? kind->op.ptr : "",
                           kind ? kind->fault : "it is malformed");
}

static int check_operations(struct evaluation *e)
{
    struct error err = ERROR_INIT;
    struct slice unknown;
    if (find_unknown_op(e->side_index, e->arena, &unknown, &err) < 0)
        return evaluation_fail(e, REASON_JSON_PATCH_FAILED, &err);
    if (!slice_is_present(unknown))
        return 0;
    evaluation_warn(
        e, REASON_WARN_DETAIL,
        "JSON patch for an agent container: op is add, remove, replace, move, copy or test");
    return evaluation_deny(e, REASON_JSON_PATCH_FAILED,
                           "failed to apply JSON patch: Unexpected kind: " SLICE_FMT,
                           SLICE_ARG(unknown));
}

int container_patch(struct evaluation *e, struct slice patch, struct slice container,
                    struct json_index *container_index, struct buf *out)
{
    struct error err = ERROR_INIT;
    if (json_scan(e->side_index, patch, &err) < 0 ||
        json_scan(container_index, container, &err) < 0)
        return evaluation_fail(e, REASON_SELF_CHECK, &err);
    if (check_operations(e) < 0)
        return -1;
    if (json_patch_apply(e->side_index, JSON_ROOT, container_index, JSON_ROOT, e->arena, out,
                         &err) < 0)
        return deny_operation(e, &err);
    if (json_scan(container_index, buf_slice(out), &err) < 0 ||
        container_check(container_index, JSON_ROOT, e->arena, &err) < 0)
        return deny_result(e, &err);
    return 0;
}
