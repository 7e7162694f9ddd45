#include "forecast/bands.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "features/level.h"
#include "forecast/boost_cuts.h"

enum { DIGIT = 11, DIGITS = 1 << DIGIT };
enum { FEW = 400, TOO_FEW = 20, ERRORS_MAX = 20000, ORIGINS_MAX = 64 };
#define UNKNOWN_SPREAD 0.35
#define SPREAD_MIN 1e-6
#define SURE 2.0                  /* standard errors */
#define OWN_MIN 0.05              /* of the usual size: a series that never erred will */
#define NORMAL_WINDOWS 1.0        /* windows apart that a normal's quantile counts for beside the errors' own */

struct scored { float u, weight; int origin; };

/* By eleven bits of the value at a time, to and fro; u[n..2n) is spare. Three times as fast as comparing. */
static void sort_scored(struct scored *u, size_t n)
{
    struct scored *from = u, *to = u + n;
    for (int shift = 0; shift < 3 * DIGIT; shift += DIGIT) {
        uint32_t at[DIGITS] = { 0 }, sum = 0;
        for (size_t i = 0; i < n; i++)
            at[boost_key(from[i].u) >> shift & (DIGITS - 1)]++;
        for (int d = 0; d < DIGITS; d++) {
            uint32_t count = at[d];
            at[d] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++)
            to[at[boost_key(from[i].u) >> shift & (DIGITS - 1)]++] = from[i];
        struct scored *swap = from;
        from = to;
        to = swap;
    }
    memcpy(u, from, n * sizeof *u);
}

/* Acklam's rational approximation, relative error below 1.2e-9. */
double normal_quantile(double p)
{
    static const double a[] = { -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02, -3.066479806614716e+01, 2.506628277459239e+00 };
    static const double b[] = { -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01, -1.328068155288572e+01 };
    static const double c[] = { -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00, 4.374664141464968e+00, 2.938163982698783e+00 };
    static const double d[] = { 7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00 };
    if (p > 0.5)
        return -normal_quantile(1 - p);
    if (p < 0.02425) {
        double q = sqrt(-2 * log(p));
        return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) / ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
    }
    double q = p - 0.5, r = q * q;
    return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q / (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

static int bucket_width(enum gnm_step step)
{
    return step == GNM_DAY ? 7 : step == GNM_WEEK ? 4 : 3;
}

static int bucket_of(const struct bands *bands, int h)
{
    int b = (h - 1) / bands->bucket_width;
    return b < BANDS_BUCKETS ? b : BANDS_BUCKETS - 1;
}

static double noise_of(const struct bands_errors *e, size_t series)
{
    return e->noise != NULL && e->noise[series] > 0 ? e->noise[series] : 1;
}

static double weight_of(const struct bands_errors *e, int origin)
{
    return origin == e->skip ? 0 : exp2(-(double)origin / e->half_life);
}

/* A normal band is the plain standard deviation's. A conformal one wants the mean size, which a single storm day does not move as much, the newest first. */
static double size_of(double r, int gaussian)
{
    return gaussian ? r * r : fabs(r);
}

static double spread_of(double mean, int gaussian)
{
    return fmax(gaussian ? sqrt(mean) : BANDS_DEVIATION * mean, SPREAD_MIN);
}

static double size_sum(const struct bands_errors *e, size_t series, int gaussian, double *n)
{
    double sum = 0;
    *n = 0;
    for (int o = 0; o < e->n_origins; o++) {
        double weight = gaussian ? o != e->skip : weight_of(e, o);
        for (int h = 0; weight > 0 && h < e->horizon; h++) {
            float r = bands_origin_errors(e, series, o)[h];
            sum += isnan(r) ? 0 : weight * size_of(r, gaussian);
            *n += isnan(r) ? 0 : weight;
        }
    }
    return sum;
}

double bands_square_sum(const struct bands_errors *e, size_t series, double *n)
{
    return size_sum(e, series, 1, n);
}

/* Between a series' own mean size and the usual one; between their logarithms, so that one steady series among restless ones keeps its own. */
static double own_size(double sum, double n, double usual, double prior_count, int gaussian)
{
    if (gaussian || !(n > 0))
        return (sum + prior_count * usual) / (n + prior_count);
    return exp((n * log(fmax(sum / n, OWN_MIN * usual)) + prior_count * log(usual)) / (n + prior_count));
}

/* A steady shop must not inherit the spread of a kiosk: what is pooled is the spread relative to each series' noise. */
void bands_spreads(const struct bands_errors *e, int gaussian, struct bands *bands, float *series_spread)
{
    double sum, n, all = 0, relative = 0, count = 0;
    for (size_t s = 0; s < e->n_series; s++) {
        sum = size_sum(e, s, gaussian, &n);
        all += sum;
        relative += sum / size_of(noise_of(e, s), gaussian);
        count += n;
    }
    int few = count < TOO_FEW;
    bands->spread = few ? UNKNOWN_SPREAD : spread_of(all / count, gaussian);
    for (size_t s = 0; s < e->n_series; s++) {
        sum = size_sum(e, s, gaussian, &n);
        double usual = few ? size_of(UNKNOWN_SPREAD / (gaussian ? 1 : BANDS_DEVIATION), gaussian) : relative / count * size_of(noise_of(e, s), gaussian);
        series_spread[s] = (float)spread_of(own_size(sum, n, usual, e->prior_count, gaussian), gaussian);
    }
}

/* Of a big pool every stride-th series speaks: twenty thousand errors are enough for a quantile. */
static size_t stride_of(const struct bands_errors *e, const struct bands *bands)
{
    return e->n_series * (size_t)e->n_origins * (size_t)bands->bucket_width / ERRORS_MAX + 1;
}

static size_t collect(const struct bands_errors *e, const struct bands *bands, const float *spread, int bucket, struct scored *ret)
{
    size_t n = 0, stride = stride_of(e, bands);
    for (size_t s = 0; s < e->n_series; s += stride)
        for (int o = 0; o < e->n_origins; o++) {
            float weight = (float)weight_of(e, o);
            for (int h = bucket * bands->bucket_width; o != e->skip && h < e->horizon && bucket_of(bands, h + 1) == bucket; h++) {
                float r = bands_origin_errors(e, s, o)[h];
                if (!isnan(r) && spread[s] > 0)
                    ret[n++] = (struct scored){ r / spread[s], weight, o };
            }
        }
    return n;
}

static double weighted_quantile(const struct scored *u, size_t n, double total, double p)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += u[i].weight;
        if (sum >= p * total)
            return u[i].u;
    }
    return u[n - 1].u;
}

