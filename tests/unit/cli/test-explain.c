/* What `explain` finds and prints: every row of every table, by each of its names. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/annotation-reasons.h"
#include "cli/explain-page.h"
#include "cli/explain.h"
#include "cli/option-table.h"

#define NAME_MAX_BYTES 128

/* The text for a name, freed by the caller; NULL when nothing was found (and nothing printed). */
static char *explain(struct slice name)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool found;

    assert_non_null(out);
    found = explain_name(out, name);
    (void)fclose(out);
    assert_true(found == (size > 0));
    if (found)
        return text;
    free(text);
    return NULL;
}

static void assert_explained(const char *name, const char *part)
{
    char *text = explain(slice_of(name));

    if (!text)
        fail_msg("'%s' is not explained", name);
    if (!strstr(text, part))
        fail_msg("the text on '%s' lacks '%s'", name, part);
    free(text);
}

/* As it stands, under each prefix, and for a family with a suffix. */
static void test_annotations(void **state)
{
    static const char *const prefixes[] = { "", "vault.hashicorp.com/", "openbao.org/" };
    char name[NAME_MAX_BYTES], line[NAME_MAX_BYTES];

    (void)state;
    for (int i = 0; i < ANNOTATION__COUNT; i++) {
        const struct annotation *row = annotation_info((enum annotation_id)i);

        (void)snprintf(line, sizeof(line), "annotation vault.hashicorp.com/" SLICE_FMT "%s\n",
                       SLICE_ARG(row->name), explain_suffix(row));
        for (size_t p = 0; p < sizeof(prefixes) / sizeof(prefixes[0]); p++) {
            (void)snprintf(name, sizeof(name), "%s" SLICE_FMT, prefixes[p], SLICE_ARG(row->name));
            assert_explained(name, line);
            if (row->kind == ANNOTATION_EXACT)
                continue;
            (void)snprintf(name, sizeof(name), "%s" SLICE_FMT "-Some-Name", prefixes[p],
                           SLICE_ARG(row->name));
            assert_explained(name, line);
        }
        assert_true(!row->option || option_find(slice_of(row->option)));
        assert_explained(name, annotation_type_name(row->type));
        assert_explained(name, row->sensitive ? "never shown" : "may be shown");
    }
}

static void test_options(void **state)
{
    char name[NAME_MAX_BYTES], line[NAME_MAX_BYTES];

    (void)state;
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option *o = &option_rows[i];

        (void)snprintf(line, sizeof(line), "option %s%s\n", o->flag ? "-" : "",
                       o->flag ? o->flag : o->env);
        assert_explained(o->env, line);
        if (o->alias)
            assert_explained(o->alias, line);
        for (int dashes = 0; o->flag && dashes < 3; dashes++) {
            (void)snprintf(name, sizeof(name), "%.*s%s", dashes, "--", o->flag);
            assert_explained(name, line);
        }
    }
    assert_explained("vault-addr", "option -vault-address\n");
    assert_explained("template-lease-renewal-threshold", "without effect");
}

static void test_reasons(void **state)
{
    char name[NAME_MAX_BYTES], line[NAME_MAX_BYTES];

    (void)state;
    for (int i = 0; i < REASON__COUNT; i++) {
        const struct reason *r = reason_info((enum reason_id)i);

        (void)snprintf(name, sizeof(name), SLICE_FMT, SLICE_ARG(r->word));
        (void)snprintf(line, sizeof(line), "reason " SLICE_FMT "\n", SLICE_ARG(r->word));
        assert_explained(name, line);
    }
}

