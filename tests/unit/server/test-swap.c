/*
 * The serving certificate is swapped a thousand times while clients keep shaking hands: none may
 * fail, and with AddressSanitizer no bundle may be left or freed too early.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <gnutls/gnutls.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/time.h"
#include "cert/self-signed.h"
#include "cert/store.h"
#include "inject/options.h"
#include "metrics/metrics.h"
#include "server/server.h"
#include "server/tls-priority.h"

#define SWAPS 1000
#define CLIENTS 2
#define US_PER_SECOND 1000000
#define SECONDS(n) ((int64_t)(n)*US_PER_SECOND)

static const char request[] =
    "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

struct client {
    unsigned port;
    atomic_bool *is_over;
    atomic_uint *handshakes;
    unsigned failures;
};

static struct cert_bundle *make_bundle(void)
{
    struct buf pem;
    struct error err = ERROR_INIT;
    struct cert_bundle *b = NULL;
    buf_init(&pem, CERT_PEM_MAX);
    if (cert_self_signed(SLICE("localhost"), time_wall_us() / US_PER_SECOND, &pem, &b, &err) < 0)
        fail_msg("%s", err.msg);
    buf_done(&pem);
    return b;
}

static int connect_to(unsigned port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct timeval guard = { .tv_sec = 60 };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &guard, sizeof(guard)) < 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        return -1;
    return fd;
}

/* One connection with one request; false when any of it fails. */
static bool ask(gnutls_certificate_credentials_t trust, unsigned port)
{
    gnutls_session_t session;
    char answer[64];
    cleanup_close int fd = connect_to(port);
    if (fd < 0 || gnutls_init(&session, GNUTLS_CLIENT) < 0)
        return false;
    gnutls_set_default_priority(session);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, trust);
    gnutls_transport_set_int(session, fd);
    int rc;
    do
        rc = gnutls_handshake(session);
    while (rc < 0 && !gnutls_error_is_fatal(rc));
    bool fine = rc == 0 && gnutls_record_send(session, request, sizeof(request) - 1) > 0 &&
                gnutls_record_recv(session, answer, sizeof(answer)) > 12 &&
                memcmp(answer, "HTTP/1.1 204", 12) == 0;
    gnutls_deinit(session);
    return fine;
}

static void *run_client(void *arg)
{
    struct client *client = arg;
    gnutls_certificate_credentials_t trust;
    if (gnutls_certificate_allocate_credentials(&trust) < 0) {
        client->failures++;
        return NULL;
    }
    while (!atomic_load(client->is_over)) {
        client->failures += !ask(trust, client->port);
        atomic_fetch_add(client->handshakes, 1);
    }
    gnutls_certificate_free_credentials(trust);
    return NULL;
}

/* A new one as soon as somebody has met the last. */
static void swap_many(struct cert_store *store, atomic_uint *handshakes)
{
    unsigned seen = atomic_load(handshakes);
    for (unsigned i = 0; i < SWAPS; i++) {
        cert_store_replace(store, make_bundle());
        while (i % 8 == 7 && atomic_load(handshakes) == seen)
            sched_yield();
        seen = atomic_load(handshakes);
    }
}

static struct server *start(struct cert_store *store, struct metrics *metrics,
                            const struct inject_options *inject, const char *priorities)
{
    struct server *srv = NULL;
    struct error err = ERROR_INIT;
    struct server_config config = {
        .inject = inject,
        .certs = store,
        .metrics = metrics,
        .listen = SLICE("127.0.0.1:0"),
        .telemetry_path = SLICE(""),
        .plain_listen = SLICE(""),
        .tls_priorities = priorities,
        .workers = 2,
        .limits = { .connections = 64,
                    .in_flight = 8,
                    .header_bytes = 32768,
                    .body_bytes = 65536,
                    .handshake = SECONDS(60),
                    .request = SECONDS(60),
                    .idle = SECONDS(60) },
    };
    if (server_start(&config, &srv, &err) < 0)
        fail_msg("%s", err.msg);
    return srv;
}

static void test_swaps_under_load(void **state)
{
    (void)state;
    struct inject_options inject;
    struct cert_store *store = cert_store_new();
    struct metrics *metrics = metrics_new();
    struct buf priorities;
    struct tls_choice choice = { .ciphers = 0 };
    atomic_bool is_over = false;
    atomic_uint handshakes = 0;
    pthread_t threads[CLIENTS];
    struct client clients[CLIENTS];
    inject_options_init(&inject);
    buf_init(&priorities, TLS_PRIORITY_MAX);
    tls_priority_put(&priorities, &choice);
    cert_store_replace(store, make_bundle());
    struct server *srv = start(store, metrics, &inject, buf_cstr(&priorities));
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){ server_port(srv), &is_over, &handshakes, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, run_client, &clients[i]), 0);
    }
    swap_many(store, &handshakes);
    atomic_store(&is_over, true);
    for (unsigned i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(clients[i].failures, 0);
    }
    assert_true(atomic_load(&handshakes) >= SWAPS / 8);
    assert_int_equal(server_stop(srv, SECONDS(10)), 0);
    cert_store_free(store);
    metrics_free(metrics);
    buf_done(&priorities);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_swaps_under_load) };
    log_set_up(2, LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
