/* Makes the n-th allocation fail, then the next, until a run meets none (after SQLite's and curl's torture tests).
 *
 * Link with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray,--wrap=strdup: calls from our own objects are then counted.
 * A shared library's own calls are not; give it fault_malloc where it takes a hook.
 *
 *     for (long n = 1; ; n++) {
 *         fault_start(n, FAULT_ONE);
 *         int r = exercise();              // must succeed, or fail cleanly and leak nothing
 *         if (fault_stop() < n)
 *             break;                       // no allocation was left to fail
 *         ck_assert_int_eq(r, -ENOMEM);
 *     }
 */
#ifndef TESTS_WRAP_ALLOC_H
#define TESTS_WRAP_ALLOC_H

#include <check.h>
#include <stddef.h>

/* For use between start and stop, where ck_assert may not stand: even a passing one allocates, and Check is linked statically. */
#define FAULT_ASSERT(condition) do { if (!(condition)) { fault_stop(); ck_abort_msg("%s", #condition); } } while (0)

enum fault_kind { FAULT_ONE, FAULT_ALL_AFTER };   /* only the n-th; or it and everything after, as when memory is gone */

/* First in main. The heap's size can only be compared without glibc's per-thread cache, which is turned off by starting the program anew. */
void fault_prepare(char **argv);

void fault_start(long n, enum fault_kind kind);   /* n = 0: only count */
long fault_stop(void);                            /* allocations seen since the start */
long fault_hits(void);                            /* of these, how many were made to fail */
void *fault_malloc(size_t size);

/* Runs `exercise` (0 or -ENOMEM, and no change of the heap's size) for every n, both kinds. Returns how many points were tried; aborts through Check on
 * a wrong result, naming n. */
long fault_sweep(const char *name, int (*exercise)(void));

#endif
