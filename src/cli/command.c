#include "cli/command.h"

#include <string.h>

#include "base/text.h"

#define SUGGEST_MAX 2u /* edits between a mistyped command and the one that is suggested */

const struct command *command_find(const char *word)
{
    for (size_t i = 0; i < command_count; i++) {
        const struct command *c = &command_table[i];

        if (strcmp(c->name, word) == 0 || (c->alias && strcmp(c->alias, word) == 0))
            return c;
    }
    return NULL;
}

const char *command_nearest(const char *word)
{
    const char *best = NULL;
    unsigned best_distance = SUGGEST_MAX + 1;

    for (size_t i = 0; i < command_count; i++) {
        const char *names[] = { command_table[i].name, command_table[i].alias };

        for (size_t n = 0; n < 2; n++) {
            unsigned d = names[n] ? text_distance(slice_of(word), slice_of(names[n]), SUGGEST_MAX)
                                  : best_distance;

            if (d < best_distance) {
                best = names[n];
                best_distance = d;
            }
        }
    }
    return best;
}

int command_unknown(FILE *to, const char *word)
{
    const char *near = command_nearest(word);
    struct buf b;

    buf_init(&b, ERROR_MSG_MAX);
    text_put_printable(&b, slice_of(word), TEXT_VALUE_MAX);
    (void)fprintf(to, "keyhook: unknown command '" SLICE_FMT "'", SLICE_ARG(buf_slice(&b)));
    if (near)
        (void)fprintf(to, "; did you mean %s?", near);
    (void)fputs("\nTry 'keyhook help'.\n", to);
    buf_done(&b);
    return COMMAND_USAGE;
}
