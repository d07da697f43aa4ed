#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ARENA_LIMIT ((size_t)1 << 20)

struct text_case {
    struct slice in;
    const char *expected;
};

static void check_appends(const struct text_case *cases, size_t count, size_t max,
                          void (*put)(struct buf *, struct slice, size_t))
{
    for (size_t i = 0; i < count; i++) {
        struct buf out;
        buf_init(&out, 4096);
        put(&out, cases[i].in, max);
        assert_string_equal(buf_cstr(&out), cases[i].expected);
        buf_done(&out);
    }
}

static void test_printable(void **state)
{
    static const struct text_case cases[] = {
        { { NULL, 0 }, "" },
        { SLICE_INIT(""), "" },
        { SLICE_INIT("plain text \"~\""), "plain text \"~\"" },
        { SLICE_INIT("it's"), "it\\'s" },
        { SLICE_INIT("a\\b"), "a\\\\b" },
        { SLICE_INIT("a\nb\tc\rd"), "a\\nb\\tc\\rd" },
        { SLICE_INIT("\0\x01\x1b\x1f\x7f"), "\\x00\\x01\\x1b\\x1f\\x7f" },
        { SLICE_INIT("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91"),
          "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91" },
        { SLICE_INIT("\xc2\x80\xc2\x85\xc2\x9f\xc2\xa0"), "\\u0080\\u0085\\u009f\xc2\xa0" },
        { SLICE_INIT("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9"), "\xe2\x80\xa7\\u2028\\u2029" },
        { SLICE_INIT("\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf"), "\\u202a\\u202e\xe2\x80\xaf" },
        { SLICE_INIT("\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa"), "\\u2066\\u2069\xe2\x81\xaa" },
        { SLICE_INIT("\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"),
          "\xe2\x80\x8d\\u200e\\u200f\\u061c" },
        /* not UTF-8: a lone continuation, cut, overlong, a surrogate, beyond the last character */
        { SLICE_INIT("\x80z"), "\\x80z" },
        { SLICE_INIT("\xc3"), "\\xc3" },
        { SLICE_INIT("\xc3z"), "\\xc3z" },
        { SLICE_INIT("\xc0\xaf"), "\\xc0\\xaf" },
        { SLICE_INIT("\xe0\x80\xaf"), "\\xe0\\x80\\xaf" },
        { SLICE_INIT("\xed\xa0\x80"), "\\xed\\xa0\\x80" },
        { SLICE_INIT("\xf0\x80\x80\x80"), "\\xf0\\x80\\x80\\x80" },
        { SLICE_INIT("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80" },
        { SLICE_INIT("\xf8\xff"), "\\xf8\\xff" },
        { SLICE_INIT("\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80"),
          "\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80" },
    };
    (void)state;
    check_appends(cases, COUNT(cases), 100, text_put_printable);
}

static void test_printable_is_cut_between_characters(void **state)
{
    static const struct text_case cases[] = {
        { SLICE_INIT("abcde"), "abcde" },
        { SLICE_INIT("abcdef"), "abcde..." },
        { SLICE_INIT("abcd\xc3\xbc"), "abcd..." },
        { SLICE_INIT("abc\xc3\xbc"), "abc\xc3\xbc" },
        { SLICE_INIT("ab\xf0\x9f\x94\x91"), "ab..." },
        { SLICE_INIT("''''''"), "\\'\\'\\'\\'\\'..." },
        { SLICE_INIT("\xff\xff\xff\xff\xff\xff"), "\\xff\\xff\\xff\\xff\\xff..." },
    };
    static const struct text_case cut_to_nothing[] = {
        { SLICE_INIT(""), "" },
        { SLICE_INIT("x"), "..." },
    };
    (void)state;
    check_appends(cases, COUNT(cases), 5, text_put_printable);
    check_appends(cut_to_nothing, COUNT(cut_to_nothing), 0, text_put_printable);
}

static void test_line_keeps_quotes(void **state)
{
    static const struct text_case cases[] = {
        { SLICE_INIT("it's \"a\\b\"\n"), "it's \"a\\b\"\\n" },
        { SLICE_INIT("\xe2\x80\xae\xff\x1b"), "\\u202e\\xff\\x1b" },
        { SLICE_INIT("123456789012"), "12345678901..." },
    };
    (void)state;
    check_appends(cases, COUNT(cases), 11, text_put_line);
}

static void test_json_escaped(void **state)
{
    static const struct text_case cases[] = {
        { { NULL, 0 }, "" },
        { SLICE_INIT(""), "" },
        { SLICE_INIT("plain / \x7f <&>"), "plain / \x7f <&>" },
        { SLICE_INIT("\"\\"), "\\\"\\\\" },
        { SLICE_INIT("\b\t\n\f\r"), "\\b\\t\\n\\f\\r" },
        { SLICE_INIT("\0\x01\x0b\x1f"), "\\u0000\\u0001\\u000b\\u001f" },
        { SLICE_INIT("\xc3\xbc\xe2\x80\xa8"), "\xc3\xbc\xe2\x80\xa8" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out;
        buf_init(&out, 4096);
        text_put_json_escaped(&out, cases[i].in);
        assert_string_equal(buf_cstr(&out), cases[i].expected);
        buf_done(&out);
    }
}

/* Each byte value at each place of a few words: the fast search must miss none and invent none. */
static void test_json_escaped_finds_each_byte(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        for (size_t at = 0; at < 19; at++) {
            char in[19];
            memset(in, 'a' + (int)(at % 2) * 0x80, sizeof(in));
            in[at] = (char)c;
            struct buf out;
            buf_init(&out, 100);
            text_put_json_escaped(&out, (struct slice){ in, sizeof(in) });
            size_t extra = c == '"' || c == '\\' || (c >= '\b' && c <= '\r' && c != 0x0b) ? 1
                           : c < 0x20                                                     ? 5
                                                                                          : 0;
            assert_int_equal(out.len, sizeof(in) + extra);
            assert_memory_equal(out.data, in, at);
            assert_memory_equal(out.data + at + 1 + extra, in + at + 1, sizeof(in) - at - 1);
            buf_done(&out);
        }
    }
}

static void test_json_of_any_text(void **state)
{
    static const struct text_case cases[] = {
        { SLICE_INIT("a\"b\n"), "a\\\"b\\n" },        { SLICE_INIT("\xc3\xbc"), "\xc3\xbc" },
        { SLICE_INIT("\xff\x7f"), "\\ufffd\\u007f" }, { SLICE_INIT("\xe2\x80\xae"), "\\u202e" },
        { SLICE_INIT("abcdefgh"), "abcdef..." },      { SLICE_INIT("abcde\xc3\xbc"), "abcde..." },
    };
    (void)state;
    check_appends(cases, COUNT(cases), 6, text_put_json_any);
}

static void test_distance(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        unsigned limit;
        unsigned expected;
    } cases[] = {
        { "", "", 0, 0 },
        { "", "", 3, 0 },
        { "abc", "abc", 0, 0 },
        { "abc", "abd", 0, 1 },
        { "", "abc", 3, 3 },
        { "abc", "", 3, 3 },
        { "", "abc", 2, 3 },
        { "abc", "", 2, 3 },
        { "ab", "ba", 2, 1 },
        { "abcd", "badc", 5, 2 },
        { "ca", "abc", 5, 3 }, /* nothing is edited twice: not 2 */
        { "kitten", "sitting", 5, 3 },
        { "kitten", "sitting", 3, 3 },
        { "kitten", "sitting", 2, 3 },
        { "kitten", "sitting", 1, 2 },
        { "agent-inject", "agent-injcet", 2, 1 },
        { "agent-inject", "agnet-injcet", 2, 2 },
        { "agent-inject", "agent-inject-secret", 3, 4 },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
          31, 32 },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
          4000000000u, 32 },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", 4000000000u, 31 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned there = text_distance(slice_of(cases[i].a), slice_of(cases[i].b), cases[i].limit);
        unsigned back = text_distance(slice_of(cases[i].b), slice_of(cases[i].a), cases[i].limit);
        if (there != cases[i].expected || back != there)
            fail_msg("'%s' and '%s': %u, %u", cases[i].a, cases[i].b, there, back);
    }
    assert_int_equal(text_distance(SLICE_ABSENT, SLICE_ABSENT, 1), 0);
    assert_int_equal(text_distance(SLICE_ABSENT, SLICE("x"), 1), 1);
}

