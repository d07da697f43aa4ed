/* The decisions of the keeper's threads, on a clock that the test moves. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/time.h"
#include "cert/changer.h"
#include "cert/claim.h"
#include "cert/conflicts.h"
#include "cert/contest.h"
#include "cert/notice.h"
#include "cert/reminder.h"
#include "cert/self-signed.h"

#define US_PER_SECOND 1000000
#define HOUR ((int64_t)3600)

static int64_t clock_s;

static int64_t clock_us(void)
{
    return clock_s * US_PER_SECOND;
}

/* --- contest -------------------------------------------------------------------------------------- */

static void test_contest(void **state)
{
    struct contest c = { 0 };
    int64_t now = 77 * US_PER_SECOND;
    (void)state;
    for (unsigned i = 0; i < 10 * CONTEST_OVERWRITES_MAX; i++)
        assert_false(contest_note(&c, now += 5 * US_PER_SECOND)); /* twelve a minute are repairs */
    assert_false(contest_is_on(&c, now));
    now += CONTEST_SPAN_US;
    for (unsigned i = 0; i < CONTEST_OVERWRITES_MAX; i++)
        assert_false(contest_note(&c, now += US_PER_SECOND));
    assert_true(contest_note(&c, now += US_PER_SECOND));
    assert_true(contest_is_on(&c, now));
    assert_false(contest_note(&c, now += US_PER_SECOND)); /* told once */
    assert_true(contest_is_on(&c, now + CONTEST_SPAN_US - 1));
    assert_false(contest_is_on(&c, now + CONTEST_SPAN_US));
    assert_false(contest_note(&c, now + CONTEST_SPAN_US)); /* and counts anew */
}

/* --- conflicts ------------------------------------------------------------------------------------ */

static void test_conflicts_are_tried_again_at_once_three_times(void **state)
{
    struct conflicts c = { 0 };
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < CONFLICTS_QUICK; i++)
            assert_int_equal(conflicts_next(&c, 5 + i, 7), 0);
        int64_t last = conflicts_next(&c, 9, 1u << 31);
        assert_int_equal(last, CONFLICTS_FIRST_US);
        for (unsigned i = 0; i < 20; i++) {
            int64_t next = conflicts_next(&c, 9, 1u << 31);
            assert_true(next >= last && next <= CONFLICTS_LONGEST_US);
            last = next;
        }
        assert_int_equal(last, CONFLICTS_LONGEST_US);
        assert_false(conflicts_last(&c, 4 + CONFLICTS_TOLD_AFTER_US));
        assert_true(conflicts_last(&c, 5 + CONFLICTS_TOLD_AFTER_US));
        conflicts_end(&c);
        assert_false(conflicts_last(&c, 2 * CONFLICTS_TOLD_AFTER_US));
    }
}

/* --- reminders ------------------------------------------------------------------------------------ */

static void test_trouble_is_told_now_and_then(void **state)
{
    static const struct {
        unsigned kind;
        int64_t at_us;
        bool is_told;
    } rows[] = {
        { 1, 0, true },
        { 1, 1, false },
        { 1, REMINDER_SPAN_US - 1, false },
        { 1, REMINDER_SPAN_US, true },
        { 1, REMINDER_SPAN_US + 1, false },
        { 2, REMINDER_SPAN_US + 2, true },
        { 2, 2 * REMINDER_SPAN_US + 1, false },
        { 2, 2 * REMINDER_SPAN_US + 2, true },
    };
    struct reminder r = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(reminder_note(&r, rows[i].kind, 77 + rows[i].at_us), rows[i].is_told);
    reminder_end(&r);
    assert_true(reminder_note(&r, 2, 78 + 2 * REMINDER_SPAN_US));
}

/* --- notices -------------------------------------------------------------------------------------- */

