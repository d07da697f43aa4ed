#ifndef SRC_CERT_PEM_BLOCK_H
#define SRC_CERT_PEM_BLOCK_H

/*
 * The blocks of a caBundle, as the API server finds them: by the grammar of Go's encoding/pem, of which
 * GnuTLS's is another dialect.  Pure.
 *
 * A marker counts at the start of a line only, blanks at the end of a line and CR before LF do not count,
 * and crypto/x509 takes only blocks of type CERTIFICATE without headers.  Where versions of Go differ
 * (markers without their pair, inside of lines), the text is not plain.
 */

#include <stdbool.h>

#include "base/str.h"

struct pem_block {
    struct slice body;       /* between the markers: base64, if it is worth anything */
    bool may_be_certificate; /* the type says so, and there are no headers */
};

/*
 * The next whole block; moves *rest behind it.  False at the end.  Clears *ret_is_plain when a marker
 * without its pair was passed over; text without markers is a comment and may stand anywhere.
 */
bool pem_block_next(struct slice *rest, struct pem_block *ret, bool *ret_is_plain);

#endif
