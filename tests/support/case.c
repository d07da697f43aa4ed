#include "support/case.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "json/cursor.h"

#define BASE_VARIABLE "AGENT_INJECT_VAULT_ADDR"
#define LIST_MAX ((size_t)1 << 30) /* bytes of all cases together */

static const char review_head[] =
    "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{"
    "\"uid\":\"00000000-0000-4000-8000-000000000001\","
    "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},"
    "\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":\"pods\"},"
    "\"namespace\":\"apps\",\"operation\":\"CREATE\",\"dryRun\":false,\"object\":";

/* Arguments and environment of one case; texts from the list's arena. */
struct settings_text {
    char *args[CASE_SETTINGS_MAX + 1];
    char *env[CASE_SETTINGS_MAX + 1];
    int arg_count, env_count;
};

/* The file's bytes, NUL behind them; absent when there is no such file. */
static int read_file(struct arena *arena, struct slice folder, const char *name, struct slice *ret,
                     struct error *err)
{
    struct slice path = arena_printf(arena, SLICE_FMT "/%s", SLICE_ARG(folder), name);
    struct buf text;
    *ret = SLICE_ABSENT;
    if (!slice_is_present(path))
        return error_nomem(err);
    if (access(path.ptr, F_OK) != 0)
        return 0;
    buf_init(&text, CASE_BODY_MAX);
    int rc = file_read(path.ptr, &text, err);
    if (rc == 0)
        *ret = arena_copy(arena, buf_slice(&text));
    buf_done(&text);
    return rc < 0 ? -1 : slice_is_present(*ret) ? 0 : error_nomem(err);
}

/* An own allocation for each body, so that a checker sees every read beyond its end. */
static int own_copy(struct slice text, struct slice *ret, struct error *err)
{
    char *copy = malloc(text.len ? text.len : 1);
    if (!copy)
        return error_nomem(err);
    memcpy(copy, text.ptr, text.len);
    *ret = (struct slice){ copy, text.len };
    /* cppcheck-suppress memleak */
    return 0;
}

static int read_body(struct arena *arena, struct test_case *c, struct error *err)
{
    static const char *const names[] = { "request.json", "review.json", "pod.json" };
    struct slice text = SLICE_ABSENT;
    size_t i = 0;
    for (; i < sizeof(names) / sizeof(names[0]) && !slice_is_present(text); i++) {
        if (read_file(arena, c->path, names[i], &text, err) < 0)
            return -1;
    }
    if (!slice_is_present(text))
        return 0;
    if (i == sizeof(names) / sizeof(names[0]))
        text = arena_printf(arena, "%s" SLICE_FMT "}}", review_head, SLICE_ARG(text));
    return slice_is_present(text) ? own_copy(text, &c->body, err) : error_nomem(err);
}

static int put_variable(struct arena *arena, struct settings_text *s, struct slice name,
                        struct slice value, struct error *err)
{
    struct slice text =
        arena_printf(arena, SLICE_FMT "=" SLICE_FMT, SLICE_ARG(name), SLICE_ARG(value));
    if (s->env_count == CASE_SETTINGS_MAX)
        return error_set(err, ERROR_LIMIT, "too many variables");
    if (!slice_is_present(text))
        return error_nomem(err);
    s->env[s->env_count++] = (char *)(uintptr_t)text.ptr;
    return 0;
}

static int put_argument(struct arena *arena, struct settings_text *s, struct slice value,
                        struct error *err)
{
    struct slice text = arena_printf(arena, SLICE_FMT, SLICE_ARG(value));
    if (s->arg_count == CASE_SETTINGS_MAX)
        return error_set(err, ERROR_LIMIT, "too many arguments");
    if (!slice_is_present(text))
        return error_nomem(err);
    s->args[s->arg_count++] = (char *)(uintptr_t)text.ptr;
    return 0;
}

