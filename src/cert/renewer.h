#ifndef SRC_CERT_RENEWER_H
#define SRC_CERT_RENEWER_H

/* The thread that asks the source for certificates: in time, and again after a failure, by its class. */

#include "cert/keeping.h"

/* Asks a local source once, and serves what it gives; before the threads. */
int renewer_first(struct keeping *k, struct error *err) __attribute__((warn_unused_result));

/* Body of the thread; arg is the struct keeping. Returns NULL when that is stopping. */
void *renewer_run(void *arg);

#endif
