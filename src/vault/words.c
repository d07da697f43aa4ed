#include <string.h>

#include "base/text.h"
#include "http/reply.h"
#include "vault/client.h"

/* How what must never be shown begins: PEM, tokens of Vault and OpenBao, JWTs. */
static const struct slice marks[] = {
    SLICE_INIT("-----BEGIN"), SLICE_INIT("hvs."), SLICE_INIT("hvb."),
    SLICE_INIT("hvr."),       SLICE_INIT("eyJ"),
};

static bool is_secret(const struct vault_client *c, struct slice words)
{
    struct slice own[] = { buf_slice(&c->token.text), buf_slice(&c->jwt) };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (own[i].len > 0 && slice_contains(words, own[i]))
            return true;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (slice_contains(words, marks[i]))
            return true;
    return false;
}

/* Vault writes lists as "1 error occurred:\n\t* permission denied\n\n": white space becomes one blank. */
void vault_put_words(const struct vault_client *c, struct slice words, struct buf *out)
{
    char line[VAULT_WORDS_MAX + 4]; /* the last character whole */
    size_t len = 0;
    words = slice_trim(words);
    if (is_secret(c, words))
        words = SLICE("(not shown: it repeats a secret)");
    for (size_t i = 0; i < words.len && len < sizeof(line); i++) {
        bool is_blank = words.ptr[i] && strchr(" \t\r\n", words.ptr[i]);
        if (!is_blank || line[len - 1] != ' ') /* trimmed: the first is none */
            line[len++] = words.ptr[i];
        if (is_blank)
            line[len - 1] = ' ';
    }
    text_put_line(out, (struct slice){ line, len }, VAULT_WORDS_MAX);
}

void vault_put_errors(const struct vault_client *c, const json_t *tree, struct buf *out)
{
    const json_t *errors = reply_find(tree, "errors");
    size_t i, before = out->len;
    json_t *one;
    json_array_foreach(errors, i, one)
    {
        struct slice words = { json_string_value(one), json_string_length(one) };
        if (words.len == 0 || out->len - before > VAULT_WORDS_MAX)
            continue;
        if (out->len > before)
            buf_put_lit(out, "; ");
        vault_put_words(c, words, out);
    }
}
