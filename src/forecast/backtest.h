/* One model judged on one split, by the path the daemon serves from. Pure.
 *
 * The panel holds everything; training and forecast read it as known at the end of the origin's period, the scores read what came after. */
#ifndef FORECAST_BACKTEST_H
#define FORECAST_BACKTEST_H

#include "forecast/learner.h"
#include "forecast/model.h"
#include "forecast/score.h"

struct backtest_split {
    int64_t origin_label;
    int horizon;
};

struct backtest_driver { size_t series; char name[GNM_ID]; struct driver_verdict verdict; };

struct backtest_result {
    struct cell *cell;            /* n_series x horizon, in the order of the panel; series unknown at the origin have known[s] = 0 */
    unsigned char *known;
    struct score_history *history;       /* per series: what its errors are scaled by */
    size_t n_series;
    int horizon, n_levels;
    double level[MODEL_LEVELS_MAX];
    struct score_figures figures; /* over the chosen series */
    double lambda, mu, kappa;     /* NaN without a ridge */
    struct blend blend;
    struct frugal frugal;
    int columns;
    struct backtest_driver *driver;      /* what was found of each driver tested, by series */
    size_t n_drivers;
};

/* `options` gives kind, levels, intervals and seed; the split gives the horizon. `chosen` NULL: all series are scored. Free with backtest_free. */
int backtest_run(const struct panel *panel, const struct learner_options *options, const struct backtest_split *split, const unsigned char *chosen,
                 struct backtest_result *ret, struct gnm_why *why);
/* Adds what one series showed at the steps first..last of its horizon. A series that was not scored has no scale: only what needs none is added. */
struct backtest_part { size_t series; int first, last; };
int backtest_add(const struct panel *panel, const struct backtest_split *split, const struct backtest_result *result, const struct backtest_part *part,
                 struct score *score);
void backtest_free(struct backtest_result *result);

#endif
