#include "json/pointer.h"

#include "json/fail.h"

void json_pointer_put(struct buf *out, struct slice token)
{
    size_t clean = 0; /* start of the run that needs no escape */
    buf_put_char(out, '/');
    for (size_t i = 0; i < token.len; i++) {
        if (token.ptr[i] != '~' && token.ptr[i] != '/')
            continue;
        buf_put(out, token.ptr + clean, i - clean);
        buf_put(out, token.ptr[i] == '~' ? "~0" : "~1", 2);
        clean = i + 1;
    }
    buf_put(out, token.ptr + clean, token.len - clean);
}

/* token has a '~' at `tilde`. */
static int unescape(struct slice token, size_t tilde, struct arena *arena, struct slice *ret,
                    struct error *err)
{
    char *text = arena_alloc(arena, token.len);
    if (!text)
        return arena_error(arena, err);
    memcpy(text, token.ptr, tilde);
    size_t len = tilde;
    for (size_t i = tilde; i < token.len; i++) {
        if (token.ptr[i] != '~') {
            text[len++] = token.ptr[i];
            continue;
        }
        char digit = i + 1 < token.len ? token.ptr[++i] : '\0';
        if (digit != '0' && digit != '1')
            return json_fail(err, ERROR_SYNTAX, "pointer token ", token,
                             " has a '~' that is not part of ~0 or ~1");
        text[len++] = digit == '0' ? '~' : '/';
    }
    *ret = (struct slice){ text, len };
    return 0;
}

int json_pointer_next(struct slice *rest, struct arena *arena, struct slice *ret_token,
                      struct error *err)
{
    if (rest->len == 0 || rest->ptr[0] != '/')
        return json_fail(err, ERROR_SYNTAX, "pointer ", *rest, " must be empty or start with '/'");
    struct slice after = slice_after(*rest, 1);
    const char *slash = after.len > 0 ? memchr(after.ptr, '/', after.len) : NULL;
    struct slice token = { after.ptr, slash ? (size_t)(slash - after.ptr) : after.len };
    const char *tilde = token.len > 0 ? memchr(token.ptr, '~', token.len) : NULL;
    if (tilde && unescape(token, (size_t)(tilde - token.ptr), arena, &token, err) < 0)
        return -1;
    *rest = slice_after(after, slash ? (size_t)(slash - after.ptr) : after.len);
    *ret_token = token;
    return 0;
}

bool json_pointer_index(struct slice token, uint32_t *ret)
{
    uint64_t value = 0;
    if (token.len == 0 || token.len > 10 || (token.ptr[0] == '0' && token.len > 1))
        return false;
    for (size_t i = 0; i < token.len; i++) {
        if (token.ptr[i] < '0' || token.ptr[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(token.ptr[i] - '0');
    }
    if (value > UINT32_MAX)
        return false;
    *ret = (uint32_t)value;
    return true;
}

static json_ref child(const struct json_index *ix, json_ref ref, struct slice token)
{
    uint32_t at = 0;
    if (json_is(ix, ref, JSON_OBJECT))
        return json_member(ix, ref, token);
    return json_pointer_index(token, &at) ? json_element(ix, ref, at) : JSON_ABSENT;
}

int json_pointer_find(const struct json_index *ix, struct slice pointer, struct arena *arena,
                      json_ref *ret, struct error *err)
{
    json_ref ref = JSON_ROOT;
    struct slice rest = pointer;
    for (unsigned depth = 0; rest.len > 0; depth++) {
        if (depth == JSON_POINTER_DEPTH_MAX)
            return error_set(err, ERROR_LIMIT, "a pointer has more than %u parts",
                             JSON_POINTER_DEPTH_MAX);
        struct slice token = SLICE_ABSENT;
        if (json_pointer_next(&rest, arena, &token, err) < 0)
            return -1;
        ref = child(ix, ref, token);
        if (ref == JSON_ABSENT)
            return json_fail(err, ERROR_SHAPE, "there is nothing at ",
                             (struct slice){ pointer.ptr, pointer.len - rest.len }, "");
    }
    *ret = ref;
    return 0;
}
