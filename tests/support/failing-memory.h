#ifndef TESTS_SUPPORT_FAILING_MEMORY_H
#define TESTS_SUPPORT_FAILING_MEMORY_H

/*
 * Allocations that fail, one by one.  A test program that uses this is linked with ALLOC_FAULT of the
 * Makefile: what its objects allocate is counted.  One thread.
 */

#include <stdbool.h>

/* The allocation number `fail_at` from now on fails. */
void failing_memory_start(unsigned long fail_at);

/*
 * From now on also what GnuTLS allocates, but not its DER library.  Only for what GnuTLS 3.7 survives: sorting
 * a chain is not among it.
 */
void failing_memory_with_gnutls(void);

/* No more failures; true when one has happened. */
bool failing_memory_stop(void);

#endif
