#ifndef SRC_CERT_FILES_H
#define SRC_CERT_FILES_H

/* The file certificate source: a PEM chain and its key, as cert-manager or a mounted Secret gives them. */

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "cert/bundle.h"

#define CERT_FILE_MAX ((size_t)256 << 10) /* bytes of either file */

/*
 * Reads and validates both: they belong together and are valid at `now` (seconds since the epoch).
 * The errors of file_read(), cert_bundle_from_pem() and cert_bundle_check_dates(), with the file's name.
 */
int cert_files_load(struct slice cert_path, struct slice key_path, int64_t now,
                    struct cert_bundle **ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
