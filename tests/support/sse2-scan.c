#include "support/portable-scan.h"

#define JSON_NO_AVX2
#define json_scan sse2_json_scan
#define json_scan_string_rest sse2_json_scan_string_rest
#define json_scan_number sse2_json_scan_number
#define json_index_init sse2_json_index_init
#define json_index_done sse2_json_index_done
void sse2_json_index_init(struct json_index *ix);
void sse2_json_index_done(struct json_index *ix);

#include "json/scan-part.c"
#include "json/scan.c"
