#include "forecast/score.h"

#include <math.h>

static const double low_level[3] = { .25, .1, .025 };

struct score_history score_history(const double *y, size_t n, int season)
{
    double seasonal = 0, square = 0;
    size_t pairs = 0, steps = 0;
    for (size_t t = 1; t < n; t++) {
        if (!isnan(y[t]) && !isnan(y[t - 1])) {
            square += (y[t] - y[t - 1]) * (y[t] - y[t - 1]);
            steps++;
        }
        if (t >= (size_t)season && !isnan(y[t]) && !isnan(y[t - (size_t)season])) {
            seasonal += fabs(y[t] - y[t - (size_t)season]);
            pairs++;
        }
    }
    return (struct score_history){ pairs > 0 ? seasonal / (double)pairs : NAN, steps > 0 ? square / (double)steps : NAN };
}

static double quantile_at(const struct score_row *row, int n_levels, const double *level, double p)
{
    for (int i = 0; i < n_levels; i++)
        if (fabs(level[i] - p) < 1e-9)
            return row->q[i];
    return NAN;
}

static void add_bands(struct score *score, const struct score_row *row, int n_levels, const double *level)
{
    double pinball = 0;
    for (int i = 0; i < n_levels; i++) {
        double over = row->actual - row->q[i];
        pinball += fmax(level[i] * over, (level[i] - 1) * over);
    }
    score->pinball_sum += n_levels > 0 ? pinball / n_levels : NAN;
    for (int i = 0; i < 3; i++) {
        double low = quantile_at(row, n_levels, level, low_level[i]), high = quantile_at(row, n_levels, level, 1 - low_level[i]);
        score->inside[i] += isnan(low) || isnan(high) ? NAN : low <= row->actual && row->actual <= high;
        score->width[i] += high - low;
    }
}

void score_add(struct score *score, const struct score_row *row, size_t n, const struct score_history *history, int n_levels, const double *level)
{
    double error = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        error += fabs(row[i].actual - row[i].median);
        square += (row[i].actual - row[i].mean) * (row[i].actual - row[i].mean);
        score->actual += fabs(row[i].actual);
        score->bias_sum += row[i].mean - row[i].actual;
        add_bands(score, &row[i], n_levels, level);
    }
    if (n == 0)
        return;
    score->error += error;
    score->n += (int)n;
    score->n_series++;
    if (history->seasonal > 0) {
        score->mase_sum += error / (double)n / history->seasonal;
        score->n_mase++;
    }
    if (history->step_square > 0) {
        score->rmsse_sum += sqrt(square / (double)n / history->step_square);
        score->n_rmsse++;
    }
}

struct score_figures score_figures(const struct score *s)
{
    struct score_figures f = { .n = s->n, .n_series = s->n_series, .n_without_scale = s->n_series - s->n_mase };
    double actual = s->actual > 0 ? s->actual : NAN, n = s->n > 0 ? s->n : NAN;
    f.wape = s->error / actual;
    f.mase = s->n_mase > 0 ? s->mase_sum / s->n_mase : NAN;
    f.rmsse = s->n_rmsse > 0 ? s->rmsse_sum / s->n_rmsse : NAN;
    f.bias = s->bias_sum / actual;
    f.pinball = s->pinball_sum / n;
    f.pinball_ratio = s->pinball_sum / actual;
    for (int i = 0; i < 3; i++) {
        f.coverage[i] = s->inside[i] / n;
        f.width[i] = s->width[i] / actual;
    }
    return f;
}
