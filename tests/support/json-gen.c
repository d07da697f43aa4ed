#include "support/json-gen.h"

#include <stdio.h>

#define DEPTH_MAX 6
#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

/* splitmix64: every seed is a good one. */
static uint64_t next(struct gen *g)
{
    uint64_t z = g->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint32_t gen_below(struct gen *g, uint32_t below)
{
    return (uint32_t)((next(g) >> 32) * below >> 32);
}

static const char *pick(struct gen *g, const char *const *words, uint32_t count)
{
    return words[gen_below(g, count)];
}

static void put_text(struct buf *out, const char *text)
{
    buf_put(out, text, strlen(text));
}

static void put_space(struct gen *g, struct buf *out)
{
    static const char *const spaces[] = {
        " ", "\n", "\t", "\r\n", "    ", "\n                    "
    };
    if (gen_below(g, 12) == 0)
        put_text(out, pick(g, spaces, COUNT(spaces)));
}

static void put_string(struct gen *g, struct buf *out)
{
    static const char *const parts[] = {
        "a",
        "name",
        "vault.hashicorp.com/agent-inject",
        "0123456789abcde",
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\u003c",
        "\\u00e9",
        "\\ud83d\\ude00",
        "\\u20ac",
        "\xc3\xa9",
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
        "\x7f",
        "{}[],:",
        "'",
        "\\t\\r\\b\\f",
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "\\u0000",
        "\\ud800",
        "\xef\xbf\xbf",
        "~1/~0",
    };
    buf_put_char(out, '"');
    for (uint32_t n = gen_below(g, 5); n > 0; n--) {
        uint32_t among = gen_below(g, 20) == 0 ? COUNT(parts) : COUNT(parts) - 4;
        put_text(out, pick(g, parts, among));
    }
    buf_put_char(out, '"');
}

static void put_number(struct gen *g, struct buf *out)
{
    static const char *const odd[] = { "-0",
                                       "0.1",
                                       "1e400",
                                       "9007199254740993",
                                       "-1.5E+3",
                                       "0e0",
                                       "1e-400",
                                       "123456789012345678901234567890",
                                       "9223372036854775807",
                                       "-9223372036854775808",
                                       "2.50" };
    if (gen_below(g, 3) > 0)
        buf_put_int(out, (long long)gen_below(g, 100000) - 50000);
    else
        put_text(out, pick(g, odd, gen_below(g, 8) == 0 ? COUNT(odd) : 2));
}

static void put_scalar(struct gen *g, struct buf *out)
{
    static const char *const words[] = { "true", "false", "null" };
    switch (gen_below(g, 4)) {
    case 0:
        put_text(out, pick(g, words, COUNT(words)));
        break;
    case 1:
        put_number(g, out);
        break;
    default:
        put_string(g, out);
        break;
    }
}

/* What is open on the way to a value, innermost last. */
struct level {
    uint32_t left;
    bool is_object;
    bool comma;
};

static bool put_entry_start(struct gen *g, struct buf *out, struct level *level)
{
    if (level->left == 0) {
        buf_put_char(out, level->is_object ? '}' : ']');
        return false;
    }
    if (level->comma)
        buf_put_char(out, ',');
    level->comma = true;
    level->left--;
    put_space(g, out);
    if (level->is_object) {
        put_string(g, out);
        put_space(g, out);
        buf_put_char(out, ':');
        put_space(g, out);
    }
    return true;
}

void gen_document(struct gen *g, struct buf *out)
{
    struct level levels[DEPTH_MAX];
    uint32_t depth = 0;
    put_space(g, out);
    do {
        if (depth > 0 && !put_entry_start(g, out, &levels[depth - 1])) {
            depth--;
        } else if (depth < DEPTH_MAX && gen_below(g, 10) < (depth < 2 ? 8 : 3)) {
            struct level level = { .left = gen_below(g, 6), .is_object = gen_below(g, 3) > 0 };
            buf_put_char(out, level.is_object ? '{' : '[');
            levels[depth++] = level;
        } else {
            put_scalar(g, out);
        }
        put_space(g, out);
    } while (depth > 0);
}

static void splice(struct buf *text, size_t at, size_t cut, const char *with, size_t len)
{
    if (!buf_reserve(text, len))
        return;
    memmove(text->data + at + len, text->data + at + cut, text->len - at - cut);
    memcpy(text->data + at, with, len);
    text->len += len - cut;
}

static void mutate_once(struct gen *g, struct buf *text)
{
    static const char *const bits[] = {
        "\"",
        "\\",
        ",",
        ":",
        "{",
        "}",
        "[",
        "]",
        "\\u12",
        "\\x",
        "\x80",
        "\xc0\x80",
        "\xed\xa0\x80",
        "\xf4\x90\x80\x80",
        "\xff",
        "\x01",
        "\n",
        "0",
        "-",
        ".",
        "e",
        "+",
        "nul",
        "true",
        "1e",
        "[[[[",
        "\xef\xbb\xbf",
        "\xc3",
        "\\ud800",
        "\\u0000",
        "1e999",
        "99999999999999999999",
        " ",
        "\"a\":1,",
    };
    size_t at = gen_below(g, (uint32_t)text->len);
    size_t left = text->len - at;
    size_t piece = 1 + gen_below(g, 8);
    if (piece > left)
        piece = left;
    const char *bit = pick(g, bits, COUNT(bits));
    switch (gen_below(g, 6)) {
    case 0:
        text->data[at] = (char)(text->data[at] ^ (1 << gen_below(g, 8)));
        break;
    case 1:
        splice(text, at, piece, "", 0);
        break;
    case 2:
        splice(text, at, 0, bit, strlen(bit));
        break;
    case 3:
        splice(text, at, 1, bit, strlen(bit));
        break;
    case 4:
        text->len = gen_below(g, 8) == 0 ? at : text->len;
        break;
    default:
        text->data[at] = (char)gen_below(g, 256);
        break;
    }
}

void gen_mutate(struct gen *g, struct buf *text)
{
    for (uint32_t n = 1 + gen_below(g, 3); n > 0 && text->len > 0; n--)
        mutate_once(g, text);
}

bool gen_read_file(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    char block[4096];
    for (size_t n; (n = fread(block, 1, sizeof(block), file)) > 0;)
        buf_put(out, block, n);
    bool ok = ferror(file) == 0 && out->failure == BUF_OK;
    return fclose(file) == 0 && ok;
}
