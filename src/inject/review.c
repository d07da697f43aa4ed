#include "inject/review.h"

#include "inject/members.h"

struct envelope {
    json_ref api_version, kind, request;
};

struct request {
    json_ref uid, kind, namespace, name, operation, dry_run, object;
};

/* clang-format off */
static const struct member envelope_members[] = {
    MEMBER("apiVersion", MEMBER_STRING, offsetof(struct envelope, api_version)),
    MEMBER("kind",       MEMBER_STRING, offsetof(struct envelope, kind)),
    MEMBER("request",    MEMBER_OBJECT, offsetof(struct envelope, request)),
};

static const struct member request_members[] = {
    MEMBER("uid",       MEMBER_STRING, offsetof(struct request, uid)),
    MEMBER("kind",      MEMBER_OBJECT, offsetof(struct request, kind)),
    MEMBER("namespace", MEMBER_STRING, offsetof(struct request, namespace)),
    MEMBER("name",      MEMBER_STRING, offsetof(struct request, name)),
    MEMBER("operation", MEMBER_STRING, offsetof(struct request, operation)),
    MEMBER("dryRun",    MEMBER_BOOL,   offsetof(struct request, dry_run)),
    MEMBER("object",    MEMBER_ANY,    offsetof(struct request, object)),
};
/* clang-format on */

#define ROWS(table) table, sizeof(table) / sizeof(table[0])

static int text_of(const struct json_index *ix, json_ref ref, struct arena *arena, const char *what,
                   struct slice *ret, struct error *err)
{
    if (ref != JSON_ABSENT)
        return json_string(ix, ref, arena, what, ret, err);
    *ret = SLICE("");
    return 0;
}

static int read_request(const struct json_index *ix, json_ref place, struct arena *arena,
                        struct review *r, struct error *err)
{
    struct request req;
    if (members_read(ix, place, ROWS(request_members), arena, &req, err) < 0)
        return error_wrap(err, "request");
    json_ref kind = json_member(ix, req.kind, SLICE("kind"));
    if (!json_is(ix, kind, JSON_STRING))
        kind = JSON_ABSENT;
    if (text_of(ix, req.uid, arena, "request.uid", &r->uid, err) < 0 ||
        text_of(ix, req.namespace, arena, "request.namespace", &r->namespace, err) < 0 ||
        text_of(ix, req.name, arena, "request.name", &r->name, err) < 0 ||
        text_of(ix, req.operation, arena, "request.operation", &r->operation, err) < 0 ||
        text_of(ix, kind, arena, "request.kind.kind", &r->object_kind, err) < 0)
        return -1;
    r->uid_json = req.uid == JSON_ABSENT ? SLICE("\"\"") : json_raw(ix, req.uid);
    r->dry_run = json_is(ix, req.dry_run, JSON_TRUE);
    r->object = req.object;
    return 0;
}

/* A group and a version, or a version; "/v1" has an empty group and is echoed as "v1". */
static int read_api_version(const struct json_index *ix, json_ref ref, struct arena *arena,
                            struct slice *ret, struct error *err)
{
    struct slice text;
    if (text_of(ix, ref, arena, "apiVersion", &text, err) < 0)
        return -1;
    const char *slash = text.len > 0 ? memchr(text.ptr, '/', text.len) : NULL;
    if (slash && memchr(slash + 1, '/', (size_t)(text.ptr + text.len - slash - 1)))
        return error_set(err, ERROR_SHAPE,
                         "apiVersion has more than one '/'; admission.k8s.io/v1 is "
                         "expected");
    *ret = slash == text.ptr && slash ? slice_after(text, 1) : text;
    return 0;
}

int review_read(const struct json_index *ix, struct arena *arena, struct review *ret,
                struct error *err)
{
    struct envelope env;
    if (members_read(ix, JSON_ROOT, ROWS(envelope_members), arena, &env, err) < 0)
        return error_wrap(err, "AdmissionReview");
    if (env.request == JSON_ABSENT)
        return error_set(err, ERROR_SHAPE,
                         "AdmissionReview: request is missing; the object to admit "
                         "must stand in request.object");
    struct review r = { .ix = ix };
    if (read_request(ix, env.request, arena, &r, err) < 0)
        return -1;
    if (text_of(ix, env.kind, arena, "kind", &r.kind, err) < 0 ||
        read_api_version(ix, env.api_version, arena, &r.api_version, err) < 0)
        return -1;
    *ret = r;
    return 0;
}
