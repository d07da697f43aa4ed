#ifndef SRC_INJECT_CONTAINER_PATCH_H
#define SRC_INJECT_CONTAINER_PATCH_H

/*
 * A user's JSON patch on one of the agent's containers.
 *
 * RFC 6902 to the letter; where upstream's library is more lenient (negative indices, replace of a
 * missing key, ...) the pod is denied with a clear message (K16).
 */

#include "inject/evaluation.h"

/*
 * Applies `patch` (an annotation's value) to the finished `container` and appends the result, checked
 * to be a container still, to out.  0, or -1 with a denial or failure in e.
 */
int container_patch(struct evaluation *e, struct slice patch, struct slice container,
                    struct json_index *container_index, struct buf *out)
    __attribute__((warn_unused_result));

#endif
