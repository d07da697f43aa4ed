#include "json/unescape.h"

static uint32_t hex4(const char *p)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)p[i];
        value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

static uint32_t short_escape(char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return (unsigned char)c;
    }
}

/* The low half at the start of rest that completes a pair, or 0. */
static uint32_t low_half(struct slice rest)
{
    if (rest.len < 6 || rest.ptr[0] != '\\' || rest.ptr[1] != 'u')
        return 0;
    uint32_t code = hex4(rest.ptr + 2);
    return code >= 0xdc00 && code <= 0xdfff ? code : 0;
}

uint32_t json_take(struct slice *rest, bool *ret_is_escape)
{
    struct slice s = *rest;
    *ret_is_escape = s.ptr[0] == '\\';
    if (!*ret_is_escape) {
        *rest = slice_after(s, 1);
        return (unsigned char)s.ptr[0];
    }
    if (s.ptr[1] != 'u') {
        *rest = slice_after(s, 2);
        return short_escape(s.ptr[1]);
    }
    uint32_t code = hex4(s.ptr + 2);
    *rest = slice_after(s, 6);
    uint32_t low = code >= 0xd800 && code <= 0xdbff ? low_half(*rest) : 0;
    if (low == 0)
        return code;
    *rest = slice_after(*rest, 6);
    return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

size_t json_utf8(uint32_t code, char ret_bytes[4])
{
    if (code < 0x80) {
        ret_bytes[0] = (char)code;
        return 1;
    }
    size_t count = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (size_t i = count - 1; i > 0; i--) {
        ret_bytes[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    ret_bytes[0] = (char)(leads[count] | code);
    return count;
}

int json_next_byte(struct json_bytes *stream)
{
    if (stream->at < stream->count)
        return (unsigned char)stream->pending[stream->at++];
    if (stream->rest.len == 0)
        return -1;
    bool is_escape = false;
    uint32_t code = json_take(&stream->rest, &is_escape);
    if (!is_escape)
        return (int)code;
    stream->count = (unsigned char)json_utf8(code, stream->pending);
    stream->at = 1;
    return (unsigned char)stream->pending[0];
}
