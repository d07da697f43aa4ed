#include "cert/hosts.h"

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cert/gnutls-util.h"

static bool is_dns_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

static bool is_dns_name(struct slice host)
{
    if (slice_has_prefix(host, SLICE("*.")))
        host = slice_after(host, 2);
    if (host.len == 0 || host.len > CERT_DNS_NAME_MAX || host.ptr[0] == '.')
        return false;
    for (size_t i = 0; i < host.len; i++)
        if (!is_dns_char(host.ptr[i]))
            return false;
    return true;
}

/* The address in network order, its length as result; 0 when host is no address. */
static unsigned parse_address(struct slice host, unsigned char ret[static CERT_ADDRESS_MAX])
{
    char text[CERT_DNS_NAME_MAX + 1];
    if (host.len >= sizeof(text))
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
        return error_set(err, ERROR_USAGE, "a certificate host is neither name nor address");
    if (hosts->count == CERT_HOSTS_MAX)
        return error_set(err, ERROR_LIMIT, "more than %u certificate hosts", CERT_HOSTS_MAX);
    hosts->at[hosts->count++] = host;
    return 0;
}

int cert_hosts_parse(struct slice list, struct cert_hosts *ret, struct error *err)
{
    ret->count = 0;
    while (slice_is_present(list)) {
        struct slice host = slice_trim(slice_cut(&list, ','));
        if (host.len > 0 && add(ret, host, err) < 0)
            return -1;
    }
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

static bool covers(gnutls_x509_crt_t crt, const struct cert_host *host)
{
    char name[CERT_DNS_NAME_MAX + 1];
    if (host->address_len > 0)
        return gnutls_x509_crt_check_ip(crt, host->address, host->address_len, 0) != 0;
    memcpy(name, host->text.ptr, host->text.len);
    name[host->text.len] = '\0';
    return gnutls_x509_crt_check_hostname2(crt, name, 0) != 0;
}

const struct cert_host *cert_hosts_missing(const struct cert_hosts *hosts, gnutls_x509_crt_t crt)
{
    for (unsigned i = 0; i < hosts->count; i++)
        if (!covers(crt, &hosts->at[i]))
            return &hosts->at[i];
    return NULL;
}
