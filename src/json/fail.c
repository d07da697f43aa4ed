#include "json/fail.h"

#include "base/buf.h"
#include "base/text.h"

/* A shown byte takes at most 8, "..." and the NUL come on top. */
#define SHOWN_MAX (8 * TEXT_VALUE_MAX + 8)

#undef json_fail /* what the header tells the analyser instead */

int json_fail(struct error *err, enum error_code code, const char *before, struct slice quote,
              const char *after)
{
    char memory[SHOWN_MAX + 1];
    struct buf shown = buf_over(memory, SHOWN_MAX);
    text_put_printable(&shown, quote, TEXT_VALUE_MAX);
    error_set(err, code, "%s'" SLICE_FMT "'%s", before, SLICE_ARG(buf_slice(&shown)), after);
    return -1;
}

int json_fail_in(struct error *err, const char *before, struct slice quote)
{
    char memory[SHOWN_MAX + 1];
    struct buf shown = buf_over(memory, SHOWN_MAX);
    text_put_printable(&shown, quote, TEXT_VALUE_MAX);
    error_wrap(err, "%s'" SLICE_FMT "'", before, SLICE_ARG(buf_slice(&shown)));
    return -1;
}
