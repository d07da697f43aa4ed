#ifndef SRC_CLI_HINT_H
#define SRC_CLI_HINT_H

/*
 * Lines on stderr about annotations under our prefixes that have no effect where they stand: the
 * commonest mistakes, which the server cannot see or does not speak about.  Names are shown, values
 * never.  What cannot be read gives no hint.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "cli/kind.h"
#include "cli/note.h"
#include "inject/options.h"
#include "json/cursor.h"

/* All borrowed; arena is scratch. */
struct hint_object {
    const struct json_index *ix;
    json_ref object;
    const struct inject_options *options; /* whose prefixes count */
    struct arena *arena;
    const struct note_subject *subject;
};

/*
 * For a pod (template) that was left alone because it does not ask: annotations without the one that
 * opts in, or on the object that holds the template.
 */
void hint_not_requested(struct buf *notes, const struct hint_object *o, const struct kind *kind);

/* For an object of a kind that is not read: annotations anywhere in it. */
void hint_not_read(struct buf *notes, const struct hint_object *o);

#endif
