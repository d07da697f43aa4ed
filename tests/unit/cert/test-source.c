/* cert/source: files as the kubelet swaps them, half-written and mismatched pairs, and self-signed. */

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <gnutls/x509.h>

#include "cert/check.h"
#include "cert/source.h"
#include "support/alloc-fault.h"
#include "support/made-cert.h"

#define TEXT_MAX ((size_t)1 << 20)
#define DAY INT64_C(86400)
#define NAME_LEN 100
#define PATH_LEN 800

/* A mounted Secret: tls.crt and tls.key lead through ..data to the directory of one version. */
struct mount {
    char dir[64];
    int version;
    struct cert_source *source;
    struct cert_issue issue;
};

static struct made_cert ca, first, second, late, ended;

static int set_up_certs(void **state)
{
    int64_t now = time(NULL);
    (void)state;
    made_cert(&ca, .name = "ca", .is_ca = true);
    made_cert(&first, .hosts = "a.svc", .issuer = &ca, .serial = 1);
    made_cert(&second, .hosts = "a.svc", .issuer = &ca, .serial = 2);
    made_cert(&late, .hosts = "a.svc", .issuer = &ca, .serial = 3, .from = now + DAY,
              .to = now + 2 * DAY);
    made_cert(&ended, .hosts = "a.svc", .issuer = &ca, .serial = 4, .from = now - 2 * DAY,
              .to = now - DAY);
    return 0;
}

static int tear_down_certs(void **state)
{
    (void)state;
    made_cert_done(&ca);
    made_cert_done(&first);
    made_cert_done(&second);
    made_cert_done(&late);
    made_cert_done(&ended);
    return 0;
}

static const char *in_mount(const struct mount *m, const char *name, char ret[PATH_LEN])
{
    (void)snprintf(ret, PATH_LEN, "%s/%s", m->dir, name);
    return ret;
}

