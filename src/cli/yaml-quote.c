#include "cli/yaml-quote.h"

#include <stdint.h>
#include <string.h>

#include "cli/yaml-scalar.h"
#include "json/write.h"

#define SURROGATE_HIGH 0xd800u
#define SURROGATE_LOW 0xdc00u
#define SURROGATE_END 0xe000u

/* The character at text[*at], moving *at behind it. The text is valid UTF-8. */
static uint32_t next_char(struct slice text, size_t *at)
{
    unsigned char first = (unsigned char)text.ptr[(*at)++];
    unsigned more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint32_t c = more == 0 ? first : first & (0x3fu >> more);
    for (; more > 0 && *at < text.len; more--)
        c = c << 6 | ((unsigned char)text.ptr[(*at)++] & 0x3fu);
    return c;
}

/* May stand in a document as it is: printable, and no line break of YAML 1.1 or byte-order mark. */
static bool is_printable(uint32_t c)
{
    if (c < 0x7f)
        return c >= 0x20;
    return c >= 0xa0 && c != 0x2028 && c != 0x2029 && c != 0xfeff && c != 0xfffe && c != 0xffff;
}

static bool all_printable(struct slice text, const char *also)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t c = next_char(text, &at);
        if (!is_printable(c) && (c == 0 || c > 0x7e || !strchr(also, (int)c)))
            return false;
    }
    return true;
}

static bool is_word_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '/' || c == '.';
}

/* The first characters decide whether a parser takes the text for something else. */
static bool starts_plain(struct slice text)
{
    static const char indicators[] = "-?:,[]{}#&*!|>'\"%@` ";
    if (text.ptr[0] == '-') { /* an option such as --config is fine, "- x" and "---" are not */
        size_t dashes = text.len > 1 && text.ptr[1] == '-' ? 2 : 1;
        return dashes < text.len && is_word_char(text.ptr[dashes]);
    }
    return !strchr(indicators, text.ptr[0]) && !slice_has_prefix(text, SLICE("..."));
}

static bool is_plain(struct slice text)
{
    if (text.len == 0 || !all_printable(text, "") || !starts_plain(text))
        return false;
    char last = text.ptr[text.len - 1];
    return last != ' ' && last != ':' && !slice_contains(text, SLICE(": ")) &&
           !slice_contains(text, SLICE(" #")) && !scalar_needs_quotes(text);
}

static void put_single_quoted(struct buf *out, struct slice text)
{
    buf_put_char(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            buf_put_char(out, '\'');
        buf_put_char(out, text.ptr[i]);
    }
    buf_put_char(out, '\'');
}

/* Text between double quotes: JSON's escapes, and \u for what YAML does not take as it is. */
static void put_double_quoted_run(struct buf *out, struct slice text)
{
    size_t clean = 0; /* start of the run that JSON's escapes are enough for */
    for (size_t at = 0; at < text.len;) {
        size_t before = at;
        uint32_t c = next_char(text, &at);
        if (c < 0x7f || is_printable(c))
            continue;
        json_escape(out, (struct slice){ text.ptr + clean, before - clean });
        buf_printf(out, "\\u%04x", c);
        clean = at;
    }
    json_escape(out, (struct slice){ text.ptr + clean, text.len - clean });
}

void yaml_put_inline(struct buf *out, struct slice text)
{
    bool has_escapes = slice_contains(text, SLICE("\"")) || slice_contains(text, SLICE("\\"));
    if (is_plain(text)) {
        buf_put_slice(out, text);
    } else if (has_escapes && all_printable(text, "")) {
        put_single_quoted(out, text);
    } else {
        buf_put_char(out, '"');
        put_double_quoted_run(out, text);
        buf_put_char(out, '"');
    }
}

/* The first byte that is no line feed; text.len when there is none. */
static size_t skip_breaks(struct slice text)
{
    size_t at = 0;
    while (at < text.len && text.ptr[at] == '\n')
        at++;
    return at;
}

bool yaml_fits_block(struct slice text)
{
    if (!slice_contains(text, SLICE("\n")) || !all_printable(text, "\n\t"))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!strchr(" \t\n", text.ptr[i]))
            return true;
    }
    return false;
}

static void put_header(struct buf *out, struct slice text)
{
    bool ends = text.ptr[text.len - 1] == '\n';
    bool ends_twice = ends && text.len > 1 && text.ptr[text.len - 2] == '\n';
    char first = text.ptr[skip_breaks(text)];
    buf_put_char(out, '|');
    if (first == ' ' || first == '\t')
        buf_put_char(out, '2');
    if (!ends)
        buf_put_char(out, '-');
    else if (ends_twice)
        buf_put_char(out, '+');
    buf_put_char(out, '\n');
}

void yaml_put_block(struct buf *out, struct slice text, unsigned indent)
{
    put_header(out, text);
    if (text.ptr[text.len - 1] == '\n')
        text.len--;
    for (struct slice rest = text; slice_is_present(rest);) {
        struct slice line = slice_cut(&rest, '\n');
        for (unsigned i = 0; i < indent && line.len > 0; i++)
            buf_put_char(out, ' ');
        buf_put_slice(out, line);
        buf_put_char(out, '\n');
    }
}

/* Four hex digits that the scanner has checked. */
static uint32_t hex4(const char *p)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t low = (uint32_t)p[i] | 0x20u;
        value = value << 4 | (low >= 'a' ? low - 'a' + 10 : low - '0');
    }
    return value;
}

/* One escape at escaped[*at], moving *at behind it; false for half a surrogate pair. */
static bool put_json_escape(struct buf *out, struct slice escaped, size_t *at)
{
    const char *p = escaped.ptr + *at;
    if (p[1] != 'u') {
        *at += 2;
        buf_put(out, p[1] == '/' ? p + 1 : p, p[1] == '/' ? 1 : 2);
        return true;
    }
    uint32_t c = hex4(p + 2);
    *at += 6;
    if (c < SURROGATE_HIGH || c >= SURROGATE_END) {
        buf_put(out, p, 6);
        return true;
    }
    bool has_low = escaped.len - *at >= 6 && p[6] == '\\' && p[7] == 'u';
    uint32_t low = has_low ? hex4(p + 8) : 0;
    if (c >= SURROGATE_LOW || low < SURROGATE_LOW || low >= SURROGATE_END)
        return false;
    *at += 6;
    buf_printf(out, "\\U%08x", 0x10000 + ((c - SURROGATE_HIGH) << 10) + (low - SURROGATE_LOW));
    return true;
}

int yaml_put_escaped_json(struct buf *out, struct slice escaped, struct error *err)
{
    buf_put_char(out, '"');
    for (size_t at = 0; at < escaped.len;) {
        const char *mark = memchr(escaped.ptr + at, '\\', escaped.len - at);
        size_t end = mark ? (size_t)(mark - escaped.ptr) : escaped.len;
        put_double_quoted_run(out, (struct slice){ escaped.ptr + at, end - at });
        at = end;
        if (at < escaped.len && !put_json_escape(out, escaped, &at))
            return error_set(err, ERROR_SHAPE,
                             "text with half a surrogate pair has no YAML form; use -o json");
    }
    buf_put_char(out, '"');
    return 0;
}
