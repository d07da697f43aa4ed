#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/reply.h"
#include "vault/client.h"

#define OUT_MAX 4096

static void set_up_client(struct vault_client *c)
{
    *c = (struct vault_client){ 0 };
    buf_init_secret(&c->token.text, VAULT_TOKEN_MAX);
    buf_init_secret(&c->jwt, VAULT_TOKEN_MAX);
    buf_put_lit(&c->token.text, "s.CANARY");
    buf_put_lit(&c->jwt, "CANARY.jwt");
}

static void tear_down_client(struct vault_client *c)
{
    buf_done(&c->token.text);
    buf_done(&c->jwt);
}

#define HIDDEN "(not shown: it repeats a secret)"

static void test_words(void **state)
{
    static const struct {
        const char *words, *shown;
    } cases[] = {
        { "permission denied", "permission denied" },
        { "1 error occurred:\n\t* permission denied\n\n", "1 error occurred: * permission denied" },
        { " \r\n ", "" },
        { "a\x1b[31m\xe2\x80\xae", "a\\x1b[31m\\u202e" },
        { "bad token s.CANARY", HIDDEN },
        { "bad CANARY.jwt here", HIDDEN },
        { "hvs.other", HIDDEN },
        { "a hvb.other", HIDDEN },
        { "eyJhbGciOi", HIDDEN },
        { "x -----BEGIN CERTIFICATE REQUEST-----", HIDDEN },
        { "\xff", "\\xff" },
    };
    struct vault_client c;
    (void)state;
    set_up_client(&c);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out;
        buf_init(&out, OUT_MAX);
        vault_put_words(&c, slice_of(cases[i].words), &out);
        assert_string_equal(buf_cstr(&out), cases[i].shown);
        buf_done(&out);
    }
    tear_down_client(&c);
}

static void test_long_words(void **state)
{
    char words[VAULT_WORDS_MAX + 10];
    struct vault_client c;
    (void)state;
    set_up_client(&c);
    for (size_t lead = 0; lead < 4; lead++) { /* a character across the limit is left out */
        struct buf out;
        memset(words, 'x', sizeof(words));
        memcpy(words + VAULT_WORDS_MAX - lead, "\xe2\x82\xac", 3);
        buf_init(&out, OUT_MAX);
        vault_put_words(&c, (struct slice){ words, sizeof(words) }, &out);
        size_t whole = VAULT_WORDS_MAX - (lead == 3 ? 0 : lead);
        assert_int_equal(out.len, whole + 3);
        assert_memory_equal(out.data, words, whole);
        assert_memory_equal(out.data + whole, "...", 3);
        buf_done(&out);
    }
    tear_down_client(&c);
}

static void test_errors(void **state)
{
    static const struct {
        const char *reply, *shown;
    } cases[] = {
        { "{}", "" },
        { "{\"errors\":[]}", "" },
        { "{\"errors\":null}", "" },
        { "{\"errors\":\"text\"}", "" },
        { "{\"errors\":[7,null,\"\",{}]}", "" },
        { "{\"errors\":[\"one\",\"hvs.x\",3,\"two\"]}", "one; " HIDDEN "; two" },
    };
    struct vault_client c;
    (void)state;
    set_up_client(&c);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out;
        struct error err = ERROR_INIT;
        CLEANUP(reply_tree_free) json_t *tree = NULL;
        buf_init(&out, OUT_MAX);
        assert_int_equal(reply_parse(slice_of(cases[i].reply), &tree, &err), 0);
        vault_put_errors(&c, tree, &out);
        assert_string_equal(buf_cstr(&out), cases[i].shown);
        buf_done(&out);
    }
    struct buf out;
    buf_init(&out, OUT_MAX);
    vault_put_errors(&c, NULL, &out);
    assert_int_equal(out.len, 0);
    tear_down_client(&c);
}

