/* Whether a driver moves a series: it must earn its place. Pure.
 *
 * Rows of one series, each target once, at short horizons; blocks of time are left out in turn and predicted by a ridge on the others, all of them known at the
 * decision. Drivers enter one by one, the best first. One enters when the error over all rows falls by 2 %, or, a rare event, by a tenth on its own days, and
 * by more than with each of ten copies of it shifted in time by whole years and weeks: those explain nothing, and yet the best of ten fits a little. */
#ifndef FORECAST_DRIVER_TEST_H
#define FORECAST_DRIVER_TEST_H

#include "features/matrix.h"
#include "features/panel_view.h"
#include "gnomon/why.h"

enum driver_state { DRIVER_UNTESTED, DRIVER_USED, DRIVER_REJECTED };
struct driver_verdict {
    float gain;                   /* share of the series' error that vanishes with it */
    float own_gain;               /* the same over its own days; NaN unless rare */
    float shifted;                /* the best gain of the shifted copies, NaN when it did not come to that */
    int state;                    /* enum driver_state */
};

int driver_is_tested(const struct plan *plan, int driver);
/* ret[plan->n_drivers]. `view` is a view of the panel in which nothing is hidden from the series; its shifts are used and put back. Too little to say:
 * everything stays DRIVER_UNTESTED. -ENOMEM. */
int driver_test(const struct plan *plan, struct panel *view, size_t series, int origin, int origins, struct driver_verdict *ret);

#endif
