#include "support/failing-memory.h"

#include <stdlib.h>

#include <gnutls/gnutls.h>

static bool is_counting;
static unsigned long calls, target;

static bool is_refused(void)
{
    return is_counting && ++calls == target;
}

/* The names are the linker's. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
    return is_refused() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return is_refused() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return is_refused() ? NULL : __real_realloc(p, n);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

void failing_memory_with_gnutls(void)
{
    gnutls_malloc = __wrap_malloc;
    gnutls_calloc = __wrap_calloc;
    gnutls_realloc = __wrap_realloc;
}

void failing_memory_start(unsigned long fail_at)
{
    calls = 0;
    target = fail_at;
    is_counting = true;
}

bool failing_memory_stop(void)
{
    is_counting = false;
    return calls >= target;
}