static void write_file(const struct mount *m, const char *name, struct slice text)
{
    char path[PATH_LEN];
    FILE *f = fopen(in_mount(m, name, path), "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text.ptr, 1, text.len, f), text.len);
    assert_int_equal(fclose(f), 0);
}

/* What the kubelet does: a new directory, then one rename of the link to it. */
static void swap_data(struct mount *m, struct slice cert, struct slice key)
{
    char name[NAME_LEN], path[PATH_LEN], to[PATH_LEN], version[32];
    (void)snprintf(version, sizeof(version), "..v%d", ++m->version);
    assert_int_equal(mkdir(in_mount(m, version, path), 0700), 0);
    (void)snprintf(name, sizeof(name), "%s/tls.crt", version);
    write_file(m, name, cert);
    (void)snprintf(name, sizeof(name), "%s/tls.key", version);
    write_file(m, name, key);
    assert_int_equal(symlink(version, in_mount(m, "..data_tmp", path)), 0);
    assert_int_equal(rename(path, in_mount(m, "..data", to)), 0);
}

static void swap_to(struct mount *m, const struct made_cert *cert, const struct made_cert *key)
{
    struct buf chain;
    buf_init(&chain, TEXT_MAX);
    buf_put_slice(&chain, made_cert_pem(cert));
    buf_put_slice(&chain, made_cert_pem(&ca));
    swap_data(m, buf_slice(&chain), buf_slice(&key->key_pem));
    buf_done(&chain);
}

static int set_up(void **state)
{
    struct mount *m = calloc(1, sizeof(*m));
    struct error err = ERROR_INIT;
    char path[2][PATH_LEN];
    assert_non_null(m);
    (void)snprintf(m->dir, sizeof(m->dir), "/tmp/keyhook-source-XXXXXX");
    assert_non_null(mkdtemp(m->dir));
    swap_to(m, &first, &first);
    assert_int_equal(symlink("..data/tls.crt", in_mount(m, "tls.crt", path[0])), 0);
    assert_int_equal(symlink("..data/tls.key", in_mount(m, "tls.key", path[1])), 0);
    assert_int_equal(
        cert_source_files(&(struct cert_files_settings){ .cert_path = slice_of(path[0]),
                                                         .key_path = slice_of(path[1]),
                                                         .hosts = SLICE("a.svc, b.svc") },
                          &m->source, &err),
        0);
    cert_issue_init(&m->issue);
    *state = m;
    return 0;
}

static int tear_down(void **state)
{
    struct mount *m = *state;
    char name[NAME_LEN], path[PATH_LEN];
    static const char *const names[] = { "tls.crt", "tls.key", "" };
    cert_issue_done(&m->issue);
    cert_source_free(m->source);
    for (int v = m->version; v > 0; v--)
        for (int i = 0; i < 3; i++) {
            (void)snprintf(name, sizeof(name), "..v%d/%s", v, names[i]);
            (void)remove(in_mount(m, name, path));
        }
    (void)remove(in_mount(m, "tls.crt", path));
    (void)remove(in_mount(m, "tls.key", path));
    (void)remove(in_mount(m, "..data", path));
    assert_int_equal(rmdir(m->dir), 0);
    free(m);
    return 0;
}

static int issue(struct mount *m, struct error *err)
{
    enum vault_failure failure = VAULT_OK;
    cert_issue_done(&m->issue);
    return m->source->kind->issue(m->source, time(NULL), &m->issue, &failure, err);
}

static bool has_changed(const struct mount *m)
{
    return m->source->kind->changed(m->source);
}

static void assert_serves(const struct mount *m, const struct made_cert *c)
{
    gnutls_datum_t der;
    assert_true(gnutls_x509_crt_export2(c->crt, GNUTLS_X509_FMT_DER, &der) >= 0);
    const gnutls_datum_t *found = &m->issue.bundle->chain[0].cert;
    assert_int_equal(found->size, der.size);
    assert_memory_equal(found->data, der.data, der.size);
    gnutls_free(der.data);
}

static void issue_well(struct mount *m)
{
    struct error err = ERROR_INIT;
    if (issue(m, &err) < 0)
        fail_msg("%s", err.msg);
}

static void test_facts(void **state)
{
    struct mount *m = *state;
    issue_well(m);
    assert_serves(m, &first);
    assert_int_equal(m->issue.bundle->chain_len, 2);
    assert_true(slice_equal(buf_slice(&m->issue.anchor), made_cert_pem(&ca)));
    assert_int_equal(m->issue.anchor_ends, gnutls_x509_crt_get_expiration_time(ca.crt));
    assert_false(m->issue.is_own);
    assert_false(has_changed(m));
    assert_true(m->source->kind->is_local);
    assert_false(m->source->kind->renews);
}

static void test_swaps(void **state)
{
    struct mount *m = *state;
    issue_well(m);
    for (int i = 0; i < 5; i++) {
        const struct made_cert *next = i % 2 == 0 ? &second : &first;
        swap_to(m, next, next);
        assert_true(has_changed(m));
        issue_well(m);
        assert_serves(m, next);
        assert_false(has_changed(m));
    }
}

/* A pair that does not fit is refused, and looked at again when it has changed, and until then. */
static void test_pairs_that_do_not_fit(void **state)
{
    struct mount *m = *state;
    static const struct {
        const struct made_cert *cert, *key;
        const char *msg;
    } table[] = {
        { &second, &first, "the key does not belong to the certificate" },
        { &first, &second, "the key does not belong to the certificate" },
        { &late, &late, "is not valid before" },
        { &ended, &ended, "expired at" },
    };
    issue_well(m);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct error err = ERROR_INIT;
        swap_to(m, table[i].cert, table[i].key);
        assert_true(has_changed(m));
        assert_int_equal(issue(m, &err), -1);
        assert_int_equal(err.code, ERROR_CRYPTO);
        assert_non_null(strstr(err.msg, table[i].msg));
        assert_non_null(strstr(err.msg, "tls.crt"));
        assert_null(strstr(err.msg, "BEGIN"));
        assert_null(m->issue.bundle);
        assert_int_equal(m->issue.anchor.len, 0);
        assert_true(has_changed(m));
    }
    swap_to(m, &second, &second);
    issue_well(m);
    assert_serves(m, &second);
}

