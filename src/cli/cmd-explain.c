#include "cli/cmd-explain.h"

#include <string.h>

#include "base/text.h"
#include "cli/explain-page.h"
#include "cli/explain.h"

#define LINE_MAX_BYTES ((size_t)1024)

static int usage(const struct command_context *ctx, const char *text)
{
    (void)fprintf(ctx->err, "keyhook explain: %s\n", text);
    return COMMAND_USAGE;
}

/* "--markdown" and "-markdown": the first page of that form; or NULL. */
static const struct explain_page *find_form(const char *arg)
{
    if (arg[0] != '-')
        return NULL;
    arg += arg[1] == '-' ? 2 : 1;
    for (const struct explain_page *p = explain_pages; p->form; p++)
        if (strcmp(p->form, arg) == 0)
            return p;
    return NULL;
}

static int unknown_page(const struct command_context *ctx, const struct explain_page *first)
{
    const char *separator = "";

    (void)fprintf(ctx->err, "keyhook explain: --%s takes one of ", first->form);
    for (const struct explain_page *p = first; p->form && strcmp(p->form, first->form) == 0; p++) {
        (void)fprintf(ctx->err, "%s%s", separator, p->name);
        separator = ", ";
    }
    (void)fputc('\n', ctx->err);
    return COMMAND_USAGE;
}

static int print_page(const struct command_context *ctx, const struct explain_page *first, int argc,
                      char **argv)
{
    for (const struct explain_page *p = first; argc == 1 && p->form; p++)
        if (strcmp(p->form, first->form) == 0 && strcmp(p->name, argv[0]) == 0) {
            p->print(ctx->out);
            return COMMAND_OK;
        }
    return unknown_page(ctx, first);
}

static int unknown(const struct command_context *ctx, struct slice name)
{
    struct buf b, near;
    const char *text;

    buf_init(&b, LINE_MAX_BYTES);
    buf_init(&near, LINE_MAX_BYTES);
    buf_put_lit(&b, "'");
    text_put_printable(&b, name, TEXT_VALUE_MAX);
    buf_put_lit(&b, "' is no annotation, option or reason");
    explain_nearest(&near, name);
    if (near.len > 0) {
        buf_put_lit(&b, "; did you mean ");
        buf_put_slice(&b, buf_slice(&near));
        buf_put_lit(&b, "?");
    }
    text = buf_cstr(&b);
    usage(ctx, text ? text : "out of memory");
    buf_done(&near);
    buf_done(&b);
    return COMMAND_USAGE;
}

int cmd_explain(const struct command_context *ctx, int argc, char **argv)
{
    const struct explain_page *form = argc > 0 ? find_form(argv[0]) : NULL;
    int status = COMMAND_OK;

    if (form)
        return print_page(ctx, form, argc - 1, argv + 1);
    if (argc == 0)
        explain_list(ctx->out);
    for (int i = 0; i < argc; i++) {
        if (i > 0)
            (void)fputc('\n', ctx->out);
        if (!explain_name(ctx->out, slice_of(argv[i])))
            status = unknown(ctx, slice_of(argv[i]));
    }
    return status;
}
