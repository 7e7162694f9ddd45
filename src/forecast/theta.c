#include "forecast/theta.h"

#include <errno.h>
#include <math.h>

enum { SEASON_MAX = 52, MONTHS_WINDOW = 60, WEEKS_WINDOW = 143 };

int theta_window(const struct cadence *cadence)
{
    return cadence->season == 7 ? THETA_WINDOW : cadence->season == 52 ? WEEKS_WINDOW : MONTHS_WINDOW;
}

/* Mean at each phase (position modulo the season) over the mean of all. NaN for a phase never seen. */
static void seasonal_index(const double *y, int n, int season, double *index)
{
    double sum[SEASON_MAX] = { 0 }, total = 0;
    int count[SEASON_MAX] = { 0 }, all = 0;
    for (int i = 0; i < n; i++) {
        if (isnan(y[i]))
            continue;
        sum[i % season] += y[i];
        count[i % season]++;
        total += y[i];
        all++;
    }
    double mean = all > 0 ? total / all : 0;
    for (int k = 0; k < season; k++)
        index[k] = count[k] > 0 && mean > 0 ? sum[k] / count[k] / mean : NAN;
}

static double slope(const double *y, int n)
{
    double sx = 0, sy = 0, sxx = 0, sxy = 0;
    int count = 0;
    for (int i = 0; i < n; i++) {
        if (isnan(y[i]))
            continue;
        sx += i;
        sy += y[i];
        sxx += (double)i * i;
        sxy += i * y[i];
        count++;
    }
    double d = count * sxx - sx * sx;
    return d > 0 ? (count * sxy - sx * sy) / d : 0;
}

/* Level after the last value; the sum of squared one-step errors is the return. */
static double smooth(const double *y, int n, double alpha, double *level)
{
    double l = NAN, square = 0;
    for (int i = 0; i < n; i++) {
        if (isnan(y[i]))
            continue;
        if (isnan(l)) {
            l = y[i];
            continue;
        }
        double error = y[i] - l;
        square += error * error;
        l += alpha * error;
    }
    *level = l;
    return square;
}

static double best_level(const double *y, int n, double *alpha)
{
    static const double alphas[] = { .02, .05, .1, .2, .35, .5 };
    double best = INFINITY, ret = NAN;
    for (size_t i = 0; i < sizeof alphas / sizeof *alphas; i++) {
        double level, square = smooth(y, n, alphas[i], &level);
        if (square < best) {
            best = square;
            ret = level;
            *alpha = alphas[i];
        }
    }
    return ret;
}

/* Observed values, and the span from the first of them. */
static int span(const double *y, int n, int *observed)
{
    int first = n;
    *observed = 0;
    for (int i = n - 1; i >= 0; i--) {
        if (isnan(y[i]))
            continue;
        first = i;
        ++*observed;
    }
    return n - first;
}

int theta_forecast(const struct cadence *cadence, const double *y, int n, int horizon, double *ret)
{
    int season = cadence->season, observed, window = theta_window(cadence);
    if (n > window) {
        y += n - window;
        n = window;
    }
    int length = span(y, n, &observed);
    if (length < 2 * season || observed < length / 4 || observed < 10)
        return -ENODATA;
    y += n - length;
    double index[SEASON_MAX], flat[THETA_WINDOW], alpha = 0;
    seasonal_index(y, length, season, index);
    for (int i = 0; i < length; i++)
        flat[i] = index[i % season] > 1e-6 ? y[i] / index[i % season] : NAN;
    double b = slope(flat, length), level = best_level(flat, length, &alpha);
    if (isnan(level))
        return -ENODATA;
    double tail = (1 - pow(1 - alpha, length)) / alpha;
    for (int h = 1; h <= horizon; h++) {
        double i = index[(length - 1 + h) % season];
        double value = isnan(i) ? 0 : (level + b / 2 * (h - 1 + tail)) * i;
        ret[h - 1] = value > 0 ? value : 0;
    }
    return 0;
}
