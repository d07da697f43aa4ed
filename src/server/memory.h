#ifndef SRC_SERVER_MEMORY_H
#define SRC_SERVER_MEMORY_H

/* How much memory the process has. Any thread. */

#include <stdint.h>

/* Resident bytes; 0 when the kernel does not tell. */
int64_t memory_resident(void);

#endif
