#include "features/row.h"

#include <math.h>
#include <string.h>

#include "almanac/civil.h"
#include "almanac/holiday.h"
#include "base/hash.h"
#include "base/text.h"

#define YEAR_DAYS 365.25
#define MONTH_DAYS 30.4375
enum { CATEGORIES = 256, YEAR_WAVES = 3, FEAST_DAYS = 21, BESIDE = 3 };
static const double two_pi = 6.283185307179586;

struct row {
    const struct plan *plan;
    const struct panel *panel;
    const struct cadence *c;
    const struct level *l;
    size_t series;
    int h, target, phase;
    int64_t day, day0;            /* start of target and of origin */
    unsigned feasts[BESIDE];      /* of the period before the target, of the target, of the one after */
    uint64_t counting[BESIDE];    /* drivers that may count there */
    int year_of, month_of, mday;  /* of the target */
    double wave_sin[YEAR_WAVES], wave_cos[YEAR_WAVES];      /* change between origin and target: a level cannot see a season, a difference can */
    double year, year_smooth;     /* NaN when unknown */
};

static double event(const struct row *r, int driver, int period)
{
    const struct plan_driver *d = &r->plan->driver[driver];
    unsigned i = (unsigned)(period - r->target + 1);
    if (i < BESIDE && d->feast >= 0)
        return r->feasts[i] >> d->feast & 1;
    if (i < BESIDE && d->at >= 0 && d->at < 64 && (r->counting[i] >> d->at & 1) == 0)
        return 0;
    return plan_event(r->plan, r->panel, driver, r->series, period, r->l->decision_s);
}

static double or_zero(double x)
{
    return isnan(x) ? 0 : x;
}

static double year_ago(const struct row *r, int back, int half)
{
    double sum = 0;
    int n = 0;
    for (int p = r->target - back - half; p <= r->target - back + half; p++) {
        double z = level_at(r->l, p);
        if (isnan(z))
            continue;
        sum += z;
        n++;
    }
    return n == 0 ? NAN : sum / n - r->l->year_level;
}

/* sin and cos of the first multiples of an angle from those of the angle itself. */
static void multiples(double angle, double *sine, double *cosine)
{
    double s = sin(angle), c = cos(angle);
    sine[0] = s;
    cosine[0] = c;
    for (int k = 1; k < YEAR_WAVES; k++) {
        sine[k] = sine[k - 1] * c + cosine[k - 1] * s;
        cosine[k] = cosine[k - 1] * c - sine[k - 1] * s;
    }
}

static void find_waves(struct row *r)
{
    double sine[YEAR_WAVES], cosine[YEAR_WAVES];
    multiples(two_pi * (double)r->day / YEAR_DAYS, r->wave_sin, r->wave_cos);
    multiples(two_pi * (double)r->day0 / YEAR_DAYS, sine, cosine);
    for (int k = 0; k < YEAR_WAVES; k++) {
        r->wave_sin[k] -= sine[k];
        r->wave_cos[k] -= cosine[k];
    }
}

static double monthday(const struct row *r, double (*wave)(double))
{
    return wave(two_pi * r->mday / MONTH_DAYS);
}

/* Distance in periods to the nearest public holiday on one side, at most 7. */
static double holiday_gap(const struct row *r, int direction)
{
    for (int gap = 1; gap < 7; gap++)
        if (plan_any(r->plan, &r->plan->holiday, r->panel, r->series, r->target + direction * gap, r->l->decision_s))
            return gap;
    return 7;
}

static int is_holiday(const struct row *r)
{
    return plan_any(r->plan, &r->plan->holiday, r->panel, r->series, r->target, r->l->decision_s);
}

/* The newest periods at or before the origin with the target's phase. */
static double event_same(const struct row *r, int driver, int count)
{
    int step = r->c->season, last = r->target - step * ((r->h + step - 1) / step);
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += event(r, driver, last - i * step);
    return sum / count;
}

static double event_level(const struct row *r, int driver)
{
    double sum = 0;
    for (int i = 0; i < r->c->level; i++)
        sum += event(r, driver, r->l->origin - i);
    return sum / r->c->level;
}

static double number(const struct row *r, int driver, int period)
{
    const struct plan_driver *d = &r->plan->driver[driver];
    double value = d->at < 0 ? NAN : panel_driver_value(r->panel, (size_t)d->at, r->series, period, r->l->decision_s);
    return isnan(value) ? d->fill : value;
}

static double number_level(const struct row *r, int driver)
{
    double sum = 0;
    for (int i = 0; i < r->c->level; i++)
        sum += number(r, driver, r->l->origin - i);
    return sum / r->c->level;
}

/* Fixed dates move against the weeks: how far towards the week before they stood a year ago. */
static double year_shift(const struct row *r)
{
    double days = (double)(r->day - civil_day(r->year_of - 1, r->month_of, r->mday == 29 && r->month_of == 2 ? 28 : r->mday)) - 7.0 * r->c->year;
    return or_zero(days / 7 * (year_ago(r, r->c->year + 1, 0) - r->year));
}

