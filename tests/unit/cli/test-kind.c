/* Which objects hold a pod, and where. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cli/kind.h"
#include "json/scan.h"

static void scan(struct json_index *ix, const char *json)
{
    struct error err = ERROR_INIT;
    json_index_init(ix);
    if (json_scan(ix, slice_of(json), &err) < 0)
        fail_msg("%s: %s", json, err.msg);
}

/* template: the JSON of the pod (template), or NULL when the object holds none. */
static void expect(const char *json, const char *template)
{
    struct json_index ix;
    scan(&ix, json);
    const struct kind *kind = kind_of(&ix, JSON_ROOT, SLICE_ABSENT);
    json_ref at = kind ? kind_template(kind, &ix, JSON_ROOT) : JSON_ABSENT;
    if (!template)
        assert_int_equal(at, JSON_ABSENT);
    else if (at == JSON_ABSENT || !slice_equal(json_raw(&ix, at), slice_of(template)))
        fail_msg("%s: the template was not found", json);
    json_index_done(&ix);
}

static void test_templates(void **state)
{
    (void)state;
    static const char *const workloads[][2] = {
        { "Deployment", "apps/v1" },
        { "ReplicaSet", "apps/v1" },
        { "StatefulSet", "apps/v1beta1" },
        { "DaemonSet", "extensions/v1beta1" },
        { "Job", "batch/v1" },
        { "ReplicationController", "v1" },
        { "Deployment", "apps\\/v1" },
        { "Deployment", "\\u0061pps/v1" },
    };
    char json[256];
    for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
        (void)snprintf(json, sizeof(json),
                       "{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"spec\":{\"template\":{\"a\":1}}}",
                       workloads[i][0], workloads[i][1]);
        expect(json, "{\"a\":1}");
    }
    expect("{\"kind\":\"CronJob\",\"apiVersion\":\"batch/v1\",\"spec\":{\"jobTemplate\":{\"spec\":"
           "{\"template\":{\"a\":1}}}}}",
           "{\"a\":1}");
    expect("{\"kind\":\"PodTemplate\",\"apiVersion\":\"v1\",\"template\":{}}", "{}");
    expect("{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}", "{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}");
    expect("{\"kind\":\"Pod\"}", "{\"kind\":\"Pod\"}");
}

static void test_others(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"kind\":\"Service\",\"apiVersion\":\"v1\",\"spec\":{\"template\":{}}}",
        "{\"kind\":\"Job\",\"apiVersion\":\"batch.example/v1\",\"spec\":{\"template\":{}}}",
        "{\"kind\":\"Pod\",\"apiVersion\":\"apps/v1\"}",
        "{\"kind\":\"Deployment\",\"apiVersion\":\"v1\",\"spec\":{\"template\":{}}}",
        "{\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\",\"spec\":{\"template\":[]}}",
        "{\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\",\"spec\":[]}",
        "{\"kind\":7,\"spec\":{\"template\":{}}}",
        "{\"spec\":{\"template\":{}}}",
        "[]",
        "1",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect(texts[i], NULL);
}

static void test_lists(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool is_list;
        const char *item;
    } rows[] = {
        { "{\"kind\":\"List\",\"items\":[]}", true, "" },
        { "{\"kind\":\"PodList\",\"items\":[]}", true, "Pod" },
        { "{\"kind\":\"List\"}", false, NULL },
        { "{\"kind\":\"List\",\"items\":{}}", false, NULL },
        { "{\"kind\":\"Lis\",\"items\":[]}", false, NULL },
        { "{\"kind\":\"Pod\",\"items\":[]}", false, NULL },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct json_index ix;
        struct slice item = SLICE_ABSENT;
        scan(&ix, rows[i].json);
        assert_int_equal(kind_is_list(&ix, JSON_ROOT, &item), rows[i].is_list);
        assert_true(!rows[i].item || slice_equal(item, slice_of(rows[i].item)));
        json_index_done(&ix);
    }
}

static void test_fallback(void **state)
{
    (void)state;
    struct json_index ix;
    scan(&ix, "{\"metadata\":{}}");
    assert_non_null(kind_of(&ix, JSON_ROOT, SLICE("Pod")));
    assert_null(kind_of(&ix, JSON_ROOT, SLICE("ConfigMap")));
    json_index_done(&ix);
}

static void test_nearest(void **state)
{
    static const struct {
        const char *name, *near; /* NULL: none */
    } rows[] = {
        { "Deploymnet", "Deployment" },
        { "deployment", "Deployment" },
        { "cronjob", "CronJob" },
        { "Pod", "Pod" },
        { "Pdo", "Pod" },
        { "Jobs", "Job" },
        { "Rollout", NULL },
        { "Cow", NULL },
        { "Jo", NULL },
        { "ConfigMap", NULL },
        { "", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct kind *near = kind_nearest(slice_of(rows[i].name));
        if (!near != !rows[i].near || (near && !slice_equal(near->name, slice_of(rows[i].near))))
            fail_msg("%s", rows[i].name);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_templates), cmocka_unit_test(test_others),
        cmocka_unit_test(test_lists),     cmocka_unit_test(test_fallback),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
