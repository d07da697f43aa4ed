/*
 * cert/trust when replicas are killed again and again and each leaves its anchor behind: those that live must
 * not be pushed out, and nobody may write without a reason.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cert/crowd.h"
#include "cert/self-signed.h"
#include "cert/trust.h"
#include "support/json-gen.h"
#include "support/made-cert.h"
#include "support/trust-object.h"

#define START INT64_C(2000000000)
#define MINUTE INT64_C(60)
#define CERTS 220
#define KILLED 150
#define LIVE_MAX 60
#define LATE 8 /* so many arrivals may go by until a replica looks at the object */

static struct made_cert certs[CERTS]; /* one made every minute */
static struct gen numbers;

static struct {
    struct trust_object object;
    int64_t now;
    int live[LIVE_MAX]; /* places in certs */
    int live_count;
    unsigned writes; /* of those that live */
} sim;

static int set_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CERTS; i++)
        made_cert(&certs[i], .serial = i + 1, .from = START - MINUTE,
                  .to = START + i * MINUTE + CERT_SELF_SIGNED_LIFE, .is_fixed = true,
                  .name = "Keyhook");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < CERTS; i++)
        made_cert_done(&certs[i]);
    return 0;
}

static bool has(int cert)
{
    return slice_contains(buf_slice(&sim.object.bundles[0]), made_cert_pem(&certs[cert]));
}

static void check_live(const char *when)
{
    for (int i = 0; i < sim.live_count; i++)
        if (!has(sim.live[i]))
            fail_msg("minute %d, after %s: replica %d serves what is not in the bundle",
                     (int)((sim.now - START) / MINUTE), when, i);
}

/* Reads, and writes when there is something to; what was written is a fixed point. */
static bool look(int cert)
{
    struct trust_plan plan;
    struct error err = ERROR_INIT;
    struct trust_anchor own = { made_cert_pem(&certs[cert]), TRUST_HOLD,
                                START + cert * MINUTE + CERT_SELF_SIGNED_LIFE };
    if (trust_plan(trust_object_view(&sim.object), &own, 1, sim.now, false, &plan, &err) < 0)
        fail_msg("%s", err.msg);
    bool is_needed = plan.is_needed;
    trust_object_patch(&sim.object, &plan.change);
    trust_plan_done(&plan);
    if (is_needed)
        assert_false(look(cert));
    return is_needed;
}

static void begin(int live)
{
    memset(&sim, 0, sizeof(sim));
    trust_object_init(&sim.object, 1);
    sim.now = START + CERTS * MINUTE;
    for (sim.live_count = 0; sim.live_count < live; sim.live_count++) {
        sim.live[sim.live_count] = sim.live_count;
        (void)look(sim.live_count);
    }
}

static void one_looks(int i)
{
    sim.writes += look(sim.live[i]);
    check_live("a look");
}

static void all_look(void)
{
    for (int i = 0; i < sim.live_count; i++)
        one_looks(i);
}

/* A replica starts, publishes, and is killed; the others look some time. */
static void run(int live, unsigned seed)
{
    numbers = (struct gen){ .state = seed };
    begin(live);
    for (int i = 0; i < KILLED; i++) {
        sim.now += MINUTE;
        (void)look(live + i);
        check_live("a start");
        for (int j = 0; j < live; j++)
            if (gen_below(&numbers, LATE) == 0 || (i + j) % LATE == 0)
                one_looks(j);
    }
}

static void end(void)
{
    trust_object_done(&sim.object);
}

static void assert_quiet(void)
{
    all_look();
    unsigned writes = sim.writes;
    for (int i = 0; i < 30; i++) {
        sim.now += 20 * MINUTE;
        all_look();
    }
    assert_int_equal(sim.writes, writes);
}

static void test_leftovers_push_out_leftovers(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 1; seed++) {
        for (int live = 1; live <= 9; live += 4) {
            run(live, seed);
            assert_true(sim.writes <= (unsigned)live * 2);
            assert_quiet();
            end();
        }
    }
}

/* Nothing is done about a crowd that is none. */
static void test_a_few_leftovers(void **state)
{
    (void)state;
    begin(3);
    for (unsigned i = 0; i < CROWD_ANCHORS_MAX - CROWD_SPARE - 3; i++)
        (void)look(3 + (int)i);
    all_look();
    assert_int_equal(sim.writes, 0);
    assert_int_equal(sim.object.annotation_count, 0);
    (void)look(3 + (int)CROWD_ANCHORS_MAX);
    all_look();
    assert_int_equal(sim.writes, 3);
    assert_int_equal(sim.object.annotation_count, 3);
    end();
}

/* More than there is room to be safe for: they write now and then, not all the time. */
static void test_as_many_live(void **state)
{
    (void)state;
    begin(LIVE_MAX);
    for (int i = 0; i < 10; i++)
        all_look();
    assert_true(sim.writes <= LIVE_MAX);
    unsigned writes = sim.writes;
    for (int i = 0; i < 10; i++) {
        sim.now += MINUTE;
        all_look();
    }
    assert_int_equal(sim.writes, writes);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leftovers_push_out_leftovers),
        cmocka_unit_test(test_a_few_leftovers),
        cmocka_unit_test(test_as_many_live),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
