/* Forecasts without a model: last season, and the same period a year ago with growth. Pure.
 *
 * y[n - 1] is the origin, NaN where not observed; ret[0..horizon) is filled, NaN when the series has no value at all. */
#ifndef FORECAST_NAIVE_H
#define FORECAST_NAIVE_H

#include "features/cadence.h"

void naive_forecast(const struct cadence *cadence, const double *y, int n, int horizon, double *ret);
void yearago_forecast(const struct cadence *cadence, const double *y, int n, int horizon, double *ret);
double newest_mean(const double *y, int n, int want);   /* over the newest observed values; NaN when none */

#endif
