/* Budgets: watt-hours a day and grams of CO2e a month for each purpose. They bind even when the battery is full. Pure. */
#ifndef ENERGY_BUDGET_H
#define ENERGY_BUDGET_H

#include "energy/energy.h"

struct energy_limit {
    double wh_per_day, g_per_month;
}; /* NaN: none */

struct energy_used {
    double day_j[GNM_PURPOSES], month_j[GNM_PURPOSES];
    int64_t day_end_s, month_end_s; /* wall time when each begins anew */
};

/* 1 and the refusal in `ret` when the purpose has used its day or its month up. */
int energy_budget_refuses(const struct energy_limit *limit, const struct energy_used *used, enum gnm_purpose purpose, double intensity_g_per_kwh,
                          int64_t now_s, struct gnm_grant *ret);

#endif