static void test_notices(void **state)
{
    struct notice_board board = { 0 };
    enum notice_id id;
    char text[NOTICE_TEXT_MAX];
    unsigned sent = 0;
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        notice_post(&board, NOTICE_FALLBACK, (int64_t)i * US_PER_SECOND, "number %u", i);
        sent += notice_take(&board, &id, text);
    }
    assert_int_equal(sent, NOTICES_AN_HOUR);
    assert_int_equal(id, NOTICE_FALLBACK);
    assert_string_equal(text, "number 3");
    notice_post(&board, NOTICE_FALLBACK, HOUR * US_PER_SECOND, "later");
    notice_post(&board, NOTICE_FALLBACK, HOUR * US_PER_SECOND, "newest");
    assert_true(notice_is_pending(&board));
    assert_true(notice_take(&board, &id, text));
    assert_string_equal(text, "newest");
    assert_false(notice_is_pending(&board));
}

static void test_recovery_is_told_after_trouble_alone(void **state)
{
    struct notice_board board = { 0 };
    (void)state;
    notice_recover(&board, 1, "fine");
    assert_false(notice_is_pending(&board));
    notice_post(&board, NOTICE_RENEWAL_FAILED, 1, "bad");
    notice_recover(&board, 2, "fine");
    assert_true(board.at[NOTICE_RECOVERED].is_pending);
    board.at[NOTICE_RECOVERED].is_pending = false;
    notice_recover(&board, 3, "fine");
    assert_false(board.at[NOTICE_RECOVERED].is_pending);
}

static void test_long_notices_are_cut(void **state)
{
    struct notice_board board = { 0 };
    enum notice_id id;
    char text[NOTICE_TEXT_MAX];
    (void)state;
    notice_post(&board, NOTICE_CONTESTED, 1, "%02000d", 7);
    assert_true(notice_take(&board, &id, text));
    assert_int_equal(strlen(text), NOTICE_TEXT_MAX - 1);
}

/* --- the state ------------------------------------------------------------------------------------ */

struct world {
    struct keeping k;
    struct cert_source *source;
    struct cert_store *store;
};

static void begin(struct world *w, bool publishes)
{
    static const struct kube_settings somewhere = { 0 };
    struct error err = ERROR_INIT;
    clock_s = 2000000000;
    w->store = cert_store_new();
    assert_non_null(w->store);
    assert_int_equal(cert_source_self_signed(SLICE("w"), &w->source, &err), 0);
    struct cert_keeper_settings settings = {
        .source = w->source,
        .store = w->store,
        .kube = publishes ? &somewhere : NULL,
        .webhook = SLICE("w"),
        .settle = 10,
        .wall_us = clock_us,
    };
    keeping_init(&w->k, &settings);
}

static void end(struct world *w)
{
    keeping_done(&w->k);
    cert_source_free(w->source);
    cert_store_free(w->store);
}

/* A new certificate, with another anchor each time, or as if it had that of `like`. */
static void put(struct world *w, const struct held *like, bool is_own)
{
    struct cert_issue made;
    enum vault_failure failure;
    struct error err = ERROR_INIT;
    cert_issue_init(&made);
    if (w->source->kind->issue(w->source, clock_s, &made, &failure, &err) < 0)
        fail_msg("%s", err.msg);
    made.is_own = is_own;
    if (like) {
        buf_clear(&made.anchor);
        buf_put_slice(&made.anchor, held_anchor(like));
    }
    keeping_put(&w->k, &made);
    cert_issue_done(&made);
}

/* The publisher read the object: all anchors are there, or not; and there is something to write, or not. */
static void report(struct world *w, bool holds_all, bool is_needed)
{
    struct claim claim;
    struct error err = ERROR_INIT;
    struct trust_plan plan = { .holds_all = holds_all, .is_needed = is_needed };
    assert_int_equal(claim_take(&w->k, &claim, &err), 0);
    (void)claim_report(&w->k, &claim, &plan);
    claim_done(&claim);
}

/* A new certificate that is served at once. */
static void serve(struct world *w, bool is_own)
{
    put(w, NULL, is_own);
    assert_true(changer_step(&w->k));
}

static void begin_serving(struct world *w, bool is_own)
{
    begin(w, true);
    serve(w, is_own);
}

/* Somebody else's, whose anchor was seen by all. */
static void begin_published(struct world *w)
{
    begin_serving(w, false);
    report(w, true, false);
}

