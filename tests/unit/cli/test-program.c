/* The program as a whole: which command runs, what goes to which stream, and the exit status. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/version.h"
#include "cli/program.h"

#define ARGS_MAX 6

/* What a run of the program printed; freed by done(). */
struct printed {
    char *out, *err;
    int status;
};

static struct printed run(const char *const *args)
{
    static char program[] = "keyhook";
    struct printed p = { NULL, NULL, 0 };
    size_t out_size, err_size;
    char *argv[ARGS_MAX + 2] = { program };
    int argc = 1;
    struct command_context ctx = {
        .out = open_memstream(&p.out, &out_size),
        .err = open_memstream(&p.err, &err_size),
    };

    assert_true(ctx.out && ctx.err);
    for (; args[argc - 1]; argc++)
        argv[argc] = strdup(args[argc - 1]);
    p.status = program_run(&ctx, argc, argv);
    (void)fclose(ctx.out);
    (void)fclose(ctx.err);
    for (int i = 1; i < argc; i++)
        free(argv[i]);
    return p;
}

static void done(struct printed *p)
{
    free(p->out);
    free(p->err);
}

#define RUN(...) run((const char *const[]){ __VA_ARGS__, NULL })

struct row {
    const char *args[4];
    int status;
    const char *out, *err; /* a part of the stream's text; NULL: the stream is empty */
};

static const struct row rows[] = {
    { { NULL }, 2, "Usage: keyhook COMMAND", NULL },
    { { "help" }, 0, "Usage: keyhook COMMAND", NULL },
    { { "--help" }, 0, "Usage: keyhook COMMAND", NULL },
    { { "-h" }, 0, "Usage: keyhook COMMAND", NULL },
    { { "help", "version" }, 0, "Usage: keyhook version [-v]", NULL },
    { { "version", "--help" }, 0, "Usage: keyhook version [-v]", NULL },
    { { "explain", "-h" }, 0, "Usage: keyhook explain [NAME...]", NULL },
    { { "versoin" }, 2, NULL, "unknown command 'versoin'; did you mean version?" },
    { { "help", "explian" }, 2, NULL, "did you mean explain?" },
    { { "frobnicate" }, 2, NULL, "unknown command 'frobnicate'\n" },
    { { "a\033[31m" }, 2, NULL, "'a\\x1b[31m'" },
    { { "-listen=:1" }, 2, NULL, "unknown command '-listen=:1'" },
    { { "explain", "agent-injct" }, 2, NULL, "did you mean agent-inject?" },
    { { "explain", "x\033y" }, 2, NULL, "'x\\x1by' is no annotation" },
    { { "explain", "--markdown" }, 2, NULL, "--markdown takes one of annotations, metrics, " },
    { { "explain", "--markdown", "poems" }, 2, NULL, "--markdown takes one of" },
    { { "explain", "--markdown", "options" }, 0, "# Options", NULL },
    { { "explain", "-schema", "options" }, 0, "{\"type\": \"object\", ", NULL },
    { { "explain", "--schema", "reasons" }, 2, NULL, "explain: --schema takes one of options\n" },
    { { "explain", "--variables", "options" }, 0, "vault-image: AGENT_INJECT_VAULT_IMAGE\n", NULL },
    { { "explain", "---schema" }, 2, NULL, "'---schema' is no annotation" },
    { { "inject", "--help" }, 0, "\n  -diff[=BOOL]\n", NULL },
    { { "agent-inject", "-h" },
      0,
      "Usage: keyhook serve [options]\n       keyhook agent-inject",
      NULL },
    { { "serve" }, 2, NULL, "keyhook serve: -vault-address: no Vault service configured" },
    { { "agent-inject", "--listn=:1" },
      2,
      NULL,
      "did you mean -listen?\nTry 'keyhook help serve'" },
    { { "explain", "role", "bad-bool" }, 0, "reason bad-bool", NULL },
    { { "explain", "role", "nonsense-all-over" }, 2, "vault.hashicorp.com/role", "'nonsense" },
};

static void assert_stream(const char *text, const char *part)
{
    if (part && !strstr(text, part))
        fail_msg("'%s' lacks '%s'", text, part);
    if (!part)
        assert_string_equal(text, "");
}

static void test_dispatch(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct printed p = run(rows[i].args);

        assert_stream(p.out, rows[i].out);
        assert_stream(p.err, rows[i].err);
        assert_int_equal(p.status, rows[i].status);
        done(&p);
    }
}

static void test_version(void **state)
{
    char line[64];
    struct printed p = RUN("version");

    (void)state;
    (void)snprintf(line, sizeof(line), "keyhook %s\n", keyhook_version());
    assert_string_equal(p.out, line);
    assert_int_equal(p.status, 0);
    done(&p);
    p = RUN("version", "-v");
    assert_int_equal(strncmp(p.out, line, strlen(line)), 0);
    assert_non_null(strstr(p.out, "libyaml "));
    done(&p);
}

static void test_every_command_is_listed_and_has_help(void **state)
{
    struct printed list = RUN("help");

    (void)state;
    for (size_t i = 0; i < command_count; i++) {
        const struct command *c = &command_table[i];
        struct printed p = RUN("help", c->name);

        assert_true(c->run && c->name && c->arguments && c->summary && c->text);
        assert_ptr_equal(command_find(c->name), c);
        assert_true(!c->alias || command_find(c->alias) == c);
        assert_non_null(strstr(list.out, c->summary));
        assert_non_null(strstr(p.out, c->text));
        done(&p);
    }
    done(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dispatch),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_every_command_is_listed_and_has_help),
    };

    return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
