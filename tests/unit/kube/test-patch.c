#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "kube/patch.h"

#define NOTHING ((struct kube_webhook_change){ 0 })

static struct kube_webhook_entry entries[] = {
    { .name = SLICE_INIT("a.example") },
    { .name = SLICE_INIT("b\"\\.example") },
    { .name = SLICE_INIT("c.example") },
};
static struct kube_annotation there[] = {
    { SLICE_INIT("keyhook/old"), SLICE_INIT("1") },
    { SLICE_INIT("keyhook/other"), SLICE_INIT("2") },
};
static const struct kube_webhook seen = {
    .name = SLICE_INIT("hook"),
    .resource_version = SLICE_INIT("42"),
    .entries = entries,
    .entry_count = 3,
    .annotations = there,
    .annotation_count = 2,
};

static void assert_patch(const struct kube_webhook_change *change, const char *want)
{
    struct error err = ERROR_INIT;
    struct buf out;
    buf_init(&out, KUBE_PATCH_MAX);
    if (kube_patch_put(&seen, change, &out, &err) < 0)
        fail_msg("%s", err.msg);
    assert_string_equal(buf_cstr(&out), want);
    buf_done(&out);
}

static void bundles_by_name(void **state)
{
    static const struct slice all[] = { SLICE_INIT("PEM"), SLICE_INIT("x"), SLICE_INIT("") };
    static const struct slice second[] = { { NULL, 0 }, SLICE_INIT("PEM"), { NULL, 0 } };
    static const struct slice none[] = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
    (void)state;
    assert_patch(&(struct kube_webhook_change){ .ca_bundles = all },
                 "{\"metadata\":{\"resourceVersion\":\"42\"},\"webhooks\":["
                 "{\"name\":\"a.example\",\"clientConfig\":{\"caBundle\":\"UEVN\"}},"
                 "{\"name\":\"b\\\"\\\\.example\",\"clientConfig\":{\"caBundle\":\"eA==\"}},"
                 "{\"name\":\"c.example\",\"clientConfig\":{\"caBundle\":\"\"}}]}");
    assert_patch(&(struct kube_webhook_change){ .ca_bundles = second },
                 "{\"metadata\":{\"resourceVersion\":\"42\"},\"webhooks\":["
                 "{\"name\":\"b\\\"\\\\.example\",\"clientConfig\":{\"caBundle\":\"UEVN\"}}]}");
    assert_patch(&(struct kube_webhook_change){ .ca_bundles = none },
                 "{\"metadata\":{\"resourceVersion\":\"42\"}}");
    assert_patch(&NOTHING, "{\"metadata\":{\"resourceVersion\":\"42\"}}");
}

static void annotations_set_and_removed(void **state)
{
    static const struct kube_annotation all[] = {
        { SLICE_INIT("keyhook/new"), SLICE_INIT("a\"\n\xff") },
        { SLICE_INIT("keyhook/absent"), { NULL, 0 } },
        { SLICE_INIT("keyhook/old"), { NULL, 0 } },
        { SLICE_INIT("keyhook/empty"), SLICE_INIT("") },
    };
    (void)state;
    assert_patch(&(struct kube_webhook_change){ .annotations = all, .annotation_count = 4 },
                 "{\"metadata\":{\"resourceVersion\":\"42\",\"annotations\":{"
                 "\"keyhook/new\":\"a\\\"\\n\\ufffd\",\"keyhook/old\":null,"
                 "\"keyhook/empty\":\"\"}}}");
    assert_patch(&(struct kube_webhook_change){ .annotations = all + 1, .annotation_count = 1 },
                 "{\"metadata\":{\"resourceVersion\":\"42\"}}");
}

static void only_our_annotations(void **state)
{
    static const struct kube_annotation foreign[] = {
        { SLICE_INIT("keyhook/a"), SLICE_INIT("1") },
        { SLICE_INIT("keyhook.example/a"), SLICE_INIT("1") },
    };
    struct kube_webhook_change change = { .annotations = foreign, .annotation_count = 2 };
    struct error err = ERROR_INIT;
    struct buf out;
    (void)state;
    buf_init(&out, KUBE_PATCH_MAX);
    assert_int_equal(kube_patch_put(&seen, &change, &out, &err), -1);
    assert_int_equal(err.code, ERROR_USAGE);
    assert_non_null(strstr(err.msg, "keyhook.example/a"));
    buf_done(&out);
}

static void a_patch_has_a_limit(void **state)
{
    static char text[KUBE_PATCH_MAX];
    struct slice bundles[] = { { text, sizeof(text) / 4 * 3 }, SLICE_ABSENT, SLICE_ABSENT };
    struct kube_webhook_change change = { .ca_bundles = bundles };
    (void)state;
    for (int is_larger = 0; is_larger < 2;
         is_larger++) { /* the limit is the patch's, not the buffer's */
        struct error err = ERROR_INIT;
        struct buf out;
        buf_init(&out, KUBE_PATCH_MAX * (is_larger ? 2 : 1));
        assert_int_equal(kube_patch_put(&seen, &change, &out, &err), -1);
        assert_int_equal(err.code, ERROR_LIMIT);
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundles_by_name),
        cmocka_unit_test(annotations_set_and_removed),
        cmocka_unit_test(only_our_annotations),
        cmocka_unit_test(a_patch_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