/* Their weight in all, and windows they come from: those that overlap are one. */
static double weigh(const struct bands_errors *e, const struct scored *u, size_t n, double *total)
{
    unsigned char heard[ORIGINS_MAX] = { 0 };
    int windows = 0;
    *total = 0;
    for (size_t i = 0; i < n; i++) {
        windows += !heard[u[i].origin];
        heard[u[i].origin] = 1;
        *total += u[i].weight;
    }
    return (double)windows / e->apart;
}

/* Whether errors reach further on one side, and in most windows: errors of one window go together, so each window has one voice, and those that overlap
 * share one. The measure of a window is its sum of signed squares over that of squares. */
static int is_lopsided(const struct bands_errors *e, const struct scored *u, size_t n)
{
    double sum = 0, square = 0, windows = 0, side[ORIGINS_MAX] = { 0 }, all[ORIGINS_MAX] = { 0 };
    for (size_t i = 0; i < n; i++) {
        side[u[i].origin] += (double)u[i].u * fabsf(u[i].u);
        all[u[i].origin] += (double)u[i].u * u[i].u;
    }
    for (int o = 0; o < e->n_origins; o++) {
        if (!(all[o] > 0))
            continue;
        sum += side[o] / all[o];
        square += side[o] / all[o] * side[o] / all[o];
        windows++;
    }
    double mean = sum / windows, variance = square / windows - mean * mean;
    return windows > 1 && mean * mean * windows / e->apart > SURE * SURE * fmax(variance, 0);
}

/* Both sides are read from the sizes of the errors: that a dozen windows leaned to one side is luck more often than not. While few windows have spoken a normal's
 * quantile has its say. */
static void read_quantiles(const struct bands_errors *e, struct scored *u, size_t n, int gaussian, const struct bands *bands, double *ret)
{
    int plain = gaussian || n < TOO_FEW, symmetric = plain || n < FEW || !is_lopsided(e, u, n);
    double total, windows = weigh(e, u, n, &total);
    for (size_t i = 0; symmetric && i < n; i++)
        u[i].u = fabsf(u[i].u);
    if (!plain)
        sort_scored(u, n);
    for (int i = 0; i < bands->n_levels; i++) {
        double p = bands->read_at[i], side = bands->level[i] < 0.5 ? -1 : 1, normal = normal_quantile(p);
        double own = plain ? normal : symmetric ? side * weighted_quantile(u, n, total, fabs(2 * p - 1)) : weighted_quantile(u, n, total, p);
        ret[i] = (windows * own + NORMAL_WINDOWS * normal) / (windows + NORMAL_WINDOWS);
        if (bands->level[i] == 0.5 || ret[i] * side < 0)
            ret[i] = 0;
    }
}

