#include "energy/budget.h"

#include <math.h>
#include <stdio.h>

#include "almanac/civil.h"

#define J_PER_WH 3600.0

static int refuse(enum gnm_purpose purpose, double amount, double limit, const char *unit, int64_t end_s, int64_t now_s, struct gnm_grant *ret)
{
    char when[21];
    if (!(amount >= limit))
        return 0;
    civil_format_time(end_s, when);
    snprintf(ret->reason, sizeof ret->reason, "budget of %s is used up: %.3g of %.3g %s; it refills at %s, in %.0f h", gnm_purpose_names[purpose],
             amount, limit, unit, when, ceil((double)(end_s - now_s) / 3600));
    ret->allowed = 0;
    return 1;
}

int energy_budget_refuses(const struct energy_limit *limit, const struct energy_used *used, enum gnm_purpose purpose, double intensity_g_per_kwh,
                          int64_t now_s, struct gnm_grant *ret)
{
    double day_wh = used->day_j[purpose] / J_PER_WH, month_g = used->month_j[purpose] / J_PER_WH / 1e3 * intensity_g_per_kwh;
    if (refuse(purpose, day_wh, limit->wh_per_day, "Wh today", used->day_end_s, now_s, ret))
        return 1;
    return refuse(purpose, month_g, limit->g_per_month, "g CO2e this month", used->month_end_s, now_s, ret);
}
