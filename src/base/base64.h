#ifndef SRC_BASE_BASE64_H
#define SRC_BASE_BASE64_H

/* Standard base64 with padding (RFC 4648 section 4). Pure functions. */

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

static inline size_t base64_encoded_len(size_t n)
{
    return (n + 2) / 3 * 4;
}

/* Appends the encoded form. Hot path: about three instructions per input byte. */
void base64_encode(struct buf *out, struct slice bytes);

/*
 * Appends the decoded form; CR and LF anywhere are skipped, as Go's base64.StdEncoding does.
 * False, with out as it was, when text is not entirely padded standard base64.  Like everywhere,
 * a buffer that is too small is told by buf_check() alone.
 */
bool base64_decode(struct buf *out, struct slice text);

#endif
