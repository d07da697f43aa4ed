/* Which options of a socket reach the kernel, from libmicrohttpd's point of view. */

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/push.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    int level, option;
    bool stays_away; /* from the kernel, on a worker's thread */
} rows[] = {
    { IPPROTO_TCP, TCP_NODELAY, true },
    { IPPROTO_TCP, TCP_CORK, true },
    { IPPROTO_TCP, TCP_QUICKACK, false },
    { SOL_SOCKET, SO_KEEPALIVE, false },
};

static bool reaches_kernel(int level, int option)
{
    int before = -1, after = -1;
    socklen_t size = sizeof(before);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(getsockopt(fd, level, option, &before, &size), 0);
    assert_int_equal(setsockopt(fd, level, option, &(int){ !before }, sizeof(int)), 0);
    assert_int_equal(getsockopt(fd, level, option, &after, &size), 0);
    assert_int_equal(close(fd), 0);
    return before != after;
}

static void *on_thread(void *arg)
{
    bool *reaches = arg;
    push_disable();
    for (size_t i = 0; i < COUNT(rows); i++)
        reaches[i] = reaches_kernel(rows[i].level, rows[i].option);
    return NULL;
}

static void test_only_pushes_of_that_thread(void **state)
{
    (void)state;
    bool reaches[COUNT(rows)];
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, on_thread, reaches), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(reaches[i], !rows[i].stays_away);
        assert_true(reaches_kernel(rows[i].level, rows[i].option));
    }
}

static void test_failures_are_told(void **state)
{
    (void)state;
    assert_int_equal(setsockopt(-1, SOL_SOCKET, SO_KEEPALIVE, &(int){ 1 }, sizeof(int)), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_pushes_of_that_thread),
        cmocka_unit_test(test_failures_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
