#ifndef SRC_HTTP_HANDSHAKE_H
#define SRC_HTTP_HANDSHAKE_H

/*
 * A bound on the work that a server which nobody trusts yet can cause.
 *
 * The server's signature is verified before its certificate is, with whatever key it shows, and no time-out ends
 * that: GnuTLS reads keys of up to its 128 KiB for a message, and an RSA key with modulus and exponent of 64 Kibit
 * costs 17 s of a core, one eight times as large the better part of an hour.  So a handshake is ended at the
 * first message behind a key that is larger than the limits below.
 *
 * libcurl has no option for that and no callback between making the session and using it, but it tells its
 * debug function of each step, the last before the first message among them, and shows the session.
 *
 * Source: libcurl, CURLINFO_TLS_SSL_PTR(3); GnuTLS, gnutls_handshake_set_hook_function().
 */

#include <curl/curl.h>

#define HTTP_KEY_BITS_MAX 16384u   /* RSA modulus, or prime of a Diffie-Hellman group */
#define HTTP_EXPONENT_BYTES_MAX 8u /* of RSA; 65537 has three */

/* To be set for each request, after curl_easy_reset(). */
void handshake_bound(CURL *easy);

#endif
