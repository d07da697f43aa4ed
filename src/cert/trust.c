#include "cert/trust.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "cert/anchor-set.h"
#include "cert/life.h"
#include "cert/self-signed.h"

#define ID_BYTES ((size_t)8) /* of the hash, in a stamp's name */
#define ID_DIGITS (2 * ID_BYTES)
#define US_PER_SECOND 1000000
#define MARGIN_SHARE 10 /* of the time until a stamp, as cert/life has it */

_Static_assert(TRUST_HASH_SIZE == ANCHOR_HASH_SIZE, "one kind of hash");
_Static_assert(CROWD_KEEP > CERT_SELF_SIGNED_LIFE, "what holds on to a place ends by itself");

struct trust_work {
    struct anchor_set set;
    struct anchor_list *entries; /* one for each of the object */
    size_t own;                  /* so many, the first of the set, are those that we were given */
    size_t crowded_out;
    uint64_t removed;
    bool adds; /* an anchor of ours is missing somewhere */
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* --- what is ours ------------------------------------------------------------------------------ */

static enum anchor_standing standing_of(enum trust_role role)
{
    return role == TRUST_HOLD ? ANCHOR_HELD : role == TRUST_DROP ? ANCHOR_DROPPED : ANCHOR_RETIRED;
}

static int read_own(struct trust_work *w, const struct trust_anchor *own, struct error *err)
{
    struct anchor_list list;
    if (anchor_set_read(&w->set, own->pem, 0, &list, err) < 0)
        return -1;
    if (list.count == 0 || !list.is_plain)
        return error_set(err, ERROR_CRYPTO, "an anchor to be published is no certificate");
    for (size_t i = 0; i < list.count; i++) {
        struct anchor *a = &w->set.at[list.at[i]];
        enum anchor_standing standing = standing_of(own->role);
        a->standing = standing > a->standing ? standing : a->standing;
        a->until = most(a->until, own->until);
    }
    return 0;
}

static int read_all_own(struct trust_work *w, const struct trust_anchor *anchors, size_t count,
                        struct error *err)
{
    size_t held = 0, bytes = 0;
    if (count > TRUST_HELD_MAX)
        return error_set(err, ERROR_LIMIT, "more than %u anchors to be published", TRUST_HELD_MAX);
    for (size_t i = 0; i < count; i++)
        if (read_own(w, &anchors[i], err) < 0)
            return -1;
    for (size_t i = 0; i < w->set.count; i++) {
        if (w->set.at[i].standing == ANCHOR_HELD) {
            held++;
            bytes += w->set.at[i].text_len;
        }
    }
    w->own = w->set.count;
    if (held > CROWD_ANCHORS_MAX || bytes > CROWD_BYTES_MAX)
        return error_set(err, ERROR_LIMIT,
                         "the anchors to be published are more than %u or larger than %zu bytes",
                         CROWD_ANCHORS_MAX, CROWD_BYTES_MAX);
    return 0;
}

/* --- what is there ----------------------------------------------------------------------------- */

static int read_entries(struct trust_work *w, const struct kube_webhook *seen, struct error *err)
{
    w->entries = arena_alloc(&w->set.arena, (seen->entry_count + 1) * sizeof(*w->entries));
    if (!w->entries)
        return arena_error(&w->set.arena, err);
    for (size_t i = 0; i < seen->entry_count; i++) {
        const struct kube_webhook_entry *e = &seen->entries[i];
        if (anchor_set_read(&w->set, e->ca_bundle, w->own, &w->entries[i], err) < 0)
            return -1;
        if (!e->ca_is_base64 || e->ca_bundle.len > CROWD_BYTES_MAX)
            w->entries[i].is_plain = false;
    }
    w->crowded_out = w->set.overflow;
    return 0;
}

/* True when the annotation is a stamp, whatever it says. */
static bool stamp_id(const struct kube_annotation *a, struct slice *ret_id)
{
    if (!slice_has_prefix(a->name, SLICE(TRUST_STAMP_PREFIX)))
        return false;
    *ret_id = slice_after(a->name, sizeof(TRUST_STAMP_PREFIX) - 1);
    return true;
}

/* Its time; 0 when it is none that can be meant. */
static int64_t stamp_time(const struct kube_annotation *a, int64_t now)
{
    int64_t at;
    if (!time_parse_rfc3339(a->value, &at) || at <= 0 || at > now + 2 * TRUST_STAMP_MAX)
        return 0;
    return at;
}

static void put_id(const struct anchor *a, char ret[static ID_DIGITS])
{
    for (size_t i = 0; i < ID_BYTES; i++) {
        ret[2 * i] = "0123456789abcdef"[a->hash[i] >> 4];
        ret[2 * i + 1] = "0123456789abcdef"[a->hash[i] & 15];
    }
}

static bool is_stamp_of(struct slice id, const struct anchor *a)
{
    char own[ID_DIGITS];
    put_id(a, own);
    return slice_equal(id, (struct slice){ own, sizeof(own) });
}

static void read_stamps(struct trust_work *w, const struct kube_webhook *seen, int64_t now)
{
    struct slice id;
    for (size_t i = 0; i < seen->annotation_count; i++) {
        if (!stamp_id(&seen->annotations[i], &id))
            continue;
        int64_t at = stamp_time(&seen->annotations[i], now);
        for (size_t j = 0; j < w->set.count; j++)
            if (is_stamp_of(id, &w->set.at[j]))
                w->set.at[j].stamp = most(w->set.at[j].stamp, at);
    }
}

/* --- decisions --------------------------------------------------------------------------------- */

/*
 * Who left an anchor stamps it, who needs a stamped one longer moves the stamp.  A stamp at all times
 * leaves the others the time to do that, and their clocks a margin.
 */
static void set_stamp(struct anchor *a, int64_t now)
{
    bool is_stamping =
        a->standing == ANCHOR_RETIRED || (a->standing == ANCHOR_HELD && a->stamp > 0);
    int64_t needed = least(a->until, now + TRUST_STAMP_MAX / 2);
    if (!is_stamping || (a->stamp > 0 && a->stamp >= needed))
        return;
    int64_t margin = least(LIFE_SKEW_MAX, most(0, needed - now) / MARGIN_SHARE);
    a->stamp = most(needed + margin, now + TRUST_NOTICE);
    a->is_stamped_anew = true;
}

static bool may_stay(const struct anchor *a, int64_t now)
{
    if (a->standing == ANCHOR_HELD)
        return true;
    return a->standing != ANCHOR_DROPPED && now - LIFE_SKEW_MAX < a->not_after &&
           (a->stamp == 0 || now < a->stamp);
}

/* Takes out what may not stay. */
static void prune(const struct trust_work *w, struct anchor_list *l, int64_t now)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->count; i++)
        if (may_stay(&w->set.at[l->at[i]], now))
            l->at[kept++] = l->at[i];
    l->count = kept;
}

