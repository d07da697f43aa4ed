/*
 * Drives the clients of src/http and src/vault from a script, so that pytest can play the server.
 *
 *   call < script       each line is a JSON object with one command, each command prints one line
 *
 *   {"http": {settings}}            makes an HTTP client; members as in struct http_settings
 *   {"vault": {settings}}           makes a Vault client; as in struct vault_settings
 *   {"call": {"method", "path", "headers": {}, "type", "body"}}      {"stream": {.., "silence", "stop_after"}}
 *   {"sign": {"pki_path", "role", "csr", "ttl"}}     {"health": {}}     {"tend": {}}
 *   {"fail_at": n}                  the n-th allocation of ours in the next call fails (see main())
 *   {"advance": seconds}            the token's clock, see time_boot_us()
 *   {"free": {}}                    frees the client
 *
 * A line says rc, failure, code and message, what was got, and the counters.  SIGUSR1 cancels the client.
 * Names below .test are looked up here: hang.test never ends, missing.test is not there, many.test has a
 * dead address before the good one, others are 127.0.0.1.  With CANARY in the environment, a block of
 * memory that this program's own code frees with that text in it is counted as "unwiped".
 */

#include <dlfcn.h>
#include <malloc.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "http/http.h"
#include "support/alloc-fault.h"
#include "vault/vault.h"

#define US_PER_SECOND 1000000
#define STREAM_MAX ((size_t)1 << 20)

static struct http_client *http;
static struct vault_client *vault;
static struct http_reply reply;
static int64_t ahead; /* microseconds of {"advance"} */
static const char *canary;
static int unwiped;
static unsigned long fail_at; /* of {"fail_at"} */

/* --- what the linker puts in front of the real ones ---------------------------------------------- */

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int64_t __real_time_boot_us(void);
void __real_free(void *p);
void *__real_malloc(size_t n);
int64_t __wrap_time_boot_us(void);
void __wrap_free(void *p);

int64_t __wrap_time_boot_us(void)
{
    return __real_time_boot_us() + ahead;
}

void __wrap_free(void *p)
{
    if (p && canary && memmem(p, malloc_usable_size(p), canary, strlen(canary)))
        unwiped++;
    __real_free(p);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* In front of libc's for libcurl, too. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    struct slice host = slice_of(name);
    if (!name || host.len < 5 || strcmp(name + host.len - 5, ".test") != 0)
        return real(name, service, hints, ret);
    if (strcmp(name, "missing.test") == 0)
        return EAI_NONAME;
    while (strcmp(name, "hang.test") == 0)
        (void)pause();
    if (strcmp(name, "many.test") != 0)
        return real("127.0.0.1", service, hints, ret);
    int rc = real("127.9.9.9", service, hints, ret);
    return rc != 0 ? rc : real("127.0.0.1", service, hints, &(*ret)->ai_next);
}

/* --- JSON in and out ----------------------------------------------------------------------------- */

static struct slice text_of(const json_t *from, const char *name)
{
    const json_t *one = json_object_get(from, name);
    return json_is_string(one) ? (struct slice){ json_string_value(one), json_string_length(one) }
                               : SLICE_ABSENT;
}

static int64_t number_of(const json_t *from, const char *name)
{
    return json_integer_value(json_object_get(from, name));
}

static void put(json_t *out, const char *name, json_t *value)
{
    (void)json_object_set_new(out, name, value);
}

static json_t *text(struct slice s)
{
    json_t *made = json_stringn(s.ptr ? s.ptr : "", s.len);
    return made ? made : json_string("(not UTF-8)");
}

static void put_outcome(json_t *out, int rc, const struct error *err)
{
    put(out, "rc", json_integer(rc));
    put(out, "code", json_string(rc == 0 ? "" : error_info(err->code)->name));
    put(out, "message", rc == 0 ? json_string("") : text(slice_of(err->msg)));
}

static void put_counters(json_t *out)
{
    const struct vault_counters *c = vault_client_counters(vault);
    json_t *failures = json_object();
    for (int i = 0; i < VAULT_FAILURE__COUNT; i++)
        if (atomic_load(&c->failures[i]) > 0)
            put(failures, vault_failure_info(i)->name,
                json_integer((json_int_t)atomic_load(&c->failures[i])));
    put(out, "failures", failures);
    put(out, "logins", json_integer((json_int_t)atomic_load(&c->logins)));
    put(out, "token_renewals", json_integer((json_int_t)atomic_load(&c->token_renewals)));
    put(out, "signs", json_integer((json_int_t)atomic_load(&c->signs)));
    put(out, "retry_after", json_integer(vault_client_retry_after(vault)));
}

