#ifndef SRC_JSON_NAME_MARK_H
#define SRC_JSON_NAME_MARK_H

/*
 * Marks of names: small numbers that differ for most names that differ, made of length and outer
 * letters.  They tell which names need a comparison; equal marks say nothing.
 * Pure.  Internal to those who walk over the names of an object.
 */

#include "json/cursor.h"

#define JSON_NAME_MARKS 64

#define JSON_NAME_MARK_OF(len, first, last) \
    (((unsigned)(len)*5 + (first) + (last)*3u) % JSON_NAME_MARKS)

/* Of a literal that is not empty; a constant. */
#define JSON_NAME_MARK(literal)                                            \
    JSON_NAME_MARK_OF(sizeof(literal) - 1, (unsigned char)("" literal)[0], \
                      (unsigned char)("" literal)[sizeof(literal) - 2])

/* Of a name as it stands in the text; of an empty one these are its quotes. */
static inline unsigned json_name_mark(const struct json_index *ix, const struct json_node *name)
{
    const unsigned char *text = (const unsigned char *)ix->text + name->pos;
    unsigned last = *(text + name->len - 1);
    return JSON_NAME_MARK_OF(name->len, text[0], last);
}

/* The names of one object so far: few ones, without escapes. */
#define JSON_NAMES_FEW 24

struct json_names {
    uint64_t marks; /* one bit each */
    unsigned count;
    unsigned char mark_of[JSON_NAMES_FEW];
    json_ref names[JSON_NAMES_FEW];
};

static inline void json_names_init(struct json_names *n)
{
    n->marks = 0; /* the lists are only read up to count */
    n->count = 0;
}

/* Is there no room for the name, or does it need a look at its escapes? */
static inline bool json_names_refuse(const struct json_names *n, const struct json_node *name)
{
    return name->escaped || n->count == JSON_NAMES_FEW;
}

/* Compares the name with those of its mark. */
bool json_names_search(const struct json_names *n, const struct json_index *ix, json_ref name,
                       unsigned mark);

static inline bool json_names_has(const struct json_names *n, const struct json_index *ix,
                                  json_ref name, unsigned mark)
{
    return (n->marks >> mark & 1) && json_names_search(n, ix, name, mark);
}

static inline void json_names_add(struct json_names *n, json_ref name, unsigned mark)
{
    n->marks |= UINT64_C(1) << mark;
    n->mark_of[n->count] = (unsigned char)mark;
    n->names[n->count++] = name;
}

#endif
