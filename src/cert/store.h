#ifndef SRC_CERT_STORE_H
#define SRC_CERT_STORE_H

/*
 * struct cert_store: which certificate new connections get.
 *
 * The store holds one reference on the current bundle.  Any thread may ask or replace; the reference
 * is taken under the lock, so that a swap cannot free a bundle between look-up and use.
 */

#include "base/cleanup.h"
#include "cert/bundle.h"

struct cert_store;

struct cert_store *cert_store_new(void); /* empty; NULL when memory is gone */
void cert_store_free(struct cert_store *s);

DEFINE_CLEANUP(cert_store_free, struct cert_store *);

/* A reference for the caller on the current bundle, or NULL while there is none. */
struct cert_bundle *cert_store_ref(struct cert_store *s);

/* Makes `fresh` (already validated) current and takes over the caller's reference. */
void cert_store_replace(struct cert_store *s, struct cert_bundle *fresh);

#endif
