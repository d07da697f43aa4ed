/*
 * The values of one secret, each ended by NUL: what the agent's configuration holds is what was given,
 * and a path cannot become template code.
 */

#include <stdint.h>

#include "base/arena.h"
#include "base/base64.h"
#include "base/text.h"
#include "json/cursor.h"
#include "support/fuzz-input.h"
#include "support/option-sets.h"
#include "support/review-check.h"

#define BODY_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum part { PATH, TEMPLATE, LEFT, RIGHT, COMMAND, FILE_NAME, PERMS, PART__COUNT };

struct part_row {
    const char *annotation;
    const char *member; /* of the template, when it is there only with a value */
    const char *def;    /* what an empty value means, NULL: the member is left out */
};

/* clang-format off */
static const struct part_row parts[PART__COUNT] = {
    [PATH]      = { "agent-inject-secret",        NULL,              NULL },
    [TEMPLATE]  = { "agent-inject-template",      NULL,              NULL },
    [LEFT]      = { "agent-template-left-delim",  "left_delimiter",  "{{" },
    [RIGHT]     = { "agent-template-right-delim", "right_delimiter", "}}" },
    [COMMAND]   = { "agent-inject-command",       "command",         NULL },
    [FILE_NAME] = { "agent-inject-file",          NULL,              NULL },
    [PERMS]     = { "agent-inject-perms",         "perms",           NULL },
};
/* clang-format on */

struct input {
    struct slice suffix;
    struct slice values[PART__COUNT];
    bool is_json; /* the default template */
};

static bool read_input(struct fuzz_input *in, struct input *ret)
{
    ret->is_json = fuzz_choice(in, 2) == 1;
    ret->suffix = fuzz_piece(in);
    bool valid = ret->suffix.len > 0 && text_is_utf8(ret->suffix) &&
                 !slice_has_prefix(ret->suffix, SLICE("file-")); /* another family's */
    for (unsigned i = 0; i < PART__COUNT; i++) {
        ret->values[i] = fuzz_piece(in);
        valid = valid && text_is_utf8(ret->values[i]);
    }
    return valid;
}

static struct slice make_body(struct buf *out, struct arena *arena, const struct input *in)
{
    buf_put_lit(out, "{\"request\":{\"uid\":\"u\",\"namespace\":\"apps\",\"object\":{\"metadata\":{"
                     "\"annotations\":{\"openbao.org/agent-inject\":\"true\"");
    for (unsigned i = 0; i < PART__COUNT; i++) {
        if (in->values[i].len == 0)
            continue;
        struct slice name = arena_printf(arena, "openbao.org/%s-" SLICE_FMT, parts[i].annotation,
                                         SLICE_ARG(in->suffix));
        buf_put_char(out, ',');
        fuzz_put_string(out, name);
        buf_put_char(out, ':');
        fuzz_put_string(out, in->values[i]);
    }
    buf_put_lit(out, ",\"openbao.org/role\":\"r\"}},\"spec\":{\"containers\":[{\"name\":\"app\","
                     "\"volumeMounts\":[{\"name\":\"t\",\"mountPath\":"
                     "\"/var/run/secrets/kubernetes.io/serviceaccount\"}]}]}}}}");
    promise(out->failure == BUF_OK, "memory for a review");
    return buf_slice(out);
}

/* The sidecar's configuration, decoded from its environment. */
static void decode_config(const struct json_index *pod, struct buf *out)
{
    json_ref spec = json_member(pod, JSON_ROOT, SLICE("spec"));
    json_ref containers = json_member(pod, spec, SLICE("containers"));
    json_ref agent = json_element(pod, containers, json_count(pod, containers) - 1);
    json_each_element (pod, json_member(pod, agent, SLICE("env")), at) {
        json_ref name = json_member(pod, at, SLICE("name"));
        json_ref value = json_member(pod, at, SLICE("value"));
        if (!json_is(pod, name, JSON_STRING) || !json_string_is(pod, name, SLICE("VAULT_CONFIG")))
            continue;
        promise(base64_decode(out, json_escaped(pod, value)), "the configuration is base64");
    }
    promise(out->len > 0, "the sidecar has a configuration");
}

