/*
 * The keeper with all of its threads, a source that does what the test says, and a clock that the test
 * moves.  Nothing is published; that is for the integration tests.
 */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/time.h"
#include "cert/keeper.h"
#include "cert/self-signed.h"

#define US_PER_SECOND 1000000
#define LIFE ((int64_t)90000) /* seconds */
#define HOUR ((int64_t)3600)
#define GUARD_US ((int64_t)60 * US_PER_SECOND)

static _Atomic int64_t clock_s;

static int64_t clock_us(void)
{
    return atomic_load(&clock_s) * US_PER_SECOND;
}

/* --- the source ------------------------------------------------------------------------------------ */

struct scripted {
    struct cert_source head;
    atomic_uint asked;
    atomic_bool fails, hangs, is_cancelled, has_changed;
};

static struct scripted script; /* the keeper frees what it takes over: this one stays */

static int scripted_issue(struct cert_source *s, int64_t now, struct cert_issue *ret,
                          enum vault_failure *ret_failure, struct error *err)
{
    struct scripted *self = (struct scripted *)s;
    struct timespec pause = { .tv_nsec = 1000000 };
    *ret_failure = VAULT_SEALED;
    atomic_store(&self->has_changed, false);
    atomic_fetch_add(&self->asked, 1);
    while (atomic_load(&self->hangs) && !atomic_load(&self->is_cancelled))
        (void)nanosleep(&pause, NULL);
    if (atomic_load(&self->fails) || atomic_load(&self->is_cancelled))
        return error_set(err, ERROR_IO, "scripted");
    ret->issued = now;
    if (cert_self_signed(SLICE("w"), now, &ret->anchor, &ret->bundle, err) < 0)
        return -1;
    ret->bundle->not_after = now + LIFE;
    ret->anchor_ends = ret->bundle->not_after;
    return 0;
}

static bool scripted_changed(struct cert_source *s)
{
    return atomic_load(&((struct scripted *)s)->has_changed);
}

static void scripted_cancel(struct cert_source *s)
{
    atomic_store(&((struct scripted *)s)->is_cancelled, true);
}

static void scripted_free(struct cert_source *s)
{
    (void)s;
}

static const struct cert_source_kind remote = {
    .name = "scripted",
    .renews = true,
    .issue = scripted_issue,
    .cancel = scripted_cancel,
    .free = scripted_free,
};
static const struct cert_source_kind local = {
    .name = "scripted",
    .is_local = true,
    .issue = scripted_issue,
    .changed = scripted_changed,
    .free = scripted_free,
};

/* --- a keeper -------------------------------------------------------------------------------------- */

static struct cert_store *store;

static int make(const struct cert_source_kind *kind, bool has_fallback, struct cert_keeper **ret,
                struct error *err)
{
    script.head.kind = kind;
    struct cert_keeper_settings settings = { .source = &script.head,
                                             .store = store,
                                             .wall_us = clock_us };
    if (has_fallback && cert_source_self_signed(SLICE("f"), &settings.fallback, err) < 0)
        return -1;
    return cert_keeper_new(&settings, ret, err);
}

static struct cert_keeper *begin(const struct cert_source_kind *kind, bool has_fallback)
{
    struct cert_keeper *k = NULL;
    struct error err = ERROR_INIT;
    if (make(kind, has_fallback, &k, &err) < 0 || cert_keeper_start(k, &err) < 0)
        fail_msg("%s", err.msg);
    return k;
}

static int set_up(void **state)
{
    (void)state;
    memset(&script, 0, sizeof(script));
    atomic_store(&clock_s, 2000000000);
    store = cert_store_new();
    return store ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    cert_store_free(store);
    return 0;
}

/* --- waiting --------------------------------------------------------------------------------------- */

typedef bool condition_fn(const struct cert_keeper *k, int64_t argument);

