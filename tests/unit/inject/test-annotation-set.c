/* The annotations of a pod, sorted into the rows of the table. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inject/annotation-set.h"

#define ARENA_BYTES ((size_t)1 << 20)
#define V "vault.hashicorp.com/"
#define B "openbao.org/"

struct fixture {
    struct json_index ix;
    struct arena arena;
    struct inject_options opt;
    struct annotation_set set;
    struct error err;
};

static int set_up(void **state)
{
    static struct fixture f;
    json_index_init(&f.ix);
    arena_init(&f.arena, ARENA_BYTES);
    inject_options_init(&f.opt);
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

static int read_set(struct fixture *f, const char *annotations)
{
    struct pod pod = { .ix = &f->ix, .annotations = JSON_ROOT };
    f->err = (struct error)ERROR_INIT;
    assert_int_equal(json_scan(&f->ix, slice_of(annotations), &f->err), 0);
    return annotation_set_read(&pod, &f->opt, &f->arena, &f->set, &f->err);
}

static void assert_value(const struct fixture *f, enum annotation_id id, const char *expected)
{
    struct slice value = annotation_set_value(&f->set, id);
    assert_int_equal(slice_is_present(value), expected != NULL);
    assert_true(slice_equal(value, slice_of(expected)));
}

static void assert_member(const struct fixture *f, enum annotation_id id, const char *suffix,
                          const char *expected)
{
    struct slice value = annotation_set_member(&f->set, id, slice_of(suffix));
    assert_int_equal(slice_is_present(value), expected != NULL);
    assert_true(slice_equal(value, slice_of(expected)));
}

static void both_prefixes_are_read(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_set(f, "{\"" V "role\":\"a\",\"" B "service\":\"b\",\"example.com/role\":"
                                 "\"c\",\"" B "secret-volume-path\":\"/s\",\"" V
                                 "secret-volume-path-x\":\"/x\",\"" V "auth-type\":null}"),
                     0);
    assert_int_equal(f->set.count, 5);
    assert_value(f, ANN_ROLE, "a");
    assert_value(f, ANN_SERVICE, "b");
    assert_value(f, ANN_AUTH_TYPE, "");
    assert_value(f, ANN_AUTH_PATH, NULL);
    assert_value(f, ANN_SECRET_VOLUME_PATH, "/s");
    assert_member(f, ANN_SECRET_VOLUME_PATH, "x", "/x");
    assert_member(f, ANN_SECRET_VOLUME_PATH, "y", NULL);
}

static void the_order_in_the_pod_is_nothing(void **state)
{
    struct fixture *f = *state;
    const char *const texts[] = {
        "{\"" V "zz\":\"\",\"" V "agent-inject-secret-b\":\"2\",\"" V "role\":\"\",\"" B
        "agent-inject-secret-a\":\"1\"}",
        "{\"" B "agent-inject-secret-a\":\"1\",\"" V "role\":\"\",\"" V
        "agent-inject-secret-b\":\"2\",\"" V "zz\":\"\"}",
    };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(read_set(f, texts[i]), 0);
        unsigned first = f->set.first[ANN_SECRET];
        assert_int_equal(f->set.first[ANN_SECRET + 1] - first, 2);
        assert_true(slice_equal(f->set.entries[first]->suffix, SLICE("a")));
        assert_true(slice_equal(f->set.entries[first + 1]->suffix, SLICE("b")));
        assert_int_equal(f->set.entries[f->set.first[ANNOTATION__COUNT]]->id, ANNOTATION__COUNT);
        assert_int_equal(f->set.first[ANNOTATION__COUNT], f->set.count - 1);
    }
}

static void twins_are_one_unless_they_differ(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_set(f, "{\"" B "role\":\"a\",\"" V "role\":\"a\"}"), 0);
    assert_int_equal(f->set.count, 1);
    assert_null(f->set.conflict);
    assert_int_equal(read_set(f, "{\"" B "role\":\"b\",\"" V "role\":\"a\"}"), 0);
    assert_value(f, ANN_ROLE, "a");
    assert_non_null(f->set.conflict);
    assert_int_equal(f->set.conflict->id, ANN_ROLE);
    assert_int_equal(read_set(f, "{\"" B "auth-config-a-b\":\"1\",\"" V "auth-config-a_b\":\"2\"}"),
                     0);
    assert_null(f->set.conflict);
    assert_int_equal(f->set.count, 2);
}

static void only_the_chosen_prefixes_are_read(void **state)
{
    struct fixture *f = *state;
    f->opt.prefixes[PREFIX_VAULT] = false;
    assert_int_equal(read_set(f, "{\"" V "role\":\"a\",\"" B "service\":\"b\",\"" V
                                 "agent-inject-status\":\"injected\"}"),
                     0);
    assert_value(f, ANN_ROLE, NULL);
    assert_value(f, ANN_SERVICE, "b");
    assert_value(f, ANN_STATUS, "injected");
}

static void templates_of_secrets_called_file(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_set(f, "{\"" V "agent-inject-template-file-x\":\"/t\"}"), 0);
    assert_member(f, ANN_TEMPLATE_FILE, "x", "/t");
    assert_member(f, ANN_TEMPLATE, "file-x", "/t");
    assert_member(f, ANN_TEMPLATE, "x", NULL);
}

static void odd_maps_are_refused(void **state)
{
    static const char *const texts[] = {
        "{\"" V "role\":1}",
        "{\"other\":true}",
        "{\"a\":\"\",\"\\u0061\":\"\"}",
        "{\"" V "role\":\"\\ud800\"}",
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(read_set(f, texts[i]), -1);
        assert_int_equal(f->err.code, ERROR_SHAPE);
        assert_non_null(strstr(f->err.msg, "metadata.annotations"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_prefixes_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_order_in_the_pod_is_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(twins_are_one_unless_they_differ, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_the_chosen_prefixes_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(templates_of_secrets_called_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(odd_maps_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
