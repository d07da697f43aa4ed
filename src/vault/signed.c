#include <string.h>
#include <time.h>

#include "http/reply.h"
#include "vault/client.h"

#define PEM_MAX ((size_t)64 << 10)
#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"
#define MARGIN 5 /* seconds less than what is left of the CA */
#define ENDS "would result in notAfter of "
#define CA_ENDS "beyond the expiration of the CA certificate at "
#define DATE_SIZE 19 /* 2026-01-02T15:04:05, without the fraction */

void vault_signed_init(struct vault_signed *s)
{
    *s = (struct vault_signed){ 0 };
    buf_init_secret(&s->leaf, PEM_MAX);
    buf_init(&s->issuing_ca, PEM_MAX);
    buf_init(&s->chain, PEM_MAX * VAULT_CHAIN_MAX);
    buf_init(&s->warnings, VAULT_WARNINGS_MAX);
}

void vault_signed_done(struct vault_signed *s)
{
    buf_done(&s->leaf);
    buf_done(&s->issuing_ca);
    buf_done(&s->chain);
    buf_done(&s->warnings);
}

/* --- certificates ------------------------------------------------------------------------------ */

/* What it holds is for others to judge; that it is one block, and no key, shows its base64. */
static bool is_one_certificate(struct slice pem)
{
    size_t around = strlen(BEGIN) + strlen(END);
    if (pem.len <= around || !slice_has_prefix(pem, SLICE(BEGIN)) ||
        !slice_equal(slice_after(pem, pem.len - strlen(END)), SLICE(END)))
        return false;
    for (size_t i = strlen(BEGIN); i < pem.len - strlen(END); i++) {
        char b = pem.ptr[i];
        bool is_base64 = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') ||
                         (b >= '0' && b <= '9') || (b && strchr("+/=\r\n", b));
        if (!is_base64)
            return false;
    }
    return true;
}

/* Vault trims its PEM: without a newline, two blocks would run into each other. */
static int read_pem(const json_t *tree, const char *path, struct slice *ret, struct error *err)
{
    struct slice pem = SLICE_ABSENT;
    if (reply_string(tree, path, &pem, err) < 0)
        return -1;
    pem = slice_trim(pem);
    if (!is_one_certificate(pem))
        return error_set(err, ERROR_SHAPE, "the reply's %s is not one certificate in PEM", path);
    *ret = pem;
    return 0;
}

static void put_line(struct buf *out, struct slice line)
{
    buf_put_slice(out, line);
    buf_put_char(out, '\n');
}

/* Absent when nothing stands above the CA that signed. */
static int put_chain(const json_t *tree, struct buf *out, struct error *err)
{
    const json_t *chain = reply_find(tree, "data.ca_chain");
    size_t count = json_array_size(chain);
    if (chain && !json_is_null(chain) && !json_is_array(chain))
        return error_set(err, ERROR_SHAPE, "the reply's data.ca_chain is not an array");
    if (count > VAULT_CHAIN_MAX)
        return error_set(err, ERROR_LIMIT,
                         "the reply's data.ca_chain has more than %u certificates",
                         VAULT_CHAIN_MAX);
    for (size_t i = 0; i < count; i++) {
        char path[] = "data.ca_chain.0"; /* VAULT_CHAIN_MAX is below ten */
        struct slice pem;
        path[sizeof(path) - 2] = (char)('0' + i);
        if (read_pem(tree, path, &pem, err) < 0)
            return -1;
        if (!slice_contains(buf_slice(out), pem))
            put_line(out, pem);
    }
    return 0;
}

/* What does not fit is left out: half a warning helps nobody. */
static int put_warning(const struct vault_client *c, struct slice words, struct buf *out,
                       struct error *err)
{
    struct buf line;
    buf_init(&line, VAULT_WARNINGS_MAX);
    vault_put_words(c, words, &line);
    int rc = buf_check(&line, "a warning", err);
    if (rc == 0 && line.len > 0 && out->len + line.len < VAULT_WARNINGS_MAX / 2)
        put_line(out, buf_slice(&line));
    buf_done(&line);
    return rc;
}

static int put_warnings(const struct vault_client *c, const json_t *tree, struct buf *out,
                        struct error *err)
{
    const json_t *warnings = reply_find(tree, "warnings");
    size_t i;
    json_t *one;
    json_array_foreach(warnings, i, one)
    {
        struct slice words = { json_string_value(one), json_string_length(one) };
        if (words.len > 0 && put_warning(c, words, out, err) < 0)
            return -1;
    }
    return 0;
}

static int fill(const struct vault_client *c, const json_t *tree, struct vault_signed *s,
                struct error *err)
{
    struct slice leaf, issuer;
    if (read_pem(tree, "data.certificate", &leaf, err) < 0 ||
        read_pem(tree, "data.issuing_ca", &issuer, err) < 0)
        return -1;
    put_line(&s->leaf, leaf);
    put_line(&s->issuing_ca, issuer);
    put_line(&s->chain, issuer);
    if (put_chain(tree, &s->chain, err) < 0 || put_warnings(c, tree, &s->warnings, err) < 0 ||
        buf_check(&s->leaf, "the certificate", err) < 0 ||
        buf_check(&s->issuing_ca, "the issuing CA", err) < 0 ||
        buf_check(&s->chain, "the CA chain", err) < 0)
        return -1;
    return buf_check(&s->warnings, "the warnings", err);
}

int vault_signed_read(const struct vault_client *c, const json_t *tree, struct vault_signed *ret,
                      struct error *err)
{
    struct vault_signed fresh;
    vault_signed_init(&fresh);
    if (fill(c, tree, &fresh, err) < 0) {
        vault_signed_done(&fresh);
        return -1;
    }
    vault_signed_done(ret);
    *ret = fresh;
    return 0;
}

/* --- what a refusal says ----------------------------------------------------------------------- */

/* The seconds since 1970 of the date behind the mark; false without one. */
static bool date_behind(struct slice words, struct slice mark, int64_t *ret)
{
    const char *at = words.len > 0 ? memmem(words.ptr, words.len, mark.ptr, mark.len) : NULL;
    char date[DATE_SIZE + 1];
    struct tm parts = { 0 };
    if (!at || (size_t)(words.ptr + words.len - at) < mark.len + DATE_SIZE)
        return false;
    memcpy(date, at + mark.len, DATE_SIZE);
    date[DATE_SIZE] = 0;
    const char *end = strptime(date, "%Y-%m-%dT%H:%M:%S", &parts);
    if (!end || *end)
        return false;
    *ret = (int64_t)timegm(&parts);
    return true;
}

int64_t vault_life_left(struct slice words, int64_t asked, int64_t now)
{
    int64_t end, ca_end;
    if (!slice_contains(words, SLICE("beyond the expiration of the CA")))
        return 0;
    if (!date_behind(words, SLICE(CA_ENDS), &ca_end) || !date_behind(words, SLICE(ENDS), &end))
        return asked / 2;
    int64_t left = asked - (end - ca_end) - MARGIN;
    /* A life that the role has cut already: only the clock tells what is left. */
    int64_t by_clock = ca_end - now - MARGIN;
    if (by_clock > 0 && by_clock < left)
        left = by_clock;
    return left < asked ? left : asked / 2;
}
