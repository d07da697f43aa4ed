#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define READ_CHUNK ((size_t)64 << 10)

static int fail_with_errno(const char *name, struct error *err)
{
    const char *reason = strerrordesc_np(errno); /* unlike strerror() safe with threads */
    return error_set(err, ERROR_IO, "cannot read '%s': %s", name,
                     reason ? reason : "unknown error");
}

static ssize_t read_some(int fd, char *to, size_t n)
{
    ssize_t got;
    do
        got = read(fd, to, n);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Reads once; -1 after a failure, 0 at the end of the file, 1 when there may be more. */
static int read_chunk(int fd, const char *name, struct buf *out, struct error *err)
{
    char beyond; /* with a full buffer, one byte tells whether the file is larger */
    bool is_full = out->len == out->max;
    size_t room = is_full ? 1 : out->max - out->len;
    if (room > READ_CHUNK)
        room = READ_CHUNK;
    if (!is_full && !buf_reserve(out, room))
        return buf_check(out, name, err);
    ssize_t got = read_some(fd, is_full ? &beyond : out->data + out->len, room);
    if (got < 0)
        return fail_with_errno(name, err);
    if (is_full && got > 0)
        return error_set(err, ERROR_LIMIT, "'%s' is larger than %zu bytes", name, out->max);
    out->len += (size_t)got;
    return got > 0;
}

int file_read_fd(int fd, const char *name, struct buf *out, struct error *err)
{
    size_t before = out->len;
    int result;
    do
        result = read_chunk(fd, name, out, err);
    while (result > 0);
    if (result < 0)
        out->len = before;
    return result;
}

int file_read(const char *path, struct buf *out, struct error *err)
{
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fail_with_errno(path, err);
    return file_read_fd(fd, path, out, err);
}

static bool is_word(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || (unsigned char)s.ptr[i] > '~')
            return false;
    return true;
}

static int put_word(struct slice word, const char *path, const char *what, struct buf *out,
                    struct error *err)
{
    if (word.len == 0)
        return error_set(err, ERROR_SYNTAX, "there is no %s in '%s'", what, path);
    if (!is_word(word))
        return error_set(err, ERROR_SYNTAX, "the %s in '%s' is not one printable word", what, path);
    if (!buf_reserve(out, word.len))
        return buf_check(out, path, err);
    buf_put_slice(out, word);
    return 0;
}

int file_read_word(const char *path, const char *what, struct buf *out, struct error *err)
{
    struct buf text;
    buf_init_secret(&text, out->max - out->len);
    int rc = file_read(path, &text, err);
    if (rc == 0)
        rc = put_word(slice_trim(buf_slice(&text)), path, what, out, err);
    buf_done(&text);
    return rc;
}
