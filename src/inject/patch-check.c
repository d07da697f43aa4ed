#include "inject/patch-check.h"

#include "json/patch.h"

/* The text of the patch, in the index if it is to be applied. */
static int scan(const struct patch_check *check, struct slice text, struct error *err)
{
    return check->text_is_sound && !check->apply ? 0 : json_scan(check->index, text, err);
}

static int apply(const struct patch_check *check, const struct patch *p, json_ref object,
                 struct error *err)
{
    buf_clear(check->applied);
    if (json_patch_apply(check->index, JSON_ROOT, p->ix, object, check->arena, check->applied,
                         err) < 0)
        return -1;
    return json_scan(check->index, buf_slice(check->applied), err);
}

int patch_check(const struct patch_check *check, const struct patch *p, struct slice text,
                json_ref object, struct error *err)
{
    if (p->broken)
        return error_set(err, ERROR_INTERNAL, "a parent of the patch is missing in the pod");
    if (scan(check, text, err) == 0 && (!check->apply || apply(check, p, object, err) == 0))
        return 0;
    if (err->code == ERROR_NOMEM)
        return -1;
    err->code = ERROR_INTERNAL;
    return error_wrap(err, "the patch is not sound");
}
