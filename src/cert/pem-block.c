#include "cert/pem-block.h"

#define BEGIN SLICE("-----BEGIN ")
#define END SLICE("-----END ")
#define DASHES SLICE("-----")

/* Cuts a line, without what does not count at its end. */
static struct slice cut_line(struct slice *rest)
{
    const char *newline = memchr(rest->ptr, '\n', rest->len);
    size_t len = newline ? (size_t)(newline - rest->ptr) : rest->len;
    struct slice line = { rest->ptr, len };
    *rest = slice_after(*rest, newline ? len + 1 : len);
    if (newline && line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    while (line.len > 0 && (line.ptr[line.len - 1] == ' ' || line.ptr[line.len - 1] == '\t'))
        line.len--;
    return line;
}

/* Is the line "<marker>TYPE-----"? */
static bool is_marker(struct slice line, struct slice marker, struct slice *ret_type)
{
    if (!slice_has_prefix(line, marker) || line.len < marker.len + DASHES.len)
        return false;
    struct slice type = slice_after(line, marker.len);
    struct slice tail = slice_after(type, type.len - DASHES.len);
    type.len -= DASHES.len;
    *ret_type = type;
    return slice_equal(tail, DASHES);
}

static bool has_marker(struct slice line)
{
    return slice_contains(line, BEGIN) || slice_contains(line, END);
}

/* Moves *rest behind the next line that begins a block. */
static bool find_begin(struct slice *rest, struct slice *ret_type, bool *ret_is_plain)
{
    while (rest->len > 0) {
        struct slice line = cut_line(rest);
        if (is_marker(line, BEGIN, ret_type))
            return true;
        if (has_marker(line))
            *ret_is_plain = false;
    }
    return false;
}

/*
 * Moves *rest behind the block's end.  False when another marker comes first, which *rest then begins
 * with, or nothing.
 */
static bool find_end(struct slice *rest, struct slice type, struct pem_block *ret)
{
    bool is_head = true, has_headers = false;
    ret->body = (struct slice){ rest->ptr, 0 };
    while (rest->len > 0) {
        struct slice after = *rest, end_type, line = cut_line(&after);
        if (has_marker(line)) {
            if (!is_marker(line, END, &end_type) || !slice_equal(type, end_type))
                return false;
            *rest = after;
            ret->may_be_certificate = !has_headers && slice_equal(type, SLICE("CERTIFICATE"));
            return true;
        }
        is_head = is_head && memchr(line.ptr, ':', line.len);
        has_headers = has_headers || is_head;
        *rest = after;
        ret->body.len = (size_t)(after.ptr - ret->body.ptr);
    }
    return false;
}

bool pem_block_next(struct slice *rest, struct pem_block *ret, bool *ret_is_plain)
{
    struct slice type;
    while (find_begin(rest, &type, ret_is_plain)) {
        if (find_end(rest, type, ret))
            return true;
        *ret_is_plain = false;
    }
    return false;
}
