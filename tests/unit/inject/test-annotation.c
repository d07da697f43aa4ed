/* The annotation table: its rows, and the look-up of names. */

#include <assert.h>
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inject/annotation.h"

#define PATH_MAX_KUBERNETES 63 /* bytes of the part behind the prefix */

static void rows_are_whole(void **state)
{
    (void)state;
    for (enum annotation_id id = 0; id < ANNOTATION__COUNT; id++) {
        const struct annotation *row = annotation_info(id);
        assert_true(row->name.len > 0 && row->name.len <= PATH_MAX_KUBERNETES);
        assert_non_null(row->help);
        assert_true(row->help[0] != '\0' && row->help[strlen(row->help) - 1] != '.');
        assert_true(row->step > STEP_DECODE && row->step < STEP__COUNT);
        assert_true(row->type < TYPE__COUNT && annotation_type_name(row->type)[0] != '\0');
        assert_true((row->option == NULL) == (row->option_kind == OPTION_NONE));
        for (size_t i = 0; i < row->name.len; i++)
            assert_true(islower((unsigned char)row->name.ptr[i]) || row->name.ptr[i] == '-');
    }
}

/* vault-k8s 1.7.6 has these; a row that is ours stands beside them. */
static const char *const upstream[] = {
    "agent-auto-auth-exit-on-err",
    "agent-cache-enable",
    "agent-cache-exit-on-err",
    "agent-cache-listener-port",
    "agent-cache-use-auto-auth-token",
    "agent-configmap",
    "agent-copy-volume-mounts",
    "agent-disable-idle-connections",
    "agent-disable-keep-alives",
    "agent-enable-quit",
    "agent-extra-secret",
    "agent-image",
    "agent-init-first",
    "agent-init-json-patch",
    "agent-inject",
    "agent-inject-command",
    "agent-inject-containers",
    "agent-inject-default-template",
    "agent-inject-file",
    "agent-inject-perms",
    "agent-inject-secret",
    "agent-inject-status",
    "agent-inject-template",
    "agent-inject-template-file",
    "agent-inject-token",
    "agent-json-patch",
    "agent-limits-cpu",
    "agent-limits-ephemeral",
    "agent-limits-mem",
    "agent-pre-populate",
    "agent-pre-populate-only",
    "agent-request-namespace",
    "agent-requests-cpu",
    "agent-requests-ephemeral",
    "agent-requests-mem",
    "agent-revoke-grace",
    "agent-revoke-on-shutdown",
    "agent-run-as-group",
    "agent-run-as-same-user",
    "agent-run-as-user",
    "agent-service-account-token-volume-name",
    "agent-set-security-context",
    "agent-share-process-namespace",
    "agent-telemetry",
    "agent-template-left-delim",
    "agent-template-right-delim",
    "auth-config",
    "auth-max-backoff",
    "auth-min-backoff",
    "auth-path",
    "auth-type",
    "ca-cert",
    "ca-key",
    "client-cert",
    "client-key",
    "client-max-retries",
    "client-timeout",
    "error-on-missing-key",
    "go-max-procs",
    "log-format",
    "log-level",
    "namespace",
    "preserve-secret-case",
    "proxy-address",
    "role",
    "secret-volume-path",
    "service",
    "template-config-exit-on-retry-failure",
    "template-lease-renewal-threshold",
    "template-max-connections-per-host",
    "template-static-secret-render-interval",
    "tls-secret",
    "tls-server-name",
    "tls-skip-verify",
};

static_assert(sizeof(upstream) / sizeof(upstream[0]) == 74, "plain names, and families");

static void upstreams_names_are_all_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(upstream) / sizeof(upstream[0]); i++) {
        unsigned found = 0;
        for (enum annotation_id id = 0; id < ANNOTATION__COUNT; id++)
            found += slice_equal(annotation_info(id)->name, slice_of(upstream[i]));
        if (found != 1)
            fail_msg("%s is in the table %u times", upstream[i], found);
    }
}

static void names_are_unique(void **state)
{
    (void)state;
    for (enum annotation_id a = 0; a < ANNOTATION__COUNT; a++) {
        for (enum annotation_id b = a + 1; b < ANNOTATION__COUNT; b++)
            assert_false(slice_equal(annotation_info(a)->name, annotation_info(b)->name));
    }
}

/* "The first error wins" needs the rows of a step to stand together, steps in their order. */
static void steps_stand_in_order(void **state)
{
    (void)state;
    for (enum annotation_id id = 1; id < ANNOTATION__COUNT; id++)
        assert_true(annotation_info(id - 1)->step <= annotation_info(id)->step);
}

