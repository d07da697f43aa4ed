/*
 * The scanner against jansson on the conformance cases and on generated texts: the same texts are
 * accepted, with the same values.  Arguments: [-n COUNT] [-s SEED] [CORPUS].
 *
 * Allowed differences, each recognised by its cause and counted:
 *   numeric-overflow  jansson refuses integers beyond 64 bits and reals beyond a double
 *   nul-byte          jansson overlooks a NUL byte directly behind a number or word
 *   nul-in-name       jansson refuses \u0000 in a member's name; we refuse it where it is used
 *   lone-surrogate    jansson refuses such escapes at once; we refuse them where they are used
 *   nesting           jansson's limit is 2048 levels, ours JSON_DEPTH_MAX
 *   same-name         of members with one name jansson keeps the last; json_check_unique() refuses
 */

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* clang-format off: jansson's names that are also ours are set aside while its header is read */
#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_TRUE JANSSON_TRUE
#define JSON_FALSE JANSSON_FALSE
#define JSON_NULL JANSSON_NULL
#define json_string jansson_string
#define json_equal jansson_equal
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_TRUE
#undef JSON_FALSE
#undef JSON_NULL
#undef json_string
#undef json_equal
/* clang-format on */

#include "json/cursor.h"
#include "json/unescape.h"
#include "support/corpus.h"

#define DEEPEST (2 * JSON_DEPTH_MAX) /* of the texts here */
#define INVALID_PERCENT_MIN 30

#if defined(__SANITIZE_ADDRESS__)
#define COUNT_DEFAULT 10000
#else
#define COUNT_DEFAULT 100000
#endif

static struct series series = { .count = COUNT_DEFAULT, .seed = 20240229 };
static struct corpus corpus;

enum difference {
    NONE,
    NUMERIC_OVERFLOW,
    NUL_IN_NAME,
    LONE_SURROGATE,
    NESTING,
    NUL_BYTE,
    DIFFERENCE__COUNT
};

struct oracle {
    struct json_index ix;
    struct arena arena;
    unsigned invalid;
    unsigned allowed[DIFFERENCE__COUNT];
};

static bool has_lone_surrogate(const struct json_index *ix)
{
    for (uint32_t i = 0; i < ix->count; i++) {
        if (ix->nodes[i].kind != JSON_STRING)
            continue;
        for (struct slice rest = json_escaped(ix, i); rest.len > 0;) {
            bool is_escape = false;
            uint32_t code = json_take(&rest, &is_escape);
            if (is_escape && json_is_surrogate(code))
                return true;
        }
    }
    return false;
}

/* True when the text is valid without the NUL bytes that stand behind digits and letters. */
static bool is_valid_without_nul(struct oracle *o, struct slice text)
{
    struct error err = ERROR_INIT;
    char *copy = malloc(text.len + (text.len == 0));
    assert_non_null(copy);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool is_behind = i > 0 && isalnum((unsigned char)text.ptr[i - 1]);
        if (text.ptr[i] != '\0' || !is_behind)
            copy[len++] = text.ptr[i];
    }
    bool valid = len < text.len && json_scan(&o->ix, (struct slice){ copy, len }, &err) == 0;
    free(copy);
    return valid;
}

/* Why we refuse what jansson accepts. */
static enum difference explain_refusal(struct oracle *o, struct slice text, const struct error *err)
{
    if (err->code == ERROR_LIMIT && strstr(err->msg, "nested"))
        return NESTING;
    return is_valid_without_nul(o, text) ? NUL_BYTE : NONE;
}

/* Why jansson refuses what we accept. */
static enum difference explain(struct oracle *o, const json_error_t *theirs)
{
    enum json_error_code code = json_error_code(theirs);
    if (code == json_error_numeric_overflow)
        return NUMERIC_OVERFLOW;
    if (code == json_error_null_byte_in_key)
        return NUL_IN_NAME;
    return code == json_error_invalid_syntax && has_lone_surrogate(&o->ix) ? LONE_SURROGATE : NONE;
}

static bool same_number(struct slice text, const json_t *theirs)
{
    char digits[512];
    if (text.len >= sizeof(digits))
        return true; /* longer than the generator makes on purpose */
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = '\0';
    if (json_typeof(theirs) == JSON_INTEGER)
        return strtoll(digits, NULL, 10) == json_integer_value(theirs) && !strpbrk(digits, ".eE");
    double ours = strtod(digits, NULL);
    double value = json_real_value(theirs);
    return json_typeof(theirs) == JSON_REAL && memcmp(&ours, &value, sizeof(ours)) == 0;
}

