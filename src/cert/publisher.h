#ifndef SRC_CERT_PUBLISHER_H
#define SRC_CERT_PUBLISHER_H

/*
 * The thread that reads the webhook's object, writes what is missing in it, and tells the shared state what
 * it saw.  It also sends the Events.  At most one write a second; one in ten while somebody fights.
 */

#include "cert/keeping.h"

struct publisher {
    struct keeping *k;
    struct kube_client *kube;
};

/* Body of the thread; arg is the struct publisher. Returns NULL when its state is stopping. */
void *publisher_run(void *arg);

#endif
