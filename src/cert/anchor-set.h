#ifndef SRC_CERT_ANCHOR_SET_H
#define SRC_CERT_ANCHOR_SET_H

/*
 * struct anchor_set: the different certificates of some PEM texts, each once, told apart by the SHA-256 of
 * their DER; struct anchor_list: which of them one text has.  For cert/trust.  One owner, one thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#define ANCHOR_SET_MAX 4096u                     /* certificates */
#define ANCHOR_SET_TEXT_MAX ((size_t)16 << 20)   /* bytes of their PEM */
#define ANCHOR_SET_MEMORY_MAX ((size_t)64 << 20) /* bytes of everything else */
#define ANCHOR_HASH_SIZE 32u

/* What an anchor is to us; the later one wins where two are said of one anchor. */
enum anchor_standing { ANCHOR_FOREIGN, ANCHOR_RETIRED, ANCHOR_DROPPED, ANCHOR_HELD };

struct anchor {
    unsigned char hash[ANCHOR_HASH_SIZE];
    size_t text_at, text_len; /* PEM in our own writing, in the set's texts */
    int64_t not_after;        /* seconds since the epoch, like all below */
    enum anchor_standing standing;
    int64_t until;        /* of what is ours: until when it may be needed */
    int64_t stamp;        /* as found, or else as we set it; 0: none */
    bool is_stamped_anew; /* `stamp` is ours */
    bool is_kept;         /* in at least one bundle afterwards */
    bool is_crowded_out;  /* of at least one bundle */
};

struct anchor_set {
    struct anchor *at;
    size_t count, room;
    size_t overflow; /* certificates that found no room */
    struct buf texts, scratch;
    struct arena arena; /* of the lists, and for the owner's own results */
};

/* Places in the set, each once, in the order of the text. */
struct anchor_list {
    unsigned *at;
    size_t count, room;
    bool
        is_plain; /* nothing in the text but certificates and comments: all readers read it alike */
};

void anchor_set_init(struct anchor_set *s);
void anchor_set_done(struct anchor_set *s);

/*
 * Adds the certificates of a text and lists them; there is room for `spare` more in the list.  What is no
 * certificate, or has no room in the set, only makes the list not plain.  -1 with ERROR_NOMEM, ERROR_LIMIT.
 */
int anchor_set_read(struct anchor_set *s, struct slice pem, size_t spare, struct anchor_list *ret,
                    struct error *err) __attribute__((warn_unused_result));

/* Until the next call of anchor_set_read(). */
struct slice anchor_set_text(const struct anchor_set *s, const struct anchor *a);

/* Bytes of its PEM. */
size_t anchor_list_size(const struct anchor_set *s, const struct anchor_list *l);

bool anchor_list_has(const struct anchor_list *l, unsigned place);

#endif
