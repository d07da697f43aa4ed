#ifndef SRC_CERT_CHANGER_H
#define SRC_CERT_CHANGER_H

/*
 * The thread that decides on the clock: it never asks anybody, so that nothing can hold it up.  It changes
 * over to what waits, has a self-signed certificate stand in, and moves the readiness.
 */

#include "cert/keeping.h"

/* Body of the thread; arg is the struct keeping. Returns NULL when that is stopping. */
void *changer_run(void *arg);

/* One look at the clock: true when the served certificate was changed. Under the lock. */
bool changer_step(struct keeping *k);

/* A line of the log about what is served. Under the lock. */
void changer_log_serving(const struct keeping *k);

#endif
