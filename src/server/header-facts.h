#ifndef SRC_SERVER_HEADER_FACTS_H
#define SRC_SERVER_HEADER_FACTS_H

/*
 * What the headers of one request say, and whether they can be trusted.
 *
 * libmicrohttpd 0.9.75 lets several malformed requests through; what it does not refuse is refused
 * here (RFC 9112 sections 3.2, 5.1, 6.1, 6.3).  Texts are borrowed from libmicrohttpd for the request's life.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct MHD_Connection;

struct header_facts {
    struct slice content_type;      /* the first one; absent without */
    struct slice content_encoding;  /* the first one that is not `identity`; absent without */
    struct slice transfer_encoding; /* the last one */
    struct slice content_length;    /* the first one */
    unsigned hosts, lengths, codings;
    bool lengths_differ;
    bool has_bad_name; /* a name with a character that no name may have */
    bool has_expect;
};

/* What is wrong with a request; status 0 when nothing is. */
struct header_verdict {
    unsigned status;
    const char *text;
};

/* Reads the headers of c. */
void header_facts_read(struct MHD_Connection *c, struct header_facts *ret);

/* Judges the framing: after a refusal nobody knows where the next request starts. */
struct header_verdict header_facts_check(const struct header_facts *facts, struct slice version);

/* True for application/json with or without parameters. */
bool header_is_json(struct slice content_type);

#endif
