#ifndef SRC_SERVER_EVENT_H
#define SRC_SERVER_EVENT_H

/*
 * The server's log lines.  This is where user data meets the log: it is always a field's value, cut
 * and made printable by the log.  Texts that quote annotations come from the engine alone, which
 * leaves sensitive values out.  Any thread.
 */

#include <stdarg.h>
#include <stdint.h>

#include "base/str.h"
#include "inject/reason.h"

struct MHD_Connection;
struct inject_decision;
struct server;
struct worker;

/* Of whom a line tells. */
struct event_request {
    struct MHD_Connection *connection;
    struct slice method, path;
};

/* skipped, injected, denied: the word of a decision in log and metrics. */
struct slice event_decision_word(enum reason_kind kind);

/*
 * One review was decided, in us microseconds, at now_us.  Under load lines of one worker share a
 * write(2): a line waits until the last write is EVENT_BATCH_US ago, the batch is full, or
 * event_flush_lines() comes.
 */
#define EVENT_BATCH_US 5000
void event_decision(struct worker *w, const struct inject_decision *decision, int64_t us,
                    int64_t now_us);

/* Writes the lines that wait, unless the worker is just adding one; called some times a second. */
void event_flush_lines(struct worker *w);

/* One request was refused; at most STATE_LINES_PER_SECOND, the others are counted. */
void event_refusal(struct server *srv, const struct event_request *req, unsigned status,
                   struct slice text);

/* MHD_OPTION_EXTERNAL_LOGGER: cls is the struct server. Limited in the same way. */
void event_library(void *cls, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));

/* MHD_set_panic_func(): logs and aborts. */
void event_panic(void *cls, const char *file, unsigned line, const char *reason);

/* What was suppressed and not yet said; at the end. */
void event_flush(struct server *srv);

#endif
