#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inject/patch-check.h"

#define LIMIT ((size_t)1 << 16)

struct fixture {
    struct json_index pod, scratch;
    struct arena arena;
    struct buf out, applied;
    struct patch patch;
    struct error err;
};

static int set_up(void **state)
{
    static struct fixture f;
    f.err = (struct error)ERROR_INIT;
    json_index_init(&f.pod);
    json_index_init(&f.scratch);
    arena_init(&f.arena, LIMIT);
    buf_init(&f.out, LIMIT);
    buf_init(&f.applied, LIMIT);
    if (json_scan(&f.pod, SLICE("{\"spec\":{\"volumes\":[]},\"x\":1}"), &f.err) < 0)
        return -1;
    patch_init(&f.patch, &f.pod, &f.out);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    json_index_done(&f->pod);
    json_index_done(&f->scratch);
    arena_done(&f->arena);
    buf_done(&f->out);
    buf_done(&f->applied);
    return 0;
}

static int check(struct fixture *f, struct slice text, bool apply)
{
    const struct patch_check how = { &f->scratch, &f->arena, &f->applied, .apply = apply };
    return patch_check(&how, &f->patch, text, JSON_ROOT, &f->err);
}

static void assert_refused(const struct fixture *f, const char *text)
{
    assert_int_equal(f->err.code, ERROR_INTERNAL);
    if (!strstr(f->err.msg, text))
        fail_msg("%s", f->err.msg);
}

static void a_sound_patch_passes(void **state)
{
    struct fixture *f = *state;
    json_ref spec = json_member(&f->pod, JSON_ROOT, SLICE("spec"));
    patch_begin_member(&f->patch, spec, SLICE("/spec/a"));
    json_put_bool(&f->patch.w, true);
    patch_end_member(&f->patch);
    patch_end(&f->patch);
    assert_int_equal(check(f, buf_slice(&f->out), false), 0);
    assert_int_equal(f->applied.len, 0);
    assert_int_equal(check(f, buf_slice(&f->out), true), 0);
    assert_true(slice_equal(buf_slice(&f->applied),
                            SLICE("{\"spec\":{\"volumes\":[],\"a\":true},\"x\":1}")));
}

static void a_missing_parent_is_found(void **state)
{
    struct fixture *f = *state;
    patch_begin_member(&f->patch, json_member(&f->pod, JSON_ROOT, SLICE("x")), SLICE("/x/a"));
    json_put_bool(&f->patch.w, true);
    patch_end_member(&f->patch);
    patch_end(&f->patch);
    assert_int_equal(check(f, buf_slice(&f->out), false), -1);
    assert_refused(f, "a parent of the patch is missing");
}

static void text_that_does_not_scan_is_found(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(check(f, SLICE("[{\"op\":\"add\",\"path\":\"/spec/a\",\"value\":}]"), false),
                     -1);
    assert_refused(f, "the patch is not sound");
}

/* What was scanned before is not scanned again, but its parents are looked at, and it is applied. */
static void a_known_text_is_not_scanned(void **state)
{
    struct fixture *f = *state;
    struct slice text = SLICE("[}");
    struct patch_check how = { &f->scratch, &f->arena, &f->applied, .text_is_sound = true };
    assert_int_equal(patch_check(&how, &f->patch, text, JSON_ROOT, &f->err), 0);
    how.apply = true;
    assert_int_equal(patch_check(&how, &f->patch, text, JSON_ROOT, &f->err), -1);
    assert_refused(f, "the patch is not sound");
    how.apply = false;
    f->patch.broken = true;
    assert_int_equal(patch_check(&how, &f->patch, text, JSON_ROOT, &f->err), -1);
    assert_refused(f, "a parent of the patch is missing");
}

static void a_patch_that_does_not_apply_is_found_when_asked(void **state)
{
    struct fixture *f = *state;
    struct slice text = SLICE("[{\"op\":\"add\",\"path\":\"/none/a\",\"value\":1}]");
    assert_int_equal(check(f, text, false), 0);
    assert_int_equal(check(f, text, true), -1);
    assert_refused(f, "the patch is not sound");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sound_patch_passes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_parent_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text_that_does_not_scan_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_known_text_is_not_scanned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_patch_that_does_not_apply_is_found_when_asked, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