static double year_column(const struct row *r, enum column_kind kind)
{
    switch (kind) {
    case COLUMN_YEAR:
        return or_zero(isnan(r->year) ? r->year_smooth : r->year);
    case COLUMN_YEAR_SMOOTH:
        return or_zero(r->year_smooth);
    case COLUMN_YEAR_TWO:
        return or_zero(year_ago(r, 2 * r->c->year, 0));
    case COLUMN_YEAR_GROWTH:
        return or_zero(r->l->level - r->l->year_level);
    case COLUMN_YEAR_KNOWN:
        return !isnan(r->year_smooth);
    case COLUMN_YEAR_SHIFT:
        return year_shift(r);
    default:
        return plan_any(r->plan, &r->plan->rare, r->panel, r->series, r->target - r->c->year, r->l->decision_s);
    }
}

static double driver_column(const struct row *r, const struct column *column)
{
    switch (column->kind) {
    case COLUMN_EVENT:
        return event(r, column->driver, r->target + column->arg);
    case COLUMN_EVENT_MOVED:
        return event(r, column->driver, r->target) - event(r, column->driver, r->target - r->c->year);
    case COLUMN_EVENT_LAST:
        return event_same(r, column->driver, 1);
    case COLUMN_EVENT_MEAN:
        return event_same(r, column->driver, 4);
    case COLUMN_EVENT_LEVEL:
        return event_level(r, column->driver);
    case COLUMN_NUMBER:
        return number(r, column->driver, r->target);
    case COLUMN_NUMBER_LEVEL:
        return number_level(r, column->driver);
    case COLUMN_HOLIDAY_WEEKDAY:
        return r->phase < 5 && is_holiday(r);
    case COLUMN_HOLIDAY_NEXT:
        return holiday_gap(r, 1);
    default:
        return holiday_gap(r, -1);
    }
}

static double lag(const struct row *r, int back)
{
    return level_at(r->l, r->l->origin - back) - r->l->level;
}

/* The arg-th newest known period of the target's phase. */
static double same(const struct row *r, int which)
{
    int step = r->c->season;
    return level_at(r->l, r->target - step * ((r->h + step - 1) / step) - (which - 1) * step) - r->l->level;
}

static double window(const struct row *r, int width, int spread)
{
    double sum = 0, square = 0;
    int n = 0;
    for (int i = r->l->n - width < 0 ? 0 : r->l->n - width; i < r->l->n; i++) {
        double z = r->l->z[i];
        if (isnan(z))
            continue;
        sum += z;
        square += z * z;
        n++;
    }
    if (4 * n < width || n < 1 + spread)
        return NAN;
    double mean = sum / n, variance = square / n - mean * mean;
    return spread ? sqrt(variance > 0 ? variance : 0) : mean - r->l->level;
}

static double seen(const struct row *r, const struct column *column)
{
    int at = r->plan->driver[column->driver].at, n = 0;
    double sum = 0;
    for (int i = 0; at >= 0 && i < column->arg; i++) {
        double value = panel_driver_value(r->panel, (size_t)at, r->series, r->l->origin - i, r->l->decision_s);
        sum += isnan(value) ? 0 : value;
        n += !isnan(value);
    }
    return n > 0 ? sum / n : NAN;
}

/* A text becomes one of 251 levels, the same on every box. */
static double note(const struct row *r, int which)
{
    const char *text = panel_series_note(r->panel, r->series, r->plan->note[which]);
    double value;
    if (text == NULL)
        return NAN;
    if (r->plan->note_is_text[which])
        return (double)(hash_bytes(HASH_START, text, strlen(text)) % 251);
    return text_double(text, &value) < 0 ? NAN : value;
}

/* What moves for two weeks around a feast lies too close together for the bins of a whole year. */
static double since_feast(const struct row *r, enum column_kind kind)
{
    double best = FEAST_DAYS;
    for (int y = r->year_of - 1; y <= r->year_of + 1; y++) {
        double since = (double)(r->day - (kind == COLUMN_CHRISTMAS ? civil_day(y, 12, 25) : easter_day(y)));
        best = fabs(since) < fabs(best) ? since : best;
    }
    return best;
}

static double years(const struct row *r, int half)
{
    double sum = 0;
    int n = 0;
    for (int k = 1; k <= LEVEL_YEARS; k++) {
        double z = level_year(r->l, r->c, r->target, k, half);
        sum += isnan(z) ? 0 : z;
        n += !isnan(z);
    }
    return n > 0 ? sum / n : NAN;
}