/* The anchors of a list as one number, whatever their order. */
static uint64_t sum_of(const struct trust_work *w, const struct anchor_list *l)
{
    uint64_t sum = 0, one;
    for (size_t i = 0; i < l->count; i++) {
        memcpy(&one, w->set.at[l->at[i]].hash, sizeof(one));
        sum += one;
    }
    return sum;
}

/* Puts the place among those from `first` on, which are sorted by hash. */
static void insert_sorted(const struct trust_work *w, struct anchor_list *l, size_t first,
                          unsigned place)
{
    size_t at = l->count++;
    const struct anchor *set = w->set.at;
    for (; at > first && memcmp(set[l->at[at - 1]].hash, set[place].hash, ANCHOR_HASH_SIZE) > 0;
         at--)
        l->at[at] = l->at[at - 1];
    l->at[at] = place;
}

/*
 * Adds what we hold and is not there; true when there was something.  An anchor that has ended helps
 * nobody, and those who take it out would fight with us.
 */
static bool add_held(struct trust_work *w, struct anchor_list *l, int64_t now)
{
    size_t before = l->count;
    for (unsigned i = 0; i < w->own; i++) {
        const struct anchor *a = &w->set.at[i];
        if (a->standing == ANCHOR_HELD && now < a->not_after && !anchor_list_has(l, i))
            insert_sorted(w, l, before, i);
    }
    return l->count > before;
}

