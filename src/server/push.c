#include "server/push.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Thread_local bool is_disabled;

void push_disable(void)
{
    is_disabled = true;
}

/* The program's own comes before the C library's for every library that it loads. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
    if (is_disabled && level == IPPROTO_TCP && (option == TCP_NODELAY || option == TCP_CORK))
        return 0;
    return (int)syscall(SYS_setsockopt, fd, level, option, value, size);
}
