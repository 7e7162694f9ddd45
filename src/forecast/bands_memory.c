/* How fast past errors age. While a history is short every new month makes the forecasts better, and errors of half a year ago say too much; with years of
 * history they are as good as new ones. Which it is, the errors themselves tell. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "forecast/bands.h"

enum { ORIGINS_MIN = 3 };
#define BETTER 0.03               /* of the loss: chance gives away as much */
static const double shares[] = { 1, .25, .125 };               /* of the half-life that was given */
enum { SHARES = sizeof shares / sizeof *shares };

struct size { double sum, n; };   /* of the errors of one series at one origin */

static void read_sizes(const struct bands_errors *e, struct size *ret)
{
    for (size_t i = 0; i < e->n_series * (size_t)e->n_origins; i++) {
        ret[i] = (struct size){ 0, 0 };
        for (size_t h = 0; h < (size_t)e->horizon; h++) {
            float r = e->error[i * (size_t)e->horizon + h];
            ret[i].sum += isnan(r) ? 0 : fabs((double)r);
            ret[i].n += !isnan(r);
        }
    }
}

/* What the origins that had ended by origin `o` say of one series. */
static struct size ended(const struct bands_errors *e, const struct size *size, size_t series, int o, double half_life)
{
    struct size ret = { 0, 0 };
    for (int i = o + e->apart; i < e->n_origins; i++) {
        double weight = exp2(-(double)(i - o - e->apart) / half_life);
        ret.sum += weight * size[series * (size_t)e->n_origins + (size_t)i].sum;
        ret.n += weight * size[series * (size_t)e->n_origins + (size_t)i].n;
    }
    return ret;
}

/* Adds the negative logarithm of Laplace's density of the errors of origin `o`, the scale as foretold. */
static void add_loss(const struct bands_errors *e, const struct size *size, int o, double half_life, struct size *loss)
{
    struct size all = { 0, 0 };
    for (int pass = 0; pass < 2; pass++)
        for (size_t s = 0; s < e->n_series; s++) {
            const struct size *at = &size[s * (size_t)e->n_origins + (size_t)o];
            double noise = e->noise != NULL && e->noise[s] > 0 ? e->noise[s] : 1;
            struct size before = ended(e, size, s, o, half_life);
            if (pass == 0) {
                all.sum += before.sum / noise;
                all.n += before.n;
                continue;
            }
            double scale = all.n > 0 ? (before.sum + e->prior_count * noise * all.sum / all.n) / (before.n + e->prior_count) : 0;
            if (!(scale > 0) || at->n == 0)
                continue;
            loss->sum += at->n * log(scale) + at->sum / scale;
            loss->n += at->n;
        }
}

int bands_half_life(const struct bands_errors *e, double *ret)
{
    struct size *size = malloc((e->n_series * (size_t)e->n_origins + 1) * sizeof *size);
    double best = INFINITY;
    if (size == NULL)
        return -ENOMEM;
    read_sizes(e, size);
    *ret = e->half_life;
    for (int k = 0; k < SHARES; k++) {
        struct size loss = { 0, 0 };
        for (int o = 0; o + e->apart + ORIGINS_MIN <= e->n_origins; o++)
            add_loss(e, size, o, e->half_life * shares[k], &loss);
        double mean = loss.n > 0 ? loss.sum / loss.n : INFINITY;
        if (mean < best - (k > 0 ? BETTER : 0)) {
            best = mean;
            *ret = e->half_life * shares[k];
        }
    }
    free(size);
    return 0;
}
