/* How good a forecast was. Pure.
 *
 * Only observed periods count. WAPE and MASE judge the median, RMSSE and bias the mean; pinball is the mean over the levels. NaN where a figure has
 * nothing to stand on (no observation, a constant history). */
#ifndef FORECAST_SCORE_H
#define FORECAST_SCORE_H

#include <stddef.h>

#include "forecast/kind.h"

struct score_row {                /* one observed period */
    double actual, median, mean, q[MODEL_LEVELS_MAX];
};

struct score_history {            /* of one series' training part */
    double seasonal;              /* mean |y(t) - y(t - season)|, NaN without pairs */
    double step_square;           /* mean (y(t) - y(t - 1))^2 */
};

struct score {
    double error, actual, bias_sum, pinball_sum;           /* sums */
    double inside[3], width[3];                            /* 50, 80, 95 % */
    double mase_sum, rmsse_sum;
    int n, n_series, n_mase, n_rmsse;                      /* rows, series, series that have a scale */
};

struct score_figures {
    double wape, mase, rmsse, bias, pinball, pinball_ratio, coverage[3], width[3];   /* pinball_ratio: over the mean size of the values */
    int n, n_series, n_without_scale;
};

/* y[0..n) is the training part, NaN where not observed. */
struct score_history score_history(const double *y, size_t n, int season);
/* Adds one series of one split. */
void score_add(struct score *score, const struct score_row *row, size_t n, const struct score_history *history, int n_levels, const double *level);
struct score_figures score_figures(const struct score *score);

#endif
