#ifndef TESTS_SUPPORT_ALLOC_FAULT_H
#define TESTS_SUPPORT_ALLOC_FAULT_H

/*
 * Allocations that fail when a test says so.  The allocator is wrapped by the linker (ALLOC_FAULT in the
 * Makefile), so it sees what libkeyhook.a and the test call, not what libraries do inside.  One thread.
 */

/* Counts from zero again; the n-th allocation from now on fails, none when n is 0. */
void alloc_fault_start(unsigned long n);

/* How many there were since. */
unsigned long alloc_fault_calls(void);

#endif
