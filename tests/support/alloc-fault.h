#ifndef TESTS_SUPPORT_ALLOC_FAULT_H
#define TESTS_SUPPORT_ALLOC_FAULT_H

/*
 * Allocations that fail when a test says so.  The allocator is wrapped by the linker (ALLOC_FAULT in the
 * Makefile), so it sees what libkeyhook.a and the test call, not what libraries do inside.  One thread.
 */

#include <stdbool.h>

/* Counts from zero again; the n-th allocation from now on fails, none when n is 0. */
void alloc_fault_start(unsigned long n);

/* How many there were since. */
unsigned long alloc_fault_calls(void);

/* No more failures; true when the one that was asked for has happened. */
bool alloc_fault_stop(void);

/*
 * From now on also what GnuTLS allocates, but not its DER library.  Only for what GnuTLS 3.7 survives: sorting
 * a chain is not among it.
 */
void alloc_fault_with_gnutls(void);

#endif
