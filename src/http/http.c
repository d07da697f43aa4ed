#include "http/http.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <jansson.h>

#include "base/time.h"
#include "base/version.h"
#include "http/address.h"
#include "http/failure.h"
#include "http/handshake.h"

#define US_PER_SECOND 1000000
#define US_PER_MS 1000
#define CONNECT_TIMEOUT ((int64_t)5 * US_PER_SECOND)
#define TOTAL_TIMEOUT ((int64_t)30 * US_PER_SECOND)
#define HEADER_LINE_MAX 20480 /* a token and its name */
#define PATH_MAX_BYTES 1024

struct http_client {
    CURL *easy;
    struct http_address address;
    char *base, *ca_file, *server_name, *user_agent; /* owned; NULL for none */
    char *root;  /* owned; scheme, name to verify, port and path: where requests go */
    char *route; /* owned; curl's "name:port:host:port"; NULL when name and host are the same */
    int64_t connect_timeout, total_timeout;
    size_t body_limit;
    atomic_bool is_cancelled;
};

/* One call in progress: what libcurl's callbacks need. */
struct call {
    struct http_client *client;
    struct http_reply *reply;
    http_stream_fn *take; /* NULL: everything goes to the reply's body */
    void *arg;
    size_t head_bytes;
    int64_t silence, last_byte; /* microseconds; how long none may come, 0: does not matter */
    bool is_silent;
    bool is_over_limit, is_out_of_memory, is_ended; /* is_ended: by `take` */
};

/* --- set-up ------------------------------------------------------------------------------------ */

static void free_wiped(void *memory)
{
    if (memory)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

int http_global_init(struct error *err)
{
    json_set_alloc_funcs(malloc, free_wiped);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(err, ERROR_INTERNAL, "libcurl cannot be initialised");
    return 0;
}

/* NULL for an absent or empty text; *ok turns false when memory is gone. */
static char *copy_text(struct slice text, bool *ok)
{
    char *copy = text.len > 0 ? malloc(text.len + 1) : NULL;
    *ok = *ok && (copy || text.len == 0);
    if (copy) {
        memcpy(copy, text.ptr, text.len);
        copy[text.len] = '\0';
    }
    return copy;
}

/*
 * A name to verify instead of the host stands in the URL, and libcurl is told where to connect for it:
 * the only way that SNI and verification both use it.
 */
static void route_by_name(struct http_client *c, bool *ok)
{
    const struct http_address *a = &c->address;
    const char *name = c->server_name ? c->server_name : a->host;
    const char *path = strchr(strstr(c->base, "//") + 2, '/');
    if (asprintf(&c->root, "%s://%s:%u%s", a->is_plain ? "http" : "https", name, a->port,
                 path ? path : "") < 0)
        *ok = (c->root = NULL) != NULL;
    if (c->server_name && asprintf(&c->route, "%s:%u:%s:%u", name, a->port, a->host, a->port) < 0)
        *ok = (c->route = NULL) != NULL;
}

/* It becomes a part of the URL. */
static bool is_host_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        char b = name.ptr[i];
        if (!((b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') ||
              b == '-' || b == '.' || b == '_'))
            return false;
    }
    return name.len < HTTP_HOST_MAX;
}

static bool copy_settings(struct http_client *c, const struct http_settings *s)
{
    bool ok = true;
    c->base = copy_text(s->base, &ok);
    c->ca_file = copy_text(s->ca_file, &ok);
    c->server_name = copy_text(s->server_name, &ok);
    if (asprintf(&c->user_agent, "keyhook/%s", keyhook_version()) < 0)
        ok = (c->user_agent = NULL) != NULL;
    c->connect_timeout = s->connect_timeout > 0 ? s->connect_timeout : CONNECT_TIMEOUT;
    c->total_timeout = s->total_timeout > 0 ? s->total_timeout : TOTAL_TIMEOUT;
    c->body_limit = s->body_limit > 0 ? s->body_limit : HTTP_BODY_MAX;
    if (ok)
        route_by_name(c, &ok);
    return ok;
}