/* What should be in the object now: so many anchors. The caller ends it. */
static void take(struct world *w, struct claim *ret, size_t count)
{
    struct error err = ERROR_INIT;
    assert_int_equal(claim_take(&w->k, ret, &err), 0);
    assert_int_equal(ret->count, count);
}

static void test_first_one_serves_and_ready_follows(void **state)
{
    struct world w;
    (void)state;
    begin_serving(&w, true);
    struct cert_bundle *b = cert_store_ref(w.store);
    assert_ptr_equal(b, w.k.serving.issue.bundle);
    cert_bundle_unref(b);
    assert_false(atomic_load(&w.k.is_ready));
    report(&w, true, false);
    assert_false(changer_step(&w.k));
    assert_true(atomic_load(&w.k.is_ready));
    report(&w, false, true);
    (void)changer_step(&w.k);
    assert_true(atomic_load(&w.k.is_ready)); /* latched */
    claim_report_absent(&w.k);
    (void)changer_step(&w.k);
    assert_true(atomic_load(&w.k.is_ready));
    clock_s += CERT_SELF_SIGNED_LIFE;
    (void)changer_step(&w.k);
    assert_false(atomic_load(&w.k.is_ready));
    end(&w);
}

static void test_another_anchor_settles(void **state)
{
    struct world w;
    (void)state;
    begin_published(&w);
    clock_s += HOUR;
    put(&w, NULL, false);
    assert_int_equal(w.k.waiting.seen, 0);
    report(&w, true, false);
    clock_s += 9;
    assert_false(changer_step(&w.k));
    report(&w, false, true); /* overwritten: it begins anew */
    clock_s += 100;
    assert_false(changer_step(&w.k));
    report(&w, true, false);
    clock_s += 9;
    assert_false(changer_step(&w.k));
    clock_s += 1;
    assert_true(changer_step(&w.k));
    assert_int_equal(w.k.left_count, 1);
    assert_false(w.k.left[0].is_own);
    assert_int_equal(w.k.left[0].until, clock_s + CERT_SELF_SIGNED_LIFE);
    report(&w, true, true); /* the stamp is to be written: not forgotten */
    assert_int_equal(w.k.left_count, 1);
    report(&w, true, false);
    assert_int_equal(w.k.left_count, 0);
    end(&w);
}

