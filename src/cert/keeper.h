#ifndef SRC_CERT_KEEPER_H
#define SRC_CERT_KEEPER_H

/*
 * struct cert_keeper: keeps a valid and trusted certificate in the store, by threads of its own.
 *
 * The renewer asks the source, the publisher puts anchors into the webhook's caBundle, the watcher wakes it
 * when somebody changes that object, and the changer decides on the clock: when a new certificate is served,
 * when a self-signed one has to stand in, and whether the program is ready.  Clocks may jump: nobody sleeps
 * longer than a second without a look at them.
 *
 * All functions but cert_keeper_is_ready(), cert_keeper_put_reason() and the counters belong to one thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "cert/keeper-types.h"

struct cert_keeper;

/*
 * A source that is local issues at once; its certificate is in the store then, with a line in the log.
 * Takes over both sources, also on failure.  -1 with what the source says, ERROR_NOMEM, or what kube_client_new() says.
 */
int cert_keeper_new(const struct cert_keeper_settings *settings, struct cert_keeper **ret,
                    struct error *err) __attribute__((warn_unused_result));

/* Starts the threads; once. */
int cert_keeper_start(struct cert_keeper *k, struct error *err) __attribute__((warn_unused_result));

/* The source is asked again now (SIGHUP): files are read, Vault signs. */
void cert_keeper_wake(struct cert_keeper *k);

/*
 * The last act, when nothing is served any more: takes our own self-signed anchors out of the caBundle, in
 * at most timeout_us.  A line of level WARN when one is left there.
 */
void cert_keeper_retire(struct cert_keeper *k, int64_t timeout_us);

/*
 * Ends the threads, calls in progress included, within about a second, and frees.  A thread that does not end
 * in five is left with its memory: the program is about to end.  NULL is fine.
 */
void cert_keeper_free(struct cert_keeper *k);
DEFINE_CLEANUP(cert_keeper_free, struct cert_keeper *);

/* See life_is_ready(); the end of the certificate is looked at now, not when the changer woke last. */
bool cert_keeper_is_ready(const struct cert_keeper *k);

/* Appends half a sentence about why it is not ready; nothing secret. */
void cert_keeper_put_reason(struct cert_keeper *k, struct buf *out);

const struct cert_keeper_counters *cert_keeper_counters(const struct cert_keeper *k);

/* What the calls to the Kubernetes API came to, all clients together. */
void cert_keeper_kube_failures(const struct cert_keeper *k,
                               unsigned long long ret[KUBE_FAILURE__COUNT]);

#endif
