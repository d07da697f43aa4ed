#ifndef SRC_INJECT_CONTAINER_CHECK_H
#define SRC_INJECT_CONTAINER_CHECK_H

/*
 * Does a value decode as a container?  The types of k8s.io/api/core/v1 Container, as a table.
 *
 * Members that the table does not know pass: newer API versions have them, and the API server judges
 * them.  null counts as absent.
 */

#include "base/arena.h"
#include "base/error.h"
#include "json/cursor.h"

/* -1 with ERROR_SHAPE naming the member, ERROR_LIMIT or ERROR_NOMEM. The arena is scratch memory. */
int container_check(const struct json_index *ix, json_ref ref, struct arena *arena,
                    struct error *err) __attribute__((warn_unused_result));

#endif
