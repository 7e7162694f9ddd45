#include "forecast/naive.h"

#include <math.h>

enum { SEASONS_BACK = 8 };

double newest_mean(const double *y, int n, int want)
{
    double sum = 0;
    int count = 0;
    for (int i = n - 1; i >= 0 && count < want; i--) {
        if (isnan(y[i]))
            continue;
        sum += y[i];
        count++;
    }
    return count == 0 ? NAN : sum / count;
}

/* The newest observed value a whole number of seasons before index `at`, at or before the origin. */
static double seasons_ago(const double *y, int n, int at, int season)
{
    int i = at - season * ((at - n + 1 + season - 1) / season);
    for (int k = 0; k < SEASONS_BACK && i >= 0; k++, i -= season)
        if (!isnan(y[i]))
            return y[i];
    return NAN;
}

/* What is left when the season gives nothing: the last value of a series without a season of history, else the recent mean. */
static double without_season(const struct cadence *cadence, const double *y, int n)
{
    return newest_mean(y, n, cadence->phases > 1 ? cadence->scale : 1);
}

void naive_forecast(const struct cadence *cadence, const double *y, int n, int horizon, double *ret)
{
    for (int h = 1; h <= horizon; h++) {
        double value = seasons_ago(y, n, n - 1 + h, cadence->season);
        ret[h - 1] = isnan(value) ? without_season(cadence, y, n) : value;
    }
}

/* Recent mean over the mean of the same periods a year before; only periods observed in both count. */
static double growth(const struct cadence *cadence, const double *y, int n)
{
    double now = 0, then = 0;
    for (int i = n - cadence->level; i < n; i++) {
        int ago = i - cadence->year;
        if (i < 0 || ago < 0 || isnan(y[i]) || isnan(y[ago]))
            continue;
        now += y[i];
        then += y[ago];
    }
    return now > 0 && then > 0 ? now / then : 1;
}

void yearago_forecast(const struct cadence *cadence, const double *y, int n, int horizon, double *ret)
{
    naive_forecast(cadence, y, n, horizon, ret);
    double g = growth(cadence, y, n);
    for (int h = 1; h <= horizon; h++) {
        int ago = n - 1 + h - cadence->year * ((h + cadence->year - 1) / cadence->year);
        if (ago >= 0 && !isnan(y[ago]))
            ret[h - 1] = y[ago] * g;
    }
}
