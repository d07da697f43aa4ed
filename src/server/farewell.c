#include "server/farewell.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "server/state.h"
#include "server/worker.h"

static const char words[] = "HTTP/1.1 100 Continue\r\n\r\n";

int farewell_init(struct worker *w, struct error *err)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
        return error_set(err, ERROR_IO, "a pair of sockets: %s", strerror(errno));
    memcpy(w->visitor_fds, fds, sizeof(fds));
    return 0;
}

void farewell_done(struct worker *w)
{
    for (unsigned i = 0; i < 2; i++) {
        if (w->visitor_fds[i] >= 0)
            (void)close(w->visitor_fds[i]);
        w->visitor_fds[i] = -1;
    }
}

/* libmicrohttpd closes its copy; the other end stays open, so that none ends before the others. */
bool farewell_ask(struct worker *w)
{
    const struct sockaddr nobody = { .sa_family = AF_UNIX };
    if (w->visits == FAREWELL_VISITS_MAX)
        return false;
    int fd = fcntl(w->visitor_fds[0], F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return false;
    w->visits++;
    return MHD_add_connection(w->daemon, fd, &nobody, sizeof(nobody)) == MHD_YES;
}

static bool is_visitor(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info && info->client_addr && info->client_addr->sa_family == AF_UNIX;
}

/* A client whose buffers are full does not read, and would not read an answer. */
static void say(struct connection *conn, int64_t now_us)
{
    ssize_t sent = gnutls_record_send(conn->session, words, sizeof(words) - 1);
    if (sent != (ssize_t)sizeof(words) - 1)
        (void)shutdown(conn->fd, SHUT_RDWR);
    atomic_store(&conn->told_us, now_us);
}

bool farewell_visited(struct worker *w, struct MHD_Connection *c)
{
    if (!is_visitor(c))
        return false;
    worker_tell_idle(w, time_monotonic_us(), say);
    return true;
}
