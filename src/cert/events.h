#ifndef SRC_CERT_EVENTS_H
#define SRC_CERT_EVENTS_H

/* Sends what is on the board of notices as Kubernetes Events. */

#include "cert/keeping.h"

/*
 * One try for each notice; what the server does not take is dropped with a line of level DEBUG, without one
 * when there is no right to make Events.  `webhook_uid` is that of the object; empty: not known, the Event is
 * about the pod then.  The thread that owns the client calls it, without the lock.
 */
void events_send(struct keeping *k, struct kube_client *kube, struct slice webhook_uid);

#endif
