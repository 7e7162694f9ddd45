#include "forecast/restart.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "features/cadence.h"

enum { REACH = 56, BEFORE = 28, FIRST_DAYS = 3, SHORT = 7, WIDE_DAYS = 28, DAYS = 7, OBSERVED_MIN = 10 };
#define AGREE 0.1                 /* of the level: below this two levels are the same */
#define SD_OF_MEDIAN 1.4826
#define ERRORS_MIN 2.0            /* standard errors: below this nothing has happened yet */
#define WIDEST 3.0

/* First day of the newest run of onset marks, `origin` + 1 without one. */
static int newest_onset(const struct panel *panel, size_t series, int origin, int64_t decision_s)
{
    int newest = origin + 1;
    for (size_t d = 0; d < panel_driver_count(panel); d++) {
        if (panel_driver_role(panel, d) != PANEL_ONSET)
            continue;
        for (int age = 0; age <= REACH && (newest > origin || age < origin - newest); age++) {
            double now = panel_driver_value(panel, d, series, origin - age, decision_s), before = panel_driver_value(panel, d, series, origin - age - 1, decision_s);
            if (now > 0 && !(before > 0))
                newest = origin - age;
        }
    }
    return newest;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, by_value);
    return (x[(n - 1) / 2] + x[n / 2]) / 2;
}

/* What each weekday of the 28 days that end with `last` was like: half way from its mean to its median, so that a holiday among four counts less. NaN where
 * the weekday was never open. */
static int usual_week(const struct cadence *c, const struct panel *panel, size_t series, int last, int64_t decision_s, double *usual)
{
    double y[BEFORE], of[DAYS][BEFORE / DAYS], sum[DAYS] = { 0 };
    int count[DAYS] = { 0 }, n = 0;
    panel_window(panel, series, last - BEFORE + 1, BEFORE, decision_s, y);
    for (int i = 0; i < BEFORE; i++) {
        int w = cadence_phase(c, last - BEFORE + 1 + i);
        if (isnan(y[i]))
            continue;
        of[w][count[w]++] = y[i];
        sum[w] += y[i];
        n++;
    }
    for (int w = 0; w < DAYS; w++)
        usual[w] = count[w] > 0 ? (sum[w] / count[w] + median(of[w], count[w])) / 2 : NAN;
    return n;
}

struct fit { double ratio, error; };      /* of values to the usual week; the usual relative error of one day */

static struct fit compare(const struct cadence *c, const struct panel *panel, size_t series, int last, int days, int64_t decision_s, const double *usual)
{
    double y[BEFORE], error[BEFORE], sum = 0, expected = 0;
    int n = 0;
    panel_window(panel, series, last - days + 1, days, decision_s, y);
    for (int i = 0; i < days; i++) {
        double u = usual[cadence_phase(c, last - days + 1 + i)];
        if (isnan(y[i]) || !(u > 0))
            continue;
        sum += y[i];
        expected += u;
        error[n++] = fabs(y[i] / u - 1);
    }
    return (struct fit){ expected > 0 ? fmax(sum / expected, 0) : NAN, n > 0 ? SD_OF_MEDIAN * median(error, n) : 0 };
}

/* The ratio to go on with, NaN when the series goes its usual way. */
static double level_since(const struct cadence *c, const struct panel *panel, size_t series, int origin, int onset, int64_t decision_s, const double *usual)
{
    int age = origin - onset, days = age < FIRST_DAYS ? age + 1 : age < SHORT ? FIRST_DAYS + 1 : SHORT;
    double now = compare(c, panel, series, origin, days, decision_s, usual).ratio;
    if (age >= SHORT) {
        double month = compare(c, panel, series, origin, BEFORE, decision_s, usual).ratio;
        return fabs(now - month) <= AGREE * month ? NAN : now;
    }
    double error = compare(c, panel, series, onset - 1, BEFORE, decision_s, usual).error;
    return fabs(now - 1) <= fmax(AGREE, ERRORS_MIN * error / sqrt(days)) ? NAN : now;
}

int restart_read(const struct panel *panel, size_t series, int origin, int horizon, struct restart *ret, double *point)
{
    const struct cadence *c = cadence_of(panel_step(panel));
    int64_t decision_s = panel_period_end_s(panel, origin);
    int onset = c->phases == DAYS ? newest_onset(panel, series, origin, decision_s) : origin + 1, age = origin - onset;
    double usual[DAYS];
    if (age < 0 || usual_week(c, panel, series, age < BEFORE ? onset - 1 : origin, decision_s, usual) < OBSERVED_MIN)
        return -ENODATA;
    double ratio = level_since(c, panel, series, origin, onset, decision_s, usual);
    *ret = (struct restart){ .onset = onset, .age = age, .serves = !isnan(ratio), .wider = 1 };
    if (age < WIDE_DAYS && (ret->serves || age <= FIRST_DAYS))
        ret->wider = WIDEST - (WIDEST - 1) * age / WIDE_DAYS;
    for (int h = 1; ret->serves && h <= horizon; h++) {
        double u = usual[cadence_phase(c, origin + h)];
        point[h - 1] = isnan(u) ? 0 : ratio * u;
    }
    return 0;
}