static void what_may_hold_a_secret_is_sensitive(void **state)
{
    static const enum annotation_id sensitive[] = {
        ANN_AUTH_CONFIG, ANN_TEMPLATE,        ANN_COMMAND,
        ANN_JSON_PATCH,  ANN_INIT_JSON_PATCH, ANN_TELEMETRY,
    };
    unsigned count = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(sensitive) / sizeof(sensitive[0]); i++)
        assert_true(annotation_info(sensitive[i])->sensitive);
    for (enum annotation_id id = 0; id < ANNOTATION__COUNT; id++)
        count += annotation_info(id)->sensitive;
    assert_int_equal(count, sizeof(sensitive) / sizeof(sensitive[0]));
}

static void every_row_finds_itself(void **state)
{
    (void)state;
    for (enum annotation_id id = 0; id < ANNOTATION__COUNT; id++) {
        const struct annotation *row = annotation_info(id);
        struct slice suffix = SLICE("untouched");
        if (row->kind != ANNOTATION_FAMILY) {
            assert_int_equal(annotation_find(row->name, &suffix), id);
            assert_false(slice_is_present(suffix));
        }
    }
}

struct lookup {
    const char *name;
    enum annotation_id id;
    const char *suffix; /* NULL: none */
};

static const struct lookup lookups[] = {
    { "agent-inject", ANN_INJECT, NULL },
    { "agent-inject-secret-db", ANN_SECRET, "db" },
    { "agent-inject-secret-", ANN_SECRET, "" },
    { "agent-inject-secret", ANNOTATION__COUNT, NULL },
    { "agent-inject-template-x", ANN_TEMPLATE, "x" },
    { "agent-inject-template-file-x", ANN_TEMPLATE_FILE, "x" },
    { "agent-inject-template-file", ANN_TEMPLATE, "file" },
    { "agent-inject-containers", ANN_CONTAINERS, NULL },
    { "agent-inject-token", ANN_INJECT_TOKEN, NULL },
    { "agent-inject-status", ANN_STATUS, NULL },
    { "secret-volume-path", ANN_SECRET_VOLUME_PATH, NULL },
    { "secret-volume-path-a-b", ANN_SECRET_VOLUME_PATH, "a-b" },
    { "preserve-secret-case-X", ANN_PRESERVE_CASE, "X" },
    { "auth-config-role", ANN_AUTH_CONFIG, "role" },
    { "role", ANN_ROLE, NULL },
    { "role-x", ANNOTATION__COUNT, NULL },
    { "Role", ANNOTATION__COUNT, NULL },
    { "agent-Inject", ANNOTATION__COUNT, NULL },
    { "", ANNOTATION__COUNT, NULL },
};

static void names_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lookups) / sizeof(lookups[0]); i++) {
        struct slice suffix = SLICE_ABSENT;
        assert_int_equal(annotation_find(slice_of(lookups[i].name), &suffix), lookups[i].id);
        if (lookups[i].id == ANNOTATION__COUNT)
            continue;
        assert_int_equal(slice_is_present(suffix), lookups[i].suffix != NULL);
        if (lookups[i].suffix)
            assert_true(slice_equal(suffix, slice_of(lookups[i].suffix)));
    }
}

/* id ANNOTATION__COUNT: nothing is near */
static const struct lookup misspelt[] = {
    { "agent-inject-secert-db", ANN_SECRET, NULL },
    { "agent-injcet", ANN_INJECT, NULL },
    { "agent-run-as-usr", ANN_RUN_AS_USER, NULL },
    { "rol", ANN_ROLE, NULL },
    { "agent-inject-secret", ANN_SECRET, NULL },
    { "agent-limits-memory", ANN_LIMITS_MEMORY, NULL },
    { "frobnicate", ANNOTATION__COUNT, NULL },
};

static void the_nearest_name_is_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(misspelt) / sizeof(misspelt[0]); i++) {
        enum annotation_id id = ANNOTATION__COUNT;
        struct slice near = annotation_nearest(slice_of(misspelt[i].name), &id);
        if (misspelt[i].id == ANNOTATION__COUNT) {
            assert_false(slice_is_present(near));
            continue;
        }
        assert_int_equal(id, misspelt[i].id);
        assert_true(slice_equal(near, annotation_info(id)->name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(upstreams_names_are_all_there),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(steps_stand_in_order),
        cmocka_unit_test(what_may_hold_a_secret_is_sensitive),
        cmocka_unit_test(every_row_finds_itself),
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(the_nearest_name_is_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
