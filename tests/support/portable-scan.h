#ifndef TESTS_SUPPORT_PORTABLE_SCAN_H
#define TESTS_SUPPORT_PORTABLE_SCAN_H

/* The scanner as it is built where there is no SSE2, beside the ordinary one. */

#include "json/scan.h"

int portable_json_scan(struct json_index *ix, struct slice text, struct error *err)
    __attribute__((warn_unused_result));

#endif