#define WORD_MAX 8

/* The definition, without band and cut-off. */
static unsigned full_distance(struct slice a, struct slice b)
{
    unsigned d[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= a.len; i++) {
        for (size_t j = 0; j <= b.len; j++) {
            unsigned best = (unsigned)(i + j);
            if (i > 0 && j > 0) {
                best = d[i - 1][j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
                best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
                best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
            }
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1] &&
                d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    }
    return d[a.len][b.len];
}

static void test_distance_agrees_with_the_definition(void **state)
{
    (void)state;
    unsigned seed = 7;
    for (int round = 0; round < 20000; round++) {
        char words[2][WORD_MAX];
        size_t lens[2];
        for (size_t w = 0; w < 2; w++) {
            seed = seed * 1103515245 + 12345;
            lens[w] = (seed >> 16) % (WORD_MAX + 1);
            for (size_t i = 0; i < lens[w]; i++) {
                seed = seed * 1103515245 + 12345;
                words[w][i] = (char)('a' + (seed >> 16) % 3);
            }
        }
        struct slice a = { words[0], lens[0] };
        struct slice b = { words[1], lens[1] };
        unsigned expected = full_distance(a, b);
        for (unsigned limit = 0; limit < 10; limit++) {
            unsigned found = text_distance(a, b, limit);
            assert_int_equal(found, expected <= limit ? expected : limit + 1);
        }
    }
}

static void test_path_clean(void **state)
{
    static const struct text_case cases[] = {
        { { NULL, 0 }, "." },
        { SLICE_INIT(""), "." },
        { SLICE_INIT("."), "." },
        { SLICE_INIT("./"), "." },
        { SLICE_INIT("/"), "/" },
        { SLICE_INIT("///"), "/" },
        { SLICE_INIT("a"), "a" },
        { SLICE_INIT("a/"), "a" },
        { SLICE_INIT("/a//b"), "/a/b" },
        { SLICE_INIT("/a/./b/."), "/a/b" },
        { SLICE_INIT("a/b/.."), "a" },
        { SLICE_INIT("a/.."), "." },
        { SLICE_INIT("a/../.."), ".." },
        { SLICE_INIT("/.."), "/" },
        { SLICE_INIT("/../../a"), "/a" },
        { SLICE_INIT(".."), ".." },
        { SLICE_INIT("../../a/../b"), "../../b" },
        { SLICE_INIT("../a/../.."), "../.." },
        { SLICE_INIT("a/...b/..c"), "a/...b/..c" },
        { SLICE_INIT("/vault/secrets/../../etc"), "/etc" },
    };
    (void)state;
    struct arena arena;
    arena_init(&arena, ARENA_LIMIT);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice clean = text_path_clean(&arena, cases[i].in);
        assert_string_equal(clean.ptr, cases[i].expected);
        assert_int_equal(clean.len, strlen(cases[i].expected));
    }
    arena_done(&arena);
}