/* The resolved text of a string with \u0000 allowed. */
static struct slice resolved(struct oracle *o, json_ref ref, const char *theirs, size_t len)
{
    struct error err = ERROR_INIT;
    struct slice s = { NULL, 0 };
    if (json_string(&o->ix, ref, &o->arena, "x", &s, &err) == 0)
        return s;
    assert_non_null(strstr(err.msg, "\\u0000"));
    assert_true(json_string_is(&o->ix, ref, (struct slice){ theirs, len }));
    return (struct slice){ theirs, len };
}

struct level {
    json_ref it;
    json_ref end;
    json_ref object; /* or JSON_ABSENT in an array */
    const json_t *theirs;
    size_t at; /* of arrays: next element; of objects: distinct names so far */
};

static bool same_string(struct oracle *o, json_ref ref, const json_t *theirs)
{
    if (json_typeof(theirs) != JANSSON_STRING)
        return false;
    const char *value = json_string_value(theirs);
    size_t len = json_string_length(theirs);
    struct slice s = resolved(o, ref, value, len);
    return slice_equal(s, (struct slice){ value, len }) && json_string_is(&o->ix, ref, s);
}

static bool is_last_of_its_name(struct oracle *o, json_ref object, json_ref name)
{
    struct slice s = resolved(o, name, "", 0);
    for (json_ref it = o->ix.nodes[name + 1].next; it < json_end(&o->ix, object);
         it = o->ix.nodes[it + 1].next) {
        if (json_string_is(&o->ix, it, s))
            return false;
    }
    return true;
}

/* Compares all but what is inside a container; a container is entered by the caller. */
static bool same_value(struct oracle *o, json_ref ref, const json_t *theirs)
{
    switch (o->ix.nodes[ref].kind) {
    case JSON_NULL:
        return json_typeof(theirs) == JANSSON_NULL;
    case JSON_FALSE:
        return json_typeof(theirs) == JANSSON_FALSE;
    case JSON_TRUE:
        return json_typeof(theirs) == JANSSON_TRUE;
    case JSON_NUMBER:
        return same_number(json_raw(&o->ix, ref), theirs);
    case JSON_STRING:
        return same_string(o, ref, theirs);
    case JSON_ARRAY:
        return json_typeof(theirs) == JANSSON_ARRAY &&
               json_count(&o->ix, ref) == json_array_size(theirs);
    default:
        return json_typeof(theirs) == JANSSON_OBJECT;
    }
}

/* The next value of a level with its partner; false when the level is done. */
static bool next_value(struct oracle *o, struct level *level, json_ref *ret, const json_t **partner)
{
    while (level->it < level->end) {
        json_ref it = level->it;
        json_ref value = level->object == JSON_ABSENT ? it : it + 1;
        level->it = o->ix.nodes[value].next;
        *ret = value;
        if (level->object == JSON_ABSENT) {
            *partner = json_array_get(level->theirs, level->at++);
            return true;
        }
        if (!is_last_of_its_name(o, level->object, it))
            continue;
        struct slice name = resolved(o, it, "", 0);
        level->at++;
        *partner = json_object_getn(level->theirs, name.ptr, name.len);
        return true;
    }
    assert_int_equal(level->at, level->object == JSON_ABSENT ? json_array_size(level->theirs)
                                                             : json_object_size(level->theirs));
    return false;
}

static bool same_document(struct oracle *o, const json_t *theirs)
{
    struct level levels[DEEPEST];
    unsigned depth = 0;
    json_ref ref = JSON_ROOT;
    for (;;) {
        if (!theirs || !same_value(o, ref, theirs))
            return false;
        if (o->ix.nodes[ref].kind >= JSON_ARRAY) {
            json_ref object = o->ix.nodes[ref].kind == JSON_OBJECT ? ref : JSON_ABSENT;
            levels[depth++] = (struct level){ ref + 1, o->ix.nodes[ref].next, object, theirs, 0 };
        }
        while (depth > 0 && !next_value(o, &levels[depth - 1], &ref, &theirs))
            depth--;
        if (depth == 0)
            return true;
    }
}

static void show(struct slice text, const char *ours, const char *theirs)
{
    print_error("ours: %s\njansson: %s\ntext: " SLICE_FMT "\n", ours, theirs, SLICE_ARG(text));
}