/* Files that are written in place, one after the other and not at once. */
static void test_half_written(void **state)
{
    struct mount *m = *state;
    struct error err = ERROR_INIT;
    struct slice cert = made_cert_pem(&second), key = buf_slice(&second.key_pem);
    issue_well(m);
    write_file(m, "tls.crt", (struct slice){ cert.ptr, cert.len / 2 });
    assert_true(has_changed(m));
    assert_int_equal(issue(m, &err), -1);
    write_file(m, "tls.crt", cert);
    err = (struct error)ERROR_INIT;
    assert_int_equal(issue(m, &err), -1); /* with the old key */
    write_file(m, "tls.key", (struct slice){ key.ptr, key.len / 2 });
    err = (struct error)ERROR_INIT;
    assert_int_equal(issue(m, &err), -1);
    write_file(m, "tls.key", SLICE(""));
    err = (struct error)ERROR_INIT;
    assert_int_equal(issue(m, &err), -1);
    write_file(m, "tls.key", key);
    assert_true(has_changed(m));
    issue_well(m);
    assert_serves(m, &second);
    assert_int_equal(m->issue.bundle->chain_len, 1);
    assert_int_equal(m->issue.anchor.len, 0); /* whose anchor it is, the file does not say */
}

/* Only the certificate is new: an issuer may keep the key. */
static void test_same_key(void **state)
{
    struct mount *m = *state;
    struct made_cert renewed;
    made_cert(&renewed, .hosts = "a.svc", .issuer = &ca, .serial = 9, .key_of = &first);
    issue_well(m);
    swap_to(m, &renewed, &first);
    assert_true(has_changed(m));
    issue_well(m);
    assert_serves(m, &renewed);
    assert_false(has_changed(m));
    write_file(m, "tls.key", buf_slice(&second.key_pem)); /* the key alone */
    assert_true(has_changed(m));
    made_cert_done(&renewed);
}

static void test_gone(void **state)
{
    struct mount *m = *state;
    struct error err = ERROR_INIT;
    char path[PATH_LEN];
    issue_well(m);
    assert_int_equal(unlink(in_mount(m, "..data", path)), 0);
    assert_true(has_changed(m));
    assert_int_equal(issue(m, &err), -1);
    assert_int_equal(err.code, ERROR_IO);
    assert_non_null(strstr(err.msg, "tls.crt"));
    swap_to(m, &second, &second);
    issue_well(m);
    assert_serves(m, &second);
}

/* Swaps while the certificate is being read: the pipe ends when that is done. */
static void *swap_meanwhile(void *arg)
{
    struct mount *m = arg;
    char path[PATH_LEN];
    FILE *pipe = fopen(in_mount(m, "pipe", path), "w");
    swap_to(m, &first, &first);
    (void)fputs(buf_cstr(&first.pem), pipe);
    (void)fclose(pipe);
    return NULL;
}

static void test_a_change_while_it_is_read(void **state)
{
    struct mount *m = *state;
    struct error err = ERROR_INIT;
    pthread_t thread;
    char pipe[PATH_LEN], key[PATH_LEN];
    assert_int_equal(mkfifo(in_mount(m, "pipe", pipe), 0600), 0);
    cert_source_free(m->source);
    assert_int_equal(cert_source_files(&(struct cert_files_settings){ .cert_path = slice_of(pipe),
                                                                      .key_path = slice_of(in_mount(
                                                                          m, "tls.key", key)) },
                                       &m->source, &err),
                     0);
    assert_int_equal(pthread_create(&thread, NULL, swap_meanwhile, m), 0);
    issue_well(m);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(has_changed(m));
    assert_int_equal(unlink(pipe), 0);
}

/* The same bytes, size and time by another file: what a careful copy leaves. */
static void test_another_file(void **state)
{
    struct mount *m = *state;
    char path[PATH_LEN], to[PATH_LEN];
    struct stat before;
    issue_well(m);
    assert_int_equal(stat(in_mount(m, "tls.crt", path), &before), 0);
    struct buf chain;
    buf_init(&chain, TEXT_MAX);
    buf_put_slice(&chain, made_cert_pem(&first));
    buf_put_slice(&chain, made_cert_pem(&ca));
    write_file(m, "copy", buf_slice(&chain));
    buf_done(&chain);
    assert_int_equal(rename(in_mount(m, "copy", path), in_mount(m, "tls.crt", to)), 0);
    struct timespec times[2] = { before.st_atim, before.st_mtim };
    assert_int_equal(utimensat(AT_FDCWD, to, times, 0), 0);
    assert_true(has_changed(m));
}

/* The certificate is served all the same: clients that are given a URL may ask for another name. */
static void test_a_name_that_it_lacks(void **state)
{
    struct mount *m = *state;
    issue_well(m);
    struct slice notes = buf_slice(&m->issue.notes);
    assert_true(slice_has_prefix(notes, SLICE("the certificate is not for 'b.svc'")));
}