static void test_path_join(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        const char *expected;
    } cases[] = {
        { "", "", "" },
        { "a", "", "a" },
        { "", "b", "b" },
        { "a", "b", "a/b" },
        { "a/", "/b", "a/b" },
        { "/", "b", "/b" },
        { "", "/b/", "/b" },
        { "/a/", "", "/a" },
        { "a", "../..", ".." },
        { "/a", "../..", "/" },
        { "/vault/secrets", "../x", "/vault/x" },
        { "/", "", "/" },
        { ".", "", "." },
        { "", ".", "." },
    };
    (void)state;
    struct arena arena;
    arena_init(&arena, ARENA_LIMIT);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice joined = text_path_join(&arena, slice_of(cases[i].a), slice_of(cases[i].b));
        assert_true(slice_equal(joined, slice_of(cases[i].expected)));
        assert_true(slice_is_present(joined));
    }
    assert_true(slice_equal(text_path_join(&arena, SLICE_ABSENT, SLICE("x")), SLICE("x")));
    arena_done(&arena);
}

static void test_to_lower(void **state)
{
    static const struct text_case cases[] = {
        { { NULL, 0 }, "" },
        { SLICE_INIT(""), "" },
        { SLICE_INIT("DB-Creds_1.Z@[`{"), "db-creds_1.z@[`{" },
        { SLICE_INIT("GR\xc3\x9c\xc3\x9f"
                     "E"),
          "gr\xc3\xbc\xc3\x9f"
          "e" },
        { SLICE_INIT("\xce\xa3\xd0\x96"), "\xcf\x83\xd0\xb6" },
        { SLICE_INIT("\xc4\xb0"), "i" },                        /* shorter: I with dot */
        { SLICE_INIT("\xc8\xba"), "\xe2\xb1\xa5" },             /* longer: A with stroke */
        { SLICE_INIT("\xf0\x90\x90\x80"), "\xf0\x90\x90\xa8" }, /* four bytes: Deseret */
        { SLICE_INIT("A\xff\xc3"), "a\xef\xbf\xbd\xef\xbf\xbd" },
        { SLICE_INIT("\xef\xbf\xbd"), "\xef\xbf\xbd" },
    };
    (void)state;
    struct arena arena;
    arena_init(&arena, ARENA_LIMIT);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice lower = text_to_lower(&arena, cases[i].in);
        assert_string_equal(lower.ptr, cases[i].expected);
        assert_int_equal(lower.len, strlen(cases[i].expected));
    }
    assert_int_equal(text_to_lower(&arena, SLICE("A\0B")).len, 3);
    arena_done(&arena);
}

