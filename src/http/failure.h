#ifndef SRC_HTTP_FAILURE_H
#define SRC_HTTP_FAILURE_H

/* What libcurl's codes mean to us. */

#include <curl/curl.h>

#include "http/http.h"

enum http_failure http_failure_of(CURLcode code);

#endif
