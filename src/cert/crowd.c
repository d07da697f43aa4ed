#include "cert/crowd.h"

#include <string.h>

static bool goes_before(const struct anchor *a, const struct anchor *b)
{
    if ((a->stamp > 0) != (b->stamp > 0))
        return b->stamp > 0;
    if (a->stamp != b->stamp)
        return a->stamp < b->stamp;
    if (a->not_after != b->not_after)
        return a->not_after < b->not_after;
    return memcmp(a->hash, b->hash, ANCHOR_HASH_SIZE) < 0;
}

/* The place in the list of the next to go; l->count when all are held. */
static size_t first_to_go(const struct anchor_set *s, const struct anchor_list *l)
{
    size_t found = l->count;
    for (size_t i = 0; i < l->count; i++) {
        const struct anchor *a = &s->at[l->at[i]];
        if (a->standing != ANCHOR_HELD &&
            (found == l->count || goes_before(a, &s->at[l->at[found]])))
            found = i;
    }
    return found;
}

size_t crowd_out(struct anchor_set *s, struct anchor_list *l)
{
    size_t size = anchor_list_size(s, l), gone = 0, go;
    while ((l->count > CROWD_ANCHORS_MAX || size > CROWD_BYTES_MAX) &&
           (go = first_to_go(s, l)) < l->count) {
        struct anchor *a = &s->at[l->at[go]];
        size -= a->text_len;
        gone += !a->is_crowded_out;
        a->is_crowded_out = true;
        memmove(&l->at[go], &l->at[go + 1], (l->count - go - 1) * sizeof(*l->at));
        l->count--;
    }
    return gone;
}

bool crowd_presses(const struct anchor_set *s, const struct anchor_list *l, unsigned place,
                   int64_t now)
{
    const struct anchor *own = &s->at[place];
    size_t before = 0;
    if (l->count <= CROWD_ANCHORS_MAX - CROWD_SPARE &&
        anchor_list_size(s, l) <= CROWD_BYTES_MAX - CROWD_BYTES_MAX / 4)
        return false;
    for (size_t i = 0; i < l->count; i++)
        before += goes_before(&s->at[l->at[i]], own);
    if (before >= CROWD_SPARE)
        return false;
    size_t behind = l->count - 1 - before;
    return own->stamp == 0 ||
           (behind > CROWD_SPARE && own->stamp <= now + CROWD_KEEP - CROWD_AGAIN);
}