static bool member_is(const struct json_index *ix, json_ref object, const char *name,
                      struct slice text)
{
    json_ref ref = json_member(ix, object, slice_of(name));
    return json_is(ix, ref, JSON_STRING) && json_string_is(ix, ref, text);
}

static struct slice expected_contents(struct arena *arena, const struct input *in)
{
    struct slice path = in->values[PATH];
    if (in->values[TEMPLATE].len > 0)
        return in->values[TEMPLATE];
    if (in->is_json)
        return arena_printf(arena,
                            "{{ with secret \"" SLICE_FMT "\" }}{{ .Data | toJSON }}\n{{ end }}",
                            SLICE_ARG(path));
    return arena_printf(arena,
                        "{{ with secret \"" SLICE_FMT "\" }}{{ range $k, $v := .Data }}"
                        "{{ $k }}: {{ $v }}\n{{ end }}{{ end }}",
                        SLICE_ARG(path));
}

static void check_destination(const struct json_index *ix, json_ref secret, struct arena *arena,
                              const struct input *in)
{
    struct slice file = in->values[FILE_NAME];
    struct slice lower = text_to_lower(arena, in->suffix);
    struct slice expected = arena_printf(arena, "/vault/secrets/" SLICE_FMT, SLICE_ARG(lower));
    if (file.len > 0)
        expected = text_path_join(arena, SLICE("/vault/secrets"), file);
    promise(member_is(ix, secret, "destination", expected), "the file is the one that was named");
}

static void check_template(const struct json_index *ix, json_ref secret, struct arena *arena,
                           const struct input *in)
{
    promise(member_is(ix, secret, "contents", expected_contents(arena, in)),
            "the template is the one that was given");
    for (unsigned i = 0; i < PART__COUNT; i++) {
        struct slice value = in->values[i];
        if (!parts[i].member)
            continue;
        if (value.len == 0)
            value = slice_of(parts[i].def);
        if (slice_is_present(value))
            promise(member_is(ix, secret, parts[i].member, value),
                    "a value is the one that was given");
        else
            promise(json_member(ix, secret, slice_of(parts[i].member)) == JSON_ABSENT,
                    "what was not given is not there");
    }
    check_destination(ix, secret, arena, in);
}

static void check_config(struct review_check *check, struct arena *arena, const struct input *in,
                         bool is_declared)
{
    struct error err = ERROR_INIT;
    struct json_index ix;
    struct buf config;
    buf_init(&config, BODY_MAX);
    json_index_init(&ix);
    decode_config(&check->patched, &config);
    promise(json_scan(&ix, buf_slice(&config), &err) == 0, "the configuration is JSON");
    json_ref list = json_member(&ix, JSON_ROOT, SLICE("template"));
    promise(json_count(&ix, list) == is_declared, "there is one template for one secret");
    if (is_declared)
        check_template(&ix, json_element(&ix, list, 0), arena, in);
    json_index_done(&ix);
    buf_done(&config);
}

static void check_input(struct review_check *check, struct arena *arena, const struct input *in)
{
    struct inject_options opt;
    struct buf body;
    struct slice path = in->values[PATH], template = in->values[TEMPLATE];
    bool is_declared = slice_trim(path).len > 0 || slice_trim(template).len > 0;
    bool breaks_out = slice_contains(path, SLICE("\"")) || slice_contains(path, SLICE("\\"));
    option_set(0, &opt);
    opt.default_template = in->is_json ? SLICE("json") : SLICE("map");
    buf_init(&body, BODY_MAX);
    review_check(check, &opt, make_body(&body, arena, in));
    const struct inject_decision *d = &check->run.decision;
    promise(check->run.rc == 0, "there is an answer");
    if (is_declared && template.len == 0 && breaks_out)
        promise(d->reason == REASON_BAD_SECRET_PATH, "no path breaks out of the default template");
    else
        promise(d->reason == REASON_INJECTED, "all other values are taken as they are");
    if (d->outcome == INJECT_MUTATED)
        check_config(check, arena, in, is_declared);
    buf_done(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct review_check check;
    struct fuzz_input bytes = { data, size };
    struct input in;
    struct arena arena;
    if (!check.run.scratch)
        review_check_init(&check);
    arena_init(&arena, BODY_MAX);
    if (read_input(&bytes, &in))
        check_input(&check, &arena, &in);
    arena_done(&arena);
    return 0;
}