static void test_particulars(void **state)
{
    static const char *const rows[][2] = {
        { "agent-inject-secret-db", "denied       bad-secret-path:" },
        { "agent-inject-containers", "warning      unknown-container:" },
        { "agent-run-as-user", "of -run-as-user or AGENT_INJECT_RUN_AS_USER (100)" },
        { "template-max-connections-per-host",
          "of AGENT_INJECT_TEMPLATE_MAX_CONNECTIONS_PER_HOST (0)" },
        { "secret-volume-path", "default      /vault/secrets\n" },
        { "auth-min-backoff",
          "step 4 of 7; denials begin with 'error adding default annotations:'" },
        { "-run-as-user", "per pod by agent-run-as-user" },
        { "-annotation-prefixes", "of agent-inject: vault.hashicorp.com\n" },
        { "-listen", "used by      serve, check\n" },
        { "system-namespace", "status       403 Forbidden" },
        { "namespace", "\n\noption NAMESPACE\n" },
        { "-diff", "used by      inject\n" },
        { "-o", "known to     keyhook\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_explained(rows[i][0], rows[i][1]);
    assert_null(explain(SLICE("-agent-inject")));
    assert_null(explain(SLICE("")));
    assert_null(explain(SLICE("vault.hashicorp.com/")));
    assert_null(explain(SLICE("-")));
}

static void test_nearest(void **state)
{
    static const char *const rows[][2] = {
        { "agent-injct", "agent-inject" },
        { "vault.hashicorp.com/agent-inject-contaners", "agent-inject-containers" },
        { "--vault-adress", "vault-address" },
        { "AGENT_INJECT_VAULT_ADR", "AGENT_INJECT_VAULT_ADDR" },
        { "bad-boll", "bad-bool" },
        { "no-such-thing-at-all", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf b;

        buf_init(&b, NAME_MAX_BYTES);
        explain_nearest(&b, slice_of(rows[i][0]));
        assert_string_equal(buf_cstr(&b), rows[i][1]);
        buf_done(&b);
    }
}

/* What an annotation has no part in. */
static bool is_general(enum reason_id id)
{
    static const enum reason_id general[] = {
        REASON_NOT_PENDING,     REASON_INJECTED,          REASON_POD_UNREADABLE,
        REASON_PREFIX_CONFLICT, REASON_SYSTEM_NAMESPACE,  REASON_TOO_LARGE,
        REASON_SELF_CHECK,      REASON_WARN_UNKNOWN_NAME, REASON_WARN_DETAIL,
    };

    for (size_t i = 0; i < sizeof(general) / sizeof(general[0]); i++)
        if (general[i] == id)
            return true;
    return false;
}

static void test_every_reason_is_somebodys(void **state)
{
    (void)state;
    for (int r = 0; r < REASON__COUNT; r++) {
        unsigned causes = 0;

        for (int i = 0; i < ANNOTATION__COUNT; i++)
            causes += annotation_has_reason((enum annotation_id)i, (enum reason_id)r);
        if ((causes > 0) == is_general((enum reason_id)r))
            fail_msg("reason " SLICE_FMT " has %u causes", SLICE_ARG(reason_info(r)->word), causes);
    }
}

static char *page(const char *form, const char *name)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    for (const struct explain_page *p = explain_pages; p->form; p++)
        if (strcmp(p->form, form) == 0 && strcmp(p->name, name) == 0)
            p->print(out);
    (void)fclose(out);
    assert_true(size > 0);
    return text;
}

static unsigned bars(const char *line)
{
    unsigned n = 0;

    for (const char *at = line; *at && *at != '\n'; at++)
        n += *at == '|' && (at == line || at[-1] != '\\');
    return n;
}

/* Each row of a table has as many cells as the row above it. */
static void assert_tables_are_regular(const char *text)
{
    unsigned above = 0;

    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        unsigned cells = *line == '|' ? bars(line) : 0;

        if (above && cells && cells != above)
            fail_msg("%.*s", (int)strcspn(line, "\n"), line);
        above = cells;
    }
}

static void test_pages_hold_every_row(void **state)
{
    char *annotations = page("markdown", "annotations");
    char *options = page("markdown", "options");
    char *reasons = page("markdown", "reasons");
    char cell[NAME_MAX_BYTES];

    (void)state;
    for (int i = 0; i < ANNOTATION__COUNT; i++) {
        (void)snprintf(cell, sizeof(cell), "\n| `" SLICE_FMT "%s` |",
                       SLICE_ARG(annotation_info(i)->name), explain_suffix(annotation_info(i)));
        assert_non_null(strstr(annotations, cell));
    }
    for (size_t i = 0; i < option_row_count; i++) {
        (void)snprintf(cell, sizeof(cell), "| `%s`", option_rows[i].env);
        assert_non_null(strstr(options, cell));
    }
    for (int i = 0; i < REASON__COUNT; i++) {
        (void)snprintf(cell, sizeof(cell), "\n| `" SLICE_FMT "` |",
                       SLICE_ARG(reason_info(i)->word));
        assert_non_null(strstr(reasons, cell));
    }
    assert_tables_are_regular(annotations);
    assert_tables_are_regular(options);
    assert_tables_are_regular(reasons);
    free(annotations);
    free(options);
    free(reasons);
}

static void test_list_holds_every_row(void **state)
{
    char *text = NULL, name[NAME_MAX_BYTES];
    size_t size;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    assert_non_null(out);
    explain_list(out);
    (void)fclose(out);
    for (int i = 0; i < ANNOTATION__COUNT; i++) {
        (void)snprintf(name, sizeof(name), "\n  " SLICE_FMT "%s ",
                       SLICE_ARG(annotation_info(i)->name), explain_suffix(annotation_info(i)));
        assert_non_null(strstr(text, name));
    }
    for (size_t i = 0; i < option_row_count; i++)
        assert_non_null(strstr(text, option_rows[i].help));
    for (int i = 0; i < REASON__COUNT; i++)
        assert_non_null(strstr(text, reason_info(i)->help));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_annotations),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_particulars),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_every_reason_is_somebodys),
        cmocka_unit_test(test_pages_hold_every_row),
        cmocka_unit_test(test_list_holds_every_row),
    };

    return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
