#include "features/price.h"

#include <errno.h>
#include <math.h>

#include "almanac/civil.h"

enum { YEAR = 12, RATE_MONTHS = 3, ERRORS = 36, ERRORS_MIN = 6, WEEK = 7 };

/* The index of one month, whatever day of it the file names. */
static double month_value(const struct panel *panel, size_t driver, size_t series, int64_t month, int64_t decision_s)
{
    int step = panel_step(panel) == GNM_DAY ? 1 : panel_step(panel) == GNM_WEEK ? WEEK : 31;
    double value = NAN;
    for (int64_t day = civil_month_first(month), end = civil_month_first(month + 1); day < end && !(value > 0); day += step)
        value = panel_driver_value(panel, driver, series, panel_period(panel, day), decision_s);
    return value;
}

/* A month in between without a value has that of the month before. */
static int read_months(const struct panel *panel, size_t driver, size_t series, int64_t decision_s, struct price *ret)
{
    int known = 0;
    ret->first = ret->last = -1;
    for (int i = 0; i < PRICE_MONTHS; i++) {
        double value = month_value(panel, driver, series, ret->month + i, decision_s);
        if (value > 0 && ret->first < 0)
            ret->first = i;
        ret->last = value > 0 ? i : ret->last;
        known += value > 0;
        ret->log_index[i] = value > 0 ? log(value) : i > 0 ? ret->log_index[i - 1] : 0;
    }
    return ret->last - ret->first >= YEAR && known > YEAR ? 0 : -ENODATA;
}

static double log_at(const struct price *p, double month)
{
    double i = month - p->month;
    if (i <= p->first)
        return p->log_index[p->first];
    if (i >= p->last)
        return p->log_index[p->last] + p->rate * (i - p->last);
    int k = (int)i;
    return p->log_index[k] + (i - k) * (p->log_index[k + 1] - p->log_index[k]);
}

/* Months since 1970-01; an index speaks of the middle of its month, which is 0 here. */
static double month_of(const struct panel *panel, int period)
{
    int64_t first = panel_period_start(panel, period), month = civil_month_index(first);
    if (panel_step(panel) == GNM_MONTH)
        return (double)month;
    double middle = (double)(first + panel_period_start(panel, period + 1)) / 2 - (double)civil_month_first(month);
    return (double)month + middle / (double)(civil_month_first(month + 1) - civil_month_first(month)) - 0.5;
}

int price_read(const struct panel *panel, size_t series, int origin, struct price *ret)
{
    int64_t decision_s = panel_period_end_s(panel, origin);
    for (size_t d = 0; d < panel_driver_count(panel); d++) {
        if (panel_driver_role(panel, d) != PANEL_PRICE)
            continue;
        *ret = (struct price){ .month = (int)civil_month_index(panel_period_start(panel, origin)) - PRICE_MONTHS + 1 };
        if (read_months(panel, d, series, decision_s, ret) < 0)
            continue;
        ret->rate = (ret->log_index[ret->last] - ret->log_index[ret->last - RATE_MONTHS]) / RATE_MONTHS;
        ret->yearly_ratio = expm1(ret->log_index[ret->last] - ret->log_index[ret->last - YEAR]);
        ret->origin = log_at(ret, month_of(panel, origin));
        return 0;
    }
    return -ENODATA;
}

double price_ratio(const struct price *price, const struct panel *panel, int period)
{
    return exp(log_at(price, month_of(panel, period)) - price->origin);
}

double price_error(const struct price *price, const struct panel *panel, int period)
{
    double ahead = month_of(panel, period) - price->month - price->last, square = 0;
    int months = (int)ceil(ahead), n = 0;
    for (int i = price->last - months; months > 0 && i >= price->first + RATE_MONTHS && n < ERRORS; i--, n++) {
        double rate = (price->log_index[i] - price->log_index[i - RATE_MONTHS]) / RATE_MONTHS;
        double error = price->log_index[i + months] - price->log_index[i] - months * rate;
        square += error * error;
    }
    return n >= ERRORS_MIN ? sqrt(square / n) : 0;
}
