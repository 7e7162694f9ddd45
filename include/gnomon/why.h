/* An error and its reason.
 *
 * Functions that can fail return 0 or a negative errno and fill a `struct gnm_why` that lives on the caller's stack; their
 * outputs are untouched on failure. Inner code never logs: the caller that knows what happens next says one line.
 */
#ifndef GNOMON_WHY_H
#define GNOMON_WHY_H

#include <stdarg.h>

struct gnm_why {
    int code;          /* the negative errno that was returned */
    char text[240];    /* one sentence without a full stop, cut at a code point when too long */
};

/* Fills `why` (may be NULL) and returns `code`, so that `return gnm_fail(why, -EINVAL, "...")` is one line. */
int gnm_fail(struct gnm_why *why, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts a prefix ("config/x.conf:12: ") before the sentence already in `why`; returns why->code. */
int gnm_fail_in(struct gnm_why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
