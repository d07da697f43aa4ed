#ifndef TESTS_UNIT_CLI_OPTIONS_RUN_H
#define TESTS_UNIT_CLI_OPTIONS_RUN_H

/* One run of the option parser for a test: writable copies of arguments and variables in, options out. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/options.h"

#define ARGS_MAX 8
#define TEXT_MAX 256
#define ADDRESS "AGENT_INJECT_VAULT_ADDR=https://vault.vault.svc:8200"

static inline int no_run(const struct command_context *ctx, int argc, char **argv)
{
    (void)ctx;
    (void)argc;
    (void)argv;
    return 0;
}

static const struct command serve = {
    .name = "serve",
    .alias = "agent-inject",
    .arguments = "[options]",
    .summary = "",
    .text = "",
    .run = no_run,
    .bit = COMMAND_SERVE,
    .rest = REST_IGNORED,
};

static const struct command inject = {
    .name = "inject",
    .arguments = "[options]",
    .summary = "",
    .text = "",
    .run = no_run,
    .bit = COMMAND_INJECT,
    .rest = REST_REFUSED,
};

/* One run of the parser; texts are copied so that they are writable, as argv and environ are. */
struct run {
    struct options opt;
    struct error err;
    char texts[2][ARGS_MAX][TEXT_MAX];
    char *lists[2][ARGS_MAX + 1];
};

static inline char **copy_list(struct run *r, int which, const char *const *list, int *ret_count)
{
    int n = 0;

    for (; list && n < ARGS_MAX && list[n]; n++) {
        (void)snprintf(r->texts[which][n], TEXT_MAX, "%s", list[n]);
        r->lists[which][n] = r->texts[which][n];
    }
    r->lists[which][n] = NULL;
    *ret_count = n;
    return r->lists[which];
}

static inline int run_as(struct run *r, const struct command *command, const char *spelling,
                         const char *const *args, const char *const *env)
{
    struct command_context ctx = { .command = command, .spelling = spelling };
    int argc, envc;
    char **argv = copy_list(r, 0, args, &argc);

    ctx.environment = copy_list(r, 1, env, &envc);
    r->err = (struct error)ERROR_INIT;
    return options_parse(&r->opt, &ctx, argc, argv, NULL, &r->err);
}

static inline int run(struct run *r, const char *const *args, const char *const *env)
{
    return run_as(r, &serve, "serve", args, env);
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static inline void assert_slice(struct slice s, const char *expected)
{
    assert_int_equal(s.len, strlen(expected));
    assert_memory_equal(s.ptr, expected, s.len);
}

static inline bool warned(const struct run *r, const char *part)
{
    return slice_contains(buf_slice(&r->opt.warnings), slice_of(part));
}

static inline void assert_refused(struct run *r, const char *name, const char *value)
{
    assert_int_equal(r->err.code, ERROR_USAGE);
    assert_non_null(strstr(r->err.msg, name));
    assert_non_null(strstr(r->err.msg, value));
    options_done(&r->opt);
}

#endif
