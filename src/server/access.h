#ifndef SRC_SERVER_ACCESS_H
#define SRC_SERVER_ACCESS_H

/* libmicrohttpd's calls for requests: from the head to the end of the answer. */

#include <microhttpd.h>

/* MHD_AccessHandlerCallback. */
enum MHD_Result access_request(void *cls, struct MHD_Connection *c, const char *path,
                               const char *method, const char *version, const char *data,
                               size_t *data_size, void **req_cls);

/* MHD_OPTION_NOTIFY_COMPLETED. */
void access_completed(void *cls, struct MHD_Connection *c, void **req_cls,
                      enum MHD_RequestTerminationCode why);

#endif
