/*
 * What cert/trust decides, situation by situation.  A situation is written in letters: each stands for a
 * certificate, a sign behind it for another way to write it, other signs for other text.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "base/time.h"
#include "cert/life.h"
#include "cert/trust.h"
#include "support/made-cert.h"
#include "support/trust-object.h"
#include "unit/cert/trust-situation-table.h"

#define NOW INT64_C(2000000000)
#define YEAR ((int64_t)365 * 24 * 60 * 60)
#define DAY ((int64_t)24 * 60 * 60)
#define TEXT_MAX ((size_t)1 << 20)
#define LETTERS 128

/* --- certificates, by letter ------------------------------------------------------------------- */

static struct made_cert certs[LETTERS];
static unsigned char hashes[LETTERS][TRUST_HASH_SIZE];

static const struct {
    char letter;
    int64_t ends;
} makes[] = {
    { 'A', 10 * YEAR },          { 'B', 10 * YEAR },      { 'C', 10 * YEAR },
    { 'D', 10 * YEAR },          { 'S', 7 * DAY },        { 'T', 6 * DAY },
    { 'E', -LIFE_SKEW_MAX - 1 }, { 'L', -LIFE_SKEW_MAX }, { 'N', -1 },
    { 'M', -LIFE_SKEW_MAX + 1 },
};
#define MAKES (sizeof(makes) / sizeof(makes[0]))

static void hash_cert(const struct made_cert *c, unsigned char ret[TRUST_HASH_SIZE])
{
    size_t size = TRUST_HASH_SIZE;
    assert_true(gnutls_x509_crt_get_fingerprint(c->crt, GNUTLS_DIG_SHA256, ret, &size) >= 0);
}

/* A to D in the order of their hashes. */
static void sort_first_four(void)
{
    for (int i = 'A'; i < 'D'; i++)
        for (int j = 'A'; j < 'D'; j++)
            if (memcmp(hashes[j], hashes[j + 1], TRUST_HASH_SIZE) > 0) {
                struct made_cert swap = certs[j];
                certs[j] = certs[j + 1];
                certs[j + 1] = swap;
                hash_cert(&certs[j], hashes[j]);
                hash_cert(&certs[j + 1], hashes[j + 1]);
            }
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < MAKES; i++) {
        int l = makes[i].letter;
        made_cert(&certs[l], .serial = (unsigned)i, .from = NOW - YEAR, .to = NOW + makes[i].ends,
                  .is_ca = true, .is_fixed = true, .name = "an anchor");
        hash_cert(&certs[l], hashes[l]);
    }
    sort_first_four();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < MAKES; i++)
        made_cert_done(&certs[(int)makes[i].letter]);
    return 0;
}

/* --- other ways to write a certificate --------------------------------------------------------- */

static void put_replaced(struct buf *out, struct slice text, const char *from, const char *to)
{
    while (text.len > 0) {
        const char *at = memmem(text.ptr, text.len, from, strlen(from));
        size_t before = at ? (size_t)(at - text.ptr) : text.len;
        buf_put(out, text.ptr, before);
        if (at)
            buf_put(out, to, strlen(to));
        text = slice_after(text, before + (at ? strlen(from) : 0));
    }
}

static const struct {
    char sign;
    const char *from, *to;
} variants[] = {
    { '\'', "\n", "\r\n" },
    { '"', "\n", " \t\n" },
    { '_', "\n", "\n\n" },
    { '%', "END CERTIFICATE", "END X" },
    { '^', "CERTIFICATE", "X509 CERTIFICATE" },
    { ':', "BEGIN CERTIFICATE-----\n", "BEGIN CERTIFICATE-----\nProc-Type: 4\n\n" },
    { '/', "-----BEGIN", " -----BEGIN" },
    { '?', "M", "-" },
    { '.', "-----END CERTIFICATE-----\n", "" },
    { ',', "-----END CERTIFICATE-----\n", "-----END CERTIFICATE-----" },
    { '>', "-----END CERTIFICATE-----\n", "-----END CERTIFICATE-----x\n" },
    { '(', "\n-----END", "-----END" },
};

static const struct {
    char sign;
    const char *text;
} texts[] = {
    { '#', "\n# Subject: CN=x -- not ours\n  -----\n\n" },
    { '!', "-----BEGIN X-----\nAAAA\n-----END X-----\n" },
    { '*', "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" },
    { '0', "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" },
    { ';', "-----BEGIN CERTIFICATE-----\n" },
    { '<', "-----END CERTIFICATE-----\n" },
    { '&', "no PEM\n" },
};

static void put_cert(struct buf *out, char letter, char sign)
{
    struct slice pem = made_cert_pem(&certs[(int)letter]);
    for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
        if (variants[i].sign == sign) {
            put_replaced(out, pem, variants[i].from, variants[i].to);
            return;
        }
    buf_put_slice(out, pem);
}

static bool is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

static void put_bundle(struct buf *out, const char *letters, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (is_letter(letters[i]))
            put_cert(out, letters[i], i + 1 < len ? letters[i + 1] : '\0');
        for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++)
            if (texts[j].sign == letters[i])
                buf_put(out, texts[j].text, strlen(texts[j].text));
    }
}

