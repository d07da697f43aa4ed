#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static void test_pieces_are_aligned_and_apart(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    unsigned char *pieces[200];
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = arena_alloc(&a, i * 7);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        memset(pieces[i], (int)i, i * 7);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t k = 0; k < i * 7; k++)
            assert_int_equal(pieces[i][k], i);
    }
    arena_done(&a);
}

static void test_copy_and_printf(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    char text[] = "abc";
    struct slice copy = arena_copy(&a, slice_of(text));
    text[0] = 'X';
    assert_string_equal(copy.ptr, "abc");
    assert_int_equal(copy.len, 3);
    assert_true(slice_is_present(arena_copy(&a, SLICE(""))));
    assert_string_equal(arena_copy(&a, SLICE_ABSENT).ptr, "");
    struct slice printed = arena_printf(&a, "%s-%d", "x", 12);
    assert_string_equal(printed.ptr, "x-12");
    assert_int_equal(printed.len, 4);
    assert_int_equal(arena_printf(&a, "%s", "").len, 0);
    arena_done(&a);
}

static void test_bound(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct arena a;
    arena_init(&a, 64);
    assert_non_null(arena_alloc(&a, 32));
    assert_non_null(arena_alloc(&a, 32));
    assert_null(arena_alloc(&a, 1));
    assert_int_equal(arena_error(&a, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_string_equal(err.msg, "more than 64 bytes of working memory are needed");
    assert_false(slice_is_present(arena_copy(&a, SLICE("x"))));
    assert_false(slice_is_present(arena_printf(&a, "%d", 1)));
    arena_clear(&a);
    assert_null(arena_alloc(&a, 65));
    assert_non_null(arena_alloc(&a, 64));
    arena_done(&a);
    assert_non_null(arena_alloc(&a, 64)); /* the bound stays */
    assert_null(arena_alloc(&a, 1));
    arena_done(&a);
    arena_done(&a);
}

/* Under AddressSanitizer an impossible size is to fail like elsewhere, not to end the program. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void test_missing_memory(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct arena a;
    arena_init(&a, SIZE_MAX); /* taken as ARENA_MAX */
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_int_equal(arena_error(&a, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_null(arena_alloc(&a, ARENA_MAX / 2)); /* more than any machine has */
    assert_int_equal(arena_error(&a, &err), -1);
    assert_int_equal(err.code, ERROR_NOMEM);
    assert_int_equal(a.used, 0);
    assert_non_null(arena_alloc(&a, 1));
    arena_done(&a);
}

/* Blocks that were added while n bytes were handed out in small pieces. */
static unsigned count_new_blocks(struct arena *a, size_t n)
{
    unsigned count = 0;
    for (size_t i = 0; i < n; i += 64) {
        struct arena_block *before = a->blocks;
        assert_non_null(arena_alloc(a, 64));
        count += a->blocks != before;
    }
    return count;
}

static void test_a_warm_arena_allocates_nothing(void **state)
{
    static const size_t sizes[] = { 64, 10000, 16384, 16448, 40000, 100000, 300000 };
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct arena a;
        arena_init(&a, 1 << 20);
        for (int round = 0; round < 3; round++) {
            (void)count_new_blocks(&a, sizes[i]);
            arena_clear(&a);
        }
        assert_int_equal(count_new_blocks(&a, sizes[i]), 0);
        arena_done(&a);
    }
}

/* The last piece does not fit beside the others into a block of twice their size. */
static void test_a_large_last_piece_is_warm_too(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    for (int round = 0; round < 3; round++) {
        (void)count_new_blocks(&a, 16384);
        assert_non_null(arena_alloc(&a, 20000));
        arena_clear(&a);
    }
    assert_int_equal(count_new_blocks(&a, 16384), 0);
    struct arena_block *before = a.blocks;
    assert_non_null(arena_alloc(&a, 20000));
    assert_ptr_equal(a.blocks, before);
    arena_done(&a);
}

static void test_large_blocks_are_given_back(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 16 << 20);
    assert_non_null(arena_alloc(&a, 2 * ARENA_KEEP));
    arena_clear(&a);
    assert_null(a.blocks);
    assert_int_equal(a.used, 0);
    assert_non_null(arena_alloc(&a, 64));
    struct arena_block *small = a.blocks;
    assert_non_null(arena_alloc(&a, 2 * ARENA_KEEP));
    arena_clear(&a);
    assert_ptr_equal(a.blocks, small); /* the largest that may be kept, not the newest */
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_aligned_and_apart),
        cmocka_unit_test(test_copy_and_printf),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_missing_memory),
        cmocka_unit_test(test_a_warm_arena_allocates_nothing),
        cmocka_unit_test(test_a_large_last_piece_is_warm_too),
        cmocka_unit_test(test_large_blocks_are_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
