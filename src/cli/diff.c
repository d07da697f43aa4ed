#include "cli/diff.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"

#define COLOR_OFF "\x1b[0m"

/* A text cut into lines. */
struct lines {
    struct slice *at;
    uint32_t count;
};

/* What happens to a line; the same order as in `looks`. */
enum edit { EDIT_KEEP, EDIT_REMOVE, EDIT_ADD };

struct script {
    unsigned char *at; /* enum edit, one for each line of either text */
    size_t count;
};

/* Myers' greedy search: furthest[k] of each round, kept for the way back. */
struct search {
    const struct slice *a, *b;
    int32_t a_count, b_count;
    int32_t **rounds; /* rounds[d] has 2 * d + 1 entries, diagonal -d first */
    int32_t round_count;
};

static const struct {
    char sign;
    const char *color;
} looks[] = {
    [EDIT_KEEP] = { ' ', NULL },
    [EDIT_REMOVE] = { '-', "\x1b[31m" },
    [EDIT_ADD] = { '+', "\x1b[32m" },
};

static int split(struct slice text, struct lines *ret, struct error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '\n' || i + 1 == text.len ? 1 : 0;
    if (count > DIFF_LINES_MAX)
        return error_set(err, ERROR_LIMIT, "more than %u lines to compare", DIFF_LINES_MAX);
    struct slice *at = calloc(count + 1, sizeof(*at));
    if (!at)
        return error_nomem(err);
    struct slice rest = text;
    for (size_t i = 0; i < count; i++)
        at[i] = slice_cut(&rest, '\n');
    *ret = (struct lines){ at, (uint32_t)count };
    return 0;
}

/* The furthest x on diagonal k of round d. */
static int32_t reach(const struct search *s, int32_t d, int32_t k)
{
    return d < 0 || k < -d || k > d ? -1 : s->rounds[d][k + d];
}

/* The step of round d onto diagonal k: true when it is a line of b (downwards). */
static bool steps_down(const struct search *s, int32_t d, int32_t k)
{
    return k == -d || (k != d && reach(s, d - 1, k - 1) < reach(s, d - 1, k + 1));
}

static int32_t slide(const struct search *s, int32_t x, int32_t k)
{
    while (x < s->a_count && x - k < s->b_count && slice_equal(s->a[x], s->b[x - k]))
        x++;
    return x;
}

/* One round; true when the end was reached. */
static bool search_round(struct search *s, int32_t d)
{
    for (int32_t k = -d; k <= d; k += 2) {
        int32_t x = 0;
        if (d > 0)
            x = steps_down(s, d, k) ? reach(s, d - 1, k + 1) : reach(s, d - 1, k - 1) + 1;
        x = slide(s, x, k); /* beyond the texts nothing matches and nothing comes back */
        s->rounds[d][k + d] = x;
        if (x == s->a_count && x - k == s->b_count)
            return true;
    }
    return false;
}

/* The number of changed lines, or -1 when there are too many, or -2 without memory. */
static int32_t search_run(struct search *s)
{
    for (int32_t d = 0; d <= (int32_t)DIFF_EDITS_MAX && d <= s->a_count + s->b_count; d++) {
        s->rounds[d] = calloc(2 * (size_t)d + 1, sizeof(**s->rounds));
        if (!s->rounds[d])
            return -2;
        s->round_count = d + 1;
        if (search_round(s, d))
            return d;
    }
    return -1;
}

static void push(struct script *script, enum edit edit)
{
    script->at[script->count++] = (unsigned char)edit;
}

/* Writes the script from its end to its start, then turns it round. */
static void walk_back(const struct search *s, int32_t d, struct script *script)
{
    size_t first = script->count;
    int32_t x = s->a_count;
    int32_t y = s->b_count;
    for (; d > 0; d--) {
        int32_t k = x - y;
        bool down = steps_down(s, d, k);
        int32_t from_x = down ? reach(s, d - 1, k + 1) : reach(s, d - 1, k - 1);
        for (int32_t start = down ? from_x : from_x + 1; x > start; x--)
            push(script, EDIT_KEEP);
        push(script, down ? EDIT_ADD : EDIT_REMOVE);
        x = from_x;
        y = from_x - (down ? k + 1 : k - 1);
    }
    for (; x > 0; x--)
        push(script, EDIT_KEEP);
    for (size_t i = first, j = script->count; i + 1 < j; i++) {
        unsigned char other = script->at[--j];
        script->at[j] = script->at[i];
        script->at[i] = other;
    }
}

static void put_many(struct script *script, enum edit edit, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        push(script, edit);
}

/* The script of the middle, where the texts differ at both ends. */
static int find_script(struct search *s, struct script *script, struct error *err)
{
    s->rounds = calloc(DIFF_EDITS_MAX + 1, sizeof(*s->rounds));
    if (!s->rounds)
        return error_nomem(err);
    int32_t edits = search_run(s);
    if (edits >= 0) {
        walk_back(s, edits, script);
    } else {
        put_many(script, EDIT_REMOVE, s->a_count);
        put_many(script, EDIT_ADD, s->b_count);
    }
    for (int32_t i = 0; i < s->round_count; i++)
        free(s->rounds[i]);
    free(s->rounds);
    return edits == -2 ? error_nomem(err) : 0;
}

