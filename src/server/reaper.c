#include "server/reaper.h"

#include <poll.h>
#include <sys/eventfd.h>

#include "base/time.h"
#include "server/event.h"
#include "server/state.h"
#include "server/worker.h"

#define TICK_MS 200
#define WATCH_TICKS 5u /* idle connections are watched once in so many */

static void *run(void *arg)
{
    struct server *srv = arg;
    struct pollfd stop = { .fd = srv->stop_fd, .events = POLLIN };
    for (unsigned tick = 0; poll(&stop, 1, TICK_MS) <= 0; tick++)
        for (unsigned i = 0; i < srv->worker_count; i++) {
            worker_reap(&srv->workers[i], time_monotonic_us(), tick % WATCH_TICKS == 0);
            event_flush_lines(&srv->workers[i]);
        }
    return NULL;
}

int reaper_start(struct server *srv, struct error *err)
{
    srv->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (srv->stop_fd < 0 || pthread_create(&srv->reaper, NULL, run, srv) != 0)
        return error_set(err, ERROR_IO, "the reaper could not be started");
    srv->has_reaper = true;
    return 0;
}

void reaper_stop(struct server *srv)
{
    if (!srv->has_reaper)
        return;
    (void)eventfd_write(srv->stop_fd, 1);
    pthread_join(srv->reaper, NULL);
    srv->has_reaper = false;
}
