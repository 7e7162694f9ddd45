/* Point forecasts of one series as known at one origin by the members that need no training. Pure. */
#ifndef FORECAST_MEMBERS_H
#define FORECAST_MEMBERS_H

#include "features/plan.h"
#include "forecast/kind.h"

/* Fills ret[0..horizon). Days of rare events are cut out of what the smoothing members see; `plan` NULL: none are. 0; -ENODATA when the series has too little history for this kind (naive: no value at all). MEMBER_THETA on weekly series
 * with less than two years is the year-ago forecast with growth: without a yearly index Theta fails at the peak. */
int member_forecast(const struct plan *plan, const struct panel *panel, size_t series, int origin, enum member member, int horizon, double *ret);
/* 1 when a rare event moves this period: a member that knows no events should not speak for it. Days only: a week has its year-ago likeness. */
int member_is_blind(const struct plan *plan, const struct panel *panel, size_t series, int period, int64_t decision_s);
/* Mean size of the newest values, the scale of errors; 1e-6 at least, NaN without a value. */
double member_scale(const struct panel *panel, size_t series, int origin, int *observed);

#endif
