#ifndef SRC_INJECT_RECALL_H
#define SRC_INJECT_RECALL_H

/*
 * struct recall: what was worked out about the last review's texts, kept for the next one.
 *
 * The replicas of a workload come one after the other and get the same patch.  Everything here is a
 * function of a text alone and is used only when the text is the same, byte by byte: answers do not
 * depend on earlier reviews.  Lost memory costs time, not answers.  One owner, one thread.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "base/str.h"

#define RECALL_HASH_DIGITS 16

struct recall {
    struct buf config; /* the agent configuration that hash belongs to */
    char hash[SHA256_HEX_SIZE];
    struct buf patch;   /* the last patch that was found sound; empty: none */
    struct buf encoded; /* it in base64; empty: not worked out */
    bool is_repeated;   /* the patch was asked for again */
};

/* No buffer grows beyond max bytes. */
void recall_init(struct recall *r, size_t max);
void recall_done(struct recall *r);

/* Gives back the memory of buffers that are larger than `keep`, and forgets what was in them. */
void recall_trim(struct recall *r, size_t keep);

/* The first RECALL_HASH_DIGITS hex digits of the configuration's SHA-256; valid until the next call. */
const char *recall_hash(struct recall *r, struct slice config);

/* Was this patch the last one that was found sound? */
bool recall_knows_patch(struct recall *r, struct slice patch);

/* Remembers a sound patch by taking its buffer; *patch gets another one, with anything in it. */
void recall_keep_patch(struct recall *r, struct buf *patch);

/* The last sound patch, borrowed until the next one is kept; and the same appended in base64. */
struct slice recall_patch(const struct recall *r);
void recall_put_encoded(struct recall *r, struct buf *out);

#endif
