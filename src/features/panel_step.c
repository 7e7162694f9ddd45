#include "features/panel_data.h"
#include "features/panel_period.h"

#include <errno.h>
#include <string.h>

#include "almanac/civil.h"

enum { SURE = 10 };               /* dates after which a series' own spacing is beyond doubt */

struct spacing {
    size_t n;                     /* distinct dates */
    int sevens, months, weekday;  /* all gaps are whole weeks; no two dates share a month; weekday of the first, -1 when mixed */
    int32_t gap_min;
    int first_days, last_days;
};

static struct spacing spacing_of(const struct panel_raw *row, size_t n)
{
    struct spacing s = { .sevens = 1, .months = 1, .gap_min = INT32_MAX, .first_days = 1, .last_days = 1 };
    for (size_t i = 0; i < n; i++) {
        if (s.first_days || s.last_days) {       /* a daily series has lost both by its second row */
            int year, month, mday;
            civil_date(row[i].day, &year, &month, &mday);
            s.first_days &= mday == 1;
            s.last_days &= mday == civil_month_length(year, month);
        }
        if (i > 0 && row[i].day == row[i - 1].day)
            continue;
        s.n++;
        if (i == 0)
            continue;
        int32_t gap = row[i].day - row[i - 1].day;
        s.sevens &= gap % 7 == 0;
        s.months = s.months && civil_month_index(row[i].day) != civil_month_index(row[i - 1].day);
        s.gap_min = gap < s.gap_min ? gap : s.gap_min;
    }
    s.weekday = civil_weekday(row[0].day);
    return s;
}

static enum gnm_step step_of(const struct spacing *s)
{
    if (s->months && s->gap_min >= 28 && (s->n < 3 || !s->sevens || s->first_days || s->last_days))
        return GNM_MONTH;
    return s->sevens ? GNM_WEEK : GNM_DAY;
}

/* The rows of the series that starts at `i`. */
static size_t run_length(const struct panel *panel, size_t i)
{
    size_t end = i;
    while (end < panel->n_raw && panel->raw[end].series == panel->raw[i].series)
        end++;
    return end - i;
}

static int fits(const struct panel *panel, const struct spacing *s, const struct spacing *lead)
{
    if (panel->step == GNM_DAY)
        return s->n < SURE || step_of(s) == GNM_DAY;
    if (panel->step == GNM_WEEK)
        return s->sevens && s->weekday == lead->weekday;
    return s->months;
}

int panel_find_step(struct panel *panel, struct gnm_why *why)
{
    struct spacing lead = { 0 };
    size_t lead_row = 0;
    for (size_t i = 0; i < panel->n_raw; i += run_length(panel, i)) {
        struct spacing s = spacing_of(&panel->raw[i], run_length(panel, i));
        if (s.n > lead.n) {
            lead = s;
            lead_row = i;
        }
    }
    panel->step = lead.n < 2 ? GNM_DAY : step_of(&lead);
    panel->monday_labels = lead.weekday == 0;
    panel->week_start = panel->monday_labels ? 0 : (lead.weekday + 1) % 7;
    panel->month_end = lead.last_days && !lead.first_days;
    for (size_t i = 0; i < panel->n_raw; i += run_length(panel, i)) {
        struct spacing s = spacing_of(&panel->raw[i], run_length(panel, i));
        if (!fits(panel, &s, &lead))
            return gnm_fail(why, -EINVAL, "series '%s' is by %s and series '%s' is not: give one step at a time",
                            panel->company[panel->raw[lead_row].series].name, gnm_step_names[panel->step],
                            panel->company[panel->raw[i].series].name);
    }
    return 0;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

/* Day 0 was a Thursday (weekday 3). */
static int64_t week_anchor(const struct panel *panel)
{
    return (panel->week_start + 4) % 7;
}

int panel_period(const struct panel *panel, int64_t day)
{
    switch (panel->step) {
    case GNM_WEEK:
        return (int)floor_div(day - week_anchor(panel), 7);
    case GNM_MONTH:
        return (int)civil_month_index(day);
    default:
        return (int)day;
    }
}

int64_t panel_period_start(const struct panel *panel, int period)
{
    switch (panel->step) {
    case GNM_WEEK:
        return 7 * (int64_t)period + week_anchor(panel);
    case GNM_MONTH:
        return civil_month_first(period);
    default:
        return period;
    }
}

int64_t panel_label(const struct panel *panel, int period)
{
    int64_t last = panel_period_start(panel, period + 1) - 1;
    if (panel->step == GNM_WEEK)
        return panel->monday_labels ? panel_period_start(panel, period) : last;
    if (panel->step == GNM_MONTH)
        return panel->month_end ? last : panel_period_start(panel, period);
    return period;
}

int64_t panel_period_end_s(const struct panel *panel, int period)
{
    return zone_day_start_s(panel->zone, panel_period_start(panel, period + 1));
}