static void compare(struct oracle *o, struct slice text)
{
    struct error err = ERROR_INIT;
    json_error_t theirs_err;
    json_t *theirs = json_loadb(text.ptr, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &theirs_err);
    int ours = json_scan(&o->ix, text, &err);
    enum difference why = NONE;
    bool same = false;
    if (ours < 0 && !theirs)
        same = true;
    else if (ours < 0)
        why = explain_refusal(o, text, &err);
    else if (!theirs)
        why = explain(o, &theirs_err);
    else
        same = same_document(o, theirs);
    o->invalid += ours < 0;
    o->allowed[why]++;
    if (!same && why == NONE) {
        show(text, ours < 0 ? err.msg : "accepted", theirs ? "accepted" : theirs_err.text);
        fail();
    }
    json_decref(theirs);
    arena_clear(&o->arena);
}

static void oracle_init(struct oracle *o)
{
    *o = (struct oracle){ 0 };
    json_index_init(&o->ix);
    arena_init(&o->arena, (size_t)16 << 20);
}

static void oracle_done(struct oracle *o)
{
    arena_done(&o->arena);
    json_index_done(&o->ix);
}

static void test_corpus(void **state)
{
    (void)state;
    struct oracle o;
    oracle_init(&o);
    for (size_t i = 0; i < corpus.count; i++)
        compare(&o, buf_slice(&corpus.texts[i]));
    print_message("%zu corpus texts, %u invalid\n", corpus.count, o.invalid);
    oracle_done(&o);
}

static void test_generated(void **state)
{
    (void)state;
    struct gen g = { series.seed };
    struct oracle o;
    struct buf text;
    oracle_init(&o);
    buf_init(&text, (size_t)4 << 20);
    for (unsigned i = 0; i < series.count; i++) {
        corpus_make(&corpus, &g, i, &text);
        compare(&o, buf_slice(&text));
    }
    print_message("seed %llu: %u texts, %u invalid; allowed differences: %u numeric-overflow, "
                  "%u nul-byte, %u nul-in-name, %u lone-surrogate, %u nesting\n",
                  (unsigned long long)series.seed, series.count, o.invalid,
                  o.allowed[NUMERIC_OVERFLOW], o.allowed[NUL_BYTE], o.allowed[NUL_IN_NAME],
                  o.allowed[LONE_SURROGATE], o.allowed[NESTING]);
    assert_true((uint64_t)o.invalid * 100 >= (uint64_t)series.count * INVALID_PERCENT_MIN);
    assert_true(o.invalid < series.count);
    buf_done(&text);
    oracle_done(&o);
}

/* Each allowed difference exists; when one goes away the list at the top is too long. */
static void test_differences(void **state)
{
    (void)state;
    static const struct {
        struct slice text;
        enum difference why;
    } rows[] = {
        { SLICE_INIT("123456789012345678901234567890"), NUMERIC_OVERFLOW },
        { SLICE_INIT("-9223372036854775809"), NUMERIC_OVERFLOW },
        { SLICE_INIT("1e400"), NUMERIC_OVERFLOW },
        { SLICE_INIT("{\"a\\u0000\":1}"), NUL_IN_NAME },
        { SLICE_INIT("\"\\ud800\""), LONE_SURROGATE },
        { SLICE_INIT("\"\\udc00\""), LONE_SURROGATE },
        { SLICE_INIT("\"\\ud800\\ud800\""), LONE_SURROGATE },
        { SLICE_INIT("[1\0]"), NUL_BYTE },
    };
    struct oracle o;
    oracle_init(&o);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned before = o.allowed[rows[i].why];
        compare(&o, rows[i].text);
        assert_int_equal(o.allowed[rows[i].why], before + 1);
    }
    char nested[2 * (JSON_DEPTH_MAX + 1)];
    memset(nested, '[', sizeof(nested) / 2);
    memset(nested + sizeof(nested) / 2, ']', sizeof(nested) / 2);
    compare(&o, (struct slice){ nested, sizeof(nested) });
    assert_int_equal(o.allowed[NESTING], 1);
    compare(&o, SLICE("{\"a\":1,\"b\":2,\"a\":3}"));
    oracle_done(&o);
}

int main(int argc, char **argv)
{
    if (!corpus_begin(&corpus, &series, argc, argv))
        return 2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_corpus),
        cmocka_unit_test(test_generated),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    corpus_done(&corpus);
    return failed;
}