int http_client_new(const struct http_settings *settings, struct http_client **ret,
                    struct error *err)
{
    struct http_address address;
    if (http_address_parse(settings->base, &address, err) < 0)
        return -1;
    if (address.is_plain && !settings->plain_ok)
        return error_set(err, ERROR_USAGE, "the address '" SLICE_FMT "' is not https://",
                         SLICE_ARG(settings->base));
    if (!is_host_name(settings->server_name))
        return error_set(err, ERROR_USAGE, "the name to verify for '" SLICE_FMT "' is no host name",
                         SLICE_ARG(settings->base));
    CLEANUP(http_client_free) struct http_client *c = calloc(1, sizeof(*c));
    if (!c)
        return error_nomem(err);
    c->address = address;
    c->easy = curl_easy_init();
    if (!c->easy || !copy_settings(c, settings))
        return error_nomem(err);
    *ret = steal_ptr(c);
    return 0;
}

void http_client_free(struct http_client *c)
{
    if (!c)
        return;
    if (c->easy)
        curl_easy_cleanup(c->easy);
    char *texts[] = { c->base, c->ca_file, c->server_name, c->user_agent, c->root, c->route };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(texts[i]);
    free(c);
}

void http_client_cancel(struct http_client *c)
{
    atomic_store(&c->is_cancelled, true);
}

void http_reply_init(struct http_reply *r, size_t body_limit)
{
    *r = (struct http_reply){ 0 };
    buf_init_secret(&r->location, HTTP_URL_MAX);
    buf_init_secret(&r->body, body_limit);
}

void http_reply_done(struct http_reply *r)
{
    buf_done(&r->location);
    buf_done(&r->body);
}

/* --- what libcurl calls ------------------------------------------------------------------------ */

static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    size_t len = size * count;
    long status = 0;
    call->last_byte = time_monotonic_us();
    (void)curl_easy_getinfo(call->client->easy, CURLINFO_RESPONSE_CODE, &status);
    if (call->take && status == 200) {
        call->is_ended = !call->take(call->arg, (struct slice){ bytes, len });
        return call->is_ended ? 0 : len;
    }
    struct buf *body = &call->reply->body;
    if (body->len + len > call->client->body_limit) {
        call->is_over_limit = true;
        return 0;
    }
    buf_put(body, bytes, len);
    call->is_over_limit = body->failure == BUF_FULL;
    return body->failure == BUF_OK ? len : 0;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    (void)bytes;
    call->last_byte = time_monotonic_us();
    call->head_bytes += size * count;
    call->is_over_limit = call->is_over_limit || call->head_bytes > HTTP_HEAD_MAX;
    return call->is_over_limit ? 0 : size * count;
}

/* Called at least once a second. */
static int look_around(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    struct call *call = arg;
    (void)down_total, (void)down, (void)up_total, (void)up;
    call->is_silent = call->silence > 0 && time_monotonic_us() - call->last_byte > call->silence;
    return call->is_silent || atomic_load(&call->client->is_cancelled) ? 1 : 0;
}

/* --- a request --------------------------------------------------------------------------------- */

static void free_headers(struct curl_slist *list)
{
    for (struct curl_slist *l = list; l; l = l->next)
        explicit_bzero(l->data, strlen(l->data));
    curl_slist_free_all(list);
}

DEFINE_CLEANUP(free_headers, struct curl_slist *);
DEFINE_CLEANUP(curl_slist_free_all, struct curl_slist *);

static bool is_clean(struct slice value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < ' ' || value.ptr[i] == 0x7f)
            return false;
    return true;
}

static int add_header(struct curl_slist **list, const char *name, struct slice value,
                      struct error *err)
{
    char line[HEADER_LINE_MAX];
    if (!is_clean(value))
        return error_set(err, ERROR_USAGE, "the header %s holds a control character", name);
    int n = snprintf(line, sizeof(line), "%s: " SLICE_FMT, name, SLICE_ARG(value));
    bool fits = n >= 0 && (size_t)n < sizeof(line);
    struct curl_slist *longer = fits ? curl_slist_append(*list, line) : NULL;
    explicit_bzero(line, sizeof(line));
    if (!fits)
        return error_set(err, ERROR_LIMIT, "the header %s is too long", name);
    if (!longer)
        return error_nomem(err);
    *list = longer;
    return 0;
}