/* What the log says of the certificate that is served now. */
static bool is_logged_as(const struct keeping *k, const char *level)
{
    char line[1000];
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    log_set_up(ends[1], LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    changer_log_serving(k);
    ssize_t len = read(ends[0], line, sizeof(line));
    log_set_up(2, LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    (void)close(ends[0]);
    (void)close(ends[1]);
    assert_true(len > 0);
    return slice_contains((struct slice){ line, (size_t)len }, slice_of(level));
}

static void test_an_unseen_anchor_in_the_last_moment(void **state)
{
    struct world w;
    (void)state;
    begin_serving(&w, false);
    assert_true(is_logged_as(&w.k, "\"info\"")); /* nobody was promised anything yet */
    report(&w, true, false);
    (void)changer_step(&w.k);
    assert_true(atomic_load(&w.k.counters.is_published));
    clock_s = w.k.serving.issue.bundle->not_after - 1;
    serve(&w, false);
    assert_false(atomic_load(&w.k.counters.is_published));
    assert_true(is_logged_as(&w.k, "\"error\""));
    report(&w, true, false);
    assert_true(atomic_load(&w.k.counters.is_published));
    assert_true(is_logged_as(&w.k, "\"info\""));
    end(&w);
}

static void test_what_was_seen_long_ago_is_not_known(void **state)
{
    struct world w;
    (void)state;
    begin_published(&w);
    claim_report_blind(&w.k, CLAIM_BLIND_US);
    assert_true(atomic_load(&w.k.counters.is_published));
    claim_report_blind(&w.k, CLAIM_BLIND_US + 1);
    assert_false(atomic_load(&w.k.counters.is_published));
    report(&w, true, false);
    assert_true(atomic_load(&w.k.counters.is_published));
    end(&w);
}

static void test_same_anchor_needs_no_settling(void **state)
{
    struct world w;
    (void)state;
    begin_published(&w);
    clock_s += HOUR;
    put(&w, &w.k.serving, false);
    assert_true(changer_step(&w.k));
    assert_int_equal(w.k.left_count, 0);
    end(&w);
}

/* The settling time goes on when a newer certificate under the same new anchor comes meanwhile. */
static void test_renewal_does_not_begin_settling_anew(void **state)
{
    struct world w;
    (void)state;
    begin_published(&w);
    put(&w, NULL, false);
    report(&w, true, false);
    clock_s += 9;
    assert_false(changer_step(&w.k));
    put(&w, &w.k.waiting, false);
    assert_int_equal(w.k.left_count, 0);
    clock_s += 1;
    assert_true(changer_step(&w.k));
    end(&w);
}

static void test_own_anchor_is_dropped_after_settling(void **state)
{
    struct world w;
    struct claim claim;
    (void)state;
    begin_serving(&w, true);
    clock_s += CERT_SELF_SIGNED_LIFE - LIFE_LAST_MOMENT; /* the old one ends */
    serve(&w, true);
    assert_int_equal(w.k.left_count, 1);
    assert_true(w.k.left[0].is_own);
    take(&w, &claim, 1); /* not due */
    claim_done(&claim);
    w.k.left[0].due_us = 0;
    assert_int_equal(claim_next_due(&w.k), 0);
    take(&w, &claim, 2);
    assert_int_equal(claim.anchors[0].role, TRUST_HOLD);
    assert_int_equal(claim.anchors[1].role, TRUST_DROP);
    claim_done(&claim);
    end(&w);
}

static void test_retiring_drops_all_of_our_own(void **state)
{
    struct world w;
    struct claim claim;
    (void)state;
    begin_serving(&w, true);
    put(&w, NULL, true);
    w.k.is_retiring = true;
    take(&w, &claim, 2);
    assert_int_equal(claim.anchors[0].role, TRUST_DROP);
    assert_int_equal(claim.anchors[1].role, TRUST_DROP);
    claim_done(&claim);
    report(&w, false, true);
    assert_false(w.k.is_retired);
    report(&w, false, false);
    assert_true(w.k.is_retired);
    end(&w);
}

static void test_an_anchor_that_is_held_again_is_not_retired(void **state)
{
    struct world w;
    struct claim claim;
    struct buf first;
    (void)state;
    buf_init(&first, CERT_ANCHOR_MAX);
    begin_serving(&w, false);
    buf_put_slice(&first, held_anchor(&w.k.serving));
    clock_s += CERT_SELF_SIGNED_LIFE - 1;
    serve(&w, false);
    buf_clear(&w.k.serving.issue.anchor); /* the CA was changed back */
    buf_put_slice(&w.k.serving.issue.anchor, buf_slice(&first));
    take(&w, &claim, 1);
    assert_int_equal(claim.anchors[0].role, TRUST_HOLD);
    claim_done(&claim);
    report(&w, true, false);
    assert_int_equal(w.k.left_count, 0);
    buf_done(&first);
    end(&w);
}

/* CA, stand-in, CA again: the roles of what is claimed beside what is served, at each step. */
static void test_a_stand_in_is_not_the_end_of_the_ca(void **state)
{
    struct world w;
    struct claim claim;
    struct buf ca;
    (void)state;
    for (int comes_back = 0; comes_back < 2; comes_back++) {
        buf_init(&ca, CERT_ANCHOR_MAX);
        begin_serving(&w, false);
        buf_put_slice(&ca, held_anchor(&w.k.serving));
        clock_s += CERT_SELF_SIGNED_LIFE; /* it ended, nobody renewed it */
        serve(&w, true);
        w.k.is_retiring = true; /* not even then */
        take(&w, &claim, 1);
        claim_done(&claim);
        w.k.is_retiring = false;
        clock_s += CERT_SELF_SIGNED_LIFE;
        put(&w, NULL, false);
        if (comes_back) {
            buf_clear(&w.k.waiting.issue.anchor);
            buf_put_slice(&w.k.waiting.issue.anchor, buf_slice(&ca));
        }
        assert_true(changer_step(&w.k));
        take(&w, &claim, comes_back ? 1 : 2); /* the stand-in is not due yet */
        assert_int_equal(claim.anchors[0].role, TRUST_HOLD);
        if (!comes_back)
            assert_int_equal(claim.anchors[1].role, TRUST_RETIRE);
        claim_done(&claim);
        buf_done(&ca);
        end(&w);
    }
}

static void test_many_left_anchors_have_a_limit(void **state)
{
    struct world w;
    struct claim claim;
    struct buf served[2 * KEEPING_LEFT_MAX];
    (void)state;
    begin_serving(&w, false);
    for (unsigned i = 0; i < 2 * KEEPING_LEFT_MAX; i++) {
        buf_init(&served[i], CERT_ANCHOR_MAX);
        buf_put_slice(&served[i], held_anchor(&w.k.serving));
        clock_s += CERT_SELF_SIGNED_LIFE;
        serve(&w, false);
    }
    assert_int_equal(w.k.left_count, KEEPING_LEFT_MAX);
    for (unsigned i = 0; i < KEEPING_LEFT_MAX; i++) /* the newest, the oldest of them first */
        assert_true(
            slice_equal(buf_slice(&w.k.left[i].pem), buf_slice(&served[KEEPING_LEFT_MAX + i])));
    for (unsigned i = 0; i < 2 * KEEPING_LEFT_MAX; i++)
        buf_done(&served[i]);
    take(&w, &claim, KEEPING_LEFT_MAX + 1);
    claim_done(&claim);
    end(&w);
}

static void test_without_publication_nothing_is_waited_for_but_clocks(void **state)
{
    struct world w;
    (void)state;
    begin(&w, false);
    serve(&w, false);
    assert_true(atomic_load(&w.k.is_ready));
    serve(&w, false);
    assert_int_equal(w.k.left_count, 0);
    end(&w);
}

static void test_clock_goes_back(void **state)
{
    struct world w;
    (void)state;
    begin_published(&w);
    assert_false(changer_step(&w.k));
    clock_s -= 100;
    report(&w, true, false);
    assert_int_equal(w.k.serving.seen, clock_s); /* never in times to come */
    clock_s -= 10 * HOUR;                        /* the one that is served has not begun */
    assert_false(changer_step(&w.k));
    assert_false(atomic_load(&w.k.is_ready));
    serve(&w, false);
    assert_true(atomic_load(&w.k.is_ready));
    report(&w, true, false);
    assert_int_equal(w.k.serving.seen, clock_s);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contest),
        cmocka_unit_test(test_conflicts_are_tried_again_at_once_three_times),
        cmocka_unit_test(test_trouble_is_told_now_and_then),
        cmocka_unit_test(test_notices),
        cmocka_unit_test(test_recovery_is_told_after_trouble_alone),
        cmocka_unit_test(test_long_notices_are_cut),
        cmocka_unit_test(test_first_one_serves_and_ready_follows),
        cmocka_unit_test(test_another_anchor_settles),
        cmocka_unit_test(test_an_unseen_anchor_in_the_last_moment),
        cmocka_unit_test(test_what_was_seen_long_ago_is_not_known),
        cmocka_unit_test(test_same_anchor_needs_no_settling),
        cmocka_unit_test(test_renewal_does_not_begin_settling_anew),
        cmocka_unit_test(test_own_anchor_is_dropped_after_settling),
        cmocka_unit_test(test_retiring_drops_all_of_our_own),
        cmocka_unit_test(test_an_anchor_that_is_held_again_is_not_retired),
        cmocka_unit_test(test_a_stand_in_is_not_the_end_of_the_ca),
        cmocka_unit_test(test_many_left_anchors_have_a_limit),
        cmocka_unit_test(test_without_publication_nothing_is_waited_for_but_clocks),
        cmocka_unit_test(test_clock_goes_back),
    };
    return cmocka_run_group_tests_name("keeping", tests, NULL, NULL);
}
