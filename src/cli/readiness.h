/* Is there enough history to learn from? Limits as exporters of neighbouring tools know them: daily at least 180 values, at most 20 % missing, no gap
 * over 7 days; weekly at least 104, at most 10 % missing, no gap over 5 weeks, all on one weekday; monthly at least 24, at most 10 % missing, no gap
 * over 3 months. Below them gnomon still answers, with a wide band and quality `fallback`. Pure. */
#ifndef CLI_READINESS_H
#define CLI_READINESS_H

#include <stddef.h>
#include <stdint.h>

#include "gnomon/types.h"

enum { READINESS_GAP_UNKNOWN = -1 };

struct readiness {
    enum gnm_step step;
    size_t n, missing;            /* periods with a value, and without one between the first and the last */
    int64_t gap;                  /* longest run of missing periods, READINESS_GAP_UNKNOWN where dates were not seen */
    int64_t gap_day;              /* the first missing day of that run */
    int weekdays;                 /* weekly: how many weekdays the labels fall on; 0 unknown */
};

/* `day` sorted and without repeats; bit k of `closed` set: no value is expected on weekday k (0 = Monday). The step is found from the dates. */
void readiness_measure(const int64_t *day, size_t n, unsigned closed, struct readiness *ret);
/* 1 when enough. `ret` gets one sentence: what is there, or each limit that failed. */
int readiness_judge(const struct readiness *r, char *ret, size_t size);

#endif
