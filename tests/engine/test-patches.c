/*
 * What patches do to pods: they only add, all else keeps its bytes, and a patched pod is left alone.
 */

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/engine-test.h"

#define PLACE_MAX 256
#define STATUS_PLACE "/metadata/annotations/vault.hashicorp.com/agent-inject-status"

/* Members that no version of the API has, with values that a careless reader would change. */
#define PLANTED                                                                                    \
    " \"zzFuture\" : [ 0.1,0.10, 1e400 ,-0, 9007199254740993,\"\\u0000\\ud83d\\ude00\\u003c\" ,{ " \
    "}, "                                                                                          \
    "{\"b\":1,\n\t\"a\" :[ ]}]"

/* Lists and objects that get entries; all others keep their bytes. */
static const char *const growing[] = {
    "",
    "/metadata",
    "/metadata/annotations",
    "/spec",
    "/spec/volumes",
    "/spec/containers",
    "/spec/containers/[0-9]*",
    "/spec/containers/[0-9]*/volumeMounts",
    "/spec/initContainers",
    "/spec/initContainers/[0-9]*",
    "/spec/initContainers/[0-9]*/volumeMounts",
};

/* Members whose value is replaced when they are there. */
static const char *const replaced[] = { STATUS_PLACE, "/spec/shareProcessNamespace" };

static bool is_place(const char *const *patterns, size_t n, const char *place)
{
    for (size_t i = 0; i < n; i++) {
        if (fnmatch(patterns[i], place, FNM_PATHNAME) == 0)
            return true;
    }
    return false;
}

#define IS_PLACE(list, place) is_place(list, sizeof(list) / sizeof(list[0]), place)

/* The pod before and after. */
struct pair {
    const struct json_index *before, *after;
    const struct test_case *c;
};

/* NOLINTBEGIN(misc-no-recursion): only `growing` is entered, which is six levels deep */

static void compare(const struct pair *p, json_ref before, json_ref after, const char *place);

static void compare_objects(const struct pair *p, json_ref before, json_ref after,
                            const char *place)
{
    json_ref at = after + 1, end = json_end(p->after, after);
    json_each_member (p->before, before, name) {
        char below[PLACE_MAX];
        struct slice raw = json_raw(p->before, name), text = json_escaped(p->before, name);
        if (at >= end || !slice_equal(raw, json_raw(p->after, at)))
            fail_msg(SLICE_FMT ": %s: member " SLICE_FMT " is not where it was",
                     SLICE_ARG(p->c->path), place, SLICE_ARG(raw));
        (void)snprintf(below, sizeof(below), "%s/" SLICE_FMT, place, SLICE_ARG(text));
        compare(p, name + 1, at + 1, below);
        at = p->after->nodes[at + 1].next;
    }
}

/* New elements stand together, before or behind those that were there. */
static void compare_arrays(const struct pair *p, json_ref before, json_ref after, const char *place)
{
    uint32_t old = json_count(p->before, before), now = json_count(p->after, after), i = 0;
    uint32_t first = 0;
    assert_true(now >= old);
    if (old > 0 && !slice_equal(json_raw(p->before, before + 1), json_raw(p->after, after + 1)) &&
        fnmatch("/spec/initContainers", place, 0) == 0) {
        struct slice name = SLICE_ABSENT;
        json_ref agent = json_member(p->after, json_element(p->after, after, 0), SLICE("name"));
        if (json_is(p->after, agent, JSON_STRING))
            name = json_escaped(p->after, agent);
        first = slice_equal(name, SLICE("vault-agent-init")) ? now - old : 0;
    }
    json_each_element (p->before, before, at) {
        char below[PLACE_MAX];
        (void)snprintf(below, sizeof(below), "%s/%u", place, i);
        compare(p, at, json_element(p->after, after, first + i), below);
        i++;
    }
}

