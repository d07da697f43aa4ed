#ifndef TESTS_SUPPORT_PORTABLE_SCAN_H
#define TESTS_SUPPORT_PORTABLE_SCAN_H

/* The scanner as it is built where there is no SSE2, and as it runs where there is no AVX2. */

#include "json/scan.h"

int portable_json_scan(struct json_index *ix, struct slice text, struct error *err)
    __attribute__((warn_unused_result));
int sse2_json_scan(struct json_index *ix, struct slice text, struct error *err)
    __attribute__((warn_unused_result));

#endif
