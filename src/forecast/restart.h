/* The level restarted after the onset of a crisis. Pure.
 *
 * A crisis is no regressor: its size is not known from earlier ones. From the day on which one is declared for a series (a driver of the role onset), a daily
 * series follows what came since: the sum of values since the onset (in the first week of the newest four days at most, later of seven) over the sum expected
 * from the four weeks before, times the usual week, without trend and without last year, until the levels of seven and of 28 days agree. */
#ifndef FORECAST_RESTART_H
#define FORECAST_RESTART_H

#include "features/panel_period.h"

struct restart {
    int onset, age;               /* newest onset and days since; age < 0: none within reach */
    int serves;                   /* the level is restarted; otherwise the onset moved nothing, or is over */
    double wider;                 /* factor on the scores of intervals, 1..3 */
};

/* Fills point[0..horizon) when `serves`. -ENODATA: no onset as known at the end of `origin`, or nothing to expect from. */
int restart_read(const struct panel *panel, size_t series, int origin, int horizon, struct restart *ret, double *point);

#endif