static void test_classes(void **state)
{
    static const struct {
        unsigned status;
        const char *text;
        enum vault_failure at_login, elsewhere;
    } cases[] = {
        { 200, "", VAULT_OK, VAULT_OK },
        { 204, "", VAULT_OK, VAULT_OK },
        { 299, "sealed", VAULT_OK, VAULT_OK },
        { 0, "", VAULT_PROTOCOL, VAULT_PROTOCOL },
        { 100, "", VAULT_PROTOCOL, VAULT_PROTOCOL },
        { 301, "", VAULT_PROTOCOL, VAULT_PROTOCOL },
        { 307, "", VAULT_STANDBY, VAULT_STANDBY },
        { 400, "", VAULT_LOGIN, VAULT_BAD_REQUEST },
        { 403, "", VAULT_LOGIN, VAULT_FORBIDDEN },
        { 404, "", VAULT_NOT_FOUND, VAULT_NOT_FOUND },
        { 413, "", VAULT_PROTOCOL, VAULT_PROTOCOL },
        { 429, "", VAULT_THROTTLED, VAULT_THROTTLED },
        { 472, "", VAULT_STANDBY, VAULT_STANDBY },
        { 473, "", VAULT_STANDBY, VAULT_STANDBY },
        { 500, "", VAULT_SERVER, VAULT_SERVER },
        { 500, "local node not active but", VAULT_STANDBY, VAULT_STANDBY },
        { 501, "", VAULT_SEALED, VAULT_SEALED },
        { 502, "sealed", VAULT_SERVER, VAULT_SERVER },
        { 503, "", VAULT_SERVER, VAULT_SERVER },
        { 503, "Vault is sealed", VAULT_SEALED, VAULT_SEALED },
        { 503, "no active Vault instance found", VAULT_STANDBY, VAULT_STANDBY },
        { 599, "", VAULT_SERVER, VAULT_SERVER },
        { 999, "", VAULT_SERVER, VAULT_SERVER },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slice text = slice_of(cases[i].text);
        assert_int_equal(vault_failure_of(cases[i].status, text, true), cases[i].at_login);
        assert_int_equal(vault_failure_of(cases[i].status, text, false), cases[i].elsewhere);
    }
}

/* Each class has a name of its own for metrics, words for a person, and times that grow. */
static void test_the_table(void **state)
{
    (void)state;
    for (int f = VAULT_OK; f < VAULT_FAILURE__COUNT; f++) {
        const struct vault_failure_info *info = vault_failure_info((enum vault_failure)f);
        assert_non_null(info->name);
        assert_int_equal(strspn(info->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(info->name));
        for (int g = VAULT_OK; g < f; g++)
            assert_string_not_equal(info->name, vault_failure_info((enum vault_failure)g)->name);
        if (f == VAULT_OK)
            continue;
        assert_true(strlen(info->advice) > 10);
        assert_true(info->first_wait >= 1000000 && info->first_wait <= info->longest_wait);
        assert_true(info->longest_wait <= 60 * 1000000);
    }
}

static void test_paths(void **state)
{
    static const struct {
        const char *path, *clean; /* NULL: refused */
    } cases[] = {
        { "pki", "pki" },     { "/a/b/", "a/b" }, { "///a///", "a" },
        { "", "" },           { "/", "" },        { "a-b_c.d~e", "a-b_c.d~e" },
        { "a//b", NULL },     { "a/./b", NULL },  { "..", NULL },
        { "a/..", NULL },     { "...", "..." },   { "a b", NULL },
        { "a?b", NULL },      { "a%2fb", NULL },  { "a\nb", NULL },
        { "\xc3\xa9", NULL }, { "a#", NULL },     { "a\\b", NULL },
        { "a;b", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slice path = slice_of(cases[i].path);
        struct error err = ERROR_INIT;
        int rc = vault_clean_path(&path, "the mount", &err);
        assert_int_equal(rc, cases[i].clean ? 0 : -1);
        if (rc == 0)
            assert_true(slice_equal(path, slice_of(cases[i].clean)));
        else
            assert_true(err.code == ERROR_USAGE && strstr(err.msg, "the mount: '") == err.msg);
    }
    struct slice none = SLICE_ABSENT, with_nul = { "a\0b", 3 };
    struct error err = ERROR_INIT;
    assert_int_equal(vault_clean_path(&none, "x", &err), 0);
    assert_int_equal(vault_clean_path(&with_nul, "x", &err), -1);
    assert_int_equal(vault_check_name(SLICE("a/b"), "x", &err), -1);
    assert_int_equal(vault_check_name(SLICE(""), "x", &err), -1);
    assert_int_equal(vault_check_name(SLICE("a.b"), "x", &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),     cmocka_unit_test(test_long_words),
        cmocka_unit_test(test_errors),    cmocka_unit_test(test_classes),
        cmocka_unit_test(test_the_table), cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
