/*
 * A byte for the status, a body of Vault: its words become one short line without our token, each status has
 * a class, and what is left of a life is less than what was asked for.
 */

#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "http/reply.h"
#include "support/fuzz-input.h"
#include "support/promise.h"
#include "vault/client.h"

#define TOKEN "s.SECRET"
#define OUT_MAX 8192
#define ASKED 3600
#define NOW 1767322800

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned statuses[] = { 200, 204, 307, 400, 403, 404, 412, 429,
                                     472, 473, 500, 501, 502, 503, 0,   999 };

#define STATUSES (unsigned)(sizeof(statuses) / sizeof(statuses[0]))

static void check_line(const struct buf *out, size_t most)
{
    struct slice line = buf_slice(out);
    promise(out->failure == BUF_OK && line.len <= most, "Vault's words are cut");
    promise(promise_is_line(line) && text_is_utf8(line), "Vault's words are one line");
    promise(!slice_contains(line, SLICE(TOKEN)), "a token is not shown");
}

static void check_words(const struct vault_client *c, struct slice body)
{
    struct buf out;
    buf_init(&out, OUT_MAX);
    vault_put_words(c, body, &out);
    check_line(&out, 4 * VAULT_WORDS_MAX + 3);
    buf_done(&out);
}

static void check_errors(const struct vault_client *c, struct slice body)
{
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    struct error err = ERROR_INIT;
    struct buf out;
    if (reply_parse(body, &tree, &err) < 0)
        return;
    buf_init(&out, OUT_MAX);
    vault_put_errors(c, tree, &out);
    check_line(&out, 5 * VAULT_WORDS_MAX + 5);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = { data, size };
    unsigned status = statuses[fuzz_choice(&in, STATUSES)];
    struct slice body = fuzz_bytes(&in, in.left);
    struct vault_client c = { .token.text = { 0 } };
    buf_init_secret(&c.token.text, VAULT_TOKEN_MAX);
    buf_put_lit(&c.token.text, TOKEN);
    check_words(&c, body);
    check_errors(&c, body);
    for (int is_login = 0; is_login < 2; is_login++) {
        enum vault_failure f = vault_failure_of(status, body, is_login);
        promise(f < VAULT_FAILURE__COUNT && (f == VAULT_OK) == (status >= 200 && status < 300),
                "each status has a class");
    }
    promise(vault_life_left(body, ASKED, NOW) < ASKED, "a life that is refused gets shorter");
    buf_done(&c.token.text);
    return 0;
}
