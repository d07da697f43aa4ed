#include "http/address.h"

#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/text.h"

#define SHOWN_MAX ((size_t)8 * TEXT_VALUE_MAX) /* a shown byte may take several */

DEFINE_CLEANUP(curl_url_cleanup, CURLU *);

static int bad(struct error *err, struct slice url, const char *why)
{
    char memory[SHOWN_MAX + 1];
    struct buf shown = buf_over(memory, SHOWN_MAX);
    text_put_printable(&shown, url, TEXT_VALUE_MAX);
    return error_set(err, ERROR_USAGE, "the address '" SLICE_FMT "' %s",
                     SLICE_ARG(buf_slice(&shown)), why);
}

/*
 * What may hold a secret is refused before anything is shown, and what libcurl would forgive (one slash
 * or three), before anything relies on it.
 */
static int check_text(struct slice url, struct error *err)
{
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= ' ' || (unsigned char)url.ptr[i] > '~')
            return error_set(err, ERROR_USAGE,
                             "an address may hold printable ASCII only, and no spaces");
    if (url.len >= HTTP_URL_MAX)
        return error_set(err, ERROR_USAGE, "an address may have at most %u bytes",
                         HTTP_URL_MAX - 1);
    if (slice_contains(url, SLICE("@")))
        return error_set(err, ERROR_USAGE, "an address may not hold a user name or a password");
    if (slice_contains(url, SLICE("?")) || slice_contains(url, SLICE("#")))
        return error_set(err, ERROR_USAGE, "an address may not have a query or a fragment");
    const char *colon = url.len > 0 ? memchr(url.ptr, ':', url.len) : NULL;
    struct slice rest = colon ? slice_after(url, (size_t)(colon - url.ptr)) : SLICE_ABSENT;
    if (!slice_has_prefix(rest, SLICE("://")) || slice_has_prefix(rest, SLICE(":///")))
        return bad(err, url, "is no URL; https://host:port is one");
    return 0;
}

static bool has_part(CURLU *parsed, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(parsed, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return has;
}

static int copy_part(CURLU *parsed, CURLUPart part, unsigned flags, char *ret, size_t size)
{
    char *text = NULL;
    int n = size > 0 && curl_url_get(parsed, part, &text, flags) == CURLUE_OK
                ? snprintf(ret, size, "%s", text)
                : -1;
    curl_free(text);
    return n >= 0 && (size_t)n < size ? 0 : -1;
}

static int read_parts(CURLU *parsed, struct slice url, struct http_address *ret, struct error *err)
{
    char scheme[16], port[8];
    uint64_t number;
    struct http_address a = { 0 };
    if (copy_part(parsed, CURLUPART_SCHEME, 0, scheme, sizeof(scheme)) < 0 ||
        (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0))
        return bad(err, url, "is no https:// URL");
    if (has_part(parsed, CURLUPART_ZONEID)) /* libcurl cuts it off the host */
        return bad(err, url, "may not have a zone");
    if (copy_part(parsed, CURLUPART_HOST, 0, a.host, sizeof(a.host)) < 0 || a.host[0] == 0)
        return bad(err, url, "names no host, or one that is too long");
    if (copy_part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof(port)) < 0 ||
        num_uint64(slice_of(port), &number) != NUM_OK || number == 0)
        return bad(err, url, "has no usable port");
    a.port = (unsigned)number;
    a.is_plain = strcmp(scheme, "http") == 0;
    *ret = a;
    return 0;
}

int http_address_parse(struct slice url, struct http_address *ret, struct error *err)
{
    char text[HTTP_URL_MAX];
    if (check_text(url, err) < 0)
        return -1;
    (void)snprintf(text, sizeof(text), SLICE_FMT, SLICE_ARG(url));
    CLEANUP(curl_url_cleanup) CURLU *parsed = curl_url();
    if (!parsed)
        return error_nomem(err);
    if (curl_url_set(parsed, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
        return bad(err, url, "is no URL; https://host:port is one");
    return read_parts(parsed, url, ret, err);
}
