/*
 * Arguments and variables, each ended by NUL, first a byte for the command; an empty piece stands
 * between arguments and variables: they are refused in one line that names the fault, or the engine
 * keeps its promises under them.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inject-flags.h"
#include "cli/options.h"
#include "support/fuzz-input.h"
#include "support/review-check.h"

#define WORDS_MAX 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const spellings[] = { "serve", "agent-inject", "inject" };

#define SPELLINGS 3u

static const char review[] =
    "{\"request\":{\"uid\":\"u\",\"namespace\":\"apps\",\"object\":{\"metadata\":{\"annotations\":{"
    "\"vault.hashicorp.com/agent-inject\":\"true\",\"vault.hashicorp.com/role\":\"r\","
    "\"vault.hashicorp.com/agent-inject-secret-a\":\"secret/a\"}},\"spec\":{\"containers\":[{"
    "\"name\":\"app\",\"securityContext\":{\"runAsUser\":7},\"volumeMounts\":[{\"name\":\"t\","
    "\"mountPath\":\"/var/run/secrets/kubernetes.io/serviceaccount\"}]}]}}}}";

/* Words as main() gets them: ended by NUL, the list by NULL. */
struct words {
    char *at[WORDS_MAX + 1];
    int count;
};

static char *copy_word(struct slice piece)
{
    char *word = malloc(piece.len + 1);
    promise(word != NULL, "memory for a word");
    memcpy(word, piece.ptr, piece.len);
    word[piece.len] = '\0';
    return word;
}

static void read_words(struct fuzz_input *in, struct words *w)
{
    for (w->count = 0; in->left > 0 && w->count < WORDS_MAX; w->count++) {
        struct slice piece = fuzz_piece(in);
        if (piece.len == 0)
            break;
        w->at[w->count] = copy_word(piece);
    }
    w->at[w->count] = NULL;
}

static void free_words(struct words *w)
{
    while (w->count > 0)
        free(w->at[--w->count]);
}

static void check_warnings(const struct options *opt)
{
    struct slice rest = buf_slice(&opt->warnings), line;
    while (options_next_warning(&rest, &line))
        promise(line.len > 0 && promise_is_line(line), "a warning is one line");
}

static void check_error(const struct error *err)
{
    promise(err->code == ERROR_USAGE, "wrong options are wrong usage");
    promise(err->msg[0] != '\0' && promise_is_line(slice_of(err->msg)), "a refusal is one line");
}

static void check_words(const struct command_context *ctx, struct words *args)
{
    static struct review_check check;
    struct options opt;
    struct inject_flags flags = { .is_diff = false };
    struct error err = ERROR_INIT;
    if (!check.run.scratch)
        review_check_init(&check);
    if (options_parse(&opt, ctx, args->count, args->at, &flags, &err) < 0)
        check_error(&err);
    else
        promise(opt.rest >= 0 && opt.rest <= args->count, "the rest is one of the words");
    check_warnings(&opt);
    if (err.code == ERROR_NONE && !opt.help)
        review_check(&check, &opt.inject, slice_of(review));
    options_done(&opt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = { data, size };
    struct words args, variables;
    const char *spelling = spellings[fuzz_choice(&in, SPELLINGS)];
    read_words(&in, &args);
    read_words(&in, &variables);
    struct command_context ctx = { .command = command_find(spelling),
                                   .spelling = spelling,
                                   .environment = variables.at };
    check_words(&ctx, &args);
    free_words(&args);
    free_words(&variables);
    return 0;
}
