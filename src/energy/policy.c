#include "energy/policy.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

const char *const energy_chemistry_names[4] = { "lifepo4", "agm", "gel", "flooded" };

/* The rest tables are means of what makers publish; they differ by 15 points for lead and by 30 in the middle of LiFePO4, which is why an estimate
 * from voltage starts with 25 points of uncertainty. */
static const struct chemistry chemistries[4] = {
    { 12.8, 0.25, 3, 0.10, 0.25, 0.25, 11.8, 0.99, 0.97, 0.97, 14.2, 0.5, 0.97, 0, 0, 0, { 10.0, 12.0, 12.65, 12.9, 13.05, 13.12, 13.17, 13.25, 13.35, 13.45, 13.6 } },
    { 12.0, 0.45, 0, 0.30, 0.45, 0.15, 11.4, 0.92, 0.88, 0.95, 14.4, 0.2, 0.80, 0.07, 0.97, 0.01, { 11.5, 11.75, 11.95, 12.1, 12.22, 12.35, 12.48, 12.58, 12.68, 12.82, 13.0 } },
    { 12.0, 0.45, 0, 0.30, 0.45, 0.15, 11.4, 0.92, 0.88, 0.95, 14.2, 0.2, 0.80, 0.07, 0.97, 0.01, { 11.4, 11.55, 11.65, 11.8, 11.95, 12.1, 12.25, 12.4, 12.55, 12.7, 12.9 } },
    { 12.0, 0.45, 0, 0.30, 0.45, 0.15, 11.4, 0.90, 0.88, 0.95, 14.6, 0.2, 0.80, 0.07, 0.97, 0.01, { 11.1, 11.4, 11.68, 11.85, 12.0, 12.13, 12.25, 12.36, 12.45, 12.55, 12.68 } },
};

double energy_reserve_default(enum energy_chemistry chemistry)
{
    return chemistries[chemistry].reserve_ratio;
}

void energy_policy_default(struct energy_policy *ret)
{
    *ret = (struct energy_policy){
        .chemistry = ENERGY_LIFEPO4, .capacity_ah = 50, .nominal_v = 0, .reserve_ratio = energy_reserve_default(ENERGY_LIFEPO4),
        .early_h = NAN, .guard_v = NAN, .cut_ratio = NAN, .reconnect_ratio = NAN, .base_w = 8,
        .watts_per_core = 7, .stale_s = 300, .lost_s = 3600, .rule = ENERGY_REFILL, .soc_start_ratio = 0.5, .soc_stop_ratio = 0.4, .lookahead_h = 72, .quantile = 0.1, .margin = 2,
        .search_margin = 6, .lead_margin = 5, .small_job_ratio = 0.001, .start_margin_ratio = 0.10, .stop_margin_ratio = 0.03, .eager_s = 28 * 86400.0, .overdue_s = 90 * 86400.0, .overdue_ratio = 0.9,
        .saver1_ratio = 0.7, .saver1_ahead_h = 72, .saver1_refill_h = 24, .saver1_poll_s = 60, .saver2_poll_s = 300, .saver1_fetch_s = 6 * 3600.0, .saver2_work_s = 86400,
        .search_from_h = 9, .search_to_h = 15, .undersized_ratio = 1.2, .drop_ratio = 0.6, .never_full_s = 14 * 86400.0, .step_ratio = 0.1, .mode_min_s = 900, .halt_margin_v = 0, .halt_after_s = 60, .halt_leave_v = 0.1, .guard_leave_v = 0.6, .cut_margin_ratio = 0.05, .decide_s = 600, .watch_s = 60, .profile_d = 20,
        .fresh_s = 6 * 3600.0, .forecast_max_s = 36 * 3600.0, .battery_max_c = 50, .cpu_max_c = 85,
    };
}

const struct chemistry *energy_chemistry(const struct energy_policy *policy)
{
    return &chemistries[policy->chemistry];
}

double energy_guard_v(const struct energy_policy *policy)
{
    return isnan(policy->guard_v) ? energy_chemistry(policy)->guard_v : policy->guard_v * energy_to_12v(policy);
}

double energy_early_h(const struct energy_policy *policy)
{
    return isnan(policy->early_h) ? energy_chemistry(policy)->early_h : policy->early_h;
}

double energy_cut_ratio(const struct energy_policy *policy)
{
    return isnan(policy->cut_ratio) ? energy_chemistry(policy)->cut_ratio : policy->cut_ratio;
}

double energy_reconnect_ratio(const struct energy_policy *policy)
{
    return isnan(policy->reconnect_ratio) ? energy_chemistry(policy)->reconnect_ratio : policy->reconnect_ratio;
}

