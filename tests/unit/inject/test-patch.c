/* struct patch: operations as text, and the mark of a patch whose places are not there. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inject/patch.h"

#define TEXT_MAX_BYTES 4096
#define POD "{\"metadata\":{},\"spec\":{\"list\":[1],\"none\":null,\"text\":\"a\"}}"

struct fixture {
    struct json_index ix;
    struct buf out;
    struct patch p;
    json_ref metadata, spec, list, text;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct error err = ERROR_INIT;
    json_index_init(&f.ix);
    buf_init(&f.out, TEXT_MAX_BYTES);
    if (json_scan(&f.ix, SLICE(POD), &err) < 0)
        return -1;
    f.metadata = json_member(&f.ix, JSON_ROOT, SLICE("metadata"));
    f.spec = json_member(&f.ix, JSON_ROOT, SLICE("spec"));
    f.list = json_member(&f.ix, f.spec, SLICE("list"));
    f.text = json_member(&f.ix, f.spec, SLICE("text"));
    patch_init(&f.p, &f.ix, &f.out);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    json_index_done(&f->ix);
    buf_done(&f->out);
    return 0;
}

static void assert_text(struct fixture *f, const char *expected)
{
    patch_end(&f->p);
    assert_string_equal(buf_cstr(&f->out), expected);
}

static void put_elements(struct fixture *f, json_ref list, bool front, unsigned n)
{
    struct patch_list l;
    struct patch_pointer pointer = { .head = SLICE("/spec/"), .index = 7, .tail = SLICE("/x") };
    patch_list_begin(&l, &f->p, f->spec, list, pointer);
    l.front = front;
    for (unsigned i = 0; i < n; i++) {
        patch_list_begin_element(&l);
        json_put_int(&f->p.w, i);
        patch_list_end_element(&l);
    }
    patch_list_end(&l);
}

static void put_member(struct fixture *f, json_ref parent)
{
    patch_begin_member(&f->p, parent, SLICE("/metadata/a~1b"));
    json_put_bool(&f->p.w, true);
    patch_end_member(&f->p);
}

static void a_member_is_added(void **state)
{
    struct fixture *f = *state;
    put_member(f, f->metadata);
    put_member(f, f->metadata);
    assert_false(f->p.broken);
    assert_int_equal(f->p.count, 2);
    assert_text(f, "[{\"op\":\"add\",\"path\":\"/metadata/a~1b\",\"value\":true},"
                   "{\"op\":\"add\",\"path\":\"/metadata/a~1b\",\"value\":true}]");
}

static void elements_go_to_the_end_or_the_front(void **state)
{
    struct fixture *f = *state;
    put_elements(f, f->list, false, 2);
    put_elements(f, f->list, true, 1);
    assert_false(f->p.broken);
    assert_int_equal(f->p.count, 3);
    assert_text(f, "[{\"op\":\"add\",\"path\":\"/spec/7/x/-\",\"value\":0},"
                   "{\"op\":\"add\",\"path\":\"/spec/7/x/-\",\"value\":1},"
                   "{\"op\":\"add\",\"path\":\"/spec/7/x/0\",\"value\":0}]");
}

static void a_missing_list_is_added_whole(void **state)
{
    struct fixture *f = *state;
    put_elements(f, JSON_ABSENT, false, 2);
    assert_false(f->p.broken);
    assert_int_equal(f->p.count, 1);
    assert_text(f, "[{\"op\":\"add\",\"path\":\"/spec/7/x\",\"value\":[0,1]}]");
}

static void no_elements_are_no_operation(void **state)
{
    struct fixture *f = *state;
    put_elements(f, JSON_ABSENT, false, 0);
    put_elements(f, f->list, false, 0);
    assert_int_equal(f->p.count, 0);
    assert_text(f, "[]");
}

/* What the caller turns into the denial self-check. */
static void a_wrong_parent_breaks_the_patch(void **state)
{
    struct fixture *f = *state;
    const json_ref no_objects[] = { JSON_ABSENT, f->list, f->text };
    for (size_t i = 0; i < sizeof(no_objects) / sizeof(no_objects[0]); i++) {
        patch_init(&f->p, &f->ix, &f->out);
        put_member(f, no_objects[i]);
        assert_true(f->p.broken);
        put_member(f, f->metadata);
        assert_true(f->p.broken);
    }
    patch_init(&f->p, &f->ix, &f->out);
    put_elements(f, f->text, false, 1);
    assert_true(f->p.broken);
    patch_init(&f->p, &f->ix, &f->out);
    f->spec = f->list;
    put_elements(f, JSON_ABSENT, false, 1);
    assert_true(f->p.broken);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_member_is_added),
        TEST(elements_go_to_the_end_or_the_front),
        TEST(a_missing_list_is_added_whole),
        TEST(no_elements_are_no_operation),
        TEST(a_wrong_parent_breaks_the_patch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
