#include "cli/cmd-explain.h"

#include <string.h>

#include "base/text.h"
#include "cli/explain-markdown.h"
#include "cli/explain.h"

#define LINE_MAX_BYTES ((size_t)1024)

static int usage(const struct command_context *ctx, const char *text)
{
    (void)fprintf(ctx->err, "keyhook explain: %s\n", text);
    return COMMAND_USAGE;
}

static int print_page(const struct command_context *ctx, int argc, char **argv)
{
    if (argc == 1)
        for (const struct explain_page *p = explain_pages; p->name; p++)
            if (strcmp(p->name, argv[0]) == 0) {
                p->print(ctx->out);
                return COMMAND_OK;
            }
    return usage(ctx, "--markdown takes one of annotations, metrics, options, reasons");
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
    int status = COMMAND_OK;

    if (argc == 0)
        explain_list(ctx->out);
    else if (strcmp(argv[0], "--markdown") == 0 || strcmp(argv[0], "-markdown") == 0)
        return print_page(ctx, argc - 1, argv + 1);
    for (int i = 0; i < argc; i++) {
        if (i > 0)
            (void)fputc('\n', ctx->out);
        if (!explain_name(ctx->out, slice_of(argv[i])))
            status = unknown(ctx, slice_of(argv[i]));
    }
    return status;
}
