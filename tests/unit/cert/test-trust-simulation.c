/*
 * Several replicas, each with its own clock, publish their anchors on one object: with a CA that rotates,
 * restarts, crashes, a Vault that is down, somebody who overwrites, and writes that lose against others.
 *
 * A replica here does what a publisher does: it reads the object, asks cert/trust, patches with the version it
 * read, and changes over when cert/life says so.  One step is one second; within it the replicas read and write
 * in random order.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cert/life.h"
#include "cert/trust.h"
#include "support/json-gen.h"
#include "support/made-cert.h"
#include "support/trust-object.h"

#define START INT64_C(2000000000)
#define LIFE 120    /* of a leaf */
#define BACKDATE 30 /* what Vault gives: begins that much before */
#define SETTLE 10
#define LAG 8  /* how far an API server may be behind: less than SETTLE */
#define SKEW 5 /* clocks differ from the true one by that much, two of them by twice that */
#define REPLICAS 4
#define CERTS 400
#define RETIRED_MAX (TRUST_HELD_MAX - 2)
#define SEEDS_DEFAULT 2 /* of each kind; `-n 100` for more */
#define STEPS 800

struct leaf {
    struct life_cert life;
    int anchor; /* number of the certificate */
    bool is_own;
    int64_t granted, renew_at;
};

struct past {
    int anchor;
    enum trust_role role;
    int64_t until; /* RETIRE: as in struct trust_anchor; own: to be dropped then */
};

struct replica {
    bool is_alive, is_forced; /* forced: serves what it could not wait for */
    int64_t clock;            /* ahead of the true one */
    struct leaf serving, waiting;
    struct leaf
        signed_last; /* what the CA gave and was served last; a fallback does not leave its anchor */
    struct past past[RETIRED_MAX];
    size_t past_count;
    int64_t without; /* since when nothing valid is served */
    bool was_ready, was_seen, has_plan;
    struct trust_object read; /* what the plan is for */
    struct trust_plan plan;
};

static struct sim {
    struct gen random;
    int64_t now;
    struct replica replicas[REPLICAS];
    struct trust_object object;
    struct trust_object history[LAG + 1]; /* at the end of the last seconds */
    int ca;                               /* certificate that signs now */
    int next_cert;
    bool is_vault_down;
    int64_t wiped; /* when somebody overwrote the last time */
    unsigned writes, conflicts, rotations, overwrites, outages, changes, starts;
} sim;

static struct {
    unsigned rotations, conflicts, outages, starts;
} all; /* in all runs together */

static struct made_cert certs[CERTS];

static unsigned seeds = SEEDS_DEFAULT;

static int below(unsigned n)
{
    return (int)gen_below(&sim.random, n);
}

static bool has_anchor(const struct trust_object *o, int cert)
{
    struct slice pem = made_cert_pem(&certs[cert]);
    return memmem(o->bundles[0].data ? o->bundles[0].data : "", o->bundles[0].len, pem.ptr,
                  pem.len) != NULL;
}

static int64_t clock_of(const struct replica *r)
{
    return sim.now + r->clock;
}

/* --- what a replica publishes ------------------------------------------------------------------- */

static void put_anchor(struct trust_anchor *to, size_t *count, int cert, enum trust_role role,
                       int64_t until)
{
    to[(*count)++] = (struct trust_anchor){ made_cert_pem(&certs[cert]), role, until };
}

static size_t anchors_of(const struct replica *r, struct trust_anchor ret[TRUST_HELD_MAX])
{
    size_t count = 0;
    const struct leaf *leaves[] = { &r->serving, &r->waiting, &r->signed_last };
    for (int i = 0; i < 3; i++)
        if (leaves[i]->life.is_there)
            put_anchor(ret, &count, leaves[i]->anchor, TRUST_HOLD, leaves[i]->life.not_after);
    for (size_t i = 0; i < r->past_count; i++) {
        const struct past *p = &r->past[i];
        bool is_settling = p->role == TRUST_DROP && clock_of(r) < p->until;
        put_anchor(ret, &count, p->anchor, is_settling ? TRUST_HOLD : p->role, p->until);
    }
    return count;
}

static void forget_plan(struct replica *r)
{
    if (r->has_plan)
        trust_plan_done(&r->plan);
    r->has_plan = false;
}

