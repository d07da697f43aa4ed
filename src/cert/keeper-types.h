#ifndef SRC_CERT_KEEPER_TYPES_H
#define SRC_CERT_KEEPER_TYPES_H

/* What a certificate keeper is told, and what it counts; see cert/keeper.h. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "cert/source.h"
#include "cert/store.h"
#include "kube/kube.h"

struct cert_keeper_settings {
    struct cert_source *source; /* taken over */
    struct cert_source
        *fallback;            /* taken over; stands in when the source fails; NULL: nobody does */
    struct cert_store *store; /* borrowed */
    const struct kube_settings *kube; /* copied; NULL: nothing is published, and no Events */
    struct slice webhook;             /* MutatingWebhookConfiguration to publish in; empty: none */
    struct slice namespace, pod;      /* where this program runs, for Events; borrowed */
    int64_t settle;                   /* seconds from publishing to serving */
    /* Called with the PEM of each self-signed certificate before it is served; NULL: nobody wants it. */
    int (*own_made)(void *arg, struct slice pem, struct error *err);
    void *arg;
    int64_t (*wall_us)(void); /* NULL: the system's clock */
};

/* Any thread reads them. Times are in seconds since the epoch, 0 for none. */
struct cert_keeper_counters {
    atomic_ullong renewed, failed;
    atomic_ullong failures[VAULT_FAILURE__COUNT]; /* of the source, by class */
    _Atomic int64_t last_success;                 /* of the source */
    _Atomic int64_t ends, anchor_ends;            /* of what is served, and of its anchor */
    atomic_bool is_fallback;                      /* a stand-in is served */
    atomic_bool is_published;  /* the anchor served is in every caBundle, as read lately */
    _Atomic int64_t last_seen; /* when it was last read there */
    atomic_ullong writes, conflicts, repairs, crowded_out;
    atomic_bool is_contested;
    atomic_ullong anchors;   /* in the largest caBundle */
    atomic_ullong unclaimed; /* of a caBundle, see struct trust_plan */
};

#endif