/* --- a situation made of its letters ------------------------------------------------------------ */

static void make_bundles(struct trust_object *o, const char *found)
{
    trust_object_init(o, 1);
    size_t entry = 0;
    for (;; entry++) {
        size_t len = strcspn(found, "|");
        o->is_base64[entry] = strncmp(found, "-", len) != 0 || len == 0;
        put_bundle(&o->bundles[entry], found, len);
        if (found[len] == '\0')
            break;
        found += len + 1;
    }
    o->entry_count = entry + 1;
}

static void put_stamp_name(struct buf *out, const char *word, size_t len)
{
    buf_put_lit(out, TRUST_STAMP_PREFIX);
    if (len == 1 && is_letter(word[0]))
        for (int i = 0; i < 8; i++)
            buf_printf(out, "%02x", hashes[(int)word[0]][i]);
    else
        buf_put(out, word, len);
}

static void make_stamps(struct trust_object *o, const char *words)
{
    while (words && *words) {
        struct buf name, value;
        buf_init(&name, TEXT_MAX);
        buf_init(&value, TEXT_MAX);
        size_t len = strcspn(words, " "), id = strcspn(words, "+-=");
        put_stamp_name(&name, words, id);
        if (words[id] == '=')
            buf_put(&value, words + id + 1, len - id - 1);
        else
            time_put_rfc3339(&value, (NOW + strtoll(words + id, NULL, 10)) * 1000000, TIME_SECONDS);
        trust_object_annotate(o, buf_slice(&name), buf_slice(&value));
        buf_done(&name);
        buf_done(&value);
        words += len + strspn(words + len, " ");
    }
}

struct ours {
    struct trust_anchor at[TRUST_HELD_MAX + 1];
    struct buf texts[TRUST_HELD_MAX + 1];
    size_t count;
};

static void make_ours(struct ours *o, const char *words)
{
    o->count = 0;
    while (words && *words) {
        size_t len = strcspn(words, " "), letters = strcspn(words, "+- ");
        struct buf *text = &o->texts[o->count];
        buf_init(text, TEXT_MAX);
        put_bundle(text, words + 1, letters - 1);
        o->at[o->count++] = (struct trust_anchor){
            .pem = buf_slice(text),
            .role = words[0] == 'h'   ? TRUST_HOLD
                    : words[0] == 'r' ? TRUST_RETIRE
                                      : TRUST_DROP,
            .until = letters < len ? NOW + strtoll(words + letters, NULL, 10) : 0,
        };
        words += len + strspn(words + len, " ");
    }
}

static void ours_done(struct ours *o)
{
    for (size_t i = 0; i < o->count; i++)
        buf_done(&o->texts[i]);
}

/* --- what comes out ----------------------------------------------------------------------------- */

static char letter_of(gnutls_x509_crt_t crt)
{
    unsigned char hash[TRUST_HASH_SIZE];
    size_t size = sizeof(hash);
    assert_true(gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, hash, &size) >= 0);
    for (size_t i = 0; i < MAKES; i++)
        if (memcmp(hash, hashes[(int)makes[i].letter], sizeof(hash)) == 0)
            return makes[i].letter;
    return '~';
}

/* The letters of a bundle as GnuTLS reads it: another reader than ours. */
static void put_letters(struct buf *out, const struct buf *bundle)
{
    gnutls_x509_crt_t *list = NULL;
    unsigned count = 0;
    gnutls_datum_t text = { (unsigned char *)bundle->data, (unsigned)bundle->len };
    if (bundle->len == 0)
        return;
    assert_true(gnutls_x509_crt_list_import2(&list, &count, &text, GNUTLS_X509_FMT_PEM, 0) >= 0);
    for (unsigned i = 0; i < count; i++) {
        buf_put_char(out, letter_of(list[i]));
        gnutls_x509_crt_deinit(list[i]);
    }
    gnutls_free(list);
}

static void assert_bundles(struct trust_object *o, const struct situation *s)
{
    struct buf letters, canonical;
    buf_init(&letters, TEXT_MAX);
    buf_init(&canonical, TEXT_MAX);
    for (size_t i = 0; i < o->entry_count; i++) {
        if (i > 0)
            buf_put_char(&letters, '|');
        put_letters(&letters, &o->bundles[i]);
    }
    if (strcmp(buf_cstr(&letters), s->wanted) != 0)
        fail_msg("%s: bundles are '%s', not '%s'", s->what, buf_cstr(&letters), s->wanted);
    buf_done(&letters);
    buf_done(&canonical);
}

static void assert_stamps(const struct trust_object *o, const struct situation *s)
{
    struct trust_object wanted;
    trust_object_init(&wanted, 0);
    make_stamps(&wanted, s->wanted_stamps);
    for (size_t i = 0; i < wanted.annotation_count; i++) {
        struct slice found = trust_object_annotation(o, buf_slice(&wanted.names[i]));
        if (!slice_equal(found, buf_slice(&wanted.values[i])))
            fail_msg("%s: stamp " SLICE_FMT " is '" SLICE_FMT "', not '" SLICE_FMT "'", s->what,
                     SLICE_ARG(buf_slice(&wanted.names[i])), SLICE_ARG(found),
                     SLICE_ARG(buf_slice(&wanted.values[i])));
    }
    if (o->annotation_count != wanted.annotation_count)
        fail_msg("%s: %zu stamps, not %zu", s->what, o->annotation_count, wanted.annotation_count);
    trust_object_done(&wanted);
}

