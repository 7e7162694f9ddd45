#include "forecast/hw.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
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

/* Four states at a time, one per smoothing constant of the level: the steps of one wait for each other, those of four do not. */
enum { LANES = 4 };
typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef int64_t masks __attribute__((vector_size(LANES * sizeof(int64_t))));
struct states { lanes level, trend, index[SEASON_MAX]; };
struct gains { lanes level; double trend, season; };

/* Sums of squared one-step errors. */
static void run(const double *y, int from, int n, int season, const struct gains *gain, struct states *s, lanes *square)
{
    for (int i = from, k = from % season; i < n; i++, k = k + 1 == season ? 0 : k + 1) {
        lanes index = s->index[k], expected = s->level + DAMPING * s->trend;
        if (isnan(y[i]))
            continue;
        lanes error = y[i] - expected * index, level = expected + gain->level * error / index, moved = index + gain->season * error / level;
        masks up = level > 0, floor = up & ~(moved > INDEX_MIN);
        *square += error * error;
        s->trend = DAMPING * s->trend + gain->trend * (level - expected);
        s->level = level;
        s->index[k] = (lanes)(((masks)moved & up & ~floor) | ((masks)((lanes){ 0 } + INDEX_MIN) & floor) | ((masks)index & ~up));
    }
}

static void spread_state(const struct state *from, int season, struct states *ret)
{
    const lanes zero = { 0 };
    ret->level = from->level + zero;
    ret->trend = from->trend + zero;
    for (int k = 0; k < season; k++)
        ret->index[k] = from->index[k] + zero;
}

static void take_state(const struct states *from, int lane, int season, struct state *ret)
{
    ret->level = from->level[lane];
    ret->trend = from->trend[lane];
    for (int k = 0; k < season; k++)
        ret->index[k] = from->index[k][lane];
}

static struct state best_state(const double *y, int n, int season)
{
    static const double trends[] = { 0, .02, .1 }, seasons[] = { 0, .05, .2 };
    struct state first, best;
    double least = INFINITY;
    int from = start(y, n, season, &first);
    best = first;
    for (size_t i = 0; i < 9; i++) {
        struct gains gain = { { .03, .1, .25, .5 }, trends[i % 3], seasons[i / 3] };
        struct states s;
        spread_state(&first, season, &s);
        lanes square = { 0 };
        run(y, from, n, season, &gain, &s, &square);
        for (int k = 0; k < LANES; k++)
            if (square[k] < least && isfinite(s.level[k])) {
                least = square[k];
                take_state(&s, k, season, &best);
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
