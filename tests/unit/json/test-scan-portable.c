/*
 * The scanner with and without SSE2 on the same texts: same answer, same message, same nodes.
 * Arguments: [-n COUNT] [-s SEED] [CORPUS].
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "json/scan.h"
#include "support/corpus.h"
#include "support/portable-scan.h"

static unsigned count = 20000;
static uint64_t seed = 20240229;
static struct corpus corpus;

struct both {
    struct json_index fast;
    struct json_index portable;
};

/* The text is copied to memory of exactly its size, so that sanitizers see what is read beside it. */
static void compare(struct both *b, struct slice text)
{
    struct error fast_err = ERROR_INIT;
    struct error portable_err = ERROR_INIT;
    char *copy = malloc(text.len + (text.len == 0));
    assert_non_null(copy);
    memcpy(copy, text.ptr, text.len);
    int fast = json_scan(&b->fast, (struct slice){ copy, text.len }, &fast_err);
    int portable =
        portable_json_scan(&b->portable, (struct slice){ copy, text.len }, &portable_err);
    free(copy);
    assert_int_equal(fast, portable);
    assert_int_equal(fast_err.code, portable_err.code);
    assert_string_equal(fast_err.msg, portable_err.msg);
    assert_int_equal(b->fast.count, b->portable.count);
    if (fast == 0)
        assert_memory_equal(b->fast.nodes, b->portable.nodes,
                            b->fast.count * sizeof(*b->fast.nodes));
}

static void test_same(void **state)
{
    (void)state;
    struct gen g = { seed };
    struct both b;
    struct buf text;
    json_index_init(&b.fast);
    json_index_init(&b.portable);
    buf_init(&text, (size_t)4 << 20);
    print_message("seed %llu, %u texts, %zu from the corpus\n", (unsigned long long)seed, count,
                  corpus.count);
    for (size_t i = 0; i < corpus.count; i++)
        compare(&b, buf_slice(&corpus.texts[i]));
    for (unsigned i = 0; i < count; i++) {
        corpus_make(&corpus, &g, i, &text);
        compare(&b, buf_slice(&text));
    }
    buf_done(&text);
    json_index_done(&b.fast);
    json_index_done(&b.portable);
}

int main(int argc, char **argv)
{
    for (int opt; (opt = getopt(argc, argv, "n:s:")) != -1;) {
        if (opt == 'n')
            count = (unsigned)strtoull(optarg, NULL, 10);
        else if (opt == 's')
            seed = strtoull(optarg, NULL, 10);
        else
            return 2;
    }
    (void)corpus_read(&corpus, optind < argc ? argv[optind] : CORPUS_DIR);
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_same) };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    corpus_done(&corpus);
    return failed;
}
