/* Prediction intervals from past out-of-sample errors. Pure.
 *
 * An error is a difference of roots of value over scale, divided by the series' own spread; so errors of a kiosk and of a hypermarket may be
 * pooled. Quantiles are read per bucket of horizons, newer origins weigh more. Before that each error is divided by how much larger than the series' others it was
 * to be expected (bands_tilt). */
#ifndef FORECAST_BANDS_H
#define FORECAST_BANDS_H

#include <math.h>

#include "forecast/kind.h"
#include "gnomon/types.h"

enum { BANDS_BUCKETS = 5, BANDS_TILTS = 11 };
#define BANDS_DEVIATION 1.2533141373155003         /* over the mean size, of a normal: root of half pi */

struct bands {
    int n_levels;
    double level[MODEL_LEVELS_MAX];
    int bucket_width, n_buckets;  /* periods; buckets with data */
    double quantile[BANDS_BUCKETS][MODEL_LEVELS_MAX];   /* of scaled errors */
    double spread;                /* pooled: of a normal with errors of that size */
    double read_at[MODEL_LEVELS_MAX];     /* the level the quantile was read at */
    double tilt[BANDS_TILTS], tilt_mean;  /* of the logarithm of an error's size; all 0: every error of a series is expected alike */
};

/* What of one forecast foretells the size of its error: its root over scale, its distance from the seasonal baselines in the same unit, its period; `beside`: next to one that a rare event moves. */
struct bands_cell { double root, apart; int phase, h, beside; };
struct bands_cells { void (*read)(const void *of, size_t series, int origin, int h, struct bands_cell *ret); const void *of; };

/* Errors of every series, past origin (0 = newest) and horizon; NaN where nothing was observed. */
struct bands_errors {
    const float *error;           /* n_series x n_origins x horizon */
    size_t n_series;
    int n_origins, horizon;
    int skip;                     /* an origin left out, -1 none */
    int apart;                    /* origins from one window to the first that had ended before it began */
    double half_life;             /* of an error's weight, in origins */
    double prior_count;           /* errors the usual spread counts for beside a series' own */
    double trust;                 /* origins it takes to believe half of a measured miss; see bands_calibrate */
    const float *noise;           /* how unsteady each series is by another measure, > 0: what its spread is pulled to; NULL: all alike */
};

/* The spread of each series, and of the pool. */
void bands_spreads(const struct bands_errors *errors, int gaussian, struct bands *bands, float *series_spread);
/* Finds ret->tilt from past errors, given the spreads without it. Errors are then to be divided by bands_tilt() of their cell, and so fitted; and the spread
 * of a forecast multiplied by it. */
void bands_tilt_fit(const struct bands_errors *errors, const struct bands_cells *cells, const float *spread, struct bands *ret);
double bands_tilt(const struct bands *bands, double spread, const struct bands_cell *cell);
/* Of a forecast of `kind`, all as roots over scale: the distance from the naive, and for what is served from the same period a year ago besides. */
static inline double baselines_apart(enum model_kind kind, double root, double naive, double yearago)
{
    return fabs(naive - root) + (kind == MODEL_AUTO && !isnan(yearago) ? fabs(yearago - root) : 0);
}
/* Reads quantiles further out (or in) until origins left out in turn are missed as often as promised: errors of one origin go together, so that those of a
 * dozen origins promise more than they keep. `bands` is from bands_fit of the same errors. -ENOMEM. */
int bands_calibrate(const struct bands_errors *errors, enum gnm_step step, int gaussian, struct bands *bands, float *series_spread);
/* The half-life, of the given one and shorter ones, that would have foretold the size of the errors best: each origin's from those whose windows had ended
 * by then. -ENOMEM. */
int bands_half_life(const struct bands_errors *errors, double *ret);
/* Fills the table and the spread of each series; the tilt stays. Without any error the table is that of a normal with a wide spread. -ENOMEM. */
int bands_fit(const struct bands_errors *errors, enum gnm_step step, int gaussian, int n_levels, const double *level, struct bands *ret, float *series_spread);
/* ret[0..n_levels) ascending with the levels, the point between those below and above one half. */
void bands_apply(const struct bands *bands, double spread, double scale, double point, int h, int non_negative, double *ret);
/* Sum of one series' squared errors, and their number. */
double bands_square_sum(const struct bands_errors *errors, size_t series, double *n);
double normal_quantile(double p);

static inline const float *bands_origin_errors(const struct bands_errors *e, size_t series, int origin)
{
    return &e->error[(series * (size_t)e->n_origins + (size_t)origin) * (size_t)e->horizon];
}

#endif
