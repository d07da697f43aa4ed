/* cert/life: tables over the clock. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cert/life.h"

#define T INT64_C(2000000000) /* now, in most tables */
#define DAY INT64_C(86400)
#define CERT(from, to, seen_at)                                                              \
    {                                                                                        \
        .is_there = true, .not_before = T + (from), .not_after = T + (to), .seen = (seen_at) \
    }
#define NONE              \
    {                     \
        .is_there = false \
    }
#define SEEN_LONG_AGO (T - 5000)

static void test_valid(void **state)
{
    const struct life_cert c = CERT(0, 10, 0), none = NONE;
    (void)state;
    assert_false(life_is_valid(&none, 5));
    assert_false(life_is_valid(&c, T - 1));
    assert_true(life_is_valid(&c, T));
    assert_true(life_is_valid(&c, T + 9));
    assert_false(life_is_valid(&c, T + 10));
}

static void test_renewal(void **state)
{
    static const int64_t lives[] = { 1, 2, 9, 10, 60, 3600, DAY, 400 * DAY };
    (void)state;
    for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++)
        for (uint32_t random = 0; random < 1000; random++) {
            int64_t at = life_renew_at(T, T + lives[i], random) - T;
            assert_true(at * 1000 > lives[i] * 600 - 1000 && at * 1000 < lives[i] * 734);
        }
    assert_int_equal(life_renew_at(T, T + 1000, 0), T + 600);
    assert_int_equal(life_renew_at(T, T + 1000, 133), T + 733);
    assert_int_equal(life_renew_at(T, T + 1000, UINT32_MAX), T + 600 + UINT32_MAX % 134);
    assert_int_equal(life_renew_at(T, T, 5), T);       /* ended when it came: at once */
    assert_int_equal(life_renew_at(T, T - 100, 5), T); /* or the clock has jumped */
}

struct change {
    const char *what;
    struct life l;
    bool may;
};

/* At the time T. */
static const struct change changes[] = {
    { "nothing waits", { .serving = CERT(-100, 100, 0) }, false },
    { "nothing at all", { .publishes = true }, false },
    { "the first", { .waiting = CERT(-5, 100, 0) }, true },
    { "the first, not seen",
      { .publishes = true, .settle = 10, .waiting = CERT(-5, 100, 0) },
      true },
    { "the first, ended", { .waiting = CERT(-100, 0, 0) }, false },
    { "the first, not begun: better than none", { .waiting = CERT(60, 100, 0) }, true },
    { "the old one has ended",
      { .publishes = true,
        .settle = 10,
        .serving = CERT(-100, 0, SEEN_LONG_AGO),
        .waiting = CERT(-5, 100, 0) },
      true },
    { "both have ended", { .serving = CERT(-100, 0, 0), .waiting = CERT(-50, 0, 0) }, false },
    { "the clock is before both",
      { .serving = CERT(50, 100, 0), .waiting = CERT(60, 200, 0) },
      true },
    { "ended while it waited",
      { .serving = CERT(-100, 100, 0), .waiting = CERT(-50, 0, 0) },
      false },
    { "not begun", { .serving = CERT(-100, 100, 0), .waiting = CERT(1, 100, 0) }, false },
    { "no publishing: at once",
      { .serving = CERT(-100, 100, 0), .waiting = CERT(-10, 90, 0) },
      true },

    { "skew of a day's leaf",
      { .serving = CERT(-DAY, 100, 0), .waiting = CERT(-119, DAY, 0) },
      false },
    { "past that skew", { .serving = CERT(-DAY, 100, 0), .waiting = CERT(-120, DAY, 0) }, true },
    { "skew while a stand-in serves",
      { .is_stand_in = true, .serving = CERT(-DAY, 100, 0), .waiting = CERT(-29, DAY, 0) },
      false },
    { "past that, too",
      { .is_stand_in = true, .serving = CERT(-DAY, 100, 0), .waiting = CERT(-30, DAY, 0) },
      true },
    { "skew of ten seconds", { .serving = CERT(-7, 3, 0), .waiting = CERT(0, 10, 0) }, false },
    { "past a tenth of it", { .serving = CERT(-7, 3, 0), .waiting = CERT(-1, 9, 0) }, true },
    { "begins in the last moments of the old one",
      { .serving = CERT(-8, 2, 0), .waiting = CERT(0, 10, 0) },
      true },

    { "not seen",
      { .publishes = true,
        .settle = 10,
        .serving = CERT(-900, 300, 1),
        .waiting = CERT(-200, 900, 0) },
      false },
    { "seen just now",
      { .publishes = true,
        .settle = 10,
        .serving = CERT(-900, 300, 1),
        .waiting = CERT(-200, 900, T) },
      false },
    { "seen nearly long enough",
      { .publishes = true,
        .settle = 10,
        .serving = CERT(-900, 300, 1),
        .waiting = CERT(-200, 900, T - 9) },
      false },
    { "settled",
      { .publishes = true,
        .settle = 10,
        .serving = CERT(-900, 300, 1),
        .waiting = CERT(-200, 900, T - 10) },
      true },
    { "no settling",
      { .publishes = true,
        .settle = 0,
        .serving = CERT(-900, 300, 1),
        .waiting = CERT(-200, 900, T) },
      true },
    { "same anchor: no settling",
      { .publishes = true,
        .settle = 10,
        .same_anchor = true,
        .serving = CERT(-900, 300, 1),
        .waiting = CERT(-200, 900, T) },
      true },
    { "same anchor, but wiped",
      { .publishes = true,
        .settle = 10,
        .same_anchor = true,
        .serving = CERT(-900, 300, 0),
        .waiting = CERT(-200, 900, 0) },
      false },
    { "the clock went back since",
      { .publishes = true,
        .settle = 10,
        .serving = CERT(-900, 300, 1),
        .waiting = CERT(-200, 900, T + 1) },
      true },
    { "nearly the last moment",
      { .publishes = true,
        .settle = 10,
        .serving = CERT(-900, 3, 1),
        .waiting = CERT(-200, 900, 0) },
      false },
    { "the last moment",
      { .publishes = true,
        .settle = 10,
        .serving = CERT(-900, 2, 1),
        .waiting = CERT(-200, 900, 0) },
      true },
    { "the last moment of both",
      { .publishes = true, .settle = 10, .serving = CERT(-900, 2, 1), .waiting = CERT(1, 900, 0) },
      false },
};

