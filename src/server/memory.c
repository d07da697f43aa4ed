#include "server/memory.h"

#include <unistd.h>

#include "base/file.h"
#include "base/num.h"

#define STATM_MAX 256

int64_t memory_resident(void)
{
    struct buf text;
    struct error err = ERROR_INIT;
    uint64_t pages = 0;
    buf_init(&text, STATM_MAX);
    if (file_read("/proc/self/statm", &text, &err) == 0) {
        struct slice rest = buf_slice(&text);
        (void)slice_cut(&rest, ' ');
        if (num_uint64(slice_cut(&rest, ' '), &pages) != NUM_OK)
            pages = 0;
    }
    buf_done(&text);
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}
