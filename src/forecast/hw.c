#include "forecast/hw.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { SEASON_MAX = 52, START_SEASONS = 4, OBSERVED_MIN = 10 };
#define DAMPING 0.95
#define INDEX_MIN 0.01

struct state { double level, trend, index[SEASON_MAX]; };

/* Level and season of the first season (of days: four of them). Returns how many values that took. */
static int start(const double *y, int n, int season, struct state *s)
{
    int span = season * (season <= 7 ? START_SEASONS : 1), count = 0, seen[SEASON_MAX] = { 0 };
    double sum = 0;
    span = span > n ? n - n % season : span;
    memset(s, 0, sizeof *s);
    for (int i = 0; i < span; i++) {
        if (isnan(y[i]))
            continue;
        sum += y[i];
        count++;
        s->index[i % season] += y[i];
        seen[i % season]++;
    }
    s->level = count > 0 ? sum / count : 0;
    for (int k = 0; k < season; k++)
        s->index[k] = seen[k] > 0 && s->level > 0 ? fmax(s->index[k] / seen[k] / s->level, INDEX_MIN) : 1;
    return span;
}

/* Sum of squared one-step errors. */
static double run(const double *y, int from, int n, int season, const double *gain, struct state *s)
{
    double square = 0;
    for (int i = from; i < n; i++) {
        double *index = &s->index[i % season], expected = s->level + DAMPING * s->trend;
        if (isnan(y[i]))
            continue;
        double error = y[i] - expected * *index, level = expected + gain[0] * error / *index;
        square += error * error;
        s->trend = DAMPING * s->trend + gain[1] * (level - expected);
        s->level = level;
        if (level > 0)
            *index = fmax(*index + gain[2] * error / level, INDEX_MIN);
    }
    return square;
}

static struct state best_state(const double *y, int n, int season)
{
    static const double levels[] = { .03, .1, .25, .5 }, trends[] = { 0, .02, .1 }, seasons[] = { 0, .05, .2 };
    struct state first, best;
    double least = INFINITY;
    int from = start(y, n, season, &first);
    best = first;
    for (size_t i = 0; i < 36; i++) {
        double gain[] = { levels[i % 4], trends[i / 4 % 3], seasons[i / 12] };
        struct state s = first;
        double square = run(y, from, n, season, gain, &s);
        if (square < least && isfinite(s.level)) {
            least = square;
            best = s;
        }
    }
    return best;
}

static int usable(const double *y, int n, int season)
{
    int observed = 0, zeros = 0;
    for (int i = 0; i < n; i++) {
        observed += !isnan(y[i]);
        zeros += y[i] <= 0;
    }
    return 2 * n >= 3 * season && observed >= OBSERVED_MIN && 4 * observed >= n && 3 * zeros < observed;
}

int hw_forecast(const struct cadence *cadence, const double *y, int n, int horizon, double *ret)
{
    int season = cadence->season, first = 0;
    if (season == 7 && n > HW_WINDOW) {
        y += n - HW_WINDOW;
        n = HW_WINDOW;
    }
    while (first < n && isnan(y[first]))
        first++;
    y += first;
    n -= first;
    if (!usable(y, n, season))
        return -ENODATA;
    struct state s = best_state(y, n, season);
    double trend = 0, damp = 1;
    for (int h = 1; h <= horizon; h++) {
        damp *= DAMPING;
        trend += damp * s.trend;
        ret[h - 1] = fmax(s.level + trend, 0) * s.index[(n - 1 + h) % season];
    }
    return 0;
}
