#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "server/listen-socket.h"

static bool has_ipv6(void)
{
    struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    cleanup_close int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0;
}

static bool connects_v4(unsigned port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cleanup_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static bool connects_v6(unsigned port)
{
    struct sockaddr_in6 to = { .sin6_family = AF_INET6,
                               .sin6_port = htons((uint16_t)port),
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    cleanup_close int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static struct listen_socket open_ok(const char *text)
{
    struct error err = ERROR_INIT;
    struct listen_socket sock;
    if (listen_socket_open(slice_of(text), &sock, &err) < 0)
        fail_msg("%s: %s", text, err.msg);
    assert_true(sock.port > 0);
    return sock;
}

static void test_one_address(void **state)
{
    (void)state;
    struct listen_socket sock = open_ok("127.0.0.1:0");
    assert_true(connects_v4(sock.port));
    close(sock.fd);
}

static void test_every_address(void **state)
{
    (void)state;
    struct listen_socket sock = open_ok(":0");
    assert_true(connects_v4(sock.port));
    if (has_ipv6())
        assert_true(connects_v6(sock.port));
    close(sock.fd);
}

static void test_ipv6_address(void **state)
{
    (void)state;
    if (!has_ipv6())
        skip();
    struct listen_socket sock = open_ok("[::1]:0");
    assert_true(connects_v6(sock.port));
    close(accept(sock.fd, NULL, NULL));
    (void)connects_v4(sock.port); /* another program may have that port of IPv4 */
    struct pollfd waiting = { .fd = sock.fd, .events = POLLIN };
    assert_int_equal(poll(&waiting, 1, 0), 0);
    close(sock.fd);
}

static void test_taken_port(void **state)
{
    (void)state;
    struct listen_socket sock = open_ok("127.0.0.1:0"), second;
    struct error err = ERROR_INIT;
    char text[32];
    snprintf(text, sizeof(text), "127.0.0.1:%u", sock.port);
    assert_int_equal(listen_socket_open(slice_of(text), &second, &err), -1);
    assert_int_equal(err.code, ERROR_IO);
    assert_non_null(strstr(err.msg, "in use"));
    close(sock.fd);
}

static void test_bad_text(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",         "8080",  "localhost", ":",         ":x",        ":65536", ":-1",  ":80 ",
        "::1:8080", "[::1]", "[::1]8080", ":00000080", "host:port", "a:b:c",  ":+80",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct listen_socket sock;
        struct error err = ERROR_INIT;
        if (listen_socket_open(slice_of(rows[i]), &sock, &err) == 0)
            fail_msg("'%s' was taken", rows[i]);
        assert_int_equal(err.code, ERROR_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_address),  cmocka_unit_test(test_every_address),
        cmocka_unit_test(test_ipv6_address), cmocka_unit_test(test_taken_port),
        cmocka_unit_test(test_bad_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
