/* The table of reasons, and the profiles. */

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inject/profile.h"
#include "inject/reason.h"

static bool is_kebab(struct slice word)
{
    if (word.len == 0 || word.ptr[0] == '-' || word.ptr[word.len - 1] == '-')
        return false;
    for (size_t i = 0; i < word.len; i++) {
        if (!islower((unsigned char)word.ptr[i]) && word.ptr[i] != '-')
            return false;
    }
    return true;
}

static void rows_are_whole(void **state)
{
    (void)state;
    for (enum reason_id id = 0; id < REASON__COUNT; id++) {
        const struct reason *row = reason_info(id);
        assert_true(is_kebab(row->word));
        assert_non_null(row->help);
        assert_true(row->help[0] != '\0');
        assert_true(row->help[strlen(row->help) - 1] != '.');
        for (enum reason_id other = id + 1; other < REASON__COUNT; other++)
            assert_false(slice_equal(row->word, reason_info(other)->word));
    }
}

/* Only a denial has a status, and its code is one that Kubernetes gives to callers. */
static void denials_have_a_status(void **state)
{
    (void)state;
    for (enum reason_id id = 0; id < REASON__COUNT; id++) {
        const struct reason *row = reason_info(id);
        bool is_denial = row->kind == REASON_DENY;
        assert_int_equal(row->status_reason.len > 0, is_denial);
        assert_int_equal(row->code >= 400 && row->code < 600, is_denial);
        if (!is_denial)
            assert_int_equal(row->code, 0);
    }
}

static void profiles_are_found_by_name(void **state)
{
    (void)state;
    assert_non_null(profile_list()->name);
    for (const struct profile *p = profile_list(); p->name; p++)
        assert_ptr_equal(profile_find(slice_of(p->name)), p);
    assert_null(profile_find(SLICE("vault")));
    assert_null(profile_find(SLICE("")));
}

static void a_profile_differs_where_it_says_so(void **state)
{
    static const struct profile_default differences[] = {
        { ANN_LOG_LEVEL, SLICE_INIT("debug") },
        { ANNOTATION__COUNT, { NULL, 0 } },
    };
    const struct profile own = { "own", "", differences };
    (void)state;
    assert_true(slice_equal(profile_default(&own, ANN_LOG_LEVEL), SLICE("debug")));
    assert_true(slice_equal(profile_default(&own, ANN_LOG_FORMAT), SLICE("standard")));
    assert_true(slice_equal(profile_default(profile_list(), ANN_LOG_LEVEL), SLICE("info")));
    assert_true(slice_equal(profile_default(NULL, ANN_LOG_LEVEL), SLICE("info")));
    assert_false(slice_is_present(profile_default(&own, ANN_CONTAINERS)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(denials_have_a_status),
        cmocka_unit_test(profiles_are_found_by_name),
        cmocka_unit_test(a_profile_differs_where_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