static void compare(const struct pair *p, json_ref before, json_ref after, const char *place)
{
    if (slice_equal(json_raw(p->before, before), json_raw(p->after, after)) ||
        IS_PLACE(replaced, place))
        return;
    enum json_kind kind = json_node(p->before, before)->kind;
    if (!IS_PLACE(growing, place) ||
        (kind != JSON_NULL && kind != json_node(p->after, after)->kind))
        fail_msg(SLICE_FMT ": %s has changed: " SLICE_FMT, SLICE_ARG(p->c->path), place,
                 SLICE_ARG(json_raw(p->after, after)));
    if (kind == JSON_OBJECT)
        compare_objects(p, before, after, place);
    else if (kind == JSON_ARRAY)
        compare_arrays(p, before, after, place);
    else if (kind != JSON_NULL)
        fail_msg(SLICE_FMT ": %s has changed", SLICE_ARG(p->c->path), place);
}

/* NOLINTEND(misc-no-recursion) */

/* Applies the patch of a run and holds the result against the pod that came. */
static void assert_only_added(const struct test_case *c, struct review_run *r, struct slice body)
{
    struct json_index after;
    struct error err = ERROR_INIT;
    json_index_init(&after);
    if (review_run_apply(r, body) < 0)
        fail_msg(SLICE_FMT ": the patch does not apply: %s", SLICE_ARG(c->path), r->err.msg);
    if (json_scan(&after, buf_slice(&r->patched), &err) < 0)
        fail_msg(SLICE_FMT ": the patched pod is no JSON: %s", SLICE_ARG(c->path), err.msg);
    struct pair p = { .before = &r->body, .after = &after, .c = c };
    compare(&p, r->object, JSON_ROOT, "");
    json_index_done(&after);
}

static bool is_mutated(const struct review_run *r)
{
    return r->rc == 0 && r->decision.outcome == INJECT_MUTATED;
}

static void every_operation_adds(void **state)
{
    unsigned seen = 0;
    (void)state;
    engine_each_case(c)
    {
        struct review_run *r = &engine_test.run;
        if (!is_mutated(r))
            continue;
        assert_int_equal(review_run_apply(r, c->body), 0);
        json_each_element (&r->patch, JSON_ROOT, op) {
            json_ref word = json_member(&r->patch, op, SLICE("op"));
            seen++;
            if (!json_string_is(&r->patch, word, SLICE("add")))
                fail_msg(SLICE_FMT ": an operation other than add", SLICE_ARG(c->path));
        }
        assert_int_equal(json_count(&r->patch, JSON_ROOT), r->decision.operations);
    }
    assert_true(seen > 1000);
}

static void all_else_keeps_its_bytes(void **state)
{
    (void)state;
    engine_each_case(c)
    {
        if (is_mutated(&engine_test.run))
            assert_only_added(c, &engine_test.run, c->body);
    }
}

static void unknown_members_keep_their_bytes(void **state)
{
    unsigned planted = 0;
    (void)state;
    engine_each_case(c)
    {
        struct review_run *r = &engine_test.other;
        if (!is_mutated(&engine_test.run) || !rewrite_open(&engine_test.rewrite, c->body))
            continue;
        struct slice body = rewrite_planted(&engine_test.rewrite, SLICE(PLANTED));
        review_run(r, &c->options.inject, body);
        if (!is_mutated(r) || !slice_equal(r->decision.patch, engine_test.run.decision.patch))
            fail_msg(SLICE_FMT ": unknown members change the patch: %s", SLICE_ARG(c->path),
                     r->err.msg);
        assert_only_added(c, r, body);
        planted++;
    }
    assert_true(planted > 400);
}

static void a_patched_pod_is_left_alone(void **state)
{
    (void)state;
    engine_each_case(c)
    {
        struct review_run *r = &engine_test.other;
        if (!is_mutated(&engine_test.run) || !rewrite_open(&engine_test.rewrite, c->body))
            continue;
        assert_int_equal(review_run_apply(&engine_test.run, c->body), 0);
        struct slice body =
            rewrite_object(&engine_test.rewrite, buf_slice(&engine_test.run.patched));
        review_run(r, &c->options.inject, body);
        if (r->rc < 0 || r->decision.outcome != INJECT_SKIPPED ||
            r->decision.reason != REASON_ALREADY_INJECTED)
            fail_msg(SLICE_FMT ": is injected again", SLICE_ARG(c->path));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_adds),
        cmocka_unit_test(all_else_keeps_its_bytes),
        cmocka_unit_test(unknown_members_keep_their_bytes),
        cmocka_unit_test(a_patched_pod_is_left_alone),
    };
    return cmocka_run_group_tests(tests, engine_test_set_up, engine_test_tear_down);
}
