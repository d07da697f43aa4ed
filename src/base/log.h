#ifndef SRC_BASE_LOG_H
#define SRC_BASE_LOG_H

/*
 * The log: one line per event, as text or JSON, whole in one write(2) of at most LOG_LINE_MAX bytes,
 * which a pipe takes whole, so that lines of several threads never mix.
 *
 *   2026-01-02T15:04:05.000Z [INFO]  mutated: uid=0f3c secrets=2
 *   {"@timestamp":"2026-01-02T15:04:05.000000Z","@level":"info","@message":"mutated","uid":"0f3c"}
 *
 * Only thread roots log (main, a request handler, a renewer); all else returns a struct error.
 * Secrets and tokens are never logged, whatever the level.  log_set_up() is called once, before
 * threads start; its settings are the only global state of the program.  Logging needs no memory
 * and never fails: what cannot be written is lost.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define LOG_LINE_MAX 4096   /* PIPE_BUF: longer writes to a pipe are not atomic */
#define LOG_MESSAGE_MAX 512 /* bytes of a message that are shown */
#define LOG_VALUE_MAX 1024  /* bytes of a field's text that are shown */

/* By consequence, gravest first. */
enum log_level {
    LOG_LEVEL_ERROR, /* something was not done; a person has to act */
    LOG_LEVEL_WARN,  /* done otherwise than asked for; a person should look */
    LOG_LEVEL_INFO,  /* what was done: decisions, start and stop */
    LOG_LEVEL_DEBUG, /* why it was done so */
    LOG_LEVEL_TRACE, /* each step */
    LOG_LEVEL__COUNT
};

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/*
 * The words of vault-k8s' -log-level, trimmed, in any case: trace, debug, info, notice or nothing,
 * warn or warning, err or error.  False for other text.
 */
bool log_level_from_text(struct slice text, enum log_level *ret);

/* "json" is JSON, everything else is text, as with vault-k8s' -log-format. */
enum log_format log_format_from_text(struct slice text);

/* Where and what to log; before that, text of level info and graver goes to stderr. */
void log_set_up(int fd, enum log_level level, enum log_format format);

/* Whether lines of this level are written: for fields that are costly to make. */
bool log_is_enabled(enum log_level level);

enum log_kind { LOG_STRING, LOG_INT, LOG_BOOL };

/* A field of a line; name and text are borrowed for the call. Made by the functions below. */
struct log_field {
    struct slice name; /* plain word: letters, digits, underscores */
    enum log_kind kind;
    struct slice text;
    long long number; /* of LOG_BOOL: 0 or 1 */
};

static inline struct log_field log_string(const char *name, struct slice text)
{
    return (struct log_field){ .name = slice_of(name), .kind = LOG_STRING, .text = text };
}

static inline struct log_field log_cstr(const char *name, const char *text)
{
    return log_string(name, slice_of(text));
}

static inline struct log_field log_int(const char *name, long long number)
{
    return (struct log_field){ .name = slice_of(name), .kind = LOG_INT, .number = number };
}

static inline struct log_field log_bool(const char *name, bool value)
{
    return (struct log_field){ .name = slice_of(name), .kind = LOG_BOOL, .number = value };
}

/*
 * Writes a line, if the level is enabled.  An absent text is left out with its name.  A field that
 * does not fit into the line is left out, and truncated=true ends the line.  errno is preserved.
 */
void log_write(enum log_level level, const char *message, const struct log_field *fields,
               size_t count);

/*
 * log_write(LOG_LEVEL_INFO, "listening", LOG_FIELDS(log_int("port", 8080), log_bool("tls",
 * true)));
 */
#define LOG_FIELDS(...)                          \
    ((const struct log_field[]){ __VA_ARGS__ }), \
        (sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))
#define LOG_NO_FIELDS NULL, 0

/*
 * Lines that wait for each other, so that one write(2) of at most LOG_LINE_MAX bytes takes several.
 * The caller decides when, and lets one thread at a time use the batch.  { 0 } is an empty one.
 */
struct log_batch {
    size_t len;
    char text[LOG_LINE_MAX];
};

/* log_write() into the batch; what is in it already is written first if there is no room. */
void log_add(struct log_batch *batch, enum log_level level, const char *message,
             const struct log_field *fields, size_t count);

/* Writes what is in the batch. */
void log_flush(struct log_batch *batch);

#endif
