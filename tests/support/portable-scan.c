#include "support/portable-scan.h"

#define JSON_NO_SIMD
#define json_scan portable_json_scan
#define json_scan_string_rest portable_json_scan_string_rest
#define json_scan_number portable_json_scan_number
#define json_index_init portable_json_index_init
#define json_index_done portable_json_index_done
void portable_json_index_init(struct json_index *ix);
void portable_json_index_done(struct json_index *ix);

#include "json/scan-part.c"
#include "json/scan.c"
