#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inject/recall.h"

#define LIMIT ((size_t)64)

struct fixture {
    struct recall recall;
    struct buf patch, out;
};

static int set_up(void **state)
{
    static struct fixture f;
    recall_init(&f.recall, LIMIT);
    buf_init(&f.patch, LIMIT);
    buf_init(&f.out, 4 * LIMIT);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    recall_done(&f->recall);
    buf_done(&f->patch);
    buf_done(&f->out);
    return 0;
}

/* As a review does it: is the text known?  If not, it is kept.  Then it is written. */
static bool send(struct fixture *f, struct slice text)
{
    buf_clear(&f->patch);
    buf_put_slice(&f->patch, text);
    bool is_known = recall_knows_patch(&f->recall, buf_slice(&f->patch));
    if (!is_known)
        recall_keep_patch(&f->recall, &f->patch);
    buf_clear(&f->out);
    recall_put_encoded(&f->recall, &f->out);
    assert_true(slice_equal(recall_patch(&f->recall), text));
    return is_known;
}

static void a_patch_is_known_when_it_is_the_same(void **state)
{
    static const struct {
        const char *text, *encoded;
        bool is_known;
    } rows[] = {
        { "[1]", "WzFd", false }, { "[1]", "WzFd", true },  { "[1]", "WzFd", true },
        { "[2]", "WzJd", false }, { "[1]", "WzFd", false }, { "[1]", "WzFd", true },
        { "[]", "W10=", false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(send(*state, slice_of(rows[i].text)), rows[i].is_known);
        assert_true(
            slice_equal(buf_slice(&((struct fixture *)*state)->out), slice_of(rows[i].encoded)));
    }
}

/* 49 bytes are 68 in base64, more than the kept text may have. */
static void what_cannot_be_kept_is_made_again(void **state)
{
    struct fixture *f = *state;
    struct slice text = SLICE("[\"four times eleven and five makes forty-nine b\"]");
    assert_int_equal(text.len, 49);
    for (int i = 0; i < 3; i++) {
        (void)send(f, text);
        assert_int_equal(f->out.len, 68);
        assert_int_equal(f->out.failure, BUF_OK);
    }
    assert_int_equal(f->recall.encoded.len, 0);
}

static void trimming_forgets(void **state)
{
    struct fixture *f = *state;
    (void)send(f, SLICE("[1]"));
    recall_trim(&f->recall, LIMIT);
    assert_true(send(f, SLICE("[1]")));
    recall_trim(&f->recall, 1);
    assert_false(send(f, SLICE("[1]")));
    assert_true(slice_equal(buf_slice(&f->out), SLICE("WzFd")));
}

static void a_hash_belongs_to_its_text(void **state)
{
    struct recall *r = &((struct fixture *)*state)->recall;
    struct slice long_text =
        SLICE("more than sixty-four bytes of configuration are not kept at all, "
              "but their hash is right");
    for (int i = 0; i < 2; i++) {
        assert_string_equal(recall_hash(r, SLICE("abc")), "ba7816bf8f01cfea");
        assert_string_equal(recall_hash(r, SLICE("abc")), "ba7816bf8f01cfea");
        char first[SHA256_HEX_SIZE];
        memcpy(first, recall_hash(r, long_text), RECALL_HASH_DIGITS + 1);
        assert_string_not_equal(first, "ba7816bf8f01cfea");
        assert_string_equal(recall_hash(r, long_text), first);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_patch_is_known_when_it_is_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_kept_is_made_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(trimming_forgets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_hash_belongs_to_its_text, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