void energy_policy_fill(struct energy_policy *policy)
{
    const struct chemistry *c = energy_chemistry(policy);
    policy->reserve_ratio = isnan(policy->reserve_ratio) ? c->reserve_ratio : policy->reserve_ratio;
    policy->early_h = energy_early_h(policy);
    policy->guard_v = energy_guard_v(policy) / energy_to_12v(policy);
    policy->cut_ratio = energy_cut_ratio(policy);
    policy->reconnect_ratio = energy_reconnect_ratio(policy);
}

int energy_cuts_are_possible(const struct energy_policy *policy)
{
    return energy_cut_ratio(policy) < energy_reconnect_ratio(policy);
}

double energy_nominal_v(const struct energy_policy *policy)
{
    return policy->nominal_v > 0 ? policy->nominal_v : energy_chemistry(policy)->nominal_v;
}

static int parse_pair(const char *text, double *start, double *stop)
{
    char copy[32], *comma;
    if (text_copy(copy, sizeof copy, text) < 0 || (comma = strchr(copy, ',')) == NULL)
        return -EINVAL;
    *comma = '\0';
    if (text_double(copy, start) < 0 || text_double(comma + 1, stop) < 0)
        return -EINVAL;
    if (*start > 1) {             /* in percent */
        *start /= 100;
        *stop /= 100;
    }
    return *start <= 1 && *stop >= 0 && *stop <= *start ? 0 : -EINVAL;
}

int energy_rule_parse(const char *text, struct energy_policy *policy)
{
    static const struct { const char *name; enum energy_rule rule; } rules[] = {
        { "refill", ENERGY_REFILL }, { "noon", ENERGY_NOON }, { "throttled", ENERGY_THROTTLED }, { "none", ENERGY_NONE },
    };
    double start, stop;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (strcmp(text, rules[i].name) == 0) {
            policy->rule = rules[i].rule;
            return 0;
        }
    if (strncmp(text, "soc:", 4) != 0 || parse_pair(text + 4, &start, &stop) < 0)
        return -EINVAL;
    policy->rule = ENERGY_SOC;
    policy->soc_start_ratio = start;
    policy->soc_stop_ratio = stop;
    return 0;
}

double energy_capacity_wh(const struct energy_policy *policy)
{
    return policy->capacity_ah * energy_nominal_v(policy);
}

double energy_to_12v(const struct energy_policy *policy)
{
    return energy_chemistry(policy)->nominal_v / energy_nominal_v(policy);
}

static double output_w(const struct gnm_reading *reading)
{
    double load_w = reading->value[GNM_LOAD_W];
    if (isnan(load_w))
        load_w = reading->value[GNM_LOAD_A] * reading->value[GNM_LOAD_V];
    return isnan(load_w) || load_w < 0 ? 0 : load_w;
}

/* A load output that carries less than a watt does not carry the box: it is wired to the battery, unseen by the controller. */
int energy_load_is_seen(const struct gnm_reading *reading)
{
    return output_w(reading) >= 1;
}

double energy_load_w(const struct energy_policy *policy, const struct gnm_reading *reading)
{
    return output_w(reading) + (energy_load_is_seen(reading) ? 0 : policy->base_w);
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

double energy_locked_ratio(const struct energy_policy *policy, const struct energy_battery *battery)
{
    double battery_c = battery->last.value[GNM_BATTERY_C], per_k = energy_chemistry(policy)->cold_per_k;
    return isnan(battery_c) ? 0 : fmin(fmax(per_k * (20 - battery_c), 0), 0.5);
}

double energy_usable_ratio(const struct energy_policy *policy, const struct energy_battery *battery, double soc_ratio)
{
    double locked = energy_locked_ratio(policy, battery);
    return fmax((soc_ratio - locked) / (1 - locked), 0);
}

double energy_spare_factor(const struct energy_policy *policy)
{
    return energy_chemistry(policy)->accept_fall > 0 ? policy->lead_margin : 1;
}

double energy_accepts_w(const struct energy_policy *policy, double soc_ratio)
{
    const struct chemistry *c = energy_chemistry(policy);
    double most_w = c->accept_ratio * energy_capacity_wh(policy), beyond = soc_ratio - c->accept_soc;
    if (beyond <= 0)
        return most_w;
    return most_w * (c->accept_fall > 0 ? exp(-beyond / c->accept_fall) : fmax(1 - soc_ratio, 0) / (1 - c->accept_soc));
}

int energy_is_float(const struct gnm_reading *reading)
{
    return energy_stage(reading) == GNM_STAGE_FLOAT;
}

void energy_efficiency(const struct energy_policy *policy, const struct energy_battery *battery, double *charge, double *discharge)
{
    const struct chemistry *c = energy_chemistry(policy);
    double usual = c->charge_wh_ratio * c->discharge_wh_ratio, scale = isnan(battery->wh_ratio) ? 1 : sqrt(battery->wh_ratio / usual);
    *charge = fmin(c->charge_wh_ratio * scale, 1);
    *discharge = fmin(c->discharge_wh_ratio * scale, 1);
}
