/* Holt-Winters with damped trend and multiplicative season, its constants chosen from a small grid by one-step squared error. Pure.
 *
 * y[n - 1] is the origin, NaN where not observed (the state then stays as it is). Returns 0 with ret[0..horizon) filled, -ENODATA with less than a
 * season and a half, or when a third of the values are zero: a multiplicative season has nothing to hold on to. */
#ifndef FORECAST_HW_H
#define FORECAST_HW_H

#include "features/cadence.h"

enum { HW_WINDOW = 182 };

int hw_forecast(const struct cadence *cadence, const double *y, int n, int horizon, double *ret);

#endif
