#ifndef TESTS_SUPPORT_FAILING_MEMORY_H
#define TESTS_SUPPORT_FAILING_MEMORY_H

/*
 * Allocations that fail, one by one.  A test program that uses this is linked with LINK_MEMORY of the
 * Makefile: what its objects allocate is counted, and what GnuTLS does by its own functions (its DER
 * library's memory is not).  One thread.
 */

#include <stdbool.h>

/* The allocation number `fail_at` from now on fails. */
void failing_memory_start(unsigned long fail_at);

/* No more failures; true when one has happened. */
bool failing_memory_stop(void);

#endif
