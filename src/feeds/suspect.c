/* Does a batch still speak the unit its series was stored in? Pure.
 *
 * Providers change units and scales without a word (degrees to kelvin, a ratio to percent, millimetres to metres). What gives such a change away is
 * that all values move together, by one factor or one step; weather and news move too, but not so evenly and, for periods told before, hardly at all. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/definition.h"

enum { PAIRS = 5, NEW = 3, LOOKED_AT = 500, RECENT = 14 };
static const double strong = 5;          /* a factor weather forecasts of the same day do not differ by, on nearly all days */
static const double even = 0.1;          /* ... and one that all days share this closely */

struct series {
    double *old, *new, *ratio, *step;    /* recent values; new values; new over old and new minus old of periods in both */
    size_t n_old, n_new, n_ratio, n_step;
};

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Sorts. */
static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, ascending);
    return n % 2 == 1 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

static size_t count_within(const double *x, size_t n, double low, double high)
{
    size_t within = 0;
    for (size_t i = 0; i < n; i++)
        within += x[i] >= low && x[i] <= high;
    return within;
}

static int most(size_t part, size_t n)
{
    return part * 5 >= n * 4;
}

static int factor_changed(struct series *s, const char *name, struct gnm_why *why)
{
    if (s->n_ratio < PAIRS)
        return 0;
    double m = median(s->ratio, s->n_ratio), size = fabs(log(fabs(m)));
    int far = m < 0 || size > log(strong);
    int same = most(count_within(s->ratio, s->n_ratio, m - even * fabs(m), m + even * fabs(m)), s->n_ratio);
    int one_side = most(m > 1 ? count_within(s->ratio, s->n_ratio, 3, INFINITY) : count_within(s->ratio, s->n_ratio, -INFINITY, 1.0 / 3), s->n_ratio);
    if (!(same && (m < 0 || size > log(1.5))) && !(far && one_side))
        return 0;
    gnm_fail(why, -EBADMSG, "series %.40s: %zu values already stored came again %.4g times as large: another unit or scale", name, s->n_ratio, m);
    return 1;
}

/* `wide` is how far the recent values reach: a step of more than that for all days is not weather. */
static int level_changed(struct series *s, double wide, const char *name, struct gnm_why *why)
{
    if (s->n_step < PAIRS || wide <= 0)
        return 0;
    double m = median(s->step, s->n_step);
    int one_side = most(m > 0 ? count_within(s->step, s->n_step, m / 3, INFINITY) : count_within(s->step, s->n_step, -INFINITY, m / 3), s->n_step);
    if (fabs(m) < 1.5 * wide || !one_side)
        return 0;
    gnm_fail(why, -EBADMSG, "series %.40s: %zu values already stored came again %.4g %s: another unit or scale", name, s->n_step, fabs(m),
             m > 0 ? "higher" : "lower");
    return 1;
}

static int left_range(struct series *s, double low, double high, const char *name, struct gnm_why *why)
{
    if (s->n_new < NEW || s->n_old < RECENT)
        return 0;
    double m = median(s->new, s->n_new), wide = high - low;
    double reach = 3 * (wide > 0 ? wide : fmax(fabs(high), fabs(low)) * 7 / 3);
    if (reach <= 0 || (m <= high + reach && m >= low - reach))
        return 0;
    gnm_fail(why, -EBADMSG, "series %.40s: the new values lie around %.4g, the last %zu lay from %.4g to %.4g: another unit or scale", name, m, s->n_old,
             low, high);
    return 1;
}

static int same_series(const struct gnm_signal *a, const struct gnm_signal *b)
{
    return a->step == b->step && strcmp(a->series, b->series) == 0;
}

static const struct gnm_signal *stored(const struct gnm_signal *recent, size_t n, const struct gnm_signal *s)
{
    for (size_t i = 0; i < n; i++)
        if (recent[i].valid == s->valid && same_series(&recent[i], s) && isfinite(recent[i].value))
            return &recent[i];
    return NULL;
}

static void pair(struct series *s, double old, double new)
{
    s->step[s->n_step++] = new - old;
    if (old != 0 && new != 0)
        s->ratio[s->n_ratio++] = new / old;
}

static void collect(struct series *s, const struct feed_yield *yield, const struct gnm_signal *first, const struct gnm_signal *recent, size_t n)
{
    s->n_old = s->n_new = s->n_ratio = s->n_step = 0;
    for (size_t i = 0; i < n; i++)
        if (same_series(&recent[i], first) && isfinite(recent[i].value))
            s->old[s->n_old++] = recent[i].value;
    for (const struct gnm_signal *x = first; x < yield->signal + yield->n && s->n_new < LOOKED_AT && same_series(x, first); x++) {
        const struct gnm_signal *old = x->quality == GNM_OK ? stored(recent, n, x) : NULL;    /* a partial day tells little */
        if (x->quality == GNM_OK)
            s->new[s->n_new++] = x->value;
        if (old != NULL)
            pair(s, old->value, x->value);
    }
}

static int judge(struct series *s, const char *name, struct gnm_why *why)
{
    if (s->n_old == 0 || s->n_new == 0)
        return 0;
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < s->n_old; i++) {
        low = fmin(low, s->old[i]);
        high = fmax(high, s->old[i]);
    }
    if (s->n_step >= PAIRS)
        return factor_changed(s, name, why) || level_changed(s, high - low, name, why);
    return left_range(s, low, high, name, why);
}

static int is_measured(const struct feed *feed, const char *name)
{
    for (size_t i = 0; i < feed->n_series; i++)
        if (feed->series[i].naming == NO_SLOT && strcmp(feed->series[i].name, name) == 0)
            return feed->series[i].agg != AGG_COUNT && feed->series[i].agg != AGG_ANY;
    return 0;
}

/* Series stand together in a yield. */
int feed_suspect(const struct feed *feed, const struct feed_yield *yield, const struct gnm_signal *recent, size_t n_recent, struct gnm_why *why)
{
    int suspect = 0;
    if (yield->n == 0 || n_recent == 0 || feed->kind == FEED_ACTIVITY || feed->kind == FEED_CALENDAR || feed->kind == FEED_SCHEDULE)
        return 0;
    double *space = malloc((3 * yield->n + n_recent) * sizeof *space);
    if (space == NULL)
        return 0;                /* cannot judge: what came is stored, as before */
    struct series s = { .old = space, .new = space + n_recent, .ratio = space + n_recent + yield->n, .step = space + n_recent + 2 * yield->n };
    for (size_t i = 0; i < yield->n && !suspect; i++) {
        const struct gnm_signal *first = &yield->signal[i];
        if ((i > 0 && same_series(first, first - 1)) || !is_measured(feed, first->series))
            continue;
        collect(&s, yield, first, recent, n_recent);
        suspect = judge(&s, first->series, why);
    }
    free(space);
    return suspect;
}
