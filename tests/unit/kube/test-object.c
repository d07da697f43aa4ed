#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "kube/object.h"

#define TEXT_MAX ((size_t)8 << 20)
#define META "\"name\":\"hook\",\"uid\":\"u-1\",\"resourceVersion\":\"42\""
#define START "{\"kind\":\"MutatingWebhookConfiguration\",\"metadata\":{"

/* UEVN is "PEM". */
#define WHOLE                                                                                     \
    START META ",\"annotations\":{\"a.example/b\":\"c\",\"keyhook/x\":\"1\",\"keyhook/\":\"\"}}"  \
               ",\"webhooks\":["                                                                  \
               "{\"name\":\"a.example\",\"clientConfig\":{\"caBundle\":\"UEVN\",\"service\":{}}}" \
               ",{\"name\":\"b.example\",\"clientConfig\":{}}"                                    \
               ",{\"name\":\"c.example\",\"clientConfig\":{\"caBundle\":null}}"                   \
               ",{\"name\":\"d.example\",\"clientConfig\":null}"                                  \
               ",{\"name\":\"e.example\"}"                                                        \
               ",{\"name\":\"f.example\",\"clientConfig\":{\"caBundle\":\"\"}}"                   \
               ",{\"name\":\"g.example\",\"clientConfig\":{\"caBundle\":\"no base64!\"}}"         \
               ",{\"name\":\"h.example\",\"clientConfig\":{\"caBundle\":\"UE\\r\\nVN\\n\"}}"      \
               ",{\"name\":\"i.example\",\"clientConfig\":{\"caBundle\":\"UEVN=\"}}]}"

static void assert_slice(struct slice got, const char *want)
{
    if (!slice_equal(got, slice_of(want)))
        fail_msg("'" SLICE_FMT "' is not '%s'", SLICE_ARG(got), want);
}

static struct kube_webhook *parse(const char *text)
{
    struct kube_webhook *w = NULL;
    struct error err = ERROR_INIT;
    if (kube_webhook_parse(slice_of(text), &w, &err) < 0)
        fail_msg("%s\n%s", err.msg, text);
    return w;
}

static void reads_a_whole_object(void **state)
{
    static const struct {
        const char *name, *bundle;
        bool is_base64;
    } entries[] = {
        { "a.example", "PEM", true }, { "b.example", "", true },    { "c.example", "", true },
        { "d.example", "", true },    { "e.example", "", true },    { "f.example", "", true },
        { "g.example", "", false },   { "h.example", "PEM", true }, { "i.example", "", false },
    };
    CLEANUP(kube_webhook_free) struct kube_webhook *w = parse(WHOLE);
    (void)state;
    assert_slice(w->name, "hook");
    assert_slice(w->uid, "u-1");
    assert_slice(w->resource_version, "42");
    assert_int_equal(w->entry_count, sizeof(entries) / sizeof(entries[0]));
    for (size_t i = 0; i < w->entry_count; i++) {
        assert_slice(w->entries[i].name, entries[i].name);
        assert_slice(w->entries[i].ca_bundle, entries[i].bundle);
        assert_true(slice_is_present(w->entries[i].ca_bundle));
        assert_int_equal(w->entries[i].ca_is_base64, entries[i].is_base64);
    }
    assert_int_equal(w->annotation_count, 2);
    assert_slice(w->annotations[0].name, "keyhook/x");
    assert_slice(w->annotations[0].value, "1");
    assert_slice(w->annotations[1].name, "keyhook/");
    assert_false(slice_is_present(w->other_manager));
}

static void an_object_may_be_almost_empty(void **state)
{
    static const char *const texts[] = {
        START META "}}",
        START META "},\"webhooks\":null}",
        START META "},\"webhooks\":[]}",
        START META ",\"annotations\":null,\"managedFields\":null},\"webhooks\":[]}",
        START META ",\"annotations\":{}},\"webhooks\":[]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CLEANUP(kube_webhook_free) struct kube_webhook *w = parse(texts[i]);
        assert_int_equal(w->entry_count, 0);
        assert_int_equal(w->annotation_count, 0);
    }
}