static void make_plan(struct trust_object *o, const struct ours *ours, bool was_seen,
                      struct trust_plan *ret)
{
    struct error err = ERROR_INIT;
    if (trust_plan(trust_object_view(o), ours->at, ours->count, NOW, was_seen, ret, &err) < 0)
        fail_msg("%s", err.msg);
}

/* What was written is a fixed point. */
static void assert_fixed(struct trust_object *o, const struct ours *ours, const char *what)
{
    struct trust_plan again;
    make_plan(o, ours, true, &again);
    if (again.is_needed || again.is_repair)
        fail_msg("%s: is to be written a second time", what);
    for (size_t i = 0; i < o->entry_count; i++)
        assert_null(again.change.ca_bundles[i].ptr);
    assert_int_equal(again.change.annotation_count, 0);
    assert_int_equal(again.crowded_out, 0);
    trust_plan_done(&again);
}

/* A patch that names an annotation twice is no patch. */
static void assert_named_once(const struct kube_webhook_change *change, const char *what)
{
    for (size_t i = 0; i < change->annotation_count; i++)
        for (size_t j = 0; j < i; j++)
            if (slice_equal(change->annotations[i].name, change->annotations[j].name))
                fail_msg("%s: a stamp is named twice", what);
}

static bool has_fact(const struct situation *s, char fact)
{
    return strchr(s->facts, fact) != NULL;
}

static void check_situation(const struct situation *s)
{
    struct trust_object o;
    struct ours ours;
    struct trust_plan plan;
    make_bundles(&o, s->found);
    make_stamps(&o, s->stamps);
    make_ours(&ours, s->ours);
    make_plan(&o, &ours, has_fact(s, 'w'), &plan);
    if (plan.is_needed != (s->wanted != NULL))
        fail_msg("%s: %s", s->what, plan.is_needed ? "is written" : "is not written");
    if (plan.holds_all != has_fact(s, 'h'))
        fail_msg("%s: holds all: %d", s->what, plan.holds_all);
    if (plan.is_repair != has_fact(s, 'r'))
        fail_msg("%s: is a repair: %d", s->what, plan.is_repair);
    assert_named_once(&plan.change, s->what);
    if (s->wanted) {
        trust_object_patch(&o, &plan.change);
        assert_bundles(&o, s);
        assert_stamps(&o, s);
    }
    assert_fixed(&o, &ours, s->what);
    trust_plan_done(&plan);
    ours_done(&ours);
    trust_object_done(&o);
}

static void check_situations(const struct situation *at, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_situation(&at[i]);
}

#define check_all(table) check_situations((table), sizeof(table) / sizeof((table)[0]))

/* --- the rules ---------------------------------------------------------------------------------- */

static void test_union(void **state)
{
    (void)state;
    check_all(unions);
}

static void test_no_entries(void **state)
{
    struct trust_object o;
    struct ours ours;
    struct trust_plan plan;
    (void)state;
    trust_object_init(&o, 0);
    make_ours(&ours, "hA+9");
    make_plan(&o, &ours, false, &plan);
    assert_false(plan.is_needed);
    assert_false(plan.holds_all);
    trust_plan_done(&plan);
    ours_done(&ours);
    trust_object_done(&o);
}

static void test_writing(void **state)
{
    (void)state;
    check_all(writing);
}

static void test_stamps(void **state)
{
    (void)state;
    check_all(stamps);
}

static void test_pruning(void **state)
{
    (void)state;
    check_all(pruning);
}

static void test_stamps_that_are_none(void **state)
{
    (void)state;
    check_all(stamps_that_are_none);
}

static void test_repairs(void **state)
{
    (void)state;
    check_all(repairs);
}

static void test_others_are_left_alone(void **state)
{
    struct trust_object o;
    struct ours ours;
    struct trust_plan plan;
    (void)state;
    make_bundles(&o, "AB");
    make_stamps(&o, "B-1");
    trust_object_annotate(&o, SLICE("keyhook/other"), SLICE("2001-01-01T00:00:00Z"));
    trust_object_annotate(&o, SLICE("keyhook/retire"), SLICE("x"));
    make_ours(&ours, "hA+9");
    make_plan(&o, &ours, false, &plan);
    trust_object_patch(&o, &plan.change);
    assert_int_equal(o.annotation_count, 2);
    trust_plan_done(&plan);
    ours_done(&ours);
    trust_object_done(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_union),   cmocka_unit_test(test_no_entries),
        cmocka_unit_test(test_writing), cmocka_unit_test(test_stamps),
        cmocka_unit_test(test_pruning), cmocka_unit_test(test_stamps_that_are_none),
        cmocka_unit_test(test_repairs), cmocka_unit_test(test_others_are_left_alone),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