/* --- clients ------------------------------------------------------------------------------------- */

static void free_clients(const json_t *in, json_t *out)
{
    (void)in;
    http_client_free(http);
    vault_client_free(vault);
    http = NULL;
    vault = NULL;
    put(out, "rc", json_integer(0));
}

static void make_http(const json_t *in, json_t *out)
{
    struct error err = ERROR_INIT;
    struct http_settings set = {
        .base = text_of(in, "base"),
        .ca_file = text_of(in, "ca_file"),
        .server_name = text_of(in, "server_name"),
        .plain_ok = json_is_true(json_object_get(in, "plain_ok")),
        .connect_timeout = number_of(in, "connect_timeout"),
        .total_timeout = number_of(in, "total_timeout"),
        .body_limit = (size_t)number_of(in, "body_limit"),
    };
    free_clients(in, out);
    put_outcome(out, http_client_new(&set, &http, &err), &err);
}

static void make_vault(const json_t *in, json_t *out)
{
    struct error err = ERROR_INIT;
    struct vault_settings set = {
        .address = text_of(in, "address"),
        .ca_file = text_of(in, "ca_file"),
        .server_name = text_of(in, "server_name"),
        .namespace = text_of(in, "namespace"),
        .auth_path = text_of(in, "auth_path"),
        .auth_role = text_of(in, "auth_role"),
        .jwt_file = text_of(in, "jwt_file"),
        .token_file = text_of(in, "token_file"),
        .plain_ok = json_is_true(json_object_get(in, "plain_ok")),
        .connect_timeout = number_of(in, "connect_timeout"),
        .total_timeout = number_of(in, "total_timeout"),
    };
    free_clients(in, out);
    put_outcome(out, vault_client_new(&set, &vault, &err), &err);
}

/* --- HTTP ---------------------------------------------------------------------------------------- */

static struct http_request request_of(const json_t *in, struct http_header *headers)
{
    struct http_request req = {
        .method = json_string_value(json_object_get(in, "method")),
        .path = text_of(in, "path"),
        .headers = headers,
        .content_type = text_of(in, "type"),
        .body = text_of(in, "body"),
    };
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(in, "headers"), name, value)
    {
        if (req.header_count <= HTTP_HEADERS_MAX)
            headers[req.header_count++] =
                (struct http_header){ name,
                                      { json_string_value(value), json_string_length(value) } };
    }
    return req;
}

static void put_reply(json_t *out, enum http_failure failure)
{
    static const char *const names[HTTP_FAILURE__COUNT] = {
        "none", "resolve", "connect",  "tls",       "timeout",
        "cut",  "limit",   "protocol", "cancelled", "local",
    };
    put(out, "failure", json_string(names[failure]));
    put(out, "status", json_integer(reply.status));
    put(out, "retry_after", json_integer(reply.retry_after));
    put(out, "date", json_integer(reply.date));
    put(out, "location", text(buf_slice(&reply.location)));
    put(out, "body_size", json_integer((json_int_t)reply.body.len));
    if (reply.body.len < 1000)
        put(out, "body", text(buf_slice(&reply.body)));
}

/* Allocations fail only between these two. */
static void begin(void)
{
    alloc_fault_start(fail_at);
}

static void end(json_t *out)
{
    unsigned long calls = alloc_fault_calls();
    alloc_fault_start(0);
    fail_at = 0;
    put(out, "allocations", json_integer((json_int_t)calls));
}

static void do_fail_at(const json_t *in, json_t *out)
{
    fail_at = (unsigned long)json_integer_value(in);
    put(out, "rc", json_integer(0));
}

static void do_call(const json_t *in, json_t *out)
{
    struct error err = ERROR_INIT;
    struct http_header headers[HTTP_HEADERS_MAX + 1];
    struct http_request req = request_of(in, headers);
    enum http_failure failure = HTTP_FAILURE__COUNT;
    begin();
    int rc = http_client_call(http, &req, &reply, &failure, &err);
    end(out);
    put_outcome(out, rc, &err);
    put_reply(out, failure);
}

struct stream {
    struct buf got;
    size_t stop_after;
};

static bool take(void *arg, struct slice bytes)
{
    struct stream *s = arg;
    buf_put_slice(&s->got, bytes);
    return s->stop_after == 0 || s->got.len < s->stop_after;
}

