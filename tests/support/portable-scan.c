#include "support/portable-scan.h"

#define JSON_NO_SIMD
#define json_scan portable_json_scan
#define json_index_init portable_json_index_init
#define json_index_done portable_json_index_done
void portable_json_index_init(struct json_index *ix);
void portable_json_index_done(struct json_index *ix);

#include "json/scan.c"