/* Who is about to be pushed out stamps. */
static void hold_on(struct trust_work *w, const struct anchor_list *l, int64_t now)
{
    for (unsigned i = 0; i < w->own; i++) {
        struct anchor *a = &w->set.at[i];
        if (a->standing != ANCHOR_HELD || !anchor_list_has(l, i) ||
            !crowd_presses(&w->set, l, i, now))
            continue;
        a->stamp = most(a->stamp, now + CROWD_KEEP);
        a->is_stamped_anew = true;
    }
}

static bool holds_all(const struct trust_work *w, const struct anchor_list *l)
{
    bool holds_any = false;
    for (unsigned i = 0; i < w->own; i++) {
        if (w->set.at[i].standing != ANCHOR_HELD)
            continue;
        if (!l->is_plain || !anchor_list_has(l, i))
            return false;
        holds_any = true;
    }
    return holds_any;
}

/* Makes the list what it should be; true when the bundle is to be written. */
static bool decide_entry(struct trust_work *w, struct anchor_list *l, int64_t now)
{
    uint64_t removed = sum_of(w, l) + !l->is_plain;
    prune(w, l, now);
    removed -= sum_of(w, l);
    bool adds = add_held(w, l, now);
    hold_on(w, l, now);
    removed += sum_of(w, l);
    w->crowded_out += crowd_out(&w->set, l);
    removed -= sum_of(w, l);
    for (size_t i = 0; i < l->count; i++)
        w->set.at[l->at[i]].is_kept = true;
    w->adds = w->adds || adds;
    w->removed += removed;
    return adds || removed != 0;
}

/* --- what is to be written --------------------------------------------------------------------- */

static int put_bundle(struct trust_work *w, const struct anchor_list *l, struct slice *ret,
                      struct error *err)
{
    size_t size = anchor_list_size(&w->set, l), at = 0;
    char *text = arena_alloc(&w->set.arena, size + 1);
    if (!text)
        return arena_error(&w->set.arena, err);
    for (size_t i = 0; i < l->count; i++) {
        struct slice one = anchor_set_text(&w->set, &w->set.at[l->at[i]]);
        memcpy(text + at, one.ptr, one.len);
        at += one.len;
    }
    *ret = (struct slice){ text, size };
    return 0;
}

static size_t unclaimed_in(const struct trust_work *w, const struct anchor_list *l)
{
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct anchor *a = &w->set.at[l->at[i]];
        count += a->standing != ANCHOR_HELD && a->stamp == 0;
    }
    return count;
}

static int plan_bundles(struct trust_work *w, size_t count, int64_t now, struct trust_plan *plan,
                        struct error *err)
{
    struct slice *bundles = arena_alloc(&w->set.arena, (count + 1) * sizeof(*bundles));
    if (!bundles)
        return arena_error(&w->set.arena, err);
    plan->change.ca_bundles = bundles;
    plan->holds_all = count > 0;
    for (size_t i = 0; i < count; i++) {
        struct anchor_list *l = &w->entries[i];
        bundles[i] = SLICE_ABSENT;
        plan->holds_all = holds_all(w, l) && plan->holds_all;
        if (decide_entry(w, l, now)) {
            plan->is_needed = true;
            if (put_bundle(w, l, &bundles[i], err) < 0)
                return -1;
        }
        plan->anchors = l->count > plan->anchors ? l->count : plan->anchors;
        size_t unclaimed = unclaimed_in(w, l);
        plan->unclaimed = unclaimed > plan->unclaimed ? unclaimed : plan->unclaimed;
    }
    return 0;
}

/*
 * Does the stamp stay?  That of an anchor which is gone does until its time: whoever still needs the anchor
 * and puts it back shall not make it one that nobody may take out.
 */
static bool stamp_stays(const struct trust_work *w, const struct kube_annotation *a, int64_t now)
{
    struct slice id = SLICE_ABSENT;
    int64_t at = stamp_time(a, now);
    if (!stamp_id(a, &id) || at == 0)
        return false;
    for (size_t i = 0; i < w->set.count; i++)
        if (w->set.at[i].is_kept && is_stamp_of(id, &w->set.at[i]))
            return true;
    return id.len == ID_DIGITS && now < at;
}

