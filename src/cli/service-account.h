#ifndef SRC_CLI_SERVICE_ACCOUNT_H
#define SRC_CLI_SERVICE_ACCOUNT_H

/*
 * What the API server's ServiceAccount admission would have added to a pod before any webhook sees
 * it: the projected token volume, and its mount in each container that has none at that path.
 *
 * Source: Kubernetes documentation, "Managing Service Accounts", bound token volumes.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "json/cursor.h"

#define SERVICE_ACCOUNT_VOLUME "kube-api-access-keyhook"

/*
 * Appends a JSON Patch (relative to the pod) to *patch and returns true; false, with nothing appended,
 * when there is nothing to add or automounting is off.  pod: an object with a member spec.
 */
bool service_account_patch(const struct json_index *ix, json_ref pod, struct buf *patch);

#endif