static void make_plan(struct replica *r, struct trust_object *o)
{
    struct trust_anchor anchors[TRUST_HELD_MAX];
    struct error err = ERROR_INIT;
    size_t count = anchors_of(r, anchors);
    forget_plan(r);
    if (trust_plan(trust_object_view(o), anchors, count, clock_of(r), r->was_seen, &r->plan, &err) <
        0)
        fail_msg("%s", err.msg);
    r->has_plan = true;
    r->was_seen = r->plan.holds_all;
    int64_t seen = r->plan.holds_all ? clock_of(r) : 0;
    struct leaf *leaves[] = { &r->serving, &r->waiting };
    for (int i = 0; i < 2; i++)
        if (seen == 0 || leaves[i]->life.seen == 0)
            leaves[i]->life.seen = leaves[i]->life.is_there ? seen : 0;
}

static void read_object(struct replica *r)
{
    trust_object_copy(&r->read, &sim.object);
    make_plan(r, &r->read);
}

/* A patch with the version that was read; a plan for old anchors is as good as none. */
static void write_object(struct replica *r)
{
    if (r->plan.is_needed && r->read.version != sim.object.version) {
        sim.conflicts++;
    } else if (r->plan.is_needed) {
        trust_object_patch(&sim.object, &r->plan.change);
        sim.writes++;
        make_plan(r, &sim.object);
        assert_false(r->plan.is_needed);
    }
    forget_plan(r);
}

static void publish_step(struct replica *r)
{
    if (!r->is_alive)
        return;
    if (r->has_plan)
        write_object(r);
    else
        read_object(r);
}

/* --- certificates ------------------------------------------------------------------------------- */

static int new_cert(int64_t life)
{
    assert_true(sim.next_cert < CERTS);
    int number = sim.next_cert++;
    made_cert(&certs[number], .serial = (unsigned)number + 1, .from = sim.now - 300,
              .to = sim.now + life, .is_ca = true, .is_fixed = true, .name = "an anchor");
    return number;
}

static void put_past(struct replica *r, const struct leaf *old)
{
    assert_true(r->past_count < RETIRED_MAX);
    r->past[r->past_count++] = (struct past){
        .anchor = old->anchor,
        .role = old->is_own ? TRUST_DROP : TRUST_RETIRE,
        .until = clock_of(r) + (old->is_own ? SETTLE : old->granted),
    };
}

/* What waited and was never served has been published all the same. */
static void replace_waiting(struct replica *r, const struct leaf *fresh)
{
    const struct leaf *old = &r->waiting;
    if (old->life.is_there &&
        (old->is_own || (old->anchor != fresh->anchor && old->anchor != r->signed_last.anchor)))
        put_past(r, old);
    r->waiting = *fresh;
}

static void issue(struct replica *r, bool is_own)
{
    struct leaf fresh = { .anchor = is_own ? new_cert(7 * 24 * 60 * 60) : sim.ca,
                          .is_own = is_own };
    int64_t life = is_own ? 7 * 24 * 60 * 60 : LIFE;
    fresh.life = (struct life_cert){ .is_there = true,
                                     .not_before = sim.now - (is_own ? 300 : BACKDATE),
                                     .not_after = sim.now + life };
    if (r->serving.life.is_there && r->serving.anchor == fresh.anchor)
        fresh.life.seen = r->serving.life.seen;
    fresh.granted = fresh.life.not_after - clock_of(r);
    fresh.renew_at = life_renew_at(clock_of(r), fresh.life.not_after, (uint32_t)below(1u << 30));
    replace_waiting(r, &fresh);
    r->was_seen = false;
    forget_plan(r);
}

static struct life life_of(const struct replica *r)
{
    return (struct life){ .publishes = true,
                          .settle = SETTLE,
                          .serving = r->serving.life,
                          .waiting = r->waiting.life,
                          .same_anchor = r->serving.anchor == r->waiting.anchor,
                          .was_ready = r->was_ready };
}

/* The anchor of a CA is left for that of another one only. */
static void leave_old(struct replica *r)
{
    if (r->serving.life.is_there && r->serving.is_own)
        put_past(r, &r->serving);
    if (r->waiting.is_own)
        return;
    if (r->signed_last.life.is_there && r->signed_last.anchor != r->waiting.anchor)
        put_past(r, &r->signed_last);
    r->signed_last = r->waiting;
}

static void change_over(struct replica *r)
{
    struct life life = life_of(r);
    if (!life_may_change(&life, clock_of(r)))
        return;
    r->is_forced = !life_is_valid(&life.serving, clock_of(r)) ||
                   life.serving.not_after - clock_of(r) <= LIFE_LAST_MOMENT;
    leave_old(r);
    r->serving = r->waiting;
    r->waiting = (struct leaf){ 0 };
    sim.changes++;
    forget_plan(r);
}