static void wait_for(const struct cert_keeper *k, condition_fn *is_so, int64_t argument)
{
    int64_t guard = time_monotonic_us() + GUARD_US;
    struct timespec pause = { .tv_nsec = 1000000 };
    while (!is_so(k, argument)) {
        if (time_monotonic_us() > guard)
            fail_msg("waited in vain");
        (void)nanosleep(&pause, NULL);
    }
}

static bool is_ready(const struct cert_keeper *k, int64_t unused)
{
    (void)unused;
    return cert_keeper_is_ready(k);
}

static bool ends_at(const struct cert_keeper *k, int64_t when)
{
    return atomic_load(&cert_keeper_counters(k)->ends) == when;
}

static bool was_asked(const struct cert_keeper *k, int64_t times)
{
    (void)k;
    return atomic_load(&script.asked) >= times;
}

static bool is_fallback(const struct cert_keeper *k, int64_t value)
{
    return atomic_load(&cert_keeper_counters(k)->is_fallback) == (value != 0);
}

static int64_t now(void)
{
    return atomic_load(&clock_s);
}

/* The certificate that new connections get. */
static int64_t stored_end(void)
{
    struct cert_bundle *b = cert_store_ref(store);
    int64_t end = b ? b->not_after : 0;
    cert_bundle_unref(b);
    return end;
}

/* --- tests ----------------------------------------------------------------------------------------- */

static void test_renewed_at_two_thirds(void **state)
{
    (void)state;
    struct cert_keeper *k = begin(&remote, false);
    wait_for(k, is_ready, 0);
    assert_int_equal(stored_end(), now() + LIFE);
    atomic_fetch_add(&clock_s, LIFE * 59 / 100);
    cert_keeper_wake(k); /* asks once more: now it is renewed 59 % later */
    wait_for(k, was_asked, 2);
    wait_for(k, ends_at, now() + LIFE);
    int64_t before = now() + LIFE;
    atomic_fetch_add(&clock_s, LIFE * 74 / 100);
    wait_for(k, ends_at, now() + LIFE);
    assert_true(stored_end() > before);
    assert_int_equal(atomic_load(&script.asked), 3);
    cert_keeper_free(k);
}

static void test_clock_jumps_past_the_end(void **state)
{
    (void)state;
    struct cert_keeper *k = begin(&remote, false);
    wait_for(k, is_ready, 0);
    atomic_fetch_add(&clock_s, 10 * LIFE);
    wait_for(k, ends_at, now() + LIFE);
    wait_for(k, is_ready, 0);
    assert_int_equal(stored_end(), now() + LIFE);
    cert_keeper_free(k);
}

static void test_clock_jumps_back(void **state)
{
    (void)state;
    struct cert_keeper *k = begin(&remote, false);
    wait_for(k, is_ready, 0);
    atomic_fetch_sub(&clock_s, 200); /* good still, but later than we think */
    wait_for(k, ends_at, now() + LIFE);
    atomic_fetch_sub(&clock_s, 10 * HOUR); /* its certificate has not begun */
    wait_for(k, ends_at, now() + LIFE);
    wait_for(k, is_ready, 0);
    assert_int_equal(stored_end(), now() + LIFE);
    cert_keeper_free(k);
}

static void test_failures_keep_the_old_one_until_something_stands_in(void **state)
{
    (void)state;
    struct cert_keeper *k = begin(&remote, true);
    wait_for(k, is_ready, 0);
    int64_t end = now() + LIFE;
    atomic_store(&script.fails, true);
    atomic_fetch_add(&clock_s, LIFE * 9 / 10);
    wait_for(k, was_asked, 3);
    assert_int_equal(stored_end(), end);
    assert_true(cert_keeper_is_ready(k));
    assert_true(atomic_load(&cert_keeper_counters(k)->failures[VAULT_SEALED]) > 0);
    atomic_store(&clock_s, end - 30);
    wait_for(k, is_fallback, 1);
    assert_true(stored_end() > end);
    atomic_store(&script.fails, false);
    cert_keeper_wake(k);
    wait_for(k, is_fallback, 0);
    assert_int_equal(stored_end(), now() + LIFE);
    cert_keeper_free(k);
}