static int fit_at(const struct bands_errors *errors, int gaussian, struct bands *ret, float *series_spread)
{
    size_t room = (errors->n_series / stride_of(errors, ret) + 1) * (size_t)errors->n_origins * (size_t)errors->horizon;
    struct scored *u = malloc(2 * room * sizeof *u);
    if (u == NULL)
        return -ENOMEM;
    bands_spreads(errors, gaussian, ret, series_spread);
    ret->n_buckets = bucket_of(ret, errors->horizon) + 1;
    for (int b = 0; b < ret->n_buckets; b++)
        read_quantiles(errors, u, collect(errors, ret, series_spread, b, u), gaussian, ret, ret->quantile[b]);
    free(u);
    return 0;
}

int bands_fit(const struct bands_errors *errors, enum gnm_step step, int gaussian, int n_levels, const double *level, struct bands *ret, float *series_spread)
{
    struct bands made = { .n_levels = n_levels, .bucket_width = bucket_width(step), .tilt_mean = ret->tilt_mean };
    memcpy(made.tilt, ret->tilt, sizeof made.tilt);
    *ret = made;
    memcpy(ret->level, level, (size_t)n_levels * sizeof *level);
    memcpy(ret->read_at, level, (size_t)n_levels * sizeof *level);
    return fit_at(errors, gaussian, ret, series_spread);
}

/* How often the errors of one origin fall beyond each quantile of `bands`. */
static double count_misses(const struct bands_errors *e, const struct bands *bands, const float *spread, int origin, double *misses)
{
    double n = 0, weight = weight_of(e, origin);
    for (size_t s = 0; s < e->n_series; s++)
        for (int h = 1; h <= e->horizon; h++) {
            double r = bands_origin_errors(e, s, origin)[h - 1];
            const double *quantile = bands->quantile[bucket_of(bands, h)];
            if (isnan(r) || !(spread[s] > 0))
                continue;
            for (int k = 0; k < bands->n_levels; k++)
                misses[k] += weight * (bands->level[k] < 0.5 ? r < quantile[k] * spread[s] : r > quantile[k] * spread[s]);
            n += weight;
        }
    return n;
}

/* Half way to the level that would have been right, the more the more origins have spoken. */
static double moved_level(double level, double miss, double trust)
{
    double tail = level < 0.5 ? level : 1 - level, ratio = fmin(fmax((miss * trust + tail * (1 - trust)) / tail, 0.5), 2);
    tail = fmin(fmax(tail / ratio, 0.002), 0.5);
    return level < 0.5 ? tail : 1 - tail;
}

int bands_calibrate(const struct bands_errors *errors, enum gnm_step step, int gaussian, struct bands *bands, float *series_spread)
{
    double misses[MODEL_LEVELS_MAX] = { 0 }, n = 0;
    struct bands_errors part = *errors;
    struct bands left_out = *bands;
    (void)step;
    if (gaussian || errors->n_origins < 3)
        return 0;
    for (int o = 0; o < errors->n_origins; o++) {
        part.skip = o;
        if (fit_at(&part, gaussian, &left_out, series_spread) < 0)
            return -ENOMEM;
        n += count_misses(errors, &left_out, series_spread, o, misses);
    }
    double trust = errors->n_origins / (errors->n_origins + errors->trust);
    for (int k = 0; n > 0 && k < bands->n_levels; k++)
        bands->read_at[k] = moved_level(bands->level[k], misses[k] / n, trust);
    return fit_at(errors, gaussian, bands, series_spread);
}

void bands_apply(const struct bands *bands, double spread, double scale, double point, int h, int non_negative, double *ret)
{
    int b = bucket_of(bands, h), last = bands->n_buckets - 1;
    double wider = b > last ? sqrt((double)h / (bands->bucket_width * bands->n_buckets)) : 1, root = level_root(point / scale), high = -INFINITY;
    const double *quantile = bands->quantile[b > last ? last : b];
    for (int i = 0; i < bands->n_levels; i++) {
        double z = root + quantile[i] * spread * wider;
        double value = quantile[i] == 0 ? point : scale * level_square(non_negative && z < 0 ? 0 : z);
        high = value > high ? value : high;
        ret[i] = high;
    }
}
