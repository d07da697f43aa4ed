#include "json/scan.h"

#include <stdlib.h>
#include <string.h>

#include "json/scan-marks.h"
#include "json/scan-part.h"

#define TEXT_BYTES_PER_NODE 8 /* the first guess of a compact document's node count */
#define NODES_FIRST 64u
#define NO_PARENT (UINT32_MAX - 1)

/* All of it is inlined into scan_text(), so that the members become registers. */
struct scanner {
    const byte *p;
    const byte *end;
    const byte *wide_end; /* before it so many bytes follow as are looked at together */
    const byte *text;
    struct json_node *nodes;
    uint32_t count;
    uint32_t cap;
    uint32_t open;   /* innermost open container; its node's `next` holds the parent until closed */
    uint32_t deeper; /* how many more containers may be open */
    byte closer;     /* of the innermost: ']' or '}', 0 without one */
    /*
     * Behind the text's last bracket, when it closes a container and nothing but white space follows.
     * Such a text cannot end anywhere else: what expects more finds that bracket, or white space if it
     * is a string.  is_closed is a constant where it is used.
     */
    const byte *tail;
    bool is_closed;
    bool is_marked; /* the ends of strings are found by marks; a constant as well */
#if HAVE_MARKS
    struct scan_marks marks; /* the next one is that of the next string's first quote, or unknown */
#endif
};

/* Asked where the byte before was not a container's end. */
INLINE bool at_end(const struct scanner *s)
{
    return !s->is_closed && s->p == s->end;
}