static void test_a_source_that_hangs_is_not_waited_for(void **state)
{
    (void)state;
    struct cert_keeper *k = begin(&remote, true);
    wait_for(k, is_ready, 0);
    atomic_store(&script.hangs, true);
    atomic_fetch_add(&clock_s, LIFE - 30);
    wait_for(k, is_fallback, 1);
    assert_true(atomic_load(&script.hangs));
    cert_keeper_free(k); /* and ends in the middle of the call */
    assert_true(atomic_load(&script.is_cancelled));
}

static void test_reason(void **state)
{
    struct buf why;
    (void)state;
    atomic_store(&script.fails, true);
    struct cert_keeper *k = begin(&remote, false);
    buf_init(&why, 1000);
    int64_t guard = time_monotonic_us() + GUARD_US;
    do {
        buf_clear(&why);
        cert_keeper_put_reason(k, &why);
    } while (!slice_contains(buf_slice(&why), SLICE("sealed")) && time_monotonic_us() < guard);
    assert_true(slice_has_prefix(buf_slice(&why), SLICE("there is no certificate yet: sealed: ")));
    assert_false(cert_keeper_is_ready(k));
    buf_done(&why);
    cert_keeper_free(k);
}

static void test_local_sources_give_theirs_at_once(void **state)
{
    struct cert_keeper *k = NULL;
    struct error err = ERROR_INIT;
    (void)state;
    assert_int_equal(make(&local, false, &k, &err), 0);
    assert_int_equal(stored_end(), now() + LIFE);
    assert_true(cert_keeper_is_ready(k));
    atomic_fetch_add(&clock_s, LIFE); /* nobody has looked at the clock yet */
    assert_false(cert_keeper_is_ready(k));
    cert_keeper_free(k);
}

static void test_local_sources_that_fail_are_the_end(void **state)
{
    struct cert_keeper *k = NULL;
    struct error err = ERROR_INIT;
    (void)state;
    atomic_store(&script.fails, true);
    assert_int_equal(make(&local, true, &k, &err), -1);
    assert_null(k);
    assert_string_equal(err.msg, "scripted");
}

static void test_changes_are_noticed(void **state)
{
    (void)state;
    struct cert_keeper *k = begin(&local, false);
    atomic_fetch_add(&clock_s, HOUR);
    atomic_store(&script.has_changed, true);
    wait_for(k, ends_at, now() + LIFE);
    atomic_fetch_add(&clock_s, LIFE - 1); /* such a source is not asked for the sake of the time */
    unsigned asked = atomic_load(&script.asked);
    atomic_store(&script.has_changed, true);
    wait_for(k, ends_at, now() + LIFE);
    assert_int_equal(atomic_load(&script.asked), asked + 1);
    cert_keeper_free(k);
}

static void test_many_starts_and_ends(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        struct cert_keeper *k = begin(&remote, true);
        if (i % 2)
            cert_keeper_wake(k);
        cert_keeper_free(k);
        atomic_store(&script.is_cancelled, false);
    }
    cert_keeper_free(NULL);
}

int main(void)
{
    log_set_up(2, LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_renewed_at_two_thirds),
        TEST(test_clock_jumps_past_the_end),
        TEST(test_clock_jumps_back),
        TEST(test_failures_keep_the_old_one_until_something_stands_in),
        TEST(test_a_source_that_hangs_is_not_waited_for),
        TEST(test_reason),
        TEST(test_local_sources_give_theirs_at_once),
        TEST(test_local_sources_that_fail_are_the_end),
        TEST(test_changes_are_noticed),
        TEST(test_many_starts_and_ends),
    };
    return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}