/* clang-format off */
static const struct {
    const char *text;
    enum error_code code;
    const char *part; /* of the message */
} bad[] = {
    { "",                                     ERROR_SYNTAX, "not JSON" },
    { "{",                                    ERROR_SYNTAX, "not JSON" },
    { START META "}}x",                       ERROR_SYNTAX, "not JSON" },
    { START "\"name\":\"a\",\"name\":\"b\"}}", ERROR_SYNTAX, "not JSON" },
    { START "\"name\":\"\xff\"}}",            ERROR_SYNTAX, "not JSON" },
    { "[]",                                   ERROR_SHAPE,  "an array, not a JSON object" },
    { "{}",                                   ERROR_SHAPE,  "kind is absent" },
    { "{\"kind\":7}",                         ERROR_SHAPE,  "kind is a number" },
    { "{\"kind\":\"Status\"}",                ERROR_SHAPE,  "another kind" },
    { "{\"kind\":\"MutatingWebhookConfiguration\"}", ERROR_SHAPE, "metadata.name is absent" },
    { "{\"kind\":\"MutatingWebhookConfiguration\",\"metadata\":[]}", ERROR_SHAPE, "metadata.name is absent" },
    { START "\"name\":\"\"}}",                ERROR_SHAPE,  "metadata.name is empty" },
    { START "\"name\":null}}",                ERROR_SHAPE,  "metadata.name is null" },
    { START "\"name\":\"a\"}}",               ERROR_SHAPE,  "metadata.uid is absent" },
    { START "\"name\":\"a\",\"uid\":\"u\"}}", ERROR_SHAPE,  "metadata.resourceVersion is absent" },
    { START "\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":7}}", ERROR_SHAPE, "metadata.resourceVersion is a number" },
    { START META "},\"webhooks\":{}}",        ERROR_SHAPE,  "webhooks is not an array" },
    { START META "},\"webhooks\":[7]}",       ERROR_SHAPE,  "webhooks.0: the entry is not an object" },
    { START META "},\"webhooks\":[{}]}",      ERROR_SHAPE,  "webhooks.0: the reply's name is absent" },
    { START META "},\"webhooks\":[{\"name\":\"a\"},{\"name\":\"\"}]}", ERROR_SHAPE, "webhooks.1: the reply's name is empty" },
    { START META "},\"webhooks\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"a\"}]}", ERROR_SHAPE, "webhooks.2 has the same name as webhooks.0" },
    { START META "},\"webhooks\":[{\"name\":\"a\",\"clientConfig\":[]}]}", ERROR_SHAPE, "webhooks.0: the reply's clientConfig is not an object" },
    { START META "},\"webhooks\":[{\"name\":\"a\",\"clientConfig\":{\"caBundle\":7}}]}", ERROR_SHAPE, "caBundle is not a string" },
    { START META ",\"annotations\":[]}}",     ERROR_SHAPE,  "metadata.annotations is not an object" },
    { START META ",\"annotations\":{\"keyhook/a\":7}}}", ERROR_SHAPE, "not a string" },
};
/* clang-format on */

static void says_what_is_wrong(void **state)
{
    struct kube_webhook untouched;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct kube_webhook *w = &untouched;
        struct error err = ERROR_INIT;
        assert_int_equal(kube_webhook_parse(slice_of(bad[i].text), &w, &err), -1);
        if (err.code != bad[i].code || !strstr(err.msg, bad[i].part))
            fail_msg("%s\n%s", bad[i].text, err.msg);
        assert_ptr_equal(w, &untouched);
    }
}

static void odd_foreign_annotations_do_not_matter(void **state)
{
    (void)state;
    kube_webhook_free(parse(START META ",\"annotations\":{\"other/a\":7,\"keyhook\":null}}}"));
}

/* --- limits ------------------------------------------------------------------------------------ */

static int parse_annotations(unsigned count, struct error *err)
{
    struct buf text;
    struct kube_webhook *w = NULL;
    buf_init(&text, TEXT_MAX);
    buf_put_lit(&text, START META ",\"annotations\":{\"other/x\":\"\"");
    for (unsigned i = 0; i < count; i++)
        buf_printf(&text, ",\"keyhook/%u\":\"\"", i);
    buf_put_lit(&text, "}}}");
    int rc = kube_webhook_parse(buf_slice(&text), &w, err);
    if (rc == 0)
        assert_int_equal(w->annotation_count,
                         count < KUBE_ANNOTATIONS_MAX ? count : KUBE_ANNOTATIONS_MAX);
    kube_webhook_free(w);
    buf_done(&text);
    return rc;
}

static int parse_entries(unsigned count, struct error *err)
{
    struct buf text;
    struct kube_webhook *w = NULL;
    buf_init(&text, TEXT_MAX);
    buf_put_lit(&text, START META "},\"webhooks\":[");
    for (unsigned i = 0; i < count; i++)
        buf_printf(&text, "%s{\"name\":\"w%u\"}", i > 0 ? "," : "", i);
    buf_put_lit(&text, "]}");
    int rc = kube_webhook_parse(buf_slice(&text), &w, err);
    if (rc == 0)
        assert_int_equal(w->entry_count, count);
    kube_webhook_free(w);
    buf_done(&text);
    return rc;
}