static int make_headers(const struct http_client *c, const struct http_request *req,
                        struct curl_slist **ret, struct error *err)
{
    CLEANUP(free_headers) struct curl_slist *list = NULL;
    char host[HTTP_HOST_MAX + 8];
    if (req->header_count > HTTP_HEADERS_MAX)
        return error_set(err, ERROR_LIMIT, "more than %u headers", HTTP_HEADERS_MAX);
    for (size_t i = 0; i < req->header_count; i++)
        if (add_header(&list, req->headers[i].name, req->headers[i].value, err) < 0)
            return -1;
    if (slice_is_present(req->content_type) &&
        add_header(&list, "Content-Type", req->content_type, err) < 0)
        return -1;
    /* An answer is waited for anyway: no "100 Continue" first. */
    struct curl_slist *longer = curl_slist_append(list, "Expect:");
    if (!longer)
        return error_nomem(err);
    list = longer;
    (void)snprintf(host, sizeof(host), "%s:%u", c->address.host, c->address.port);
    if (c->server_name && add_header(&list, "Host", slice_of(host), err) < 0)
        return -1;
    *ret = steal_ptr(list);
    return 0;
}

static long millis(int64_t us)
{
    return (long)((us + US_PER_MS - 1) / US_PER_MS);
}

/* A text that could not be copied would silently be the default: for a CA, the system's. */
static void set_text(struct call *call, CURLoption option, const char *text)
{
    if (curl_easy_setopt(call->client->easy, option, text) != CURLE_OK)
        call->is_out_of_memory = true;
}

static void set_transport(struct http_client *c, struct call *call)
{
    CURL *e = c->easy;
    handshake_bound(e);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* no waiting for a look-up that hangs */
    set_text(call, CURLOPT_PROTOCOLS_STR, c->address.is_plain ? "http" : "https");
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    set_text(call, CURLOPT_USERAGENT, c->user_agent);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, millis(c->connect_timeout));
    if (c->ca_file) { /* and nothing else: libcurl would add the system's */
        set_text(call, CURLOPT_CAINFO, c->ca_file);
        set_text(call, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, look_around);
    curl_easy_setopt(e, CURLOPT_XFERINFODATA, call);
}

static void set_request(struct http_client *c, struct call *call, const struct http_request *req,
                        const char *url, struct curl_slist *headers)
{
    CURL *e = c->easy;
    set_text(call, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
    if (slice_is_present(req->body)) {
        curl_easy_setopt(e, CURLOPT_POST, 1L);
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, req->body.ptr);
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->body.len);
    }
    set_text(call, CURLOPT_CUSTOMREQUEST, req->method);
}

/*
 * libcurl's own words name host and port.  About a proxy they quote its variable, cut somewhere, and that
 * may hold a password; our own addresses hold none.
 */
static bool is_about_proxy(CURLcode code, const char *detail)
{
    return code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY || strchr(detail, '@') ||
           strcasestr(detail, "proxy");
}

static const char *describe(CURLcode code, enum http_failure why, const char *detail)
{
    if (why == HTTP_FAILURE_LIMIT)
        return "the reply is larger than the limit";
    if (why == HTTP_FAILURE_CANCELLED)
        return "given up, because the program ends";
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return "nothing came for too long";
    return detail[0] && !is_about_proxy(code, detail) ? detail : curl_easy_strerror(code);
}

static int fail(const struct http_client *c, const struct http_request *req,
                const struct call *call, CURLcode code, const char *detail,
                enum http_failure *ret_failure, struct error *err)
{
    enum http_failure why = call->is_over_limit ? HTTP_FAILURE_LIMIT
                            : call->is_silent   ? HTTP_FAILURE_TIMEOUT
                                                : http_failure_of(code);
    *ret_failure = why;
    if ((code == CURLE_OUT_OF_MEMORY && !call->is_over_limit) ||
        call->reply->body.failure == BUF_NOMEM)
        return error_nomem(err);
    return error_set(err, why == HTTP_FAILURE_LIMIT ? ERROR_LIMIT : ERROR_IO, "%s %s: %s",
                     req->method, c->base, describe(code, why, detail));
}

