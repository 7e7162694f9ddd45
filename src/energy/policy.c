#include "energy/policy.h"

#include <math.h>

const char *const energy_chemistry_names[4] = { "lifepo4", "agm", "gel", "flooded" };

/* The rest tables are means of what makers publish; they differ by 15 points for lead and by 30 in the middle of LiFePO4, which is why an estimate
 * from voltage starts with 25 points of uncertainty. */
static const struct chemistry chemistries[4] = {
    { 12.8, 0.25, 0.10, 11.8, 0.99, 0.97, 0.97, { 10.0, 12.0, 12.65, 12.9, 13.05, 13.12, 13.17, 13.25, 13.35, 13.45, 13.6 } },
    { 12.0, 0.45, 0.30, 11.4, 0.92, 0.88, 0.95, { 11.5, 11.75, 11.95, 12.1, 12.22, 12.35, 12.48, 12.58, 12.68, 12.82, 13.0 } },
    { 12.0, 0.45, 0.30, 11.4, 0.92, 0.88, 0.95, { 11.4, 11.55, 11.65, 11.8, 11.95, 12.1, 12.25, 12.4, 12.55, 12.7, 12.9 } },
    { 12.0, 0.45, 0.30, 11.4, 0.90, 0.88, 0.95, { 11.1, 11.4, 11.68, 11.85, 12.0, 12.13, 12.25, 12.36, 12.45, 12.55, 12.68 } },
};

double energy_reserve_default(enum energy_chemistry chemistry)
{
    return chemistries[chemistry].reserve_ratio;
}

void energy_policy_default(struct energy_policy *ret)
{
    *ret = (struct energy_policy){
        .chemistry = ENERGY_LIFEPO4, .capacity_ah = 50, .nominal_v = 0, .reserve_ratio = energy_reserve_default(ENERGY_LIFEPO4),
        .train_soc_ratio = 0.80, .train_hysteresis_ratio = 0.10, .base_w = 8, .watts_per_core = 7, .stale_s = 300, .lost_s = 3600,
    };
}

const struct chemistry *energy_chemistry(const struct energy_policy *policy)
{
    return &chemistries[policy->chemistry];
}

double energy_nominal_v(const struct energy_policy *policy)
{
    return policy->nominal_v > 0 ? policy->nominal_v : energy_chemistry(policy)->nominal_v;
}

double energy_capacity_wh(const struct energy_policy *policy)
{
    return policy->capacity_ah * energy_nominal_v(policy);
}

double energy_to_12v(const struct energy_policy *policy)
{
    return energy_chemistry(policy)->nominal_v / energy_nominal_v(policy);
}

/* A load output that carries less than a watt does not carry the box: it is wired to the battery, unseen by the controller. */
double energy_load_w(const struct energy_policy *policy, const struct gnm_reading *reading)
{
    double load_w = reading->value[GNM_LOAD_W];
    if (isnan(load_w))
        load_w = reading->value[GNM_LOAD_A] * reading->value[GNM_LOAD_V];
    if (isnan(load_w) || load_w < 0)
        load_w = 0;
    return load_w < 1 ? load_w + policy->base_w : load_w;
}

double energy_net_w(const struct energy_policy *policy, const struct gnm_reading *reading, int *is_true)
{
    const double *value = reading->value;
    *is_true = !isnan(value[GNM_BATTERY_A]);
    if (*is_true)
        return value[GNM_BATTERY_A] * (isnan(value[GNM_BATTERY_V]) ? energy_nominal_v(policy) : value[GNM_BATTERY_V]);
    double in_w = isnan(value[GNM_CHARGE_W]) ? value[GNM_PV_W] : value[GNM_CHARGE_W];
    return in_w - energy_load_w(policy, reading);
}

enum gnm_stage energy_stage(const struct gnm_reading *reading)
{
    double stage = reading->value[GNM_STAGE];
    return stage >= 0 && stage <= GNM_STAGE_UNKNOWN ? (enum gnm_stage)stage : GNM_STAGE_UNKNOWN;
}
