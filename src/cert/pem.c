#include "cert/pem.h"

#include "cert/gnutls-util.h"

int cert_pem_parse(struct slice pem, struct cert_pem_list *ret, struct error *err)
{
    gnutls_datum_t text = gnutls_datum_of(pem);
    unsigned count = CERT_PEM_CERTS_MAX;
    ret->count = 0;
    int rc = gnutls_x509_crt_list_import(ret->at, &count, &text, GNUTLS_X509_FMT_PEM,
                                         GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
    if (rc == GNUTLS_E_SHORT_MEMORY_BUFFER)
        return error_set(err, ERROR_LIMIT, "more than %u certificates", CERT_PEM_CERTS_MAX);
    if (rc < 0)
        return gnutls_fail(err, "certificates", rc);
    ret->count = (unsigned)rc;
    return 0;
}

void cert_pem_done(struct cert_pem_list *list)
{
    for (unsigned i = 0; i < list->count; i++)
        gnutls_x509_crt_deinit(list->at[i]);
    list->count = 0;
}

int cert_pem_put(gnutls_x509_crt_t crt, struct buf *pem, struct error *err)
{
    gnutls_datum_t text = { NULL, 0 };
    int rc = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &text);
    if (rc < 0)
        return gnutls_fail(err, "certificate", rc);
    buf_put(pem, (const char *)text.data, text.size);
    gnutls_free(text.data);
    return buf_check(pem, "certificate", err);
}

int64_t cert_pem_not_after(const struct cert_pem_list *list)
{
    int64_t first = INT64_MAX;
    for (unsigned i = 0; i < list->count; i++) {
        int64_t end = gnutls_x509_crt_get_expiration_time(list->at[i]);
        first = end < first ? end : first;
    }
    return first;
}
