/* members_read(): which members an object has, by a table; and container_check(), which is such tables. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inject/members.h"

#define ARENA_BYTES ((size_t)1 << 20)

struct places {
    json_ref name, list, on;
};

static const struct member table[] = {
    MEMBER("name", MEMBER_STRING, offsetof(struct places, name)),
    MEMBER("list", MEMBER_ARRAY | MEMBER_OBJECT, offsetof(struct places, list)),
    MEMBER("on", MEMBER_BOOL, offsetof(struct places, on)),
};

struct fixture {
    struct json_index ix;
    struct arena arena;
    struct error err;
    struct places places;
};

static int set_up(void **state)
{
    static struct fixture f;
    json_index_init(&f.ix);
    arena_init(&f.arena, ARENA_BYTES);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    json_index_done(&f->ix);
    arena_done(&f->arena);
    return 0;
}

static int read_members(struct fixture *f, const char *text)
{
    f->err = (struct error)ERROR_INIT;
    assert_int_equal(json_scan(&f->ix, slice_of(text), &f->err), 0);
    return members_read(&f->ix, JSON_ROOT, table, 3, &f->arena, &f->places, &f->err);
}

static void members_are_found(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_members(f, "{\"x\":[1],\"o\\u006e\":true,\"list\":{\"name\":1},"
                                     "\"name\":\"a\",\"\":0}"),
                     0);
    assert_true(json_string_is(&f->ix, f->places.name, SLICE("a")));
    assert_true(json_is(&f->ix, f->places.list, JSON_OBJECT));
    assert_true(json_is(&f->ix, f->places.on, JSON_TRUE));
}

static void null_counts_as_absent(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_members(f, "{\"name\":null,\"list\":[]}"), 0);
    assert_int_equal(f->places.name, JSON_ABSENT);
    assert_int_equal(f->places.on, JSON_ABSENT);
    assert_true(json_is(&f->ix, f->places.list, JSON_ARRAY));
    assert_int_equal(read_members(f, "null"), 0);
    assert_int_equal(f->places.list, JSON_ABSENT);
    assert_int_equal(members_read(&f->ix, JSON_ABSENT, table, 3, &f->arena, &f->places, &f->err),
                     0);
}

static void wrong_objects_are_refused(void **state)
{
    static const char *const texts[][2] = {
        { "[]", "an array" },
        { "7", "a number" },
        { "{\"name\":1}", "name must be a string, not a number" },
        { "{\"list\":\"\"}", "list must be" },
        { "{\"on\":\"true\"}", "on must be true or false, not a string" },
        { "{\"name\":\"a\",\"x\":1,\"name\":\"a\"}", "name" },
        { "{\"name\":null,\"\\u006eame\":null}", "name" },
        { "{\"x\":1,\"x\":1}", "x" },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(read_members(f, texts[i][0]), -1);
        assert_int_equal(f->err.code, ERROR_SHAPE);
        assert_non_null(strstr(f->err.msg, texts[i][1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_found),
        cmocka_unit_test(null_counts_as_absent),
        cmocka_unit_test(wrong_objects_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
