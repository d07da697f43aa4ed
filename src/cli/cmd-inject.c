#include "cli/cmd-inject.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/inject-flags.h"
#include "cli/inject-run.h"
#include "cli/note.h"
#include "cli/options.h"

#define LABEL_MAX 4096 /* bytes of a file's name in messages */

const char cmd_inject_text[] =
    "Reads Kubernetes manifests (YAML or JSON, one or many documents, lists too) and\n"
    "prints them with the agent injected, as the webhook would do it to their pods. A\n"
    "JSON AdmissionReview gives the AdmissionReview answer, the same bytes as the\n"
    "server's. The result goes to standard output, explanations to standard error.\n"
    "\n"
    "Kinds: Pod, PodTemplate, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job,\n"
    "CronJob, ReplicationController and lists of them; other kinds pass unchanged. The\n"
    "service account volume that the API server adds to pods before it calls webhooks is\n"
    "added to pods that are injected, unless automountServiceAccountToken is false.\n"
    "\n"
    "Documents that do not change keep their bytes. A changed JSON document keeps them\n"
    "everywhere else; a changed YAML document is written anew: order and numbers stay,\n"
    "comments, anchors and the style of quotes do not.\n"
    "\n"
    "Exit status: 0 done, 1 a manifest was denied, 2 wrong usage or setting, 3 input that\n"
    "cannot be read. A review gives 0 whenever there is an answer. A document that is\n"
    "denied or unreadable prints nothing, the others are printed; the worst status counts.";

struct command_run {
    const struct command_context *ctx;
    const struct inject_flags *flags;
    struct inject_run run;
    struct document doc;
    struct buf text;  /* of the file */
    struct buf label; /* printable name of the file and line */
    unsigned documents;
    int status; /* the worst so far */
};

static void worsen(struct command_run *c, int status)
{
    if (status > c->status)
        c->status = status;
}

static void report(struct command_run *c, const struct error *err)
{
    struct buf line;
    buf_init(&line, (size_t)4 * ERROR_MSG_MAX);
    note_put_line(&line, slice_of(err->msg));
    (void)fprintf(c->ctx->err, "keyhook inject: " SLICE_FMT "%s" SLICE_FMT "\n",
                  SLICE_ARG(buf_slice(&c->label)), c->label.len > 0 ? ": " : "",
                  SLICE_ARG(buf_slice(&line)));
    buf_done(&line);
    worsen(c, error_info(err->code)->exit_status);
}

static bool is_stdin(struct slice name)
{
    return slice_equal(name, SLICE("-"));
}

static void set_label(struct command_run *c, struct slice name, uint32_t line)
{
    buf_clear(&c->label);
    if (is_stdin(name))
        buf_put_lit(&c->label, "standard input");
    else
        note_put_line(&c->label, name);
    if (line > 1)
        buf_printf(&c->label, ":%u", line);
}

static void run_document(struct command_run *c, struct slice name)
{
    struct error err = ERROR_INIT;
    bool is_denied = false;
    set_label(c, name, c->doc.line);
    int result = inject_run_document(&c->run, &c->doc, buf_slice(&c->label), &is_denied, &err);
    struct slice notes = buf_slice(&c->run.notes);
    (void)fwrite(notes.ptr, 1, notes.len, c->ctx->err);
    set_label(c, name, 1);
    if (result < 0)
        report(c, &err);
    if (is_denied)
        worsen(c, COMMAND_FAILED);
}

static void run_documents(struct command_run *c, struct slice name)
{
    struct document_stream stream = document_stream(buf_slice(&c->text));
    bool is_found = true;
    set_label(c, name, 1);
    while (is_found) {
        struct error err = ERROR_INIT;
        int result = document_next(&stream, &c->doc, &is_found, &err);
        if (result < 0)
            report(c, &err);
        else if (is_found)
            run_document(c, name);
        c->documents += result < 0 || is_found ? 1 : 0;
    }
}

/* Slices of options come from arguments and are NUL-terminated. */
static int read_file(struct command_run *c, struct slice name, struct error *err)
{
    buf_clear(&c->text);
    if (is_stdin(name)) {
        if (c->flags->files.has_default && isatty(fileno(c->ctx->in)) == 1)
            (void)fputs("keyhook inject: reading from standard input; -f FILE names a file\n",
                        c->ctx->err);
        return file_read_fd(fileno(c->ctx->in), "standard input", &c->text, err);
    }
    return file_read(name.ptr, &c->text, err);
}

static void run_file(struct command_run *c, struct slice name)
{
    struct error err = ERROR_INIT;
    unsigned before = c->documents;
    set_label(c, name, 1);
    if (read_file(c, name, &err) < 0) {
        buf_clear(&c->label); /* the message names the file */
        report(c, &err);
        return;
    }
    run_documents(c, name);
    if (c->documents == before) {
        (void)error_set(&err, ERROR_SYNTAX, "it holds no document");
        report(c, &err);
    }
}

static bool wants_colors(const struct command_context *ctx)
{
    const char *off = option_getenv(ctx->environment, "NO_COLOR");
    const char *term = option_getenv(ctx->environment, "TERM");
    return !(off && *off) && !(term && strcmp(term, "dumb") == 0) && isatty(fileno(ctx->out)) == 1;
}

static void run_files(struct command_run *c)
{
    for (unsigned i = 0; i < c->flags->files.count; i++)
        run_file(c, c->flags->files.at[i]);
    if (fflush(c->ctx->out) != 0) {
        (void)fprintf(c->ctx->err, "keyhook inject: the output cannot be written: %s\n",
                      strerrordesc_np(errno));
        worsen(c, error_info(ERROR_IO)->exit_status);
    }
}

static int run_command(const struct command_context *ctx, const struct options *opt,
                       const struct inject_flags *flags)
{
    struct command_run c = { .ctx = ctx, .flags = flags };
    struct inject_output output;
    struct error err = ERROR_INIT;
    inject_output_init(&output, ctx->out);
    output.format = flags->format;
    output.is_diff = flags->is_diff;
    output.colors = wants_colors(ctx);
    document_init(&c.doc);
    buf_init(&c.text, DOCUMENT_FILE_MAX);
    buf_init(&c.label, LABEL_MAX);
    if (inject_run_init(&c.run, &opt->inject, &output, &err) < 0) {
        report(&c, &err);
    } else {
        c.run.namespace = flags->namespace;
        c.run.body_limit = (size_t)opt->server.body_limit;
        run_files(&c);
    }
    inject_run_done(&c.run);
    buf_done(&c.label);
    buf_done(&c.text);
    document_done(&c.doc);
    inject_output_done(&output);
    return c.status;
}

int cmd_inject(const struct command_context *ctx, int argc, char **argv)
{
    struct inject_flags flags = { 0 };
    struct options opt = { 0 };
    int status = COMMAND_OK;
    if (options_load(&opt, ctx, argc, argv, &flags, &status)) {
        options_print_warnings(&opt, ctx->err);
        status = run_command(ctx, &opt, &flags);
    }
    options_done(&opt);
    return status;
}