INLINE bool is_blank(byte c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* After bytes that may have marks of their own were passed. */
INLINE void lose_mark(struct scanner *s)
{
#if HAVE_MARKS
    s->marks.bits = 0;
#else
    (void)s;
#endif
}

SLOW const byte *skip_blanks(const byte *p, const byte *end)
{
    while (p < end && is_blank(*p))
        p++;
    return p;
}

INLINE void skip_space(struct scanner *s)
{
    if (!at_end(s) && UNLIKELY(*s->p <= ' ')) {
        s->p = skip_blanks(s->p, s->end);
        lose_mark(s);
    }
}

/* Is c the next byte that is not white space?  p is behind the white space then, as it is if not. */
INLINE bool next_is(struct scanner *s, byte c)
{
    if (!at_end(s) && *s->p == c)
        return true;
    skip_space(s);
    return !at_end(s) && *s->p == c;
}

SLOW enum scan_why grow(struct json_index *ix)
{
    if (ix->cap >= ix->max_nodes)
        return WHY_NODES;
    uint32_t cap = ix->cap < ix->max_nodes - ix->cap ? 2 * ix->cap : ix->max_nodes;
    struct json_node *nodes = realloc(ix->nodes, cap * sizeof(*nodes));
    if (!nodes)
        return WHY_NOMEM;
    ix->nodes = nodes;
    ix->cap = cap;
    return WHY_NONE;
}

INLINE enum scan_why make_room(struct scanner *s, struct json_index *ix)
{
    if (!UNLIKELY(s->count >= s->cap))
        return WHY_NONE;
    enum scan_why why = grow(ix);
    s->nodes = ix->nodes;
    s->cap = ix->cap < ix->max_nodes ? ix->cap : ix->max_nodes;
    return why;
}

INLINE struct json_node *put_node(struct scanner *s, const byte *from, const byte *to,
                                  enum json_kind kind)
{
    struct json_node *node = &s->nodes[s->count++];
    node->pos = (uint32_t)(from - s->text);
    node->len = (uint32_t)(to - from);
    node->next = s->count;
    node->kind = (uint8_t)kind;
    node->escaped = 0;
    node->spare = 0;
    return node;
}

/* The rest of a string whose closing quote is not at s->p; `from` is behind the opening one. */
INLINE enum scan_why scan_string_rest(struct scanner *s, const byte *from)
{
    struct scan_stop stop = json_scan_string_rest(s->p, s->end);
    s->p = stop.p;
    if (stop.why != WHY_NONE)
        return stop.why;
    put_node(s, from, stop.p, JSON_STRING)->escaped = (uint8_t)stop.escaped;
    s->p++;
    return WHY_NONE;
}

#if HAVE_MARKS
INLINE enum scan_why scan_marked_string(struct scanner *s)
{
    const byte *from = s->p + 1;
    struct scan_marks *m = &s->marks;
    s->p = scan_marks_pass(m, s->p, s->tail);
    if (UNLIKELY(*s->p != '"')) {
        lose_mark(s);
        return scan_string_rest(s, from);
    }
    scan_marks_drop(m);
    put_node(s, from, s->p, JSON_STRING);
    s->p++;
    return WHY_NONE;
}
#endif

/* The first byte behind the opening quote that is not plain, or end. */
INLINE const byte *find_plain_end(struct scanner *s)
{
    const byte *p = s->p + 1;
#if HAVE_SSE2
    if (p < s->wide_end) { /* apart from the loop, as most strings are short */
        unsigned mask = special_mask(p);
        if (mask != 0)
            return p + lowest_bit(mask);
        p += WIDE;
    }
#endif
    return plain_end(p, s->end);
}

/* p is at the opening quote. */
INLINE enum scan_why scan_string(struct scanner *s, struct json_index *ix)
{
    enum scan_why why = make_room(s, ix);
    if (UNLIKELY(why != WHY_NONE))
        return why;
#if HAVE_MARKS
    if (s->is_marked)
        return scan_marked_string(s);
#endif
    const byte *from = s->p + 1;
    s->p = find_plain_end(s);
    if (UNLIKELY(s->p == s->end || *s->p != '"'))
        return scan_string_rest(s, from);
    put_node(s, from, s->p, JSON_STRING);
    s->p++;
    return WHY_NONE;
}

INLINE bool starts_with(const struct scanner *s, const char *word, long length)
{
    return s->end - s->p >= length && memcmp(s->p, word, (size_t)length) == 0;
}

/* A number or a word. */
INLINE enum scan_why scan_plain_value(struct scanner *s, struct json_index *ix)
{
    enum scan_why why = make_room(s, ix);
    if (UNLIKELY(why != WHY_NONE))
        return why;
    enum json_kind kind = JSON_NUMBER;
    struct scan_stop stop = { s->p, 0, WHY_NONE };
    if (is_digit(*s->p) || *s->p == '-')
        stop = json_scan_number(s->p, s->end);
    else if (starts_with(s, "true", 4))
        stop.p += 4, kind = JSON_TRUE;
    else if (starts_with(s, "false", 5))
        kind = JSON_FALSE, stop.p += 5;
    else if (starts_with(s, "null", 4))
        kind = JSON_NULL, stop.p += 4;
    else
        return (byte)((*s->p | 0x20) - 'a') < 26 ? WHY_LITERAL : WHY_VALUE;
    if (stop.why == WHY_NONE)
        put_node(s, s->p, stop.p, kind);
    s->p = stop.p;
    return stop.why;
}

INLINE byte closer_of(unsigned kind)
{
    return (byte)(']' + (kind - JSON_ARRAY) * ('}' - ']')); /* a branch would be mispredicted */
}

/* Behind a bracket that closes: no other follows the last one, so that the text ends too early. */
INLINE enum scan_why check_tail(struct scanner *s)
{
    if (!s->is_closed || !UNLIKELY(s->p == s->tail && s->closer != 0))
        return WHY_NONE;
    s->p = s->end;
    return s->closer == '}' ? WHY_END_OBJECT : WHY_END_ARRAY;
}

INLINE enum scan_why open_container(struct scanner *s, struct json_index *ix, enum json_kind kind)
{
    enum scan_why why = s->deeper == 0 ? WHY_DEPTH : make_room(s, ix);
    if (UNLIKELY(why != WHY_NONE))
        return why;
    if (s->is_closed && s->p[1] == closer_of(kind)) { /* an opening bracket is not its last byte */
        put_node(s, s->p, s->p + 2, kind);
        s->p += 2;
        return check_tail(s);
    }
    uint32_t parent = s->open;
    s->open = s->count;
    put_node(s, s->p, s->p, kind)->next = parent;
    s->deeper--;
    s->closer = closer_of(kind);
    s->p++;
    skip_space(s);
    return !at_end(s) && *s->p != s->closer ? WHY_OPENED : WHY_NONE;
}

INLINE void close_container(struct scanner *s)
{
    s->p++;
    struct json_node *node = &s->nodes[s->open];
    s->open = node->next;
    node->len = (uint32_t)(s->p - s->text) - node->pos;
    node->next = s->count;
    s->closer = s->open == NO_PARENT ? 0 : closer_of(s->nodes[s->open].kind);
    s->deeper++;
}

/* A name and its colon. */
INLINE enum scan_why scan_name(struct scanner *s, struct json_index *ix)
{
    if (UNLIKELY(!next_is(s, '"')))
        return at_end(s) ? WHY_END_NAME : WHY_NAME;
    enum scan_why why = scan_string(s, ix);
    if (UNLIKELY(why != WHY_NONE))
        return why;
    if (UNLIKELY(!next_is(s, ':')))
        return at_end(s) ? WHY_END_COLON : WHY_COLON;
    s->p++;
    return WHY_NONE;
}

/* After a value or the opening of an empty container: closes what closes, up to the next comma. */
INLINE enum scan_why scan_separators(struct scanner *s)
{
    while (s->closer != 0) {
        if (next_is(s, ',')) {
            s->p++;
            return WHY_NONE;
        }
        if (UNLIKELY(at_end(s)))
            return s->closer == '}' ? WHY_END_OBJECT : WHY_END_ARRAY;
        if (UNLIKELY(*s->p != s->closer))
            return s->closer == '}' ? WHY_COMMA_OBJECT : WHY_COMMA_ARRAY;
        close_container(s);
        enum scan_why why = check_tail(s);
        if (UNLIKELY(why != WHY_NONE))
            return why;
    }
    return WHY_DONE;
}

/* One value, or the opening bracket of one. */
INLINE enum scan_why scan_value(struct scanner *s, struct json_index *ix)
{
    skip_space(s);
    if (UNLIKELY(at_end(s)))
        return WHY_END_VALUE;
    if (*s->p == '"')
        return scan_string(s, ix);
    if (*s->p == '{')
        return open_container(s, ix, JSON_OBJECT);
    if (*s->p == '[')
        return open_container(s, ix, JSON_ARRAY);
    return scan_plain_value(s, ix);
}

INLINE struct scan_stop scan_text(struct json_index *ix, struct scanner s)
{
    for (;;) {
        enum scan_why why = s.closer == '}' ? scan_name(&s, ix) : WHY_NONE;
        if (why == WHY_NONE)
            why = scan_value(&s, ix);
        if (why == WHY_NONE)
            why = scan_separators(&s);
        if (UNLIKELY(why != WHY_NONE && why != WHY_OPENED)) {
            ix->count = s.count;
            return (struct scan_stop){ s.p, 0, why };
        }
    }
}

#if HAVE_MARKS
/* As scan_closed(), where the processor has AVX2. */
__attribute__((target("bmi"))) SLOW struct scan_stop scan_marked(struct json_index *ix,
                                                                 struct scanner s)
{
    uint64_t words[MARKS_WORDS];
    s.marks = (struct scan_marks){ .piece = s.p, .words = words, .last = words };
    s.is_closed = true;
    s.is_marked = true;
    return scan_text(ix, s);
}
#endif

/* Nearly all texts: objects and arrays that are whole. */
SLOW struct scan_stop scan_closed(struct json_index *ix, struct scanner s)
{
    s.is_closed = true;
    s.is_marked = false;
    return scan_text(ix, s);
}

/* A lone string, number or word, or a text that was cut off. */
SLOW struct scan_stop scan_other(struct json_index *ix, struct scanner s)
{
    s.is_closed = false;
    s.is_marked = false;
    return scan_text(ix, s);
}

static struct scan_stop choose_scan(struct json_index *ix, struct scanner s)
{
    bool is_closed = s.tail > s.text && (s.tail[-1] == '}' || s.tail[-1] == ']');
    if (!is_closed)
        return scan_other(ix, s);
#if HAVE_MARKS
    if (json_scan_can_mark())
        return scan_marked(ix, s);
#endif
    return scan_closed(ix, s);
}

static int refuse(struct json_index *ix, struct slice text, struct scan_stop stop,
                  struct error *err)
{
    ix->count = 0;
    return json_scan_error(text, stop, err);
}

/* What json_scan() refuses by looking at the whole text. */
static enum scan_why check_text(struct slice text)
{
    if (text.len > JSON_TEXT_MAX)
        return WHY_LENGTH;
    if (text.len == 0)
        return WHY_EMPTY;
    return slice_has_prefix(text, SLICE("\xef\xbb\xbf")) ? WHY_BOM : WHY_NONE;
}

/* Room for the nodes that a text of this length has as a rule. */
static enum scan_why reserve(struct json_index *ix, size_t len)
{
    size_t guess = NODES_FIRST + len / TEXT_BYTES_PER_NODE;
    uint32_t cap = guess < ix->max_nodes ? (uint32_t)guess : ix->max_nodes;
    if (cap <= ix->cap)
        return WHY_NONE;
    struct json_node *nodes = malloc(cap * sizeof(*nodes));
    if (!nodes)
        return WHY_NOMEM;
    free(ix->nodes);
    ix->nodes = nodes;
    ix->cap = cap;
    return WHY_NONE;
}

void json_index_init(struct json_index *ix)
{
    *ix = (struct json_index){ .max_nodes = JSON_NODES_MAX, .max_depth = JSON_DEPTH_MAX };
}

void json_index_done(struct json_index *ix)
{
    free(ix->nodes);
    *ix = (struct json_index){ .max_nodes = ix->max_nodes, .max_depth = ix->max_depth };
}

int json_scan(struct json_index *ix, struct slice text, struct error *err)
{
    const byte *begin = (const byte *)text.ptr;
    struct scan_stop stop = { begin, 0, check_text(text) };
    ix->text = text.ptr;
    ix->text_len = text.len;
    if (stop.why == WHY_NONE)
        stop.why = reserve(ix, text.len);
    if (stop.why != WHY_NONE)
        return refuse(ix, text, stop, err);
    struct scanner s = { .p = begin,
                         .end = begin + text.len,
                         .wide_end = text.len < WIDE ? begin : begin + text.len - (WIDE - 1),
                         .text = begin,
                         .nodes = ix->nodes,
                         .cap = ix->cap < ix->max_nodes ? ix->cap : ix->max_nodes,
                         .open = NO_PARENT,
                         .deeper = ix->max_depth,
                         .tail = begin + text.len };
    while (s.tail > begin && is_blank(s.tail[-1]))
        s.tail--;
    stop = choose_scan(ix, s);
    if (stop.why != WHY_DONE)
        return refuse(ix, text, stop, err);
    stop.p = skip_blanks(stop.p, s.end);
    stop.why = WHY_TRAILING;
    return stop.p == s.end ? 0 : refuse(ix, text, stop, err);
}