static double wide_column(const struct row *r, const struct column *column)
{
    switch (column->kind) {
    case COLUMN_LAG:
        return lag(r, column->arg);
    case COLUMN_SAME:
        return same(r, column->arg);
    case COLUMN_WINDOW:
        return window(r, column->arg, 0);
    case COLUMN_WINDOW_SPREAD:
        return window(r, column->arg, 1);
    case COLUMN_YEAR_AT:
        return level_at(r->l, r->target - r->c->year + column->arg) - r->l->year_level;
    case COLUMN_PHASE:
        return r->phase;
    case COLUMN_MONTHDAY:
        return r->mday;
    case COLUMN_YEARDAY:
        return (double)(r->day - civil_day(r->year_of, 1, 1));
    case COLUMN_WEEK_OF_MONTH:
        return (r->mday - 1) / 7;
    case COLUMN_CHRISTMAS: case COLUMN_EASTER:
        return since_feast(r, column->kind);
    case COLUMN_SERIES:
        return r->series < CATEGORIES ? (double)r->series : NAN;
    case COLUMN_NOTE:
        return note(r, column->arg);
    case COLUMN_YEARS:
        return years(r, column->arg);
    default:
        return seen(r, column);
    }
}

static double cell(const struct row *r, const struct column *column)
{
    switch (column->kind) {
    case COLUMN_MOMENTUM:
        return r->l->momentum[column->arg];
    case COLUMN_SPREAD:
        return r->l->spread;
    case COLUMN_SIZE:
        return log(r->l->scale);
    case COLUMN_HORIZON:
        return r->h;
    case COLUMN_PROFILE:
        return r->l->profile[r->phase];
    case COLUMN_LAST_SAME:
        return r->l->last_same[r->phase];
    case COLUMN_MEAN_SAME:
        return r->l->mean_same[r->phase];
    case COLUMN_WEEKDAY:
        return r->phase == column->arg;
    case COLUMN_SEASON_SIN:
        return r->wave_sin[column->arg - 1];
    case COLUMN_SEASON_COS:
        return r->wave_cos[column->arg - 1];
    case COLUMN_MONTHDAY_SIN:
        return monthday(r, sin);
    case COLUMN_MONTHDAY_COS:
        return monthday(r, cos);
    default:
        if (column->kind >= COLUMN_LAG)
            return wide_column(r, column);
        return column->kind >= COLUMN_YEAR && column->kind <= COLUMN_YEAR_SHIFT ? year_column(r, column->kind) : driver_column(r, column);
    }
}

static void place(struct row *r)
{
    r->target = r->l->origin + r->h;
    r->phase = cadence_phase(r->c, r->target);
    r->day = panel_period_start(r->panel, r->target);
    r->day0 = panel_period_start(r->panel, r->l->origin);
    civil_date(r->day, &r->year_of, &r->month_of, &r->mday);
    for (int i = 0; i < BESIDE; i++) {
        r->feasts[i] = panel_feasts(r->panel, r->target + i - 1);
        r->counting[i] = panel_counting(r->panel, r->target + i - 1);
    }
}

/* Nothing rare about the target, as on most days: then none of the many columns of holidays is looked up. */
static int is_quiet(const struct row *r)
{
    const struct plan_set *rare = &r->plan->rare;
    unsigned feasts = 0;
    uint64_t counting = 0;
    for (int i = 0; i < BESIDE; i++) {
        feasts |= r->feasts[i];
        counting |= r->counting[i];
    }
    return !rare->others && (feasts & rare->feasts) == 0 && (counting & rare->first) == 0;
}

void row_fill(const struct plan *plan, const struct panel *panel, size_t series, const struct level *level, int h, int first, int end, const float *sibling, float *x,
              float *offset)
{
    struct row r = { .plan = plan, .panel = panel, .c = cadence_of(plan->step), .l = level, .series = series, .h = h };
    place(&r);
    if (plan->yearly && first < plan->tree_first)
        find_waves(&r);
    r.year = year_ago(&r, r.c->year, 0);
    r.year_smooth = year_ago(&r, r.c->year, r.c->year_half);
    int quiet = is_quiet(&r);
    for (int i = first; i < end; i++, x++) {
        const struct column *column = &plan->column[i];
        if (quiet && column->kind == COLUMN_EVENT && plan->driver[column->driver].rare)
            *x = 0;
        else
            *x = sibling != NULL && column_keeps(column->kind) ? sibling[i - first] : (float)cell(&r, column);
    }
    double ago = plan->step == GNM_DAY || isnan(r.year) ? r.year_smooth : r.year;
    *offset = plan->yearly ? (float)or_zero(ago) : 0.0f;
}

void row_refill(const struct plan *plan, const struct panel *panel, size_t series, const struct level *level, int h, const int *column, int n, const float *sibling, float *x)
{
    struct row r = { .plan = plan, .panel = panel, .c = cadence_of(plan->step), .l = level, .series = series, .h = h };
    place(&r);
    for (int i = 0; i < n; i++)
        x[column[i]] = sibling != NULL && column_keeps(plan->column[column[i]].kind) ? sibling[column[i]] : (float)cell(&r, &plan->column[column[i]]);
}