static void do_stream(const json_t *in, json_t *out)
{
    struct error err = ERROR_INIT;
    struct http_header headers[HTTP_HEADERS_MAX + 1];
    struct http_request req = request_of(in, headers);
    struct stream s = { .stop_after = (size_t)number_of(in, "stop_after") };
    enum http_failure failure = HTTP_FAILURE__COUNT;
    buf_init(&s.got, STREAM_MAX);
    int rc =
        http_client_stream(http, &req, number_of(in, "silence"), take, &s, &reply, &failure, &err);
    put_outcome(out, rc, &err);
    put_reply(out, failure);
    put(out, "streamed", json_integer((json_int_t)s.got.len));
    buf_done(&s.got);
}

/* --- Vault --------------------------------------------------------------------------------------- */

static void do_sign(const json_t *in, json_t *out)
{
    struct error err = ERROR_INIT;
    enum vault_failure failure = VAULT_FAILURE__COUNT;
    struct vault_sign_request req = { text_of(in, "pki_path"), text_of(in, "role"),
                                      text_of(in, "csr"), number_of(in, "ttl") };
    struct vault_signed got;
    vault_signed_init(&got);
    begin();
    int rc = vault_sign(vault, &req, &got, &failure, &err);
    end(out);
    put_outcome(out, rc, &err);
    put(out, "failure", json_string(vault_failure_info(failure)->name));
    put(out, "leaf", text(buf_slice(&got.leaf)));
    put(out, "issuing_ca", text(buf_slice(&got.issuing_ca)));
    put(out, "chain", text(buf_slice(&got.chain)));
    put(out, "warnings", text(buf_slice(&got.warnings)));
    put_counters(out);
    vault_signed_done(&got);
}

static void do_health(const json_t *in, json_t *out)
{
    struct error err = ERROR_INIT;
    enum vault_failure failure = VAULT_FAILURE__COUNT;
    struct vault_health h = { .initialized = false };
    (void)in;
    put_outcome(out, vault_health(vault, &h, &failure, &err), &err);
    put(out, "failure", json_string(vault_failure_info(failure)->name));
    put(out, "initialized", json_boolean(h.initialized));
    put(out, "sealed", json_boolean(h.sealed));
    put(out, "standby", json_boolean(h.standby));
    put(out, "server_time", json_integer(h.server_time));
    put(out, "version", text(slice_of(h.version)));
    put_counters(out);
}

static void do_tend(const json_t *in, json_t *out)
{
    struct error err = ERROR_INIT;
    enum vault_failure failure = VAULT_FAILURE__COUNT;
    (void)in;
    begin();
    int rc = vault_tend(vault, &failure, &err);
    end(out);
    put_outcome(out, rc, &err);
    put(out, "failure", json_string(vault_failure_info(failure)->name));
    put_counters(out);
}

static void do_advance(const json_t *in, json_t *out)
{
    ahead += json_integer_value(in) * US_PER_SECOND;
    put(out, "rc", json_integer(0));
}

/* --- the script ---------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*run)(const json_t *in, json_t *out);
} commands[] = {
    { "http", make_http },     { "vault", make_vault }, { "free", free_clients },
    { "call", do_call },       { "stream", do_stream }, { "sign", do_sign },
    { "health", do_health },   { "tend", do_tend },     { "advance", do_advance },
    { "fail_at", do_fail_at },
};

static void run_line(const char *line)
{
    json_t *in = json_loads(line, 0, NULL), *out = json_object();
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (json_object_get(in, commands[i].name))
            commands[i].run(json_object_get(in, commands[i].name), out);
    put(out, "unwiped", json_integer(unwiped));
    (void)json_dumpf(out, stdout, JSON_COMPACT);
    (void)putchar('\n');
    json_decref(in);
    json_decref(out);
}

/* Between commands the client may be another one: only during a command is it sent. */
static void *cancel_on_signal(void *arg)
{
    int number;
    while (sigwait(arg, &number) == 0) {
        if (http)
            http_client_cancel(http);
        if (vault)
            vault_client_cancel(vault);
    }
    return NULL;
}

int main(void)
{
    static sigset_t signals;
    struct error err = ERROR_INIT;
    pthread_t thread;
    json_malloc_t take_memory;
    json_free_t give_back;
    cleanup_free char *line = NULL;
    size_t size = 0;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGUSR1);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (http_global_init(&err) < 0 ||
        pthread_create(&thread, NULL, cancel_on_signal, &signals) != 0)
        return 1;
    /* jansson 2.14 writes past a string's end when memory is missing in the middle of it. */
    json_get_alloc_funcs(&take_memory, &give_back);
    json_set_alloc_funcs(__real_malloc, give_back);
    canary = getenv("CANARY");
    http_reply_init(&reply, HTTP_BODY_MAX);
    while (getline(&line, &size, stdin) > 0)
        run_line(line);
    http_client_free(http);
    vault_client_free(vault);
    http_reply_done(&reply);
    return 0;
}
