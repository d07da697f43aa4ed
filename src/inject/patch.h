#ifndef SRC_INJECT_PATCH_H
#define SRC_INJECT_PATCH_H

/*
 * struct patch: JSON Patch operations (RFC 6902), written as text while they are decided.
 *
 * The only place that knows operations and pointers.  Each operation's parent is checked against the
 * pod's index when it is begun; a parent that is not what it should be marks the patch as broken, which
 * the caller turns into a denial: half a patch is never sent.  One owner, one thread.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "json/cursor.h"
#include "json/write.h"

struct patch {
    const struct json_index *ix;
    struct json_writer w; /* values are written here between begin and end */
    unsigned count;
    bool broken;
};

/* Starts a patch of the document in ix; its text goes to out. */
void patch_init(struct patch *p, const struct json_index *ix, struct buf *out);
void patch_end(struct patch *p);

/*
 * One `add` of a member: write the value to p->w between the two calls.  The place is named twice:
 * `parent`, the object in the index that will hold the member, and `pointer`, the member's path.
 */
void patch_begin_member(struct patch *p, json_ref parent, struct slice pointer);
void patch_end_member(struct patch *p);

/* The path of a list: head, or head + index + tail; the parts need no escapes. */
struct patch_pointer {
    struct slice head;
    struct slice tail; /* absent: no index */
    unsigned index;
};

/*
 * Elements for a list that may not exist yet.  An existing array gets one `add` per element, at its end
 * or at `front`; a missing one (or null) is added whole, to the object `parent`.
 */
struct patch_list {
    struct patch *p;
    struct patch_pointer pointer;
    json_ref list;
    json_ref parent;
    bool front;
    unsigned elements;
};

void patch_list_begin(struct patch_list *l, struct patch *p, json_ref parent, json_ref list,
                      struct patch_pointer pointer);
void patch_list_begin_element(struct patch_list *l);
void patch_list_end_element(struct patch_list *l);
void patch_list_end(struct patch_list *l);

#endif
