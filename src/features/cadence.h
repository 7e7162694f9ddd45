/* What one season, one year and "recently" mean for daily, weekly and monthly series, in periods. Pure. */
#ifndef FEATURES_CADENCE_H
#define FEATURES_CADENCE_H

#include "gnomon/types.h"

enum { CADENCE_WINDOWS = 4, CADENCE_PHASES = 7 };

struct cadence {
    int season;                   /* the naive forecast repeats this many periods */
    int phases;                   /* of the profile: 7 weekdays, else 1 */
    int year, year_half;          /* offset to the same period last year; half width of its smoothed value */
    int scale, level;             /* windows of the scale and of the level */
    int window[CADENCE_WINDOWS];  /* of the momentum columns */
    int history;                  /* periods a pseudo-origin needs behind it */
    int origin_step, origins;     /* pseudo-origins: distance and most */
    int lookback;                 /* periods read behind an origin */
    double days;                  /* of a period */
};

const struct cadence *cadence_of(enum gnm_step step);
int cadence_phase(const struct cadence *cadence, int period);   /* 0 = Monday for days; 0 otherwise */

#endif
