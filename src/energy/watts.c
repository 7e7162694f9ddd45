#include "energy/watts.h"

#include <math.h>
#include <string.h>

#include "energy/policy.h"
#include "energy/row.h"

#define FAST_MIN 4.0
#define SLOW_MIN 30.0
#define MEMORY_MIN (60 * 1440.0)
#define QUIET_MIN 10.0
#define QUIET_CORES 0.05
#define LEAST_MINUTES 8.0
#define LEAST_SPREAD 0.5 /* of busy cores squared, summed: two minutes of one core */
#define FOLLOW 3.0       /* errors of minutes follow each other: as if there were a third as many; smoothed ones still less */
#define FOLLOW_SMOOTH 8.0
#define WIDE_RATIO 0.3
#define DIRECT_S 600.0
#define Z95 1.96

void energy_watts_start(struct energy_watts *watts)
{
    *watts = (struct energy_watts){.mean_busy = NAN, .mean_w = NAN, .quiet_w = NAN};
}

double energy_dc_w(const struct gnm_reading *reading)
{
    const double *value = reading->value;
    if (energy_load_is_seen(reading))
        return isnan(value[GNM_LOAD_W]) ? value[GNM_LOAD_A] * value[GNM_LOAD_V] : value[GNM_LOAD_W];
    double charge_w = isnan(value[GNM_CHARGE_W]) ? value[GNM_CHARGE_A] * value[GNM_BATTERY_V] : value[GNM_CHARGE_W];
    double w = charge_w - value[GNM_BATTERY_A] * value[GNM_BATTERY_V];
    return w > 0 ? w : NAN;
}

static void learn_quiet(struct energy_watts *w, double dc_w)
{
    if (isnan(w->quiet_w)) {
        w->quiet_w = dc_w;
        w->quiet_var = 0;
        return;
    }
    double error = dc_w - w->quiet_w, weight = 1 / QUIET_MIN;
    w->quiet_w += weight * error;
    w->quiet_var += weight * (error * error - w->quiet_var);
}

static void measure_job(const struct energy_watts *w, double dc_w, double span_s, struct energy_direct *job)
{
    if (isnan(w->quiet_w))
        return;
    if (job->s == 0) {
        job->before_w = w->quiet_w;
        job->before_var = w->quiet_var;
    }
    job->sum_ws += (dc_w - job->before_w) * span_s;
    job->s += span_s;
}

static void learn_slope(struct energy_watts *w, double busy, double dc_w)
{
    if (isnan(w->mean_busy)) {
        w->mean_busy = w->fast_busy = busy;
        w->mean_w = w->fast_w = dc_w;
        return;
    }
    w->fast_busy += (busy - w->fast_busy) / FAST_MIN;
    w->fast_w += (dc_w - w->fast_w) / FAST_MIN;
    double x = w->fast_busy - w->mean_busy, y = w->fast_w - w->mean_w, keep = exp(-1 / MEMORY_MIN), weight = 1 / SLOW_MIN;
    w->mean_busy += weight * x;
    w->mean_w += weight * y;
    w->sxx = keep * w->sxx + x * x;
    w->sxy = keep * w->sxy + x * y;
    w->syy = keep * w->syy + y * y;
    w->n = keep * w->n + 1;
}

void energy_watts_minute(struct energy_watts *watts, double busy_cores, double dc_w, double span_s, struct energy_direct *job)
{
    if (!isfinite(dc_w) || !(busy_cores >= 0)) {
        watts->mean_busy = watts->mean_w = NAN;
        return;
    }
    if (job != NULL)
        measure_job(watts, dc_w, span_s, job);
    else if (busy_cores < QUIET_CORES)
        learn_quiet(watts, dc_w);
    learn_slope(watts, busy_cores, dc_w);
}

int energy_watts_core(const struct energy_watts *w, double *ret_w, double *ret_half_w)
{
    if (w->n < LEAST_MINUTES || w->sxx < LEAST_SPREAD)
        return 0;
    double slope = w->sxy / w->sxx, rest = fmax(w->syy - slope * w->sxy, 0) / fmax(w->n - 2, 1);
    double half = Z95 * sqrt(FOLLOW_SMOOTH * rest / w->sxx);
    if (!(slope > 0) || half > WIDE_RATIO * slope)
        return 0;
    *ret_w = slope;
    *ret_half_w = half;
    return 1;
}

void energy_watts_package(struct energy_watts *package, double package_w, int quiet, double dc_w)
{
    if (!isfinite(dc_w) || !(package_w >= 0)) {
        package->mean_busy = package->mean_w = NAN;
        return;
    }
    if (quiet)
        learn_quiet(package, package_w);
    learn_slope(package, package_w, dc_w);
}

int energy_cost_split(const struct energy_watts *package, double package_j, double span_s, double share_ratio, struct gnm_cost *ret)
{
    double w, half_w;
    if (isnan(package->quiet_w) || !(package_j >= 0) || !(share_ratio >= 0) || !energy_watts_core(package, &w, &half_w))
        return 0;
    double counted_j = fmax(package_j - package->quiet_w * span_s, 0) * fmin(share_ratio, 1);
    ret->joules = w * counted_j;
    ret->half_j = half_w * counted_j;
    ret->method = GNM_RAPL;
    return 1;
}

int energy_direct_j(const struct energy_direct *job, double *ret_j, double *ret_half_j)
{
    if (job->s < DIRECT_S || !(job->sum_ws > 0))
        return 0;
    *ret_j = job->sum_ws;
    *ret_half_j = Z95 * sqrt(FOLLOW * job->before_var * (job->s / 60 + job->s * job->s / (QUIET_MIN * 3600))) * 60;
    return 1;
}

void energy_watts_row(const struct energy_watts *watts, char *ret, size_t size)
{
    struct row_writer w = {ret, size};
    const double value[] = {watts->sxx, watts->sxy, watts->syy, watts->n, (double)watts->calibrated_s};
    ret[0] = '\0';
    for (size_t i = 0; i < sizeof value / sizeof value[0]; i++)
        row_put(&w, value[i], 12);
}

void energy_watts_restore(struct energy_watts *watts, const char *text)
{
    double v[5];
    if (!row_take_all(text, v, 5) || !(v[0] >= 0 && v[2] >= 0 && v[3] >= 0 && v[4] >= 0 && v[1] * v[1] <= v[0] * v[2] * 1.001 + 1e-6))
        return;
    watts->sxx = v[0];
    watts->sxy = v[1];
    watts->syy = v[2];
    watts->n = v[3];
    watts->calibrated_s = (int64_t)v[4];
}