/* Forgets what was retired and is past, and what was dropped and is gone. */
static void forget_past(struct replica *r)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->past_count; i++) {
        const struct past *p = &r->past[i];
        bool is_over = clock_of(r) >= p->until &&
                       (p->role == TRUST_RETIRE || !has_anchor(&sim.object, p->anchor));
        if (!is_over)
            r->past[kept++] = *p;
    }
    r->past_count = kept;
}

static void renew(struct replica *r)
{
    const struct leaf *last = r->waiting.life.is_there ? &r->waiting : &r->serving;
    struct life life = life_of(r);
    bool is_due = !last->life.is_there || last->is_own || clock_of(r) >= last->renew_at;
    if (is_due && !sim.is_vault_down)
        issue(r, false);
    else if (is_due && !last->is_own &&
             life_needs_fallback(&life, clock_of(r), sim.now - r->without, true))
        issue(r, true);
}

static void live(struct replica *r)
{
    struct life life = life_of(r);
    if (life_is_valid(&life.serving, clock_of(r)))
        r->without = sim.now;
    renew(r);
    change_over(r);
    life = life_of(r);
    (void)life_is_ready(&life, clock_of(r));
    r->was_ready = life.was_ready;
    forget_past(r);
}

/* --- events ------------------------------------------------------------------------------------- */

static void start(struct replica *r)
{
    struct trust_object kept = r->read;
    *r = (struct replica){
        .is_alive = true, .clock = below(2 * SKEW + 1) - SKEW, .without = sim.now, .read = kept
    };
    sim.starts++;
}

static bool has_to_do_with(const struct replica *r, int anchor)
{
    bool has = (r->serving.life.is_there && r->serving.anchor == anchor) ||
               (r->waiting.life.is_there && r->waiting.anchor == anchor) ||
               (r->signed_last.life.is_there && r->signed_last.anchor == anchor);
    for (size_t i = 0; i < r->past_count; i++)
        has = has || r->past[i].anchor == anchor;
    return r->is_alive && has;
}

/* Nobody else would stamp what it leaves behind: that no design without a leader can do. */
static bool is_last_to_know(const struct replica *r, int anchor)
{
    for (int i = 0; i < REPLICAS; i++)
        if (&sim.replicas[i] != r && has_to_do_with(&sim.replicas[i], anchor))
            return false;
    return true;
}

static bool may_stop(const struct replica *r)
{
    struct trust_anchor unused[TRUST_HELD_MAX];
    if (!r->is_alive || anchors_of(r, unused) == 0)
        return false;
    const struct leaf *leaves[] = { &r->serving, &r->waiting, &r->signed_last };
    for (int i = 0; i < 3; i++)
        if (leaves[i]->life.is_there &&
            (leaves[i]->is_own || is_last_to_know(r, leaves[i]->anchor)))
            return false;
    for (size_t i = 0; i < r->past_count; i++)
        if (r->past[i].role == TRUST_DROP || is_last_to_know(r, r->past[i].anchor))
            return false;
    return true;
}

