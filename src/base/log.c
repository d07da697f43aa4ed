#include "base/log.h"

#include <errno.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/time.h"

#define LINE_TAIL_MAX 32 /* room kept for the mark of truncation and the end of the line */

/* clang-format off */
static const struct level_info {
    const char *name; /* in JSON */
    const char *tag;  /* in text, padded */
} levels[LOG_LEVEL__COUNT] = {
    [LOG_LEVEL_ERROR] = { "error", "[ERROR] " },
    [LOG_LEVEL_WARN]  = { "warn",  "[WARN]  " },
    [LOG_LEVEL_INFO]  = { "info",  "[INFO]  " },
    [LOG_LEVEL_DEBUG] = { "debug", "[DEBUG] " },
    [LOG_LEVEL_TRACE] = { "trace", "[TRACE] " },
};

static const struct level_word {
    struct slice word;
    enum log_level level;
} level_words[] = {
    { SLICE_INIT("trace"),   LOG_LEVEL_TRACE },
    { SLICE_INIT("debug"),   LOG_LEVEL_DEBUG },
    { SLICE_INIT("info"),    LOG_LEVEL_INFO },
    { SLICE_INIT("notice"),  LOG_LEVEL_INFO },
    { SLICE_INIT(""),        LOG_LEVEL_INFO },
    { SLICE_INIT("warn"),    LOG_LEVEL_WARN },
    { SLICE_INIT("warning"), LOG_LEVEL_WARN },
    { SLICE_INIT("err"),     LOG_LEVEL_ERROR },
    { SLICE_INIT("error"),   LOG_LEVEL_ERROR },
};
/* clang-format on */

static struct {
    int fd;
    enum log_level level;
    enum log_format format;
} sink = { STDERR_FILENO, LOG_LEVEL_INFO, LOG_FORMAT_TEXT };

bool log_level_from_text(struct slice text, enum log_level *ret)
{
    struct slice word = slice_trim(text);
    for (size_t i = 0; i < sizeof(level_words) / sizeof(level_words[0]); i++) {
        if (slice_equal_nocase(word, level_words[i].word)) {
            *ret = level_words[i].level;
            return true;
        }
    }
    return false;
}

enum log_format log_format_from_text(struct slice text)
{
    return slice_equal(text, SLICE("json")) ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT;
}

void log_set_up(int fd, enum log_level level, enum log_format format)
{
    sink.fd = fd;
    sink.level = level;
    sink.format = format;
}

bool log_is_enabled(enum log_level level)
{
    return level <= sink.level;
}

static void put_json_string(struct buf *line, struct slice text, size_t max)
{
    buf_put_char(line, '"');
    text_put_json_any(line, text, max);
    buf_put_char(line, '"');
}

static void put_value(struct buf *line, const struct log_field *field)
{
    if (field->kind == LOG_INT)
        buf_put_int(line, field->number);
    else if (field->kind == LOG_BOOL)
        buf_put_slice(line, field->number ? SLICE("true") : SLICE("false"));
    else if (sink.format == LOG_FORMAT_TEXT && field->text.len <= LOG_VALUE_MAX &&
             text_is_word(field->text))
        buf_put_slice(line, field->text);
    else
        put_json_string(line, field->text, LOG_VALUE_MAX);
}

/* " name=", behind a colon for the first one; room for all of it is asked for once. */
static void put_text_name(struct buf *line, struct slice name, bool is_first)
{
    if (!buf_reserve(line, name.len + sizeof(": =") - 1))
        return;
    char *to = line->data + line->len;
    if (is_first)
        *to++ = ':';
    *to++ = ' ';
    memcpy(to, name.ptr, name.len);
    to[name.len] = '=';
    line->len = (size_t)(to - line->data) + name.len + 1;
}

