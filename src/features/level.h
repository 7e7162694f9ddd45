/* A series as it looks from one origin: scale, level, weekday profile, momentum. Pure.
 *
 * Values are roots of the value relative to the recent scale, z = root(y / scale), so that one model fits a kiosk and a hypermarket. */
#ifndef FEATURES_LEVEL_H
#define FEATURES_LEVEL_H

#include "features/plan.h"

enum { LEVEL_LOOKBACK = 400, LEVEL_YEARS = 3, LEVEL_BESIDE = 10 };

struct level {
    int origin, n;                /* z[n - 1] is the origin */
    int64_t decision_s;
    int seen;                     /* observed periods of the lookback */
    unsigned closed;              /* bit per weekday on which the business is learned to be closed */
    double scale, level, spread;
    double momentum[CADENCE_WINDOWS];
    double profile[CADENCE_PHASES], last_same[CADENCE_PHASES], mean_same[CADENCE_PHASES];
    double year_level;            /* NaN without a year of history */
    double z[LEVEL_LOOKBACK];     /* NaN where not observed */
    unsigned char quiet[LEVEL_LOOKBACK];   /* 0 where a rare event is cut out */
    /* By level_years(): the year before last and the one before that, around the targets. NaN where unknown; departs from the level it had by then. */
    double past[LEVEL_YEARS - 1][LEVEL_LOOKBACK];
    int past_from;                /* past[k][i] is origin - (k + 2) years + past_from + i */
};

double level_root(double x);      /* signed square root, and back */
double level_square(double z);
double level_at(const struct level *level, int period);   /* z of a period, NaN outside */

/* Values y[0..n) that end at period `last`: learned closed weekdays become NaN; returns their bits. */
unsigned level_close(const struct cadence *cadence, int last, double *y, int n);
/* -ENODATA when too little was observed lately for a level. */
int level_read(const struct plan *plan, const struct panel *panel, size_t series, int origin, struct level *ret);
/* Older years of a daily series, for the columns of trees and horizons up to `horizon`. */
void level_years(const struct panel *panel, size_t series, int horizon, struct level *level);
/* How far a period stood from its level, `years` (1..LEVEL_YEARS) before: mean over `half` periods (at most LEVEL_BESIDE) on both sides; NaN when unknown. */
double level_year(const struct level *level, const struct cadence *cadence, int period, int years, int half);

#endif
