/*
 * Vault's reply to a request to sign: whole certificates in PEM, each list with its own limits, warnings as
 * lines, or a refusal that changes nothing.
 */

#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "http/reply.h"
#include "support/promise.h"
#include "vault/client.h"

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count(struct slice text, const char *what)
{
    size_t n = 0, len = strlen(what);
    for (size_t i = 0; i + len <= text.len; i++)
        n += memcmp(text.ptr + i, what, len) == 0;
    return n;
}

static void check_blocks(const struct buf *b, size_t most)
{
    struct slice text = buf_slice(b);
    size_t blocks = count(text, BEGIN);
    promise(blocks >= 1 && blocks <= most, "the number of certificates is limited");
    promise(count(text, END) == blocks && count(text, "-----") == 4 * blocks,
            "each certificate is whole, and nothing else is there");
    promise(slice_has_prefix(text, SLICE(BEGIN)), "it begins with a certificate");
    promise(slice_equal(slice_after(text, text.len - strlen(END)), SLICE(END)),
            "it ends with a newline");
}

static void check_signed(const struct vault_signed *s)
{
    check_blocks(&s->leaf, 1);
    check_blocks(&s->issuing_ca, 1);
    check_blocks(&s->chain, VAULT_CHAIN_MAX + 1);
    promise(slice_has_prefix(buf_slice(&s->chain), buf_slice(&s->issuing_ca)),
            "the chain begins with the issuing CA");
    struct slice rest = buf_slice(&s->warnings);
    promise(rest.len <= VAULT_WARNINGS_MAX / 2, "there is room for a warning of our own");
    while (rest.len > 0) {
        struct slice line = slice_cut(&rest, '\n');
        promise(line.len > 0 && promise_is_line(line) && text_is_utf8(line),
                "a warning is one line");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vault_client client; /* holds no secret */
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    struct error err = ERROR_INIT;
    struct vault_signed got;
    if (reply_parse((struct slice){ (const char *)data, size }, &tree, &err) < 0)
        return 0;
    vault_signed_init(&got);
    if (vault_signed_read(&client, tree, &got, &err) == 0) {
        check_signed(&got);
    } else {
        promise(err.code == ERROR_SHAPE || err.code == ERROR_LIMIT,
                "a reply is refused for its shape");
        promise(promise_is_line(slice_of(err.msg)), "a refusal is one line");
        promise(got.leaf.len + got.chain.len + got.warnings.len == 0, "a failure changes nothing");
    }
    vault_signed_done(&got);
    return 0;
}
