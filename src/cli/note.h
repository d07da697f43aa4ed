#ifndef SRC_CLI_NOTE_H
#define SRC_CLI_NOTE_H

/*
 * What is said about a pod on stderr, one line each, ended by a line feed:
 *   Deployment default/web: injected (init + sidecar, 2 secrets)
 * User data is made printable.
 */

#include "base/buf.h"
#include "base/str.h"
#include "cli/pod-review.h"

/* Which pod a line is about; slices are raw user data, absent ones are left out. */
struct note_subject {
    struct slice kind, namespace, name;
};

/* Warnings first, then the decision. */
void note_decision(struct buf *out, const struct note_subject *subject,
                   const struct inject_decision *decision);

/* "subject: text" */
void note_text(struct buf *out, const struct note_subject *subject, struct slice text);

/* One line of text from elsewhere, control characters escaped, quotes as they are. */
void note_put_line(struct buf *out, struct slice text);

#endif
