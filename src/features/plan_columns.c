/* Which columns a plan has. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "features/plan_columns.h"

static void add(struct plan *plan, enum column_kind kind, int arg, int driver, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void add(struct plan *plan, enum column_kind kind, int arg, int driver, const char *format, ...)
{
    if (plan->n_wide >= PLAN_COLUMNS)
        return;
    struct column *column = &plan->column[plan->n_wide++];
    memset(column, 0, sizeof *column);
    va_list args;
    va_start(args, format);
    vsnprintf(column->name, sizeof column->name, format, args);
    va_end(args);
    column->kind = kind;
    column->arg = arg;
    column->driver = driver;
}

static void add_levels(struct plan *plan, const struct cadence *c)
{
    for (int i = 0; i < CADENCE_WINDOWS; i++)
        add(plan, COLUMN_MOMENTUM, i, -1, "momentum_%d", c->window[i]);
    add(plan, COLUMN_SPREAD, 0, -1, "spread");
    add(plan, COLUMN_SIZE, 0, -1, "size");
    add(plan, COLUMN_HORIZON, 0, -1, "horizon");
    if (c->phases == 1)
        return;
    add(plan, COLUMN_PROFILE, 0, -1, "profile");
    add(plan, COLUMN_LAST_SAME, 0, -1, "last_same");
    add(plan, COLUMN_MEAN_SAME, 0, -1, "mean_same");
    for (int i = 0; i < c->phases; i++)
        add(plan, COLUMN_WEEKDAY, i, -1, "weekday_%d", i);
}

static void add_year(struct plan *plan, const struct cadence *c)
{
    if (plan->step != GNM_MONTH) {
        add(plan, COLUMN_MONTHDAY_SIN, 0, -1, "monthday_sin");
        add(plan, COLUMN_MONTHDAY_COS, 0, -1, "monthday_cos");
    }
    if (!plan->yearly)
        return;
    add(plan, COLUMN_YEAR, 0, -1, "year");
    if (c->year_half > 0)
        add(plan, COLUMN_YEAR_SMOOTH, 0, -1, "year_smooth");
    if (c->lookback >= 2 * c->year)
        add(plan, COLUMN_YEAR_TWO, 0, -1, "year_two");
    if (plan->step == GNM_WEEK)
        add(plan, COLUMN_YEAR_SHIFT, 0, -1, "year_shift");
    add(plan, COLUMN_YEAR_GROWTH, 0, -1, "year_growth");
    add(plan, COLUMN_YEAR_KNOWN, 0, -1, "year_known");
    for (int k = 1; k <= (plan->step == GNM_DAY ? 3 : 2); k++) {
        add(plan, COLUMN_SEASON_SIN, k, -1, "season_sin%d", k);
        add(plan, COLUMN_SEASON_COS, k, -1, "season_cos%d", k);
    }
}

/* A calendar names every holiday, whether it matters or not: once the year-ago columns of two years hold them, weeks do not bear columns of those beside each of
 * them as well. */
static void add_event(struct plan *plan, int d, int two_years)
{
    const struct plan_driver *driver = &plan->driver[d];
    add(plan, COLUMN_EVENT, 0, d, "%s", driver->name);
    if (driver->feast >= 0 && plan->step == GNM_DAY)
        return;
    if (driver->rare && plan->step != GNM_DAY)
        add(plan, COLUMN_EVENT_MOVED, 0, d, "%s.moved", driver->name);
    if (plan->step == GNM_WEEK && two_years && (driver->holiday || driver->feast >= 0))
        return;
    if (driver->rare) {
        add(plan, COLUMN_EVENT, 1, d, "%s.eve", driver->name);
        add(plan, COLUMN_EVENT, -1, d, "%s.after", driver->name);
        return;
    }
    if (plan->step == GNM_DAY) {
        add(plan, COLUMN_EVENT_LAST, 0, d, "%s.last", driver->name);
        add(plan, COLUMN_EVENT_MEAN, 0, d, "%s.mean4", driver->name);
    }
    add(plan, COLUMN_EVENT_LEVEL, 0, d, "%s.level", driver->name);
}

static void add_driver_columns(struct plan *plan, int two_years)
{
    for (int d = 0; d < plan->n_drivers; d++) {
        if (plan->driver[d].event) {
            add_event(plan, d, two_years);
            continue;
        }
        add(plan, COLUMN_NUMBER, 0, d, "%s", plan->driver[d].name);
        add(plan, COLUMN_NUMBER_LEVEL, 0, d, "%s.level", plan->driver[d].name);
    }
    if (plan->rare.n > 0 && plan->yearly)
        add(plan, COLUMN_YEAR_EVENT, 0, -1, "year_event");
    if (plan->holiday.n == 0 || plan->step != GNM_DAY)
        return;
    add(plan, COLUMN_HOLIDAY_WEEKDAY, 0, -1, "holiday_weekday");
    add(plan, COLUMN_HOLIDAY_NEXT, 0, -1, "holiday_next");
    add(plan, COLUMN_HOLIDAY_LAST, 0, -1, "holiday_last");
}

/* Trees have the weekday and the season in one column each, and no leaf is small enough for an event of a few days. */
static int for_ridge_alone(const struct plan *plan, const struct column *column)
{
    int rare = column->driver >= 0 && plan->driver[column->driver].rare;
    return column->kind == COLUMN_WEEKDAY || (column->kind >= COLUMN_SEASON_SIN && column->kind <= COLUMN_MONTHDAY_COS) || rare;
}

