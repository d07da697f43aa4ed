#include "inject/setter.h"

#include "base/num.h"
#include "base/text.h"
#include "inject/evaluation.h"
#include "json/patch.h"

int set_quantity(struct evaluation *e, const struct annotation *row, struct slice value,
                 void *field)
{
    if (value.len > 0 && !num_is_quantity(value))
        return evaluation_deny_value(
            e, REASON_BAD_QUANTITY, row, value,
            "is not a quantity; use a number with a unit such as 250m, 64Mi "
            "or 1Gi");
    *(struct slice *)field = value;
    return 0;
}

int set_bool(struct evaluation *e, const struct annotation *row, struct slice value, void *field)
{
    bool parsed = false;
    if (value.len > 0 && !num_bool(value, &parsed))
        return evaluation_deny_value(e, REASON_BAD_BOOL, row, value,
                                     "is not a boolean; use true or false");
    *(bool *)field = parsed;
    return 0;
}

int set_int(struct evaluation *e, const struct annotation *row, struct slice value, void *field)
{
    int64_t parsed = 0;
    enum num_status status = value.len > 0 ? num_int64(value, &parsed) : NUM_OK;
    if (status != NUM_OK)
        return evaluation_deny_value(e, REASON_BAD_NUMBER, row, value,
                                     status == NUM_RANGE ? "is out of the range of 64 bits"
                                                         : "is not a base-10 integer");
    *(int64_t *)field = parsed;
    return 0;
}

int set_uint(struct evaluation *e, const struct annotation *row, struct slice value, void *field)
{
    uint64_t parsed = 0;
    enum num_status status = num_uint64(value, &parsed);
    if (status != NUM_OK)
        return evaluation_deny_value(e, REASON_BAD_NUMBER, row, value,
                                     status == NUM_RANGE
                                         ? "is out of the range of 64 bits"
                                         : "is not an unsigned base-10 integer (no sign, no unit)");
    *(uint64_t *)field = parsed;
    return 0;
}

int set_float(struct evaluation *e, const struct annotation *row, struct slice value, void *field)
{
    double parsed = 0;
    if (num_double(value, &parsed) != NUM_OK)
        return evaluation_deny_value(e, REASON_BAD_NUMBER, row, value,
                                     "is not a number such as 0.75");
    *(double *)field = parsed;
    return 0;
}

int set_duration(struct evaluation *e, const struct annotation *row, struct slice value,
                 void *field)
{
    int64_t ns;
    if (value.len > 0 && num_duration(value, &ns) != NUM_OK)
        return evaluation_deny_value(e, REASON_BAD_DURATION, row, value,
                                     "is not a duration with a unit such as 500ms, 5s or 1m30s");
    *(struct slice *)field = value;
    return 0;
}

/* Only the outer form is looked at here, as upstream does; the rest shows when the patch is applied. */
int set_patch(struct evaluation *e, const struct annotation *row, struct slice value, void *field)
{
    *(struct slice *)field = value;
    if (value.len == 0)
        return 0;
    struct error err = ERROR_INIT;
    if (json_scan(e->side_index, value, &err) == 0 &&
        json_patch_check(e->side_index, JSON_ROOT, &err) == 0)
        return 0;
    if (err.code == ERROR_NOMEM)
        return evaluation_fail(e, REASON_BAD_JSON_PATCH, &err);
    struct slice name = evaluation_name(e, (enum annotation_id)(row - annotation_info(0)));
    return evaluation_deny(e, REASON_BAD_JSON_PATCH,
                           "error parsing JSON patch for annotation " SLICE_FMT
                           ": %s; an array of operations (RFC 6902) is expected",
                           SLICE_ARG(name), err.msg);
}

int set_security_context(struct evaluation *e, const struct annotation *row, struct slice value,
                         void *field)
{
    if (set_bool(e, row, value, field) < 0)
        return -1;
    /* Upstream turns the context on again for pods that ask for ids, whatever their values are. */
    if (!evaluation_has(e, ANN_SET_SECURITY_CONTEXT) &&
        (evaluation_has(e, ANN_RUN_AS_USER) || evaluation_has(e, ANN_RUN_AS_GROUP) ||
         evaluation_has(e, ANN_RUN_AS_SAME_USER)))
        *(bool *)field = true;
    return 0;
}

int set_share_processes(struct evaluation *e, const struct annotation *row, struct slice value,
                        void *field)
{
    (void)row;
    (void)field;
    bool share = false;
    if (value.len > 0 && !num_bool(value, &share)) {
        struct slice name = evaluation_name(e, ANN_SHARE_PROCESSES);
        return evaluation_deny(e, REASON_BAD_BOOL,
                               "invalid value " SLICE_FMT " for annotation \"" SLICE_FMT
                               "\", err=it is not a boolean; use true or false",
                               SLICE_ARG(value), SLICE_ARG(name));
    }
    if (share && e->pod->share_processes == POD_SHARE_FALSE)
        return evaluation_deny(e, REASON_SHARED_PROCESSES,
                               "shareProcessNamespace explicitly disabled on the pod, refusing to "
                               "enable it");
    e->settings.share_processes = share ? SHARE_TRUE : SHARE_FALSE;
    return 0;
}

int set_default_template(struct evaluation *e, const struct annotation *row, struct slice value,
                         void *field)
{
    (void)field;
    if (slice_equal_nocase(value, SLICE("map"))) {
        e->settings.default_template = TEMPLATE_MAP;
        return 0;
    }
    if (slice_equal_nocase(value, SLICE("json"))) {
        e->settings.default_template = TEMPLATE_JSON;
        return 0;
    }
    struct slice name = evaluation_name(e, (enum annotation_id)(row - annotation_info(0)));
    struct slice folded = text_to_lower(e->arena, value); /* as upstream prints it */
    evaluation_warn(e, REASON_WARN_DETAIL, SLICE_FMT ": the default template is map or json",
                    SLICE_ARG(name));
    return evaluation_deny(e, REASON_BAD_TEMPLATE_TYPE, "invalid default template type: " SLICE_FMT,
                           SLICE_ARG(folded));
}

/* Denies with upstream's fixed text; what would be right goes into a warning. */
static int deny_same_user(struct evaluation *e, const char *text)
{
    struct slice name =
        e->pod->app.count > 0 ? evaluation_show(e, e->pod->app.at[0].name) : SLICE("");
    evaluation_warn(e, REASON_WARN_DETAIL,
                    "agent-run-as-same-user: give container '" SLICE_FMT
                    "' a securityContext.runAsUser other than 0",
                    SLICE_ARG(name));
    return evaluation_deny(e, REASON_SAME_USER, "%s", text);
}

int set_same_user(struct evaluation *e, const struct annotation *row, struct slice value,
                  void *field)
{
    if (set_bool(e, row, value, field) < 0)
        return -1;
    if (!e->settings.run_as_same_user)
        return 0;
    struct error err = ERROR_INIT;
    int64_t user = 0;
    if (e->pod->app.count == 0)
        return deny_same_user(e, "No containers found in Pod Spec");
    if (e->pod->app.at[0].security_context == JSON_ABSENT)
        return deny_same_user(e, "No SecurityContext found for Container 0");
    int found = pod_run_as_user(e->pod, &e->pod->app.at[0], e->arena, &user, &err);
    if (found < 0)
        return evaluation_fail(e, REASON_POD_UNREADABLE, &err);
    if (found == 0)
        return deny_same_user(e, "RunAsUser is nil for Container 0's SecurityContext");
    if (user == 0)
        return deny_same_user(e, "container not allowed to run as root");
    e->settings.run_as_user = user;
    return 0;
}