static int read_config(struct arena *arena, const struct json_index *ix, struct settings_text *s,
                       struct error *err)
{
    json_ref env = json_member(ix, JSON_ROOT, SLICE("env"));
    json_ref args = json_member(ix, JSON_ROOT, SLICE("args"));
    struct slice name, value;
    if (json_member(ix, env, SLICE(BASE_VARIABLE)) == JSON_ABSENT &&
        put_variable(arena, s, SLICE(BASE_VARIABLE), SLICE(CASE_VAULT_ADDRESS), err) < 0)
        return -1;
    json_each_member (ix, env, it) {
        if (json_is_nothing(ix, it + 1))
            continue;
        if (json_string(ix, it, arena, "env", &name, err) < 0 ||
            json_string(ix, it + 1, arena, "env", &value, err) < 0 ||
            put_variable(arena, s, name, value, err) < 0)
            return -1;
    }
    json_each_element (ix, args, it) {
        if (json_string(ix, it, arena, "args", &value, err) < 0 ||
            put_argument(arena, s, value, err) < 0)
            return -1;
    }
    return 0;
}

static int read_settings(struct arena *arena, struct test_case *c, struct error *err)
{
    static const struct command command = { .name = "inject",
                                            .bit = COMMAND_INJECT,
                                            .rest = REST_REFUSED };
    struct settings_text s = { .arg_count = 0 };
    struct command_context ctx = { .command = &command,
                                   .spelling = "inject",
                                   .environment = s.env };
    struct json_index ix;
    struct slice config;
    if (read_file(arena, c->path, "config.json", &config, err) < 0)
        return -1;
    json_index_init(&ix);
    int rc = json_scan(&ix, slice_is_present(config) ? config : SLICE("{}"), err);
    if (rc == 0)
        rc = read_config(arena, &ix, &s, err);
    json_index_done(&ix);
    if (rc < 0)
        return -1;
    c->is_refused = options_parse(&c->options, &ctx, s.arg_count, s.args, NULL, &c->refusal) < 0;
    return 0;
}

/* Adds the folder when it is a case. */
static int add_case(struct case_list *l, const char *path, struct error *err)
{
    struct test_case c = { .path = arena_printf(&l->arena, "%s", path) };
    if (!slice_is_present(c.path))
        return error_nomem(err);
    if (l->count == CASES_MAX)
        return error_set(err, ERROR_LIMIT, "more than %d cases", CASES_MAX);
    if (read_body(&l->arena, &c, err) < 0)
        return error_wrap(err, "%s", path);
    if (!slice_is_present(c.body))
        return 0;
    struct test_case *slot = &l->at[l->count++];
    *slot = c;
    if (read_settings(&l->arena, slot, err) < 0)
        return error_wrap(err, "%s", path);
    return 0;
}

static int read_root(struct case_list *l, const char *root, struct error *err)
{
    size_t before = l->count;
    if (add_case(l, root, err) < 0)
        return -1;
    if (l->count > before)
        return 0;
    struct slice pattern = arena_printf(&l->arena, "%s/*/*", root);
    glob_t found;
    if (!slice_is_present(pattern) || glob(pattern.ptr, 0, NULL, &found) != 0)
        return error_set(err, ERROR_IO, "no cases below '%s'", root);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
        rc = add_case(l, found.gl_pathv[i], err);
    globfree(&found);
    return rc;
}

int case_list_read(struct case_list *ret, const char *const *roots, size_t n, struct error *err)
{
    struct case_list l = { .at = calloc(CASES_MAX, sizeof(*l.at)) };
    int rc = 0;
    if (!l.at)
        return error_nomem(err);
    arena_init(&l.arena, LIST_MAX);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = read_root(&l, roots[i], err);
    if (rc < 0) {
        case_list_done(&l);
        return -1;
    }
    *ret = l;
    return 0;
}

void case_list_done(struct case_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        options_done(&l->at[i].options);
        free((char *)(uintptr_t)l->at[i].body.ptr);
    }
    free(l->at);
    arena_done(&l->arena);
}
