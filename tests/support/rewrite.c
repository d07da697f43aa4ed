#include "support/rewrite.h"

#include <stdlib.h>

#define REWRITE_MAX ((size_t)64 << 20)
#define PLACES_MAX 4096 /* annotations of one pod, or objects that get a member */

void rewrite_init(struct rewrite *r)
{
    *r = (struct rewrite){ .object = JSON_ABSENT, .annotations = JSON_ABSENT };
    json_index_init(&r->ix);
    buf_init(&r->out, REWRITE_MAX);
}

void rewrite_done(struct rewrite *r)
{
    json_index_done(&r->ix);
    buf_done(&r->out);
}

bool rewrite_open(struct rewrite *r, struct slice body)
{
    struct error err = ERROR_INIT;
    if (json_scan(&r->ix, body, &err) < 0)
        return false;
    json_ref request = json_member(&r->ix, JSON_ROOT, SLICE("request"));
    r->body = body;
    r->object = json_member(&r->ix, request, SLICE("object"));
    json_ref metadata = json_member(&r->ix, r->object, SLICE("metadata"));
    r->annotations = json_member(&r->ix, metadata, SLICE("annotations"));
    return true;
}

static void put_between(struct rewrite *r, const char *from, const char *to)
{
    buf_put(&r->out, from, (size_t)(to - from));
}

static const char *body_end(const struct rewrite *r)
{
    return r->body.ptr + r->body.len;
}

/* From the opening quote of the name to the end of the value. */
static struct slice member_text(const struct rewrite *r, json_ref name)
{
    struct slice key = json_raw(&r->ix, name), value = json_raw(&r->ix, name + 1);
    return (struct slice){ key.ptr, (size_t)(value.ptr + value.len - key.ptr) };
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void shuffle(json_ref *list, uint32_t n, uint32_t seed)
{
    uint32_t state = seed * 2654435761u + 1;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t k = next_random(&state) % i;
        json_ref kept = list[i - 1];
        list[i - 1] = list[k];
        list[k] = kept;
    }
}

/* Writes the body with the annotations replaced by the members of the list, in its order. */
static struct slice with_annotations(struct rewrite *r, const json_ref *list, uint32_t n)
{
    struct slice old = json_raw(&r->ix, r->annotations);
    buf_clear(&r->out);
    put_between(r, r->body.ptr, old.ptr + 1);
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            buf_put_char(&r->out, ',');
        buf_put_slice(&r->out, member_text(r, list[i]));
    }
    put_between(r, old.ptr + old.len - 1, body_end(r));
    return buf_slice(&r->out);
}

struct slice rewrite_permuted(struct rewrite *r, uint32_t seed)
{
    json_ref list[PLACES_MAX];
    uint32_t n = 0;
    json_each_member (&r->ix, r->annotations, name) {
        if (n < PLACES_MAX)
            list[n++] = name;
    }
    if (n == 0)
        return r->body;
    shuffle(list, n, seed);
    return with_annotations(r, list, n);
}

struct slice rewrite_prefixed(struct rewrite *r, struct slice from, struct slice to)
{
    const char *at = r->body.ptr;
    buf_clear(&r->out);
    json_each_member (&r->ix, r->annotations, name) {
        struct slice text = json_escaped(&r->ix, name);
        if (!slice_has_prefix(text, from))
            continue;
        put_between(r, at, text.ptr);
        buf_put_slice(&r->out, to);
        at = text.ptr + from.len;
    }
    put_between(r, at, body_end(r));
    return buf_slice(&r->out);
}

/* The members behind the opening brace of the object, with a comma when others follow. */
static void put_first(struct rewrite *r, json_ref object, struct slice members)
{
    buf_put_slice(&r->out, members);
    if (json_count(&r->ix, object) > 0)
        buf_put_char(&r->out, ',');
}

struct slice rewrite_annotated(struct rewrite *r, struct slice name, struct slice value)
{
    struct slice old = json_raw(&r->ix, r->annotations);
    buf_clear(&r->out);
    put_between(r, r->body.ptr, old.ptr + 1);
    buf_put_char(&r->out, '"');
    buf_put_slice(&r->out, name);
    buf_put_lit(&r->out, "\":");
    buf_put_slice(&r->out, value);
    put_first(r, r->annotations, SLICE(""));
    put_between(r, old.ptr + 1, body_end(r));
    return buf_slice(&r->out);
}

static int by_place(const void *a, const void *b)
{
    json_ref left = *(const json_ref *)a, right = *(const json_ref *)b;
    return left < right ? -1 : left > right;
}

static uint32_t find_objects(const struct rewrite *r, json_ref *list)
{
    json_ref spec = json_member(&r->ix, r->object, SLICE("spec"));
    json_ref places[] = { r->object, json_member(&r->ix, r->object, SLICE("metadata")), spec };
    uint32_t n = 0;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (json_is(&r->ix, places[i], JSON_OBJECT))
            list[n++] = places[i];
    }
    json_ref containers = json_member(&r->ix, spec, SLICE("containers"));
    if (!json_is(&r->ix, containers, JSON_ARRAY))
        containers = JSON_ABSENT;
    json_each_element (&r->ix, containers, at) {
        if (json_is(&r->ix, at, JSON_OBJECT) && n < PLACES_MAX)
            list[n++] = at;
    }
    qsort(list, n, sizeof(*list), by_place);
    return n;
}

struct slice rewrite_planted(struct rewrite *r, struct slice members)
{
    json_ref list[PLACES_MAX];
    uint32_t n = find_objects(r, list);
    const char *at = r->body.ptr;
    buf_clear(&r->out);
    for (uint32_t i = 0; i < n; i++) {
        struct slice old = json_raw(&r->ix, list[i]);
        put_between(r, at, old.ptr + 1);
        put_first(r, list[i], members);
        at = old.ptr + 1;
    }
    put_between(r, at, body_end(r));
    return buf_slice(&r->out);
}

struct slice rewrite_object(struct rewrite *r, struct slice object)
{
    struct slice old = json_raw(&r->ix, r->object);
    buf_clear(&r->out);
    put_between(r, r->body.ptr, old.ptr);
    buf_put_slice(&r->out, object);
    put_between(r, old.ptr + old.len, body_end(r));
    return buf_slice(&r->out);
}
