#ifndef SRC_INJECT_PATCH_CHECK_H
#define SRC_INJECT_PATCH_CHECK_H

/*
 * The last look at a patch before it is sent: anything found here is our own mistake.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "inject/patch.h"

/* Working memory of the check, and how far it goes. */
struct patch_check {
    struct json_index *index; /* scratch */
    struct arena *arena;
    struct buf *applied; /* scratch, for the patched pod */
    bool text_is_sound;  /* this very text was scanned before */
    bool apply;          /* also apply the whole patch and scan the result */
};

/*
 * Every operation's parent was there with the right kind, and the text that we wrote scans.  With
 * check->apply the patch is applied to the pod at `object` and the result scans too.  -1 with
 * ERROR_INTERNAL saying what is wrong, or ERROR_NOMEM.
 */
int patch_check(const struct patch_check *check, const struct patch *p, struct slice text,
                json_ref object, struct error *err) __attribute__((warn_unused_result));

#endif