static void test_too_large(void **state)
{
    struct mount *m = *state;
    struct error err = ERROR_INIT;
    struct buf text;
    buf_init(&text, TEXT_MAX);
    while (text.len <= (size_t)256 << 10)
        buf_put_slice(&text, made_cert_pem(&first));
    swap_data(m, buf_slice(&text), buf_slice(&first.key_pem));
    assert_int_equal(issue(m, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    buf_done(&text);
}

static void test_names(void **state)
{
    const struct cert_files_settings wrong[] = {
        { .cert_path = SLICE(""), .key_path = SLICE("k") },
        { .cert_path = SLICE("c"), .key_path = { "k\0x", 3 } },
        { .cert_path = SLICE("c"), .key_path = SLICE("k"), .hosts = SLICE("a b") },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct cert_source *source = NULL;
        struct error err = ERROR_INIT;
        assert_int_equal(cert_source_files(&wrong[i], &source, &err), -1);
        assert_int_equal(err.code, ERROR_USAGE);
        assert_null(source);
    }
}

/* A leaf that signed itself is its own anchor. */
static void test_its_own_anchor(void **state)
{
    struct mount *m = *state;
    struct made_cert own;
    made_cert(&own, .name = "own", .hosts = "a.svc");
    swap_data(m, made_cert_pem(&own), buf_slice(&own.key_pem));
    issue_well(m);
    assert_true(slice_equal(buf_slice(&m->issue.anchor), made_cert_pem(&own)));
    made_cert_done(&own);
}

static void test_self_signed(void **state)
{
    CLEANUP(cert_source_free) struct cert_source *source = NULL;
    struct error err = ERROR_INIT;
    struct cert_issue got[2];
    struct cert_hosts hosts;
    enum vault_failure failure = VAULT_OK;
    int64_t now = time(NULL);
    (void)state;
    assert_int_equal(cert_source_self_signed(SLICE("a.svc, 10.0.0.7"), &source, &err), 0);
    assert_int_equal(cert_hosts_parse(SLICE("a.svc,10.0.0.7"), &hosts, &err), 0);
    assert_true(source->kind->is_local && source->kind->renews);
    for (int i = 0; i < 2; i++) {
        cert_issue_init(&got[i]);
        assert_int_equal(source->kind->issue(source, now, &got[i], &failure, &err), 0);
        assert_true(got[i].is_own);
        assert_int_equal(got[i].issued, now);
        assert_int_equal(got[i].anchor_ends, got[i].bundle->not_after);
        if (cert_check(got[i].bundle, &hosts, buf_slice(&got[i].anchor), now, &err) < 0)
            fail_msg("%s", err.msg);
    }
    assert_false(slice_equal(buf_slice(&got[0].anchor), buf_slice(&got[1].anchor)));
    cert_issue_done(&got[0]);
    cert_issue_done(&got[1]);
    cert_source_free(NULL);
}

static void test_self_signed_without_memory(void **state)
{
    CLEANUP(cert_source_free) struct cert_source *source = NULL;
    struct error err = ERROR_INIT;
    enum vault_failure failure = VAULT_OK;
    unsigned long n = 1;
    (void)state;
    assert_int_equal(cert_source_self_signed(SLICE("a.svc"), &source, &err), 0);
    for (bool has_failed = true; has_failed; n++) {
        struct cert_issue got;
        cert_issue_init(&got);
        alloc_fault_start(n);
        int rc = source->kind->issue(source, time(NULL), &got, &failure, &err);
        has_failed = alloc_fault_stop();
        assert_int_equal(rc, has_failed ? -1 : 0);
        assert_true(!has_failed || err.code == ERROR_NOMEM);
        cert_issue_done(&got);
    }
    assert_true(n > 2);
}

#define mounted(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        mounted(test_facts),
        mounted(test_swaps),
        mounted(test_pairs_that_do_not_fit),
        mounted(test_half_written),
        mounted(test_same_key),
        mounted(test_gone),
        mounted(test_a_change_while_it_is_read),
        mounted(test_another_file),
        mounted(test_a_name_that_it_lacks),
        mounted(test_too_large),
        mounted(test_its_own_anchor),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_self_signed),
        cmocka_unit_test(test_self_signed_without_memory),
    };
    return cmocka_run_group_tests(tests, set_up_certs, tear_down_certs);
}
