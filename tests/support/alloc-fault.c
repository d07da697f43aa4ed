#include "support/alloc-fault.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

/* Other threads of a test may allocate as well; they are counted, too. */
static atomic_ulong calls;   /* since the counter was started */
static atomic_ulong fail_at; /* the number of the call that fails; 0: none */

void alloc_fault_start(unsigned long n)
{
    calls = 0;
    fail_at = n;
}

unsigned long alloc_fault_calls(void)
{
    return calls;
}

bool alloc_fault_stop(void)
{
    bool has_happened = fail_at > 0 && calls >= fail_at;
    fail_at = 0;
    return has_happened;
}

static bool is_refused(void)
{
    return atomic_fetch_add(&calls, 1) + 1 == atomic_load(&fail_at);
}

/* The names are the linker's. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
int __wrap_asprintf(char **ret, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int __wrap___asprintf_chk(char **ret, int flag, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

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

char *__wrap_strdup(const char *s)
{
    return is_refused() ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
    return is_refused() ? NULL : __real_strndup(s, n);
}

int __wrap_asprintf(char **ret, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = is_refused() ? -1 : vasprintf(ret, fmt, args);
    va_end(args);
    return n;
}

/* The name under _FORTIFY_SOURCE. */
int __wrap___asprintf_chk(char **ret, int flag, const char *fmt, ...)
{
    va_list args;
    (void)flag;
    va_start(args, fmt);
    int n = is_refused() ? -1 : vasprintf(ret, fmt, args);
    va_end(args);
    return n;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

void alloc_fault_with_gnutls(void)
{
    gnutls_malloc = __wrap_malloc;
    gnutls_calloc = __wrap_calloc;
    gnutls_realloc = __wrap_realloc;
}
