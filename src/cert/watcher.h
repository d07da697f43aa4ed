#ifndef SRC_CERT_WATCHER_H
#define SRC_CERT_WATCHER_H

/* The thread that waits for changes of the webhook's object and wakes the publisher. */

#include "cert/keeping.h"

struct watcher {
    struct keeping *k;
    struct kube_client *kube; /* of its own: the call lasts */
};

/* Body of the thread; arg is the struct watcher. Returns NULL when its state is stopping. */
void *watcher_run(void *arg);

#endif
