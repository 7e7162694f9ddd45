/* Theta: a seasonal index, half the trend, simple exponential smoothing. Pure.
 *
 * y[n - 1] is the origin, NaN where not observed. Returns 0 with ret[0..horizon) filled, -ENODATA with fewer than two seasons' worth of
 * what it needs (14 days, 2 years of weeks or months). */
#ifndef FORECAST_THETA_H
#define FORECAST_THETA_H

#include "features/cadence.h"

enum { THETA_WINDOW = 364 };

int theta_forecast(const struct cadence *cadence, const double *y, int n, int horizon, double *ret);
int theta_window(const struct cadence *cadence);

#endif
