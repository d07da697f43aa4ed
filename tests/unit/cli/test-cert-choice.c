/* Which certificate source the options mean. */

#include "cli/cert-choice.h"
#include "unit/cli/options-run.h"

#define VAULT "-pki-address=https://v:8200", "-pki-role=r", "-pki-auth-role=a", "-tls-auto-hosts=h"
#define FILES "-tls-cert-file=c", "-tls-key-file=k"

static int choose(const char *const *args, struct cert_choice *ret, struct error *err,
                  bool *ret_warned)
{
    struct run r;
    struct buf warnings;
    buf_init(&warnings, OPTIONS_WARNINGS_MAX);
    if (run(&r, args, LIST(ADDRESS)) < 0)
        fail_msg("%s", r.err.msg);
    int rc = cert_choose(&r.opt, ret, &warnings, err);
    *ret_warned = warnings.len > 0;
    buf_done(&warnings);
    options_done(&r.opt);
    return rc;
}

/* clang-format off */
static const struct {
    const char *args[ARGS_MAX];
    enum cert_source_id source;
    bool publishes, whole_chain, has_fallback, warns;
} choices[] = {
    { { NULL },                                       CERT_SOURCE_SELF_SIGNED, false, false, false, false },
    { { "-tls-auto=w" },                              CERT_SOURCE_SELF_SIGNED, true,  false, false, false },
    { { "-webhook-name=w" },                          CERT_SOURCE_SELF_SIGNED, true,  false, false, false },
    { { "-tls-auto=w", "-webhook-name=w" },           CERT_SOURCE_SELF_SIGNED, true,  false, false, false },
    { { "-tls-auto=w", "-publish=off" },              CERT_SOURCE_SELF_SIGNED, false, false, false, false },
    { { FILES },                                      CERT_SOURCE_FILES,       false, false, false, false },
    { { FILES, "-tls-auto=w" },                       CERT_SOURCE_FILES,       false, false, false, false },
    { { FILES, "-tls-auto=w", "-publish=issuer" },    CERT_SOURCE_FILES,       true,  false, false, false },
    { { FILES, "-tls-auto=w", "-tls-ca-cert-file=a" }, CERT_SOURCE_FILES,      true,  false, false, false },
    { { FILES, "-tls-ca-cert-file=a" },               CERT_SOURCE_FILES,       false, false, false, true },
    { { VAULT },                                      CERT_SOURCE_VAULT,       false, false, false, false },
    { { VAULT, "-tls-auto=w" },                       CERT_SOURCE_VAULT,       true,  false, true,  false },
    { { VAULT, "-tls-auto=w", "-publish=chain" },     CERT_SOURCE_VAULT,       true,  true,  true,  false },
    { { VAULT, "-tls-auto=w", "-cert-fallback=none" }, CERT_SOURCE_VAULT,      true,  false, false, false },
    { { VAULT, "-cert-fallback=self-signed" },        CERT_SOURCE_VAULT,       false, false, true,  false },
    { { "-cert-source=self-signed", "-pki-role=r" },  CERT_SOURCE_SELF_SIGNED, false, false, false, true },
    { { "-cert-fallback=none" },                      CERT_SOURCE_SELF_SIGNED, false, false, false, true },
    { { "-cert-source=self-signed", VAULT },          CERT_SOURCE_SELF_SIGNED, false, false, false, true },
};
/* clang-format on */

static void test_choices(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        struct cert_choice got;
        struct error err = ERROR_INIT;
        bool warned;
        if (choose(choices[i].args, &got, &err, &warned) < 0)
            fail_msg("%zu: %s", i, err.msg);
        assert_int_equal(got.source, choices[i].source);
        assert_int_equal(got.publishes, choices[i].publishes);
        assert_int_equal(got.whole_chain, choices[i].whole_chain);
        assert_int_equal(got.has_fallback, choices[i].has_fallback);
        assert_int_equal(warned, choices[i].warns);
    }
}

static void test_contradictions(void **state)
{
    static const struct {
        const char *args[ARGS_MAX];
        const char *word;
    } rows[] = {
        { { "-cert-source=files" }, "-tls-cert-file" },
        { { "-cert-source=vault" }, "-pki-role" },
        { { "-cert-source=vault", FILES }, "-tls-cert-file" },
        { { "-cert-source=self-signed", FILES }, "-tls-cert-file" },
        { { "-cert-source=vault", "-pki-role=r" }, "-pki-auth-role" },
        { { "-cert-source=vault", "-pki-role=r", "-pki-token-file=t" }, "-tls-auto-hosts" },
        { { "-publish=issuer" }, "-webhook-name" },
        { { "-tls-auto=a", "-webhook-name=b" }, "give one" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cert_choice got;
        struct error err = ERROR_INIT;
        bool warned;
        assert_int_equal(choose(rows[i].args, &got, &err, &warned), -1);
        assert_int_equal(err.code, ERROR_USAGE);
        assert_non_null(strstr(err.msg, rows[i].word));
    }
}

static void test_address_of_the_pods(void **state)
{
    struct run r;
    struct cert_choice got;
    struct error err = ERROR_INIT;
    struct buf warnings;
    (void)state;
    buf_init(&warnings, OPTIONS_WARNINGS_MAX);
    assert_int_equal(
        run(&r, LIST("-cert-source=vault", "-pki-role=r", "-pki-auth-role=a", "-tls-auto-hosts=h"),
            LIST(ADDRESS)),
        0);
    assert_int_equal(cert_choose(&r.opt, &got, &warnings, &err), 0);
    assert_slice(got.pki_address, "https://vault.vault.svc:8200");
    buf_done(&warnings);
    options_done(&r.opt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_address_of_the_pods),
    };
    return cmocka_run_group_tests_name("cert-choice", tests, NULL, NULL);
}
