#ifndef SRC_HTTP_REPLY_H
#define SRC_HTTP_REPLY_H

/*
 * Typed getters over a JSON reply; a failure names the path, what is there and what should be.
 *
 * A path is member names with dots between ("auth.client_token"); a number selects from an array
 * ("data.ca_chain.0").  Results are borrowed from the tree.  Messages never hold a value.
 *
 * Missing memory is ERROR_NOMEM where jansson notices it; 2.14 does not while it gathers a string.
 */

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

#define REPLY_VALUES_MAX \
    50000u /* brackets and commas of a reply: a tree is many times as large as its text */

static inline void reply_tree_free(json_t *tree)
{
    json_decref(tree);
}

DEFINE_CLEANUP(reply_tree_free, json_t *);

/* The parsed text; -1 with ERROR_LIMIT, ERROR_SYNTAX (position, not text) or ERROR_SHAPE unless it is one JSON object. */
int reply_parse(struct slice text, json_t **ret, struct error *err)
    __attribute__((warn_unused_result));

/* -1 with ERROR_SHAPE when the member is absent, null or of another type. */
int reply_string(const json_t *tree, const char *path, struct slice *ret, struct error *err)
    __attribute__((warn_unused_result));
int reply_int(const json_t *tree, const char *path, int64_t *ret, struct error *err)
    __attribute__((warn_unused_result));
int reply_bool(const json_t *tree, const char *path, bool *ret, struct error *err)
    __attribute__((warn_unused_result));

/* The value at a path, or NULL: for members that may be absent. */
const json_t *reply_find(const json_t *tree, const char *path);

#endif
