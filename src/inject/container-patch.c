#include "inject/container-patch.h"

#include "inject/container-check.h"
#include "json/patch.h"

static int deny_result(struct evaluation *e, const struct error *err)
{
    if (err->code == ERROR_NOMEM)
        return evaluation_fail(e, REASON_JSON_PATCH_FAILED, err);
    return evaluation_deny(e, REASON_JSON_PATCH_FAILED,
                           "the JSON patch leaves no valid container: %s", err->msg);
}

/* The op of the first operation that RFC 6902 does not know, as upstream names it; else absent. */
static int find_unknown_op(const struct json_index *ix, struct arena *arena, struct slice *ret,
                           struct error *err)
{
    static const struct slice known[] = {
        SLICE_INIT("add"),  SLICE_INIT("remove"), SLICE_INIT("replace"),
        SLICE_INIT("move"), SLICE_INIT("copy"),   SLICE_INIT("test"),
    };
    *ret = SLICE_ABSENT;
    json_each_element (ix, JSON_ROOT, at) {
        json_ref op = json_member(ix, at, SLICE("op"));
        bool is_known = false;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            is_known = is_known || json_string_is(ix, op, known[i]);
        if (is_known)
            continue;
        if (json_is(ix, op, JSON_STRING))
            return json_string(ix, op, arena, "op", ret, err);
        *ret = SLICE("unknown");
        return 0;
    }
    return 0;
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
                         &err) < 0) {
        if (err.code == ERROR_NOMEM)
            return evaluation_fail(e, REASON_JSON_PATCH_FAILED, &err);
        return evaluation_deny(e, REASON_JSON_PATCH_FAILED, "failed to apply JSON patch: %s",
                               err.msg);
    }
    if (json_scan(container_index, buf_slice(out), &err) < 0 ||
        container_check(container_index, JSON_ROOT, e->arena, &err) < 0)
        return deny_result(e, &err);
    return 0;
}