static int64_t read_date(struct http_client *c)
{
    struct curl_header *h = NULL;
    if (curl_easy_header(c->easy, "Date", 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
        return 0;
    time_t at = curl_getdate(h->value, NULL);
    return at > 0 ? at : 0;
}

static void read_reply(struct http_client *c, struct http_reply *ret)
{
    long status = 0;
    curl_off_t after = 0;
    char *location = NULL;
    (void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &after);
    (void)curl_easy_getinfo(c->easy, CURLINFO_REDIRECT_URL, &location);
    ret->status = (unsigned)status;
    if (after > HTTP_RETRY_AFTER_MAX / US_PER_SECOND)
        after = HTTP_RETRY_AFTER_MAX / US_PER_SECOND;
    if (after < 0) /* a date that has passed */
        after = 0;
    ret->retry_after = (int64_t)after * US_PER_SECOND;
    ret->date = read_date(c);
    buf_put_slice(&ret->location, slice_of(location));
}

static int make_url(const struct http_client *c, const struct http_request *req,
                    char url[HTTP_URL_MAX], struct error *err)
{
    int n = snprintf(url, HTTP_URL_MAX, "%s" SLICE_FMT, c->root, SLICE_ARG(req->path));
    if (n < 0 || n >= (int)HTTP_URL_MAX || req->path.len > PATH_MAX_BYTES || !is_clean(req->path))
        return error_set(err, ERROR_USAGE, "%s: the path of a request is too long or not clean",
                         c->base);
    return 0;
}

/* Then "out of memory" is libcurl's word for a header line above its own limit of 100 KB. */
static bool has_reply_begun(const struct http_client *c)
{
    curl_off_t us = 0;
    return curl_easy_getinfo(c->easy, CURLINFO_STARTTRANSFER_TIME_T, &us) == CURLE_OK && us > 0;
}

/* From an empty reply to a full one. */
static int perform(struct http_client *c, const struct http_request *req, struct call *call,
                   enum http_failure *ret_failure, struct error *err)
{
    char url[HTTP_URL_MAX], detail[CURL_ERROR_SIZE] = "";
    CLEANUP(free_headers) struct curl_slist *headers = NULL;
    CLEANUP(curl_slist_free_all) struct curl_slist *route = NULL;
    *ret_failure = HTTP_FAILURE_LOCAL;
    if (make_url(c, req, url, err) < 0 || make_headers(c, req, &headers, err) < 0)
        return -1;
    if (c->route && !(route = curl_slist_append(NULL, c->route)))
        return error_nomem(err);
    curl_easy_reset(c->easy); /* the connections stay */
    set_transport(c, call);
    set_request(c, call, req, url, headers);
    if (call->silence == 0)
        curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, millis(c->total_timeout));
    curl_easy_setopt(c->easy, CURLOPT_CONNECT_TO, route);
    curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, detail);
    CURLcode code = call->is_out_of_memory ? CURLE_OUT_OF_MEMORY : curl_easy_perform(c->easy);
    if (code == CURLE_OUT_OF_MEMORY && has_reply_begun(c))
        call->is_over_limit = true;
    read_reply(c, call->reply);
    curl_easy_reset(c->easy); /* it may not keep pointers into this frame */
    if (code != CURLE_OK && !call->is_ended)
        return fail(c, req, call, code, detail, ret_failure, err);
    *ret_failure = HTTP_FAILURE_NONE;
    return 0;
}

static void empty_reply(struct http_reply *r)
{
    r->status = 0;
    r->retry_after = r->date = 0;
    buf_clear(&r->location);
    buf_clear(&r->body);
}

int http_client_call(struct http_client *c, const struct http_request *req, struct http_reply *ret,
                     enum http_failure *ret_failure, struct error *err)
{
    struct call call = { .client = c, .reply = ret };
    empty_reply(ret);
    return perform(c, req, &call, ret_failure, err);
}

int http_client_stream(struct http_client *c, const struct http_request *req, int64_t silence,
                       http_stream_fn *take, void *arg, struct http_reply *ret,
                       enum http_failure *ret_failure, struct error *err)
{
    struct call call = { .client = c,
                         .reply = ret,
                         .take = take,
                         .arg = arg,
                         .silence = silence,
                         .last_byte = time_monotonic_us() };
    empty_reply(ret);
    return perform(c, req, &call, ret_failure, err);
}
