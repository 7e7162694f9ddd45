#include "wrap_alloc.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t n, size_t size);
char *__real_strdup(const char *text);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size);
char *__wrap_strdup(const char *text);

static struct { int on; enum fault_kind kind; long n, calls, hits; } fault;

void fault_prepare(char **argv)
{
    mallopt(M_MXFAST, 0);
    if (getenv("GLIBC_TUNABLES") != NULL)
        return;
    setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
    execv("/proc/self/exe", argv);
}

void fault_start(long n, enum fault_kind kind)
{
    fault.on = 1;
    fault.kind = kind;
    fault.n = n;
    fault.calls = fault.hits = 0;
}

long fault_stop(void)
{
    fault.on = 0;
    return fault.calls;
}

long fault_hits(void)
{
    return fault.hits;
}

static int fails(void)
{
    if (!fault.on)
        return 0;
    fault.calls++;
    if (fault.n == 0 || (fault.kind == FAULT_ONE ? fault.calls != fault.n : fault.calls < fault.n))
        return 0;
    fault.hits++;
    errno = ENOMEM;
    return 1;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t n, size_t size)
{
    return fails() ? NULL : __real_reallocarray(old, n, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

void *fault_malloc(size_t size)
{
    return __wrap_malloc(size);
}

/* Bytes handed out by the heap; 0 under AddressSanitizer, which finds leaks itself. */
static size_t heap_bytes(void)
{
    return mallinfo2().uordblks;
}

static long sweep(const char *name, int (*exercise)(void), enum fault_kind kind)
{
    for (long n = 1; ; n++) {
        size_t before = heap_bytes();
        fault_start(n, kind);
        int r = exercise();
        long calls = fault_stop();
        size_t after = heap_bytes();
        ck_assert_msg(after == before, "%s: allocation %ld failing leaks %zu bytes", name, n, after - before);
        if (fault_hits() == 0) {
            ck_assert_msg(r == 0, "%s: %d without any fault", name, r);
            return calls;
        }
        ck_assert_msg(r == -ENOMEM, "%s: %d when allocation %ld fails", name, r, n);
    }
}

long fault_sweep(const char *name, int (*exercise)(void))
{
    ck_assert_msg(exercise() == 0, "%s: fails without any fault", name);      /* also fills what the C library allocates once */
    return sweep(name, exercise, FAULT_ONE) + sweep(name, exercise, FAULT_ALL_AFTER);
}
