#ifndef SRC_CERT_HOSTS_H
#define SRC_CERT_HOSTS_H

/* The names and addresses that a serving certificate is for, from the text of an option. */

#include <stdbool.h>

#include <gnutls/x509.h>

#include "base/error.h"
#include "base/str.h"

#define CERT_HOSTS_MAX 64u
#define CERT_DNS_NAME_MAX 253u
#define CERT_ADDRESS_MAX 16u /* bytes of an IPv6 address */

struct cert_host {
    struct slice text;                       /* borrowed */
    unsigned char address[CERT_ADDRESS_MAX]; /* in network order */
    unsigned address_len;                    /* 0: text is a DNS name */
};

struct cert_hosts {
    struct cert_host at[CERT_HOSTS_MAX];
    unsigned count;
    char own[CERT_DNS_NAME_MAX + 1]; /* what cert_hosts_local() borrows from */
};

/*
 * Reads a comma list of DNS names (a leading "*." included) and IP addresses; white space around them
 * and empty parts are dropped.  -1 with ERROR_USAGE for what can be neither, or ERROR_LIMIT.
 */
int cert_hosts_parse(struct slice list, struct cert_hosts *ret, struct error *err)
    __attribute__((warn_unused_result));

/* localhost, 127.0.0.1, ::1 and this machine's name. */
void cert_hosts_local(struct cert_hosts *ret);

/* Puts them as subject alternative names into a certificate, or into a request for one. */
int cert_hosts_put_crt(const struct cert_hosts *hosts, gnutls_x509_crt_t crt, struct error *err)
    __attribute__((warn_unused_result));
int cert_hosts_put_crq(const struct cert_hosts *hosts, gnutls_x509_crq_t crq, struct error *err)
    __attribute__((warn_unused_result));

/* The first host that the certificate is not for, or NULL. */
const struct cert_host *cert_hosts_missing(const struct cert_hosts *hosts, gnutls_x509_crt_t crt);

#endif
