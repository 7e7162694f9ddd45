#include "features/level.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define CLOSED_RATIO 0.9
#define SCALE_MIN 1e-6

double level_root(double x)
{
    return x < 0 ? -sqrt(-x) : sqrt(x);
}

double level_square(double z)
{
    return z * fabs(z);
}

double level_at(const struct level *level, int period)
{
    int i = period - level->origin + level->n - 1;
    return i < 0 || i >= level->n ? NAN : level->z[i];
}

/* Closed: at least nine in ten of this weekday's last 26 are zero or absent while the other days are mostly not. Absent days need no mark. */
unsigned level_close(const struct cadence *cadence, int last, double *y, int n)
{
    if (cadence->phases == 1)
        return 0;
    int open[CADENCE_PHASES] = { 0 }, all[CADENCE_PHASES] = { 0 }, zeros[CADENCE_PHASES] = { 0 }, open_sum = 0, all_sum = 0;
    for (int i = n > 182 ? n - 182 : 0; i < n; i++) {
        int w = cadence_phase(cadence, last - n + 1 + i);
        open[w] += !isnan(y[i]) && y[i] != 0;
        zeros[w] += y[i] == 0;
        all[w]++;
    }
    for (int w = 0; w < CADENCE_PHASES; w++) {
        open_sum += open[w];
        all_sum += all[w];
    }
    unsigned closed = 0;
    for (int w = 0; w < CADENCE_PHASES; w++)
        if (all[w] >= 8 && zeros[w] > 0 && open[w] <= (1 - CLOSED_RATIO) * all[w] && 2 * (open_sum - open[w]) > all_sum - all[w])
            closed |= 1u << w;
    for (int i = 0; closed != 0 && i < n; i++)
        if (closed >> cadence_phase(cadence, last - n + 1 + i) & 1)
            y[i] = NAN;
    return closed;
}

/* Mean over the newest `want` observed values; 0 when there are none. */
static int newest_scale(const double *y, int n, int want, double *ret)
{
    double sum = 0;
    int count = 0;
    for (int i = n - 1; i >= 0 && count < want; i--) {
        if (isnan(y[i]))
            continue;
        sum += fabs(y[i]);
        count++;
    }
    *ret = count == 0 || sum / count < SCALE_MIN ? SCALE_MIN : sum / count;
    return count;
}

/* Mean of z (less the profile) over the window that ends at index `end`. Rare events are left out while half of the window remains. */
static int window_mean(const struct cadence *c, const struct level *l, int end, int width, int profile, double *ret)
{
    double sum = 0, sum_quiet = 0;
    int n = 0, n_quiet = 0;
    for (int i = end - width + 1 < 0 ? 0 : end - width + 1; i <= end; i++) {
        if (i < 0 || isnan(l->z[i]))
            continue;
        double v = l->z[i] - (profile ? l->profile[cadence_phase(c, l->origin - l->n + 1 + i)] : 0);
        sum += v;
        n++;
        if (l->quiet[i]) {
            sum_quiet += v;
            n_quiet++;
        }
    }
    if (2 * n_quiet >= width)
        *ret = sum_quiet / n_quiet;
    else if (n > 0)
        *ret = sum / n;
    return n;
}

static void find_quiet(const struct plan *plan, const struct panel *panel, size_t series, const struct cadence *c, struct level *l)
{
    memset(l->quiet, 1, sizeof l->quiet);
    int width = c->scale;
    for (int i = 0; plan->rare.n > 0 && i < l->n; i++) {
        int back = l->n - 1 - i;
        int near_year = back >= c->year && back < c->year + c->level;
        if (back < width || near_year)
            l->quiet[i] = !plan_any(plan, &plan->rare, panel, series, l->origin - back, l->decision_s);
    }
}

/* The count + 1 in the denominator pulls a weekday seen once half way to the mean. */
static void find_profile(const struct cadence *c, struct level *l)
{
    double mean = 0, sum[CADENCE_PHASES] = { 0 };
    int count[CADENCE_PHASES] = { 0 };
    window_mean(c, l, l->n - 1, c->scale, 0, &mean);
    for (int i = l->n > c->scale ? l->n - c->scale : 0; i < l->n; i++) {
        if (isnan(l->z[i]) || !l->quiet[i])
            continue;
        int w = cadence_phase(c, l->origin - l->n + 1 + i);
        sum[w] += l->z[i] - mean;
        count[w]++;
    }
    for (int w = 0; w < c->phases; w++)
        l->profile[w] = sum[w] / (count[w] + 1);
}