/* The ridge's own columns first, those of both next. */
static void order_columns(struct plan *plan)
{
    struct column sorted[PLAN_COLUMNS];
    int n = 0;
    for (int own = 1; own >= 0; own--) {
        for (int i = 0; i < plan->n_columns; i++)
            if (for_ridge_alone(plan, &plan->column[i]) == own)
                sorted[n++] = plan->column[i];
        plan->tree_first = own ? n : plan->tree_first;
    }
    memcpy(plan->column, sorted, (size_t)n * sizeof *sorted);
}

void plan_add_columns(struct plan *plan, const struct cadence *c, int two_years)
{
    add_levels(plan, c);
    add_year(plan, c);
    add_driver_columns(plan, two_years);
    plan->n_columns = plan->n_wide;
    order_columns(plan);
}

static void add_numbers(struct plan *plan, enum column_kind kind, const char *name, const int *args, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add(plan, kind, args[i], -1, "%s_%d", name, args[i]);
}

#define ADD_NUMBERS(plan, kind, name, args) add_numbers(plan, kind, name, args, sizeof args / sizeof *args)

static void add_wide_days(struct plan *plan)
{
    static const int lags[] = { 0, 1, 2, 3, 4, 5, 6 }, same[] = { 1, 2, 3, 4, 5, 6, 8 }, windows[] = { 3, 7, 14, 28, 56, 91, 182, 364 }, spreads[] = { 7, 28 };
    static const int beside[] = { -7, -2, -1, 0, 1, 2, 7 }, halves[] = { 0, 3, 10 };
    ADD_NUMBERS(plan, COLUMN_LAG, "lag", lags);
    ADD_NUMBERS(plan, COLUMN_SAME, "same", same);
    ADD_NUMBERS(plan, COLUMN_WINDOW, "window", windows);
    ADD_NUMBERS(plan, COLUMN_WINDOW_SPREAD, "window_spread", spreads);
    ADD_NUMBERS(plan, COLUMN_YEAR_AT, "year_at", beside);
    if (plan->yearly)
        ADD_NUMBERS(plan, COLUMN_YEARS, "years", halves);
    add(plan, COLUMN_CHRISTMAS, 0, -1, "since_christmas");
    add(plan, COLUMN_EASTER, 0, -1, "since_easter");
    add(plan, COLUMN_PHASE, 0, -1, "phase");
    add(plan, COLUMN_WEEK_OF_MONTH, 0, -1, "week_of_month");
}

static void add_wide_weeks(struct plan *plan)
{
    static const int lags[] = { 0, 1, 2, 3, 4, 5, 6, 7 }, windows[] = { 2, 4, 8, 13, 26, 52 }, spreads[] = { 8, 26 }, beside[] = { -2, -1, 0, 1, 2 };
    ADD_NUMBERS(plan, COLUMN_LAG, "lag", lags);
    ADD_NUMBERS(plan, COLUMN_WINDOW, "window", windows);
    ADD_NUMBERS(plan, COLUMN_WINDOW_SPREAD, "window_spread", spreads);
    ADD_NUMBERS(plan, COLUMN_YEAR_AT, "year_at", beside);
}

static void add_wide_months(struct plan *plan)
{
    static const int lags[] = { 0, 1, 2, 3, 5, 11 }, windows[] = { 3, 6, 12 }, beside[] = { -1, 0, 1 };
    ADD_NUMBERS(plan, COLUMN_LAG, "lag", lags);
    ADD_NUMBERS(plan, COLUMN_WINDOW, "window", windows);
    ADD_NUMBERS(plan, COLUMN_YEAR_AT, "year_at", beside);
}

static void add_seen(struct plan *plan, int d)
{
    add(plan, COLUMN_SEEN, 1, d, "%s.now", plan->driver[d].name);
    add(plan, COLUMN_SEEN, plan->step == GNM_DAY ? 7 : 4, d, "%s.recent", plan->driver[d].name);
    add(plan, COLUMN_SEEN, plan->step == GNM_DAY ? 28 : 12, d, "%s.usual", plan->driver[d].name);
}

void plan_add_wide(struct plan *plan, const struct cadence *c)
{
    (void)c;
    if (plan->step == GNM_DAY)
        add_wide_days(plan);
    else if (plan->step == GNM_WEEK)
        add_wide_weeks(plan);
    else
        add_wide_months(plan);
    add(plan, COLUMN_MONTHDAY, 0, -1, "monthday");
    add(plan, COLUMN_YEARDAY, 0, -1, "yearday");
    for (int d = 0; d < plan->n_drivers; d++)
        if (plan->driver[d].seen)
            add_seen(plan, d);
    for (int i = 0; i < plan->n_notes; i++)
        add(plan, COLUMN_NOTE, i, -1, "note_%s", plan->note[i]);
    add(plan, COLUMN_SERIES, 0, -1, "series");
}

int column_is_category(const struct plan *plan, const struct column *column)
{
    return column->kind == COLUMN_PHASE || column->kind == COLUMN_SERIES || (column->kind == COLUMN_NOTE && plan->note_is_text[column->arg]);
}

int column_keeps(enum column_kind kind)
{
    switch (kind) {
    case COLUMN_MOMENTUM: case COLUMN_SPREAD: case COLUMN_SIZE: case COLUMN_YEAR_GROWTH: case COLUMN_EVENT_LEVEL: case COLUMN_NUMBER_LEVEL: case COLUMN_LAG:
    case COLUMN_WINDOW: case COLUMN_WINDOW_SPREAD: case COLUMN_SERIES: case COLUMN_NOTE: case COLUMN_SEEN:
        return 1;
    default:
        return 0;
    }
}
