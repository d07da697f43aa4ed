#ifndef SRC_CLI_HARDEN_H
#define SRC_CLI_HARDEN_H

#include "base/error.h"

/*
 * No core files, and nobody else's look into this process's memory: to be called before the first key.
 * Sanitizers look into the process themselves, at its end: their builds stay open.  -1 with ERROR_IO.
 *
 * Source: prctl(2), PR_SET_DUMPABLE; getrlimit(2), RLIMIT_CORE.
 */
int harden_process(struct error *err) __attribute__((warn_unused_result));

#endif