static void put_field(struct buf *line, const struct log_field *field, bool is_first)
{
    if (sink.format == LOG_FORMAT_JSON) {
        buf_put_char(line, ',');
        put_json_string(line, field->name, LOG_VALUE_MAX);
        buf_put_char(line, ':');
    } else {
        put_text_name(line, field->name, is_first);
    }
    put_value(line, field);
}

/* The line may fill n bytes; as those are there already, the buffer never asks for memory. */
static void set_room(struct buf *line, size_t n)
{
    line->cap = line->max = n;
}

static bool put_field_whole(struct buf *line, const struct log_field *field, bool is_first)
{
    size_t before = line->len;
    put_field(line, field, is_first);
    if (line->failure == BUF_OK)
        return true;
    line->failure = BUF_OK;
    line->len = before;
    return false;
}

static void put_fields(struct buf *line, const struct log_field *fields, size_t count)
{
    static const struct log_field truncated = { SLICE_INIT("truncated"), LOG_BOOL, { NULL, 0 }, 1 };
    bool all_fit = true;
    size_t start = line->len;
    for (size_t i = 0; i < count; i++) {
        if (fields[i].kind == LOG_STRING && !slice_is_present(fields[i].text))
            continue;
        if (!put_field_whole(line, &fields[i], line->len == start))
            all_fit = false;
    }
    set_room(line, LOG_LINE_MAX);
    if (!all_fit)
        put_field(line, &truncated, line->len == start);
}

static void put_head(struct buf *line, enum log_level level, const char *message)
{
    if (sink.format == LOG_FORMAT_TEXT) {
        time_put_rfc3339(line, time_wall_us(), TIME_MILLIS);
        buf_put_char(line, ' ');
        buf_put_slice(line, slice_of(levels[level].tag));
        text_put_line(line, slice_of(message), LOG_MESSAGE_MAX);
        return;
    }
    buf_put_lit(line, "{\"@timestamp\":\"");
    time_put_rfc3339(line, time_wall_us(), TIME_MICROS);
    buf_put_lit(line, "\",\"@level\":\"");
    buf_put_slice(line, slice_of(levels[level].name));
    buf_put_lit(line, "\",\"@message\":");
    put_json_string(line, slice_of(message), LOG_MESSAGE_MAX);
}

/* One write; the rest of a line that was taken in part (a full disk, a closed pipe) is lost. */
static void write_line(struct slice line)
{
    ssize_t written;
    do
        written = write(sink.fd, line.ptr, line.len);
    while (written < 0 && errno == EINTR);
}

/* The line for memory of LOG_LINE_MAX + 1 bytes. */
static struct slice make_line(char *memory, enum log_level level, const char *message,
                              const struct log_field *fields, size_t count)
{
    struct buf line = { .data = memory };
    set_room(&line, LOG_LINE_MAX - LINE_TAIL_MAX);
    put_head(&line, level, message);
    put_fields(&line, fields, count);
    if (sink.format == LOG_FORMAT_JSON)
        buf_put_char(&line, '}');
    buf_put_char(&line, '\n');
    return buf_slice(&line);
}

void log_write(enum log_level level, const char *message, const struct log_field *fields,
               size_t count)
{
    if (!log_is_enabled(level))
        return;
    int saved_errno = errno;
    char memory[LOG_LINE_MAX + 1];
    write_line(make_line(memory, level, message, fields, count));
    errno = saved_errno;
}

void log_add(struct log_batch *batch, enum log_level level, const char *message,
             const struct log_field *fields, size_t count)
{
    if (!log_is_enabled(level))
        return;
    char memory[LOG_LINE_MAX + 1];
    struct slice line = make_line(memory, level, message, fields, count);
    if (batch->len + line.len > sizeof(batch->text))
        log_flush(batch);
    memcpy(batch->text + batch->len, line.ptr, line.len);
    batch->len += line.len;
}

void log_flush(struct log_batch *batch)
{
    if (batch->len == 0)
        return;
    int saved_errno = errno;
    write_line((struct slice){ batch->text, batch->len });
    errno = saved_errno;
    batch->len = 0;
}