static void find_same(const struct cadence *c, struct level *l)
{
    double sum[CADENCE_PHASES] = { 0 };
    int count[CADENCE_PHASES] = { 0 };
    for (int i = l->n - 1; i >= 0 && i >= l->n - c->scale; i--) {
        int w = cadence_phase(c, l->origin - l->n + 1 + i);
        if (isnan(l->z[i]) || count[w] >= 4)
            continue;
        if (count[w] == 0)
            l->last_same[w] = l->z[i] - l->level;
        sum[w] += l->z[i] - l->level;
        count[w]++;
    }
    for (int w = 0; w < c->phases; w++) {
        l->mean_same[w] = count[w] > 0 ? sum[w] / count[w] : l->profile[w];
        l->last_same[w] = count[w] > 0 ? l->last_same[w] : l->profile[w];
    }
}

static void find_spread(const struct cadence *c, struct level *l)
{
    double square = 0;
    int n = 0;
    for (int i = l->n > c->scale ? l->n - c->scale : 0; i < l->n; i++) {
        if (isnan(l->z[i]))
            continue;
        double v = l->z[i] - l->profile[cadence_phase(c, l->origin - l->n + 1 + i)] - l->level;
        square += v * v;
        n++;
    }
    l->spread = n > 0 ? sqrt(square / n) : 0;
}

int level_read(const struct plan *plan, const struct panel *panel, size_t series, int origin, struct level *ret)
{
    const struct cadence *c = cadence_of(plan->step);
    struct level *l = ret;
    memset(l, 0, offsetof(struct level, z));
    l->origin = origin;
    l->n = c->lookback;
    l->decision_s = panel_period_end_s(panel, origin);
    panel_window(panel, series, origin - l->n + 1, l->n, l->decision_s, l->z);
    l->closed = level_close(c, origin, l->z, l->n);
    for (int i = 0; i < l->n; i++)
        l->seen += !isnan(l->z[i]);
    newest_scale(l->z, l->n, c->scale, &l->scale);
    for (int i = 0; i < l->n; i++)
        l->z[i] = level_root(l->z[i] / l->scale);
    find_quiet(plan, panel, series, c, l);
    find_profile(c, l);
    if (4 * window_mean(c, l, l->n - 1, c->level, 1, &l->level) < c->level)
        return -ENODATA;
    for (int i = 0; i < CADENCE_WINDOWS; i++) {
        l->momentum[i] = l->level;
        window_mean(c, l, l->n - 1, c->window[i], 1, &l->momentum[i]);
        l->momentum[i] -= l->level;
    }
    find_same(c, l);
    find_spread(c, l);
    l->year_level = NAN;
    double year;
    if (2 * window_mean(c, l, l->n - 1 - c->year, c->level, 0, &year) >= c->level)
        l->year_level = year;
    return 0;
}

/* Values in the order of time become departures from the mean of the level's window, which comes first. */
static void depart(const struct cadence *c, const struct level *l, int first, double *z, int n)
{
    double sum = 0;
    int count = 0;
    for (int i = 0; i < n; i++) {
        int closed = l->closed >> cadence_phase(c, first + i) & 1;
        z[i] = closed ? NAN : level_root(z[i] / l->scale);
        if (i >= c->level || isnan(z[i]))
            continue;
        sum += z[i];
        count++;
    }
    for (int i = 0; i < n; i++)
        z[i] = 2 * count >= c->level ? z[i] - sum / count : NAN;
}

void level_years(const struct panel *panel, size_t series, int horizon, struct level *l)
{
    const struct cadence *c = cadence_of(panel_step(panel));
    l->past_from = 1 - c->level;
    int n = c->level + horizon + LEVEL_BESIDE;
    n = n > LEVEL_LOOKBACK ? LEVEL_LOOKBACK : n;
    for (int k = 0; k < LEVEL_YEARS - 1; k++) {
        int first = l->origin - (k + 2) * c->year + l->past_from;
        for (int i = n; i < LEVEL_LOOKBACK; i++)
            l->past[k][i] = NAN;
        panel_window(panel, series, first, n, l->decision_s, l->past[k]);
        depart(c, l, first, l->past[k], n);
    }
}

double level_year(const struct level *l, const struct cadence *c, int period, int years, int half)
{
    double sum = 0;
    int n = 0;
    for (int p = period - half; p <= period + half; p++) {
        int i = p - l->origin - l->past_from;
        double z = years == 1 ? level_at(l, p - c->year) - l->year_level : i >= 0 && i < LEVEL_LOOKBACK ? l->past[years - 2][i] : NAN;
        sum += isnan(z) ? 0 : z;
        n += !isnan(z);
    }
    return n > 0 ? sum / n : NAN;
}