/* One byte of any value at any place in texts of any length up to three pieces of sixteen. */
static void test_json_clean_copy(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 48; len++) {
        for (size_t at = 0; at < len; at++) {
            for (unsigned c = 0; c < 256; c++) {
                char *text = malloc(len), *copy = malloc(len);
                assert_true(text && copy);
                memset(text, 'x', len);
                text[at] = (char)c;
                bool is_clean = c >= 0x20 && c != '"' && c != '\\';
                assert_int_equal(text_copy_json_clean(copy, (struct slice){ text, len }), is_clean);
                if (is_clean)
                    assert_memory_equal(copy, text, len);
                free(text);
                free(copy);
            }
        }
    }
    assert_true(text_copy_json_clean(NULL, SLICE_ABSENT));
}

static void test_exhausted_arena(void **state)
{
    (void)state;
    static const char long_path[] = "/a/long/path//that/does/not/fit";
    for (size_t max = 0; max < 48; max += 16) {
        struct arena arena;
        arena_init(&arena, max);
        assert_false(slice_is_present(text_path_clean(&arena, slice_of(long_path))) && max < 32);
        arena_clear(&arena);
        assert_false(
            slice_is_present(text_to_lower(&arena, SLICE("CAPITALS THAT DO NOT FIT INTO IT"))) &&
            max < 32);
        arena_clear(&arena);
        /* with 32 bytes the joined text fits, but not the cleaned one beside it */
        assert_false(
            slice_is_present(text_path_join(&arena, SLICE("/a/b/c"), slice_of("/d/e/f/g"))) &&
            max < 32);
        arena_clear(&arena);
        assert_false(slice_is_present(text_path_join(&arena, SLICE("/a"), slice_of(long_path))));
        arena_done(&arena);
    }
}

/* Each byte at each place of texts of several lengths. */
static void test_word(void **state)
{
    (void)state;
    assert_false(text_is_word(SLICE("")));
    for (size_t len = 1; len <= 20; len++)
        for (size_t at = 0; at < len; at++)
            for (unsigned c = 0; c < 256; c++) {
                char text[20], word[] = "a-Z/0:~!'.{}[]<>,;_+";
                struct slice s = { text, len };
                memcpy(text, word, sizeof(text));
                text[at] = (char)c;
                bool is_good = c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
                assert_int_equal(text_is_word(s), is_good);
            }
}

static void test_line_of_each_byte(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        char text[] = "some text and more";
        struct buf out;
        text[11] = (char)c;
        buf_init(&out, 100);
        text_put_line(&out, (struct slice){ text, sizeof(text) - 1 }, 100);
        assert_int_equal(out.len == sizeof(text) - 1, c >= ' ' && c < 0x7f);
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_word),
        cmocka_unit_test(test_line_of_each_byte),
        cmocka_unit_test(test_printable),
        cmocka_unit_test(test_printable_is_cut_between_characters),
        cmocka_unit_test(test_line_keeps_quotes),
        cmocka_unit_test(test_json_escaped),
        cmocka_unit_test(test_json_escaped_finds_each_byte),
        cmocka_unit_test(test_json_of_any_text),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_distance_agrees_with_the_definition),
        cmocka_unit_test(test_path_clean),
        cmocka_unit_test(test_path_join),
        cmocka_unit_test(test_to_lower),
        cmocka_unit_test(test_json_clean_copy),
        cmocka_unit_test(test_exhausted_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
