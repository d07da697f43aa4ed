#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "json/tree.h"

/* What each kind of work costs: with one step less than it takes, each of these fails. */

struct fixture {
    struct json_index doc;
    struct json_index other;
    struct arena arena;
    struct json_tree tree;
};

typedef int work_fn(struct fixture *f, struct error *err);

static int find(struct fixture *f, struct error *err)
{
    struct json_tree_value *value = NULL;
    return json_tree_find(&f->tree, SLICE("/o/c"), &value, err);
}

static int find_twice(struct fixture *f, struct error *err)
{
    return find(f, err) < 0 ? -1 : find(f, err);
}

static int add_first(struct fixture *f, struct error *err)
{
    return json_tree_add(&f->tree, SLICE("/l/0"), f->tree.root, err);
}

static int remove_first(struct fixture *f, struct error *err)
{
    return json_tree_remove(&f->tree, SLICE("/l/0"), err);
}

static int copy_root(struct fixture *f, struct error *err)
{
    struct json_tree_value copy;
    if (find(f, err) < 0)
        return -1;
    copy = f->tree.root;
    return json_tree_copy(&f->tree, &copy, err);
}

static int compare_root(struct fixture *f, struct error *err)
{
    if (find(f, err) < 0)
        return -1;
    return json_tree_equal(&f->tree, &f->tree.root, &f->other, JSON_ROOT) ? 0 : -1;
}

static void test_steps(void **state)
{
    (void)state;
    static const struct {
        work_fn *work;
        uint64_t steps;
    } rows[] = {
        { find, 2 + 2 + 3 + 3 },           /* expand, the 2nd of 2, expand, the 3rd of 3 */
        { find_twice, 2 + 2 + 3 + 3 + 5 }, /* the second time nothing is expanded */
        { add_first, 2 + 1 + 4 + 5 },      /* expand, the 1st of 2, expand, move four, put one */
        { remove_first, 2 + 1 + 4 + 4 },
        { copy_root, 10 + 2 + 3 },
        { compare_root, 10 + 2 + 5 + 1 + 1 + 2 + 3 + 3 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        struct error err = ERROR_INIT;
        json_index_init(&f.doc);
        json_index_init(&f.other);
        arena_init(&f.arena, (size_t)1 << 20);
        assert_int_equal(
            json_scan(&f.doc, SLICE("{\"l\":[1,2,3,4],\"o\":{\"a\":1,\"b\":2,\"c\":3}}"), &err), 0);
        assert_int_equal(
            json_scan(&f.other, SLICE("{\"o\":{\"c\":3,\"b\":2,\"a\":1},\"l\":[1,2,3,4]}"), &err),
            0);
        for (uint64_t steps = 0; steps <= rows[i].steps; steps++) {
            f.tree = (struct json_tree){ &f.arena, steps, { &f.doc, JSON_ROOT, NULL } };
            int rc = rows[i].work(&f, &err);
            if ((rc == 0) != (steps == rows[i].steps))
                fail_msg("row %zu: %d with %u steps", i, rc, (unsigned)steps);
            assert_int_equal(f.tree.steps, 0);
        }
        json_index_done(&f.doc);
        json_index_done(&f.other);
        arena_done(&f.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_steps) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