static int make_script(const struct lines *a, const struct lines *b, struct script *script,
                       struct error *err)
{
    uint32_t head = 0;
    uint32_t tail = 0;
    uint32_t least = a->count < b->count ? a->count : b->count;
    while (head < least && slice_equal(a->at[head], b->at[head]))
        head++;
    while (tail < least - head &&
           slice_equal(a->at[a->count - 1 - tail], b->at[b->count - 1 - tail]))
        tail++;
    struct search s = { .a = a->at + head,
                        .b = b->at + head,
                        .a_count = (int32_t)(a->count - head - tail),
                        .b_count = (int32_t)(b->count - head - tail) };
    put_many(script, EDIT_KEEP, (int32_t)head);
    if (find_script(&s, script, err) < 0)
        return -1;
    put_many(script, EDIT_KEEP, (int32_t)tail);
    return 0;
}

/* Where printing stands. */
struct printer {
    struct buf *out;
    bool colors;
    const struct lines *a, *b;
    const struct script *script;
    uint32_t a_line, b_line; /* next lines of either text, from 0 */
};

static void put_colored(const struct printer *p, const char *color, char sign, struct slice text)
{
    bool colors = p->colors && color;
    if (colors)
        buf_put_slice(p->out, slice_of(color));
    buf_put_char(p->out, sign);
    buf_put_slice(p->out, text);
    if (colors)
        buf_put_lit(p->out, COLOR_OFF);
    buf_put_char(p->out, '\n');
}

/* The end of the hunk that starts at `at`: behind the last change that has no long gap after it. */
static size_t hunk_end(const struct script *s, size_t at)
{
    size_t last = at;
    for (size_t i = at; i < s->count && i - last <= 2 * DIFF_CONTEXT + 1; i++) {
        if (s->at[i] != EDIT_KEEP)
            last = i;
    }
    size_t end = last + 1 + DIFF_CONTEXT;
    return end < s->count ? end : s->count;
}

static void put_range(struct buf *out, char sign, uint32_t line, uint32_t count)
{
    buf_printf(out, "%c%u,%u", sign, count > 0 ? line + 1 : line, count);
}

static void put_hunk(struct printer *p, size_t from, size_t to)
{
    uint32_t counts[3] = { 0 };
    for (size_t i = from; i < to; i++)
        counts[p->script->at[i]]++;
    if (p->colors)
        buf_put_lit(p->out, "\x1b[36m");
    buf_put_lit(p->out, "@@ ");
    put_range(p->out, '-', p->a_line, counts[EDIT_KEEP] + counts[EDIT_REMOVE]);
    buf_put_char(p->out, ' ');
    put_range(p->out, '+', p->b_line, counts[EDIT_KEEP] + counts[EDIT_ADD]);
    buf_put_lit(p->out, " @@");
    buf_put_slice(p->out, p->colors ? SLICE(COLOR_OFF "\n") : SLICE("\n"));
    for (size_t i = from; i < to; i++) {
        enum edit edit = (enum edit)p->script->at[i];
        struct slice line = edit == EDIT_ADD ? p->b->at[p->b_line] : p->a->at[p->a_line];
        put_colored(p, looks[edit].color, looks[edit].sign, line);
        p->a_line += edit != EDIT_ADD ? 1 : 0;
        p->b_line += edit != EDIT_REMOVE ? 1 : 0;
    }
}

static void put_hunks(struct printer *p)
{
    const struct script *s = p->script;
    size_t done = 0; /* edits behind us */
    for (size_t i = 0; i < s->count; i++) {
        if (s->at[i] == EDIT_KEEP)
            continue;
        size_t from = i - done > DIFF_CONTEXT ? i - DIFF_CONTEXT : done;
        p->a_line += (uint32_t)(from - done);
        p->b_line += (uint32_t)(from - done);
        done = hunk_end(s, i);
        put_hunk(p, from, done);
        i = done - 1;
    }
}

static void put_labels(struct buf *out, const struct diff_options *options)
{
    static const char *const marks[] = { "---", "+++" };
    static const char *const notes[] = { "before", "after" };
    for (size_t i = 0; i < 2; i++) {
        buf_printf(out, "%s%s ", options->colors ? "\x1b[1m" : "", marks[i]);
        buf_put_slice(out, options->label);
        buf_printf(out, " (%s)%s\n", notes[i], options->colors ? COLOR_OFF : "");
    }
}

static int put_lines(struct buf *out, const struct lines *a, const struct lines *b,
                     const struct diff_options *options, struct error *err)
{
    cleanup_free unsigned char *edits = malloc((size_t)a->count + b->count + 1);
    struct script script = { .at = edits };
    if (!edits)
        return error_nomem(err);
    if (make_script(a, b, &script, err) < 0)
        return -1;
    struct printer p = { .out = out, .colors = options->colors, .a = a, .b = b, .script = &script };
    put_labels(out, options);
    put_hunks(&p);
    return buf_check(out, "the difference", err);
}

int diff_put(struct buf *out, struct slice before, struct slice after,
             const struct diff_options *options, struct error *err)
{
    struct lines a = { 0 };
    struct lines b = { 0 };
    int result = 0;
    if (slice_equal(before, after))
        return 0;
    if (split(before, &a, err) < 0 || split(after, &b, err) < 0)
        result = -1;
    else
        result = put_lines(out, &a, &b, options, err);
    free(a.at);
    free(b.at);
    return result;
}
