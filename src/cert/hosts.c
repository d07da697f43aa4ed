#include "cert/hosts.h"

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cert/gnutls-util.h"

#define LABEL_MAX 63u /* RFC 1035 section 2.3.4 */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_dns_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_';
}

/* RFC 1123 section 2.1, and the underscore that some names have. */
static bool is_label(struct slice label, bool *ret_is_number)
{
    if (label.len == 0 || label.len > LABEL_MAX || label.ptr[0] == '-' ||
        label.ptr[label.len - 1] == '-')
        return false;
    *ret_is_number = true;
    for (size_t i = 0; i < label.len; i++) {
        if (!is_dns_char(label.ptr[i]))
            return false;
        *ret_is_number = *ret_is_number && is_digit(label.ptr[i]);
    }
    return true;
}

/* A number at the end belongs to an address that is none, such as 10.0.0.256. */
static bool is_dns_name(struct slice host)
{
    bool is_number = true;
    if (host.len > CERT_DNS_NAME_MAX)
        return false;
    if (slice_has_prefix(host, SLICE("*.")))
        host = slice_after(host, 2);
    while (slice_is_present(host))
        if (!is_label(slice_cut(&host, '.'), &is_number))
            return false;
    return !is_number;
}

/* The address in network order, its length as result; 0 when host is no address. */
static unsigned parse_address(struct slice host, unsigned char ret[static CERT_ADDRESS_MAX])
{
    char text[CERT_DNS_NAME_MAX + 1];
    if (host.len >= sizeof(text) || memchr(host.ptr, '\0', host.len))
        return 0;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    if (inet_pton(AF_INET, text, ret) == 1)
        return sizeof(struct in_addr);
    return inet_pton(AF_INET6, text, ret) == 1 ? sizeof(struct in6_addr) : 0;
}

static int add(struct cert_hosts *hosts, struct slice text, struct error *err)
{
    struct cert_host host = { .text = text };
    host.address_len = parse_address(text, host.address);
    if (host.address_len == 0 && !is_dns_name(text))
        return error_set(err, ERROR_USAGE,
                         "the certificate host '" SLICE_FMT
                         "' is neither a DNS name nor an IP address",
                         SLICE_ARG(text));
    if (hosts->count == CERT_HOSTS_MAX)
        return error_set(err, ERROR_LIMIT, "more than %u certificate hosts", CERT_HOSTS_MAX);
    hosts->at[hosts->count++] = host;
    return 0;
}

int cert_hosts_parse(struct slice list, struct cert_hosts *ret, struct error *err)
{
    struct cert_hosts hosts = { .count = 0 };
    while (slice_is_present(list)) {
        struct slice host = slice_trim(slice_cut(&list, ','));
        if (host.len > 0 && add(&hosts, host, err) < 0)
            return -1;
    }
    *ret = hosts;
    return 0;
}

void cert_hosts_local(struct cert_hosts *ret)
{
    static const struct slice names[] = { SLICE_INIT("localhost"), SLICE_INIT("127.0.0.1"),
                                          SLICE_INIT("::1") };
    struct error ignored = ERROR_INIT;
    ret->count = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)!add(ret, names[i], &ignored);
    if (gethostname(ret->own, sizeof(ret->own)) < 0)
        return;
    ret->own[sizeof(ret->own) - 1] = '\0';
    struct slice own = slice_of(ret->own);
    if (is_dns_name(own) && !slice_equal(own, names[0]))
        (void)!add(ret, own, &ignored);
}

static gnutls_x509_subject_alt_name_t kind_of(const struct cert_host *host)
{
    return host->address_len > 0 ? GNUTLS_SAN_IPADDRESS : GNUTLS_SAN_DNSNAME;
}

static const void *data_of(const struct cert_host *host, unsigned *ret_len)
{
    *ret_len = host->address_len > 0 ? host->address_len : (unsigned)host->text.len;
    return host->address_len > 0 ? (const void *)host->address : host->text.ptr;
}

int cert_hosts_put_crt(const struct cert_hosts *hosts, gnutls_x509_crt_t crt, struct error *err)
{
    for (unsigned i = 0; i < hosts->count; i++) {
        unsigned len;
        const void *data = data_of(&hosts->at[i], &len);
        int rc = gnutls_x509_crt_set_subject_alt_name(crt, kind_of(&hosts->at[i]), data, len,
                                                      GNUTLS_FSAN_APPEND);
        if (rc < 0)
            return gnutls_fail(err, "subject alternative name", rc);
    }
    return 0;
}

int cert_hosts_put_crq(const struct cert_hosts *hosts, gnutls_x509_crq_t crq, struct error *err)
{
    for (unsigned i = 0; i < hosts->count; i++) {
        unsigned len;
        const void *data = data_of(&hosts->at[i], &len);
        int rc = gnutls_x509_crq_set_subject_alt_name(crq, kind_of(&hosts->at[i]), data, len,
                                                      GNUTLS_FSAN_APPEND);
        if (rc < 0)
            return gnutls_fail(err, "subject alternative name", rc);
    }
    return 0;
}

/* GnuTLS falls back to the common name where there is no DNS name; other clients do not. */
static bool has_dns_names(gnutls_x509_crt_t crt)
{
    char name[CERT_DNS_NAME_MAX + 1];
    int rc = 0;
    for (unsigned i = 0; rc >= 0 || rc == GNUTLS_E_SHORT_MEMORY_BUFFER; i++) {
        size_t size = sizeof(name);
        rc = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &size, NULL);
        if (rc == GNUTLS_SAN_DNSNAME)
            return true;
    }
    return false;
}

static bool covers(gnutls_x509_crt_t crt, const struct cert_host *host)
{
    char name[CERT_DNS_NAME_MAX + 1];
    if (host->address_len > 0)
        return gnutls_x509_crt_check_ip(crt, host->address, host->address_len, 0) != 0;
    memcpy(name, host->text.ptr, host->text.len);
    name[host->text.len] = '\0';
    return has_dns_names(crt) && gnutls_x509_crt_check_hostname2(crt, name, 0) != 0;
}

const struct cert_host *cert_hosts_missing(const struct cert_hosts *hosts, gnutls_x509_crt_t crt)
{
    for (unsigned i = 0; i < hosts->count; i++)
        if (!covers(crt, &hosts->at[i]))
            return &hosts->at[i];
    return NULL;
}
