#include "json/equal.h"

#include "json/unescape.h"

bool json_same_string(const struct json_index *a, json_ref ra, const struct json_index *b,
                      json_ref rb)
{
    if (!b->nodes[rb].escaped && !a->nodes[ra].escaped)
        return slice_equal(json_escaped(a, ra), json_escaped(b, rb));
    struct json_bytes x = { .rest = json_escaped(a, ra) };
    struct json_bytes y = { .rest = json_escaped(b, rb) };
    int byte;
    do {
        byte = json_next_byte(&x);
        if (byte != json_next_byte(&y))
            return false;
    } while (byte >= 0);
    return true;
}

/* What remains to be compared of one pair of containers. */
struct pair {
    json_ref a;        /* next element of a, or next name */
    json_ref b;        /* next element of b, or where the search for the name starts */
    json_ref a_end;    /* behind the last */
    json_ref b_parent; /* the container in b */
};

struct comparison {
    const struct json_index *a;
    const struct json_index *b;
    uint64_t *steps;
    unsigned depth;
    struct pair stack[JSON_DEPTH_MAX];
};

static bool spend(uint64_t *steps, uint64_t n)
{
    if (*steps < n) {
        *steps = 0;
        return false;
    }
    *steps -= n;
    return true;
}

/* Looks for a's name from pair->b to the end, then from the start: usually it is the first. */
static json_ref find_partner(struct comparison *c, const struct pair *pair)
{
    json_ref end = c->b->nodes[pair->b_parent].next;
    json_ref first = pair->b_parent + 1;
    json_ref it = pair->b < end ? pair->b : first;
    json_ref start = it;
    do {
        if (!spend(c->steps, 1))
            return JSON_ABSENT;
        if (json_same_string(c->a, pair->a, c->b, it))
            return it;
        it = c->b->nodes[it + 1].next;
        if (it == end)
            it = first;
    } while (it != start);
    return JSON_ABSENT;
}

static bool push(struct comparison *c, json_ref ra, json_ref rb)
{
    if (c->depth == JSON_DEPTH_MAX || json_count(c->a, ra) != json_count(c->b, rb))
        return false;
    c->stack[c->depth++] = (struct pair){ ra + 1, rb + 1, c->a->nodes[ra].next, rb };
    return true;
}

/* Compares two values but for what is in containers, which is put on the stack. */
static bool compare(struct comparison *c, json_ref ra, json_ref rb)
{
    const struct json_node *a = &c->a->nodes[ra];
    if (!spend(c->steps, a->kind == JSON_NUMBER ? a->len : 1) || a->kind != c->b->nodes[rb].kind)
        return false;
    switch (a->kind) {
    case JSON_NUMBER:
        return json_same_number(json_raw(c->a, ra), json_raw(c->b, rb));
    case JSON_STRING:
        return json_same_string(c->a, ra, c->b, rb);
    case JSON_ARRAY:
    case JSON_OBJECT:
        return push(c, ra, rb);
    default:
        return true;
    }
}

/* The next pair of values of the innermost pair of containers. */
static bool step(struct comparison *c)
{
    struct pair *pair = &c->stack[c->depth - 1];
    if (pair->a >= pair->a_end) {
        c->depth--;
        return true;
    }
    unsigned is_object = c->b->nodes[pair->b_parent].kind == JSON_OBJECT;
    json_ref rb = is_object ? find_partner(c, pair) : pair->b;
    if (rb == JSON_ABSENT)
        return false;
    json_ref va = pair->a + is_object;
    json_ref vb = rb + is_object;
    pair->a = c->a->nodes[va].next;
    pair->b = c->b->nodes[vb].next;
    return compare(c, va, vb);
}

bool json_equal_within(const struct json_index *a, json_ref ra, const struct json_index *b,
                       json_ref rb, uint64_t *steps)
{
    if (ra == JSON_ABSENT || rb == JSON_ABSENT)
        return ra == rb;
    struct comparison c;
    c.a = a;
    c.b = b;
    c.steps = steps;
    c.depth = 0;
    bool equal = compare(&c, ra, rb);
    while (equal && c.depth > 0)
        equal = step(&c);
    return equal;
}

bool json_equal(const struct json_index *a, json_ref ra, const struct json_index *b, json_ref rb)
{
    uint64_t steps = UINT64_MAX;
    return json_equal_within(a, ra, b, rb, &steps);
}