static int put_stamp(struct trust_work *w, const struct anchor *a, struct kube_annotation *ret,
                     struct error *err)
{
    char id[ID_DIGITS], memory[sizeof("0000-00-00T00:00:00Z")];
    struct buf text = buf_over(memory, sizeof(memory) - 1);
    put_id(a, id);
    time_put_rfc3339(&text, a->stamp * US_PER_SECOND, TIME_SECONDS);
    ret->name = arena_printf(&w->set.arena, TRUST_STAMP_PREFIX "%.*s", (int)sizeof(id), id);
    ret->value = arena_copy(&w->set.arena, buf_slice(&text));
    if (!ret->name.ptr || !ret->value.ptr)
        return arena_error(&w->set.arena, err);
    return 0;
}

static bool is_to_be_stamped(const struct anchor *a)
{
    return a->is_stamped_anew && a->is_kept;
}

/* Is the stamp one that is written anew anyway? */
static bool is_replaced(const struct trust_work *w, const struct kube_annotation *a)
{
    struct slice id = SLICE_ABSENT;
    (void)stamp_id(a, &id);
    for (size_t i = 0; i < w->own; i++)
        if (is_to_be_stamped(&w->set.at[i]) && is_stamp_of(id, &w->set.at[i]))
            return true;
    return false;
}

static int plan_stamps(struct trust_work *w, const struct kube_webhook *seen, int64_t now,
                       struct trust_plan *plan, struct error *err)
{
    struct slice id;
    size_t room = seen->annotation_count + w->own + 1, count = 0;
    struct kube_annotation *at = arena_alloc(&w->set.arena, room * sizeof(*at));
    if (!at)
        return arena_error(&w->set.arena, err);
    for (size_t i = 0; i < seen->annotation_count; i++) {
        const struct kube_annotation *a = &seen->annotations[i];
        if (!stamp_id(a, &id) || stamp_stays(w, a, now) || is_replaced(w, a))
            continue;
        at[count] = (struct kube_annotation){ arena_copy(&w->set.arena, a->name), SLICE_ABSENT };
        if (!at[count++].name.ptr)
            return arena_error(&w->set.arena, err);
    }
    for (size_t i = 0; i < w->own; i++)
        if (is_to_be_stamped(&w->set.at[i]) && put_stamp(w, &w->set.at[i], &at[count++], err) < 0)
            return -1;
    plan->change.annotations = at;
    plan->change.annotation_count = count;
    plan->is_needed = plan->is_needed || count > 0;
    return 0;
}

static int make_plan(struct trust_work *w, const struct kube_webhook *seen, int64_t now,
                     struct trust_plan *plan, struct error *err)
{
    if (read_entries(w, seen, err) < 0)
        return -1;
    read_stamps(w, seen, now);
    for (size_t i = 0; i < w->own; i++)
        set_stamp(&w->set.at[i], now);
    if (plan_bundles(w, seen->entry_count, now, plan, err) < 0)
        return -1;
    plan->crowded_out = w->crowded_out;
    plan->removed = w->removed;
    return plan_stamps(w, seen, now, plan, err);
}

int trust_plan(const struct kube_webhook *seen, const struct trust_anchor *anchors, size_t count,
               int64_t now, bool was_seen, struct trust_plan *ret, struct error *err)
{
    struct trust_plan plan = { 0 };
    struct trust_work *w = calloc(1, sizeof(*w));
    if (!w)
        return error_nomem(err);
    anchor_set_init(&w->set);
    plan.memory = w;
    if (read_all_own(w, anchors, count, err) < 0 || make_plan(w, seen, now, &plan, err) < 0) {
        trust_plan_done(&plan);
        return -1;
    }
    plan.is_repair = was_seen && w->adds;
    *ret = plan;
    return 0;
}

void trust_plan_done(struct trust_plan *p)
{
    struct trust_work *w = p->memory;
    if (w)
        anchor_set_done(&w->set);
    free(w);
    *p = (struct trust_plan){ 0 };
}
