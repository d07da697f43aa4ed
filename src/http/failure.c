#include "http/failure.h"

#include <curl/curl.h>

/* clang-format off */
static const struct { int code; enum http_failure failure; } rows[] = {
    { CURLE_OK,                       HTTP_FAILURE_NONE },
    { CURLE_COULDNT_RESOLVE_HOST,     HTTP_FAILURE_RESOLVE },
    { CURLE_COULDNT_RESOLVE_PROXY,    HTTP_FAILURE_RESOLVE },
    { CURLE_COULDNT_CONNECT,          HTTP_FAILURE_CONNECT },
    { CURLE_PROXY,                    HTTP_FAILURE_CONNECT },
    { CURLE_SSL_CONNECT_ERROR,        HTTP_FAILURE_CONNECT }, /* before any certificate: a server that starts or is no TLS */
    { CURLE_PEER_FAILED_VERIFICATION, HTTP_FAILURE_TLS },
    { CURLE_SSL_CERTPROBLEM,          HTTP_FAILURE_TLS },
    { CURLE_SSL_ISSUER_ERROR,         HTTP_FAILURE_TLS },
    { CURLE_SSL_CIPHER,               HTTP_FAILURE_TLS },
    { CURLE_OPERATION_TIMEDOUT,       HTTP_FAILURE_TIMEOUT },
    { CURLE_GOT_NOTHING,              HTTP_FAILURE_CUT },
    { CURLE_PARTIAL_FILE,             HTTP_FAILURE_CUT },
    { CURLE_RECV_ERROR,               HTTP_FAILURE_CUT },
    { CURLE_SEND_ERROR,               HTTP_FAILURE_CUT },
    { CURLE_FILESIZE_EXCEEDED,        HTTP_FAILURE_LIMIT },
    { CURLE_WEIRD_SERVER_REPLY,       HTTP_FAILURE_PROTOCOL },
    { CURLE_UNSUPPORTED_PROTOCOL,     HTTP_FAILURE_PROTOCOL },
    { CURLE_HTTP2,                    HTTP_FAILURE_PROTOCOL },
    { CURLE_BAD_CONTENT_ENCODING,     HTTP_FAILURE_PROTOCOL },
    { CURLE_ABORTED_BY_CALLBACK,      HTTP_FAILURE_CANCELLED },
};
/* clang-format on */

/* Files, memory, arguments: ours. */
enum http_failure http_failure_of(int code)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].code == code)
            return rows[i].failure;
    return HTTP_FAILURE_LOCAL;
}
