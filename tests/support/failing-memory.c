#include "support/failing-memory.h"

#include <stdlib.h>

#include <gnutls/gnutls.h>

#include "support/alloc-fault.h"

static unsigned long target;

void failing_memory_with_gnutls(void)
{
    gnutls_malloc = malloc; /* as the linker wraps it here */
    gnutls_calloc = calloc;
    gnutls_realloc = realloc;
}

void failing_memory_start(unsigned long fail_at)
{
    target = fail_at;
    alloc_fault_start(fail_at);
}

bool failing_memory_stop(void)
{
    bool has_failed = alloc_fault_calls() >= target;
    alloc_fault_start(0);
    return has_failed;
}