static void overwrite(void)
{
    static const char *const texts[] = { "", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n" };
    int which = below(4);
    buf_clear(&sim.object.bundles[0]);
    if (which < 3)
        trust_object_add(&sim.object, 0, slice_of(texts[which]));
    else
        trust_object_add(&sim.object, 0, made_cert_pem(&certs[0])); /* the first CA, long gone */
    sim.object.version++;
    sim.wiped = sim.now;
    sim.overwrites++;
}

static void happen(bool is_overwritten)
{
    struct replica *r = &sim.replicas[below(REPLICAS)];
    if (below(300) == 0) {
        sim.ca = new_cert(10LL * 365 * 24 * 60 * 60);
        sim.rotations++;
    }
    if (below(sim.is_vault_down ? 80 : 400) == 0)
        sim.outages += sim.is_vault_down = !sim.is_vault_down;
    if (below(60) == 0 && may_stop(r)) {
        forget_plan(r);
        r->is_alive = false;
    } else if (!r->is_alive && below(5) == 0) {
        start(r);
    }
    if (is_overwritten && below(150) == 0)
        overwrite();
}

/* --- what must hold ----------------------------------------------------------------------------- */

static bool is_to_be_trusted(const struct replica *r)
{
    bool is_being_repaired = sim.wiped != 0 && sim.now - sim.wiped <= LAG + 3;
    return !is_being_repaired && r->is_alive && r->was_ready && !r->is_forced &&
           life_is_valid(&r->serving.life, sim.now);
}

static void check_served(const struct trust_object *o, const char *what)
{
    for (int i = 0; i < REPLICAS; i++)
        if (is_to_be_trusted(&sim.replicas[i]) && !has_anchor(o, sim.replicas[i].serving.anchor))
            fail_msg("second %lld: replica %d serves under what %s", (long long)(sim.now - START),
                     i, what);
}

static void publish(bool is_complete)
{
    for (int i = 0; i < 3 * REPLICAS; i++) {
        publish_step(&sim.replicas[below(REPLICAS)]);
        check_served(&sim.object, "is not published");
    }
    for (int i = 0; is_complete && i < 2 * REPLICAS; i++) {
        struct replica *r = &sim.replicas[i % REPLICAS];
        forget_plan(r);
        publish_step(r);
        publish_step(r);
        check_served(&sim.object, "is not published");
    }
}

static void step(bool is_complete)
{
    sim.now++;
    for (int i = 0; i < REPLICAS; i++)
        if (sim.replicas[i].is_alive)
            live(&sim.replicas[i]);
    for (int i = 0; i <= LAG; i++)
        check_served(&sim.history[i], "an API server does not know yet");
    publish(is_complete);
    trust_object_copy(&sim.history[sim.now % (LAG + 1)], &sim.object);
}

static void begin(unsigned seed)
{
    memset(&sim, 0, sizeof(sim));
    sim.random.state = seed;
    sim.now = START;
    trust_object_init(&sim.object, 1);
    for (int i = 0; i <= LAG; i++)
        trust_object_init(&sim.history[i], 1);
    sim.ca = new_cert(10LL * 365 * 24 * 60 * 60);
    for (int i = 0; i < REPLICAS; i++) {
        trust_object_init(&sim.replicas[i].read, 1);
        start(&sim.replicas[i]);
    }
}

static void end(void)
{
    for (int i = 0; i < REPLICAS; i++) {
        forget_plan(&sim.replicas[i]);
        trust_object_done(&sim.replicas[i].read);
    }
    trust_object_done(&sim.object);
    for (int i = 0; i <= LAG; i++)
        trust_object_done(&sim.history[i]);
    for (int i = 0; i < sim.next_cert; i++)
        made_cert_done(&certs[i]);
}

/* Until everybody has left what is old: two lives, and the settling between. */
static void calm_down(void)
{
    sim.is_vault_down = false;
    for (int i = 0; i < 3 * LIFE; i++)
        step(i % 4 == 0);
}

static void assert_only_the_last_anchor(void)
{
    struct slice only = made_cert_pem(&certs[sim.ca]);
    if (!slice_equal(buf_slice(&sim.object.bundles[0]), only))
        fail_msg("the bundle has %zu bytes more than the one anchor",
                 sim.object.bundles[0].len - only.len);
    if (sim.object.annotation_count > 0)
        fail_msg("a stamp is left: %s", buf_cstr(&sim.object.values[0]));
}

/* Renewals alone: nobody writes. */
static void assert_quiet(void)
{
    unsigned writes = sim.writes, changes = sim.changes;
    for (int i = 0; i < 3 * LIFE; i++)
        step(i % 2 == 0);
    assert_int_equal(sim.writes, writes);
    assert_true(sim.changes > changes + REPLICAS);
}

/* What can happen has each caused a bounded number of writes by each replica: nobody fights. */
static void assert_few_writes(void)
{
    unsigned causes = sim.rotations + sim.overwrites + sim.starts + sim.changes;
    if (sim.writes > causes * 2)
        fail_msg("%u writes for %u causes", sim.writes, causes);
}

static void run(unsigned seed, bool is_overwritten)
{
    begin(seed);
    for (int i = 0; i < STEPS; i++) {
        happen(is_overwritten);
        step(i % 3 == 0 || below(2) == 0);
    }
    for (int i = 0; i < REPLICAS; i++)
        if (!sim.replicas[i].is_alive)
            start(&sim.replicas[i]);
    calm_down();
    if (!is_overwritten)
        assert_only_the_last_anchor();
    assert_few_writes();
    assert_quiet();
    all.rotations += sim.rotations;
    all.conflicts += sim.conflicts;
    all.outages += sim.outages;
    all.starts += sim.starts;
    end();
}

/* The runs had in them what they are about. */
static int check_seen(void **state)
{
    (void)state;
    return all.rotations > 0 && all.conflicts > 0 && all.outages > 0 && all.starts > REPLICAS ? 0
                                                                                              : -1;
}

static void test_replicas(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= seeds; seed++)
        run(seed, false);
}

static void test_somebody_overwrites(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= seeds; seed++)
        run(seed, true);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "-n") == 0)
        seeds = (unsigned)strtoul(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replicas),
        cmocka_unit_test(test_somebody_overwrites),
    };
    return cmocka_run_group_tests(tests, NULL, check_seen);
}
