/* Which errors of a series will be larger than its others: the weekday, the horizon, the level of the forecast and its distance from what the seasons alone would
 * say foretell it. The logarithm of the size is linear in them; fitted to past errors of all series by maximum likelihood of a Laplace density, in Fisher's steps
 * (the information of a scale is one an error, so that the matrix of all steps is the same), with a normal prior around zero. */
#include <math.h>
#include <string.h>

#include "forecast/bands.h"
#include "forecast/ridge.h"

enum { STEPS = 4, CELLS_MAX = 100000, PHASE_FIRST = 4 };
#define PRIOR 30.0                /* errors that speak for no tilt, by unit of a feature */
#define STEP_MAX 0.7
#define TILT_MAX 1.2
#define FEATURE_MAX 2.0
#define SIZE_MAX_RATIO 8.0        /* an error further out says no more */
#define NEAR 0.5                  /* spreads; nearer than this is near */

struct sums { double weight, pull_sum, mean[BANDS_TILTS], pull[BANDS_TILTS], matrix[BANDS_TILTS * BANDS_TILTS]; };

static double within(double x, double most)
{
    return isnan(x) ? 0 : fmin(fmax(x, -most), most);
}

static void features(double spread, const struct bands_cell *cell, double *x)
{
    memset(x, 0, BANDS_TILTS * sizeof *x);
    x[0] = within(log(fmax(cell->root, 0)), FEATURE_MAX);
    x[1] = within(log(NEAR + cell->apart / fmax(spread, 1e-3)), FEATURE_MAX);
    x[2] = log(cell->h);
    x[3] = cell->beside;
    x[PHASE_FIRST + cell->phase] = 1;
}

static double dot(const double *a, const double *x)
{
    double sum = 0;
    for (int i = 0; i < BANDS_TILTS; i++)
        sum += a[i] * x[i];
    return sum;
}

double bands_tilt(const struct bands *bands, double spread, const struct bands_cell *cell)
{
    double x[BANDS_TILTS];
    features(spread, cell, x);
    return exp(within(dot(bands->tilt, x) - bands->tilt_mean, TILT_MAX));
}

/* Sizes of one error in units of what was expected of it. */
static void add_cell(double weight, double size, const double *x, struct sums *ret)
{
    double pull = weight * (fmin(size, SIZE_MAX_RATIO) - 1);
    ret->weight += weight;
    ret->pull_sum += pull;
    for (int i = 0; i < BANDS_TILTS; i++) {
        ret->mean[i] += weight * x[i];
        ret->pull[i] += pull * x[i];
        for (int j = 0; j <= i; j++)
            ret->matrix[i * BANDS_TILTS + j] += weight * x[i] * x[j];
    }
}

static void add_all(const struct bands_errors *e, const struct bands_cells *cells, const struct bands *bands, const float *spread, struct sums *ret)
{
    size_t stride = e->n_series * (size_t)e->n_origins * (size_t)e->horizon / CELLS_MAX + 1;
    memset(ret, 0, sizeof *ret);
    for (size_t s = 0; s < e->n_series; s += stride)
        for (int o = 0; o < e->n_origins; o++) {
            const float *error = bands_origin_errors(e, s, o);
            double weight = exp2(-o / e->half_life);
            for (int h = 1; h <= e->horizon; h++) {
                struct bands_cell cell;
                double x[BANDS_TILTS];
                if (isnan(error[h - 1]) || !(spread[s] > 0))
                    continue;
                cells->read(cells->of, s, o, h, &cell);
                features(spread[s], &cell, x);
                double expected = spread[s] / BANDS_DEVIATION * exp(within(dot(bands->tilt, x) - bands->tilt_mean, TILT_MAX));
                add_cell(weight, fabsf(error[h - 1]) / expected, x, ret);
            }
        }
}

/* Around the means: how large errors are in all is the spread's to say. */
static int take_step(struct sums *s, struct bands *bands)
{
    double *a = s->matrix;
    for (int i = 0; i < BANDS_TILTS; i++) {
        double mean = s->mean[i] / s->weight;
        s->pull[i] -= mean * s->pull_sum + PRIOR * bands->tilt[i];
        for (int j = 0; j <= i; j++)
            a[j * BANDS_TILTS + i] = a[i * BANDS_TILTS + j] -= mean * s->mean[j] - (i == j ? PRIOR : 0);
    }
    if (ridge_cholesky(BANDS_TILTS, a, s->pull) < 0)
        return -1;
    bands->tilt_mean = 0;
    for (int i = 0; i < BANDS_TILTS; i++) {
        bands->tilt[i] += within(s->pull[i], STEP_MAX);
        bands->tilt_mean += bands->tilt[i] * s->mean[i] / s->weight;
    }
    return 0;
}

void bands_tilt_fit(const struct bands_errors *e, const struct bands_cells *cells, const float *spread, struct bands *ret)
{
    struct sums sums;
    memset(ret->tilt, 0, sizeof ret->tilt);
    ret->tilt_mean = 0;
    for (int i = 0; i < STEPS; i++) {
        add_all(e, cells, ret, spread, &sums);
        if (!(sums.weight > 0) || take_step(&sums, ret) < 0)
            return;
    }
}