static void limits_hold(void **state)
{
    struct error err = ERROR_INIT;
    (void)state;
    assert_int_equal(parse_entries(KUBE_WEBHOOKS_MAX, &err), 0);
    assert_int_equal(parse_entries(KUBE_WEBHOOKS_MAX + 1, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    err = (struct error)ERROR_INIT; /* more annotations stop nobody: see object.h */
    assert_int_equal(parse_annotations(KUBE_ANNOTATIONS_MAX, &err), 0);
    assert_int_equal(parse_annotations(KUBE_ANNOTATIONS_MAX + 1, &err), 0);
}

#define DEPTH 10000 /* jansson takes 2048 */

static void a_deep_tree_is_refused(void **state)
{
    struct error err = ERROR_INIT;
    struct kube_webhook *w = NULL;
    struct buf text;
    (void)state;
    buf_init(&text, TEXT_MAX);
    for (size_t i = 0; i < DEPTH; i++)
        buf_put_char(&text, '[');
    assert_int_equal(kube_webhook_parse(buf_slice(&text), &w, &err), -1);
    assert_int_equal(err.code, ERROR_SYNTAX);
    buf_done(&text);
}

/* --- managers ---------------------------------------------------------------------------------- */

#define OWNS(name)                                                       \
    "\"fieldsV1\":{\"f:webhooks\":{\".\":{},\"k:{\\\"name\\\":\\\"" name \
    "\\\"}\":{\".\":{},\"f:clientConfig\":{\".\":{},\"f:caBundle\":{},\"f:service\":{}}}}}"

static void names_the_newest_other_manager(void **state)
{
    /* clang-format off */
    static const struct { const char *fields, *manager; } rows[] = {
        { "null", NULL },
        { "7", NULL },
        { "[]", NULL },
        { "[null,7,[],{}]", NULL },
        { "[{\"manager\":\"keyhook\",\"time\":\"2026-01-01T00:00:00Z\"," OWNS("a") "}]", NULL },
        { "[{\"manager\":\"helm\",\"time\":\"2026-01-01T00:00:00Z\"," OWNS("a") "}]", "helm" },
        { "[{\"manager\":\"helm\"," OWNS("a") "}]", "helm" },
        { "[{\"manager\":\"\"," OWNS("a") "}]", NULL },
        { "[{\"manager\":7," OWNS("a") "}]", NULL },
        { "[{\"manager\":\"helm\",\"fieldsV1\":{\"f:webhooks\":{\"k:{}\":{\"f:clientConfig\":{\"f:service\":{}}}}}}]", NULL },
        { "[{\"manager\":\"helm\",\"fieldsV1\":{\"f:webhooks\":[]}}]", NULL },
        { "[{\"manager\":\"helm\",\"fieldsV1\":7}]", NULL },
        { "[{\"manager\":\"helm\",\"time\":\"2026-01-02T00:00:00Z\"," OWNS("a") "},"
          "{\"manager\":\"argocd\",\"time\":\"2026-01-01T00:00:00Z\"," OWNS("b") "},"
          "{\"manager\":\"keyhook\",\"time\":\"2026-01-03T00:00:00Z\"," OWNS("b") "}]", "helm" },
        { "[{\"manager\":\"helm\",\"time\":\"2026-01-01T00:00:00Z\"," OWNS("a") "},"
          "{\"manager\":\"argocd\",\"time\":\"2026-01-02T00:00:00Z\"," OWNS("b") "}]", "argocd" },
        { "[{\"manager\":\"helm\",\"time\":\"2026-01-01T00:00:00Z\"," OWNS("a") "},"
          "{\"manager\":\"argocd\",\"time\":7," OWNS("b") "}]", "helm" },
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf text;
        buf_init(&text, TEXT_MAX);
        buf_put_lit(&text, START META ",\"managedFields\":");
        buf_put_slice(&text, slice_of(rows[i].fields));
        buf_put_lit(&text, "}}");
        CLEANUP(kube_webhook_free) struct kube_webhook *w = parse(buf_cstr(&text));
        assert_int_equal(slice_is_present(w->other_manager), rows[i].manager != NULL);
        assert_slice(w->other_manager, rows[i].manager ? rows[i].manager : "");
        buf_done(&text);
    }
}

/* --- hostile ----------------------------------------------------------------------------------- */

/* Cut anywhere, it is an error; with any byte changed, it is an error or an object within the limits. */
static void no_damage_does_harm(void **state)
{
    size_t len = strlen(WHOLE);
    cleanup_free char *text = strdup(WHOLE);
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < len; i++) {
        struct error err = ERROR_INIT;
        struct kube_webhook *w = NULL;
        assert_int_equal(kube_webhook_parse((struct slice){ text, i }, &w, &err), -1);
        for (int b = 0; b < 256; b += 15) {
            err = (struct error)ERROR_INIT;
            text[i] = (char)b;
            if (kube_webhook_parse((struct slice){ text, len }, &w, &err) == 0)
                assert_true(w->name.len > 0 && w->entry_count <= KUBE_WEBHOOKS_MAX);
            else
                assert_true(err.msg[0] != 0);
            kube_webhook_free(w);
            w = NULL;
        }
        text[i] = WHOLE[i];
    }
}

static void nothing_is_freed_too(void **state)
{
    (void)state;
    kube_webhook_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_whole_object),
        cmocka_unit_test(an_object_may_be_almost_empty),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(odd_foreign_annotations_do_not_matter),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(a_deep_tree_is_refused),
        cmocka_unit_test(names_the_newest_other_manager),
        cmocka_unit_test(no_damage_does_harm),
        cmocka_unit_test(nothing_is_freed_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