static void test_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        if (life_may_change(&changes[i].l, T) != changes[i].may)
            fail_msg("%s", changes[i].what);
}

/*
 * Ten seconds are too short to settle for ten: but the new anchor has time to be published, however late the
 * renewal was, and the old leaf never ends before the change.
 */
static void test_ten_seconds_and_another_anchor(void **state)
{
    (void)state;
    for (int64_t backdate = 0; backdate <= 30; backdate += 30)
        for (uint32_t random = 0; random < 134; random++) {
            struct life l = { .publishes = true, .settle = 10, .serving = CERT(-backdate, 10, T) };
            int64_t got = life_renew_at(T, T + 10, random), at = got;
            l.waiting = (struct life_cert){ true, got - backdate, got + 10, 0 };
            for (; !life_may_change(&l, at); at++)
                if (at == got)
                    l.waiting.seen = at;
            assert_true(at > got); /* not before it was seen */
            assert_true(life_is_valid(&l.serving, at));
        }
}

/* With the same anchor, nothing is waited for but the skew. */
static void test_ten_seconds_again_and_again(void **state)
{
    int64_t now = T;
    (void)state;
    struct life l = {
        .publishes = true, .settle = 10, .same_anchor = true, .serving = { true, T, T + 10, T }
    };
    for (uint32_t i = 0; i < 200; i++) {
        now = life_renew_at(now, l.serving.not_after, i);
        l.waiting = (struct life_cert){ true, now, now + 10, T };
        assert_false(life_may_change(&l, now) && l.serving.not_after - now > LIFE_LAST_MOMENT);
        now++;
        assert_true(life_may_change(&l, now));
        assert_true(life_is_valid(&l.serving, now));
        l.serving = l.waiting;
        l.waiting = (struct life_cert)NONE;
    }
}

static void test_ready(void **state)
{
    struct life l = { .publishes = true, .serving = CERT(-10, 10, 0) };
    (void)state;
    assert_false(life_is_ready(&l, T)); /* valid, not seen */
    assert_false(l.was_ready);
    l.serving.seen = T;
    assert_false(life_is_ready(&l, T + 10)); /* seen, not valid */
    assert_false(l.was_ready);
    assert_true(life_is_ready(&l, T));
    assert_true(l.was_ready);
    l.serving.seen = 0; /* wiped: every replica would fall out at once */
    assert_true(life_is_ready(&l, T));
    assert_false(life_is_ready(&l, T + 10));
    assert_false(life_is_ready(&l, T - 11));
    assert_true(life_is_ready(&l, T)); /* the clock was wrong for a while */
    l.serving = (struct life_cert)NONE;
    assert_false(life_is_ready(&l, T));
    struct life plain = { .serving = CERT(-10, 10, 0) };
    assert_true(life_is_ready(&plain, T));
}

static void test_fallback(void **state)
{
    static const struct {
        const char *what;
        struct life l;
        int64_t without;
        bool source_fails, needs;
    } table[] = {
        { "nothing, at first", { .publishes = true }, 0, true, false },
        { "nothing for a while", { .publishes = true }, 29, true, false },
        { "nothing for too long", { .publishes = true }, 30, true, true },
        { "a source that only is slow", { .publishes = true }, 30, false, true },
        { "ended just now", { .serving = CERT(-100, 0, 1) }, 0, true, false },
        { "ended", { .serving = CERT(-100, 0, 1) }, 30, true, true },
        { "not begun: a clock that jumped", { .serving = CERT(50, 100, 1) }, 30, true, true },
        { "far from its end", { .serving = CERT(-DAY, 61, 1) }, 0, true, false },
        { "near its end", { .serving = CERT(-DAY, 60, 1) }, 0, true, true },
        { "near its end, the source is well", { .serving = CERT(-DAY, 60, 1) }, 0, false, false },
        { "near its end, but one waits",
          { .serving = CERT(-DAY, 60, 1), .waiting = CERT(-1, DAY, 0) },
          0,
          true,
          false },
        { "a tenth of a short life", { .serving = CERT(-8, 2, 1) }, 0, true, false },
        { "less than a tenth", { .serving = CERT(-9, 1, 1) }, 0, true, true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (life_needs_fallback(&table[i].l, T, table[i].without, table[i].source_fails) !=
            table[i].needs)
            fail_msg("%s", table[i].what);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_renewal),
        cmocka_unit_test(test_change),
        cmocka_unit_test(test_ten_seconds_and_another_anchor),
        cmocka_unit_test(test_ten_seconds_again_and_again),
        cmocka_unit_test(test_ready),
        cmocka_unit_test(test_fallback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
