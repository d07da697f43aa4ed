/*
 * The schema of the options and the table of their variables: every flag is there, and what the schema
 * takes is what the program takes.
 */

#include <regex.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/num.h"
#include "cli/explain-schema.h"
#include "cli/option-table.h"
#include "options-run.h"

static char *printed(void (*print)(FILE *out))
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    print(out);
    (void)fclose(out);
    return text;
}

static json_t *schema(void)
{
    char *text = printed(explain_schema_options);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(root);
    free(text);
    return root;
}

static bool has_type(const json_t *member, const char *type)
{
    const json_t *types = json_object_get(member, "type"), *one;
    size_t i;

    if (json_is_string(types))
        return strcmp(json_string_value(types), type) == 0;
    json_array_foreach(types, i, one) if (strcmp(json_string_value(one), type) == 0) return true;
    return false;
}

/* A text against a member's enum or pattern. */
static bool takes(const json_t *member, const char *text)
{
    const json_t *words = json_object_get(member, "enum"), *word;
    const char *pattern = json_string_value(json_object_get(member, "pattern"));
    regex_t compiled;
    bool is_match = false;
    size_t i;

    json_array_foreach(words, i, word) is_match |= strcmp(json_string_value(word), text) == 0;
    if (words || !pattern)
        return is_match || !words;
    assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    is_match = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return is_match;
}

static void test_every_flag_is_a_member(void **state)
{
    json_t *root = schema();
    const json_t *members = json_object_get(root, "properties");
    size_t flags = 0;

    (void)state;
    assert_true(json_is_false(json_object_get(root, "additionalProperties")));
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option *o = &option_rows[i];
        const json_t *member = o->flag ? json_object_get(members, o->flag) : NULL;

        if (!o->flag)
            continue;
        flags++;
        assert_non_null(member);
        assert_string_equal(json_string_value(json_object_get(member, "description")), o->help);
        assert_true(json_object_get(member, "enum") || has_type(member, "string"));
        assert_true(o->is_bool == has_type(member, "boolean"));
        assert_true(o->set != option_set_int || has_type(member, "integer"));
        if (*o->def) /* what stands there by default may be written down */
            assert_true(takes(member, o->def));
        assert_true(takes(member, "") == (o->set == option_set_text && !strchr(o->metavar, '|')));
    }
    assert_int_equal(json_object_size(members), flags);
    json_decref(root);
}

static void test_shapes(void **state)
{
    static const struct {
        const char *flag, *text;
        bool is_taken;
    } rows[] = {
        { "verify-patch", "true", true },
        { "verify-patch", "yes", false },
        { "default-template", "json", true },
        { "default-template", "yaml", false },
        { "drain-period", "1m30s", true },
        { "drain-period", "0", true },
        { "drain-period", "1.5h", true },
        { "drain-period", "10", false },
        { "drain-period", "10 s", false },
        { "listen", "[::1]:8443", true },
        { "listen", ":0", true },
        { "listen", "8443", false },
        { "log-level", "debug", true },
        { "log-level", "loud", false },
        { "cpu-limit", "500m", true },
        { "memory-limit", "1.5Gi", true },
        { "memory-limit", "1 Gi", false },
        { "memory-limit", "64MB", false },
        { "run-as-user", "100", true },
        { "run-as-user", "root", false },
        { "workers", "4", true },
        { "workers", "-1", false },
        { "vault-address", "https://vault.vault.svc:8200", true },
        { "vault-address", "vault.vault.svc", false },
        { "pki-path", "pki/int", true },
        { "cert-source", "self-signed", true },
        { "cert-source", "none", false },
    };
    json_t *root = schema();
    const json_t *members = json_object_get(root, "properties");

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (takes(json_object_get(members, rows[i].flag), rows[i].text) != rows[i].is_taken)
            fail_msg("-%s=%s", rows[i].flag, rows[i].text);
    json_decref(root);
}

/* The ends of each range are taken by the program, and what lies beyond them is not. */
static void assert_range_end(const struct option *o, const json_t *end, int step)
{
    char flag[TEXT_MAX];
    struct run r;

    if (!end)
        return;
    (void)snprintf(flag, TEXT_MAX, "-%s=%lld", o->flag, json_integer_value(end));
    assert_int_equal(run(&r, LIST(flag), LIST(ADDRESS)), 0);
    options_done(&r.opt);
    (void)snprintf(flag, TEXT_MAX, "-%s=%lld", o->flag, json_integer_value(end) + step);
    assert_int_equal(run(&r, LIST(flag), LIST(ADDRESS)), -1);
}

static void test_ranges(void **state)
{
    json_t *root = schema();
    const json_t *members = json_object_get(root, "properties");

    (void)state;
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option *o = &option_rows[i];
        const json_t *member = o->flag ? json_object_get(members, o->flag) : NULL;

        if (!member || o->set != option_set_int)
            continue;
        assert_non_null(json_object_get(member, "maximum"));
        assert_range_end(o, json_object_get(member, "minimum"), -1);
        assert_range_end(o, json_object_get(member, "maximum"), 1);
    }
    json_decref(root);
}

static void test_variables(void **state)
{
    char *text = printed(explain_variables_options);
    char line[TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option *o = &option_rows[i];

        (void)snprintf(line, TEXT_MAX, "%s: %s\n", o->flag ? o->flag : "", o->env);
        assert_true((o->flag != NULL) == (strstr(text, line) != NULL));
    }
    assert_null(strstr(text, "POD_NAME"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_flag_is_a_member),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_variables),
    };

    return cmocka_run_group_tests_name("explain-schema", tests, NULL, NULL);
}
