#ifndef SRC_HTTP_FAILURE_H
#define SRC_HTTP_FAILURE_H

/* Why no reply came. */
enum http_failure {
    HTTP_FAILURE_NONE,
    HTTP_FAILURE_RESOLVE,   /* the name cannot be looked up */
    HTTP_FAILURE_CONNECT,   /* refused, unreachable, no TLS spoken there */
    HTTP_FAILURE_TLS,       /* the certificate is not trusted, or is for another name */
    HTTP_FAILURE_TIMEOUT,   /* connecting or waiting took too long */
    HTTP_FAILURE_CUT,       /* the connection ended before the reply did, or a proxy refused it */
    HTTP_FAILURE_LIMIT,     /* the reply is larger than the limit */
    HTTP_FAILURE_PROTOCOL,  /* the reply is not HTTP */
    HTTP_FAILURE_CANCELLED, /* http_client_cancel() */
    HTTP_FAILURE_LOCAL,     /* memory, a file of ours, a bad request */
    HTTP_FAILURE__COUNT
};

/* What one of libcurl's codes (CURLcode) means to us. */
enum http_failure http_failure_of(int code);

#endif
