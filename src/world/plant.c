#include "world/plant.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static const double charger_efficiency = 0.96;
static const double own_w = 0.15;             /* the controller itself */
static const double equalize_every_s = 28 * 86400.0, equalize_s = 7200, second_year = 365.2425 * 86400;
static const double lead_v_per_k = 0.018;     /* charge voltages fall with the temperature, from 25 degrees */

double plant_capacity_wh(const struct plant *plant)
{
    return plant->config.battery_ah * plant->kind->nominal_v * plant->health_ratio;
}

double plant_stored_wh(const struct plant *plant)
{
    return plant->soc_ratio * plant_capacity_wh(plant);
}

double plant_usable_ratio(const struct plant *plant)
{
    double locked = battery_locked_ratio(plant->kind, plant->battery_c);
    return (plant->soc_ratio - locked) / (1 - locked);
}

void plant_config_default(struct plant_config *ret)
{
    *ret = (struct plant_config){.panel_w = 300, .tilt_deg = 35, .azimuth_deg = 180, .battery_ah = 80, .soc_ratio = 0.5, .base_w = 8};
}

int plant_config_check(const struct plant_config *config, struct gnm_why *why)
{
    const struct { const char *what; double value, low, high; } part[] = {
        {"panel in W", config->panel_w, 1, 3000},       {"tilt in degrees", config->tilt_deg, 0, 90},  {"azimuth in degrees", config->azimuth_deg, 0, 360},
        {"battery in Ah", config->battery_ah, 1, 5000}, {"state of charge", config->soc_ratio, 0, 1},  {"base load in W", config->base_w, 0, 1000},
        {"computer in W", config->box_w, 0, 1000},      {"health", config->health_ratio, 0, 1},        {"charger in A", config->charger_a, 0, 500},
    };
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        if (!(part[i].value >= part[i].low && part[i].value <= part[i].high))
            return gnm_fail(why, -EINVAL, "%s must be from %g to %g, not %g", part[i].what, part[i].low, part[i].high, part[i].value);
    }
    if ((int)config->chemistry < 0 || config->chemistry >= PLANT_CHEMISTRIES)
        return gnm_fail(why, -EINVAL, "a battery is lifepo4, agm, gel or flooded");
    return 0;
}

static double room_c(const struct plant *plant)
{
    double share = fmax(0.35, plant->config.cold_box);
    return 12 * (1 - share) / 0.65 + share * plant->outside_c + plant->heat_c;
}

void plant_start(struct plant *plant, const struct plant_config *config, double outside_c)
{
    memset(plant, 0, sizeof *plant);
    plant->config = *config;
    plant->kind = &plant_batteries[config->chemistry];
    plant->health_ratio = config->health_ratio > 0 ? config->health_ratio : 1;
    plant->soc_ratio = fmin(fmax(config->soc_ratio, 0), 1);
    plant->outside_c = outside_c;
    plant->battery_c = plant->case_c = plant->cell_c = room_c(plant);
    plant->battery_v = battery_rest_v(plant->kind, plant->soc_ratio);
    plant->load_on = plant_usable_ratio(plant) > plant->kind->cut_ratio;
    plant_new_day(plant, 1, 1);
    plant_show(plant);
}

void plant_set_load_w(struct plant *plant, double box_w)
{
    plant->config.box_w = fmax(box_w, 0);
}

/* What the panel could give: hot cells give less, and so do panels in weak light. */
static void panel(struct plant *plant, double plane_w)
{
    plant->cell_c = plant->outside_c + plane_w * (45.0 - 20.0) / 800;
    double heat = 1 - 0.0038 * (plant->cell_c - 25), dim = plane_w > 0 ? 1 - 0.10 * exp(-plane_w / 60) : 0.9, dirt = 0.94;
    plant->possible_w = fmax(plant->config.panel_w * plane_w / 1000 * heat * dim * dirt, 0);
    plant->dark = plant->possible_w < 0.004 * plant->config.panel_w;
    if (plant->dark)
        plant->possible_w = 0;
}

/* The power the battery takes at the absorption voltage; in float a part of it. Lithium takes none below freezing. */
static double accepted_w(const struct plant *plant)
{
    if (!plant->kind->lead && plant->battery_c <= 0)
        return 0;
    double accepted = battery_accepts(plant->kind, plant->soc_ratio) * plant_capacity_wh(plant);
    return plant->stage == GNM_STAGE_FLOAT ? plant->kind->float_share * accepted : accepted;
}

/* Once in four weeks a flooded battery is held above its absorption voltage, so that its cells become equal. */
static int must_equalize(const struct plant *plant)
{
    return plant->kind->equalize_v > 0 && plant->since_equalize_s >= equalize_every_s;
}

static enum gnm_stage held_stage(struct plant *plant, double step_s)
{
    plant->absorbed_s += step_s;
    if (plant->absorbed_s < plant->kind->boost_h * 3600)
        return GNM_STAGE_ABSORPTION;
    if (!must_equalize(plant))
        return GNM_STAGE_FLOAT;
    plant->equalized_s += step_s;
    if (plant->equalized_s < equalize_s)
        return GNM_STAGE_EQUALIZE;
    plant->since_equalize_s = plant->equalized_s = 0;
    return GNM_STAGE_FLOAT;
}

static void stage(struct plant *plant, double surplus_w, double accepted, double step_s)
{
    plant->since_equalize_s += step_s;
    if (plant->dark) {
        plant->stage = GNM_STAGE_OFF;
        plant->absorbed_s = 0;
        return;
    }
    if (plant->stage == GNM_STAGE_OFF || (plant->stage == GNM_STAGE_FLOAT && plant->battery_v < plant->kind->boost_again_v)) {
        plant->stage = GNM_STAGE_BULK;
        plant->absorbed_s = 0;
    }
    if (plant->stage == GNM_STAGE_FLOAT)
        return;
    plant->stage = surplus_w >= accepted ? held_stage(plant, step_s) : GNM_STAGE_BULK;
}

static double limit_v(const struct plant *plant)
{
    const struct plant_battery *kind = plant->kind;
    double v = plant->stage == GNM_STAGE_FLOAT ? kind->float_v : plant->stage == GNM_STAGE_EQUALIZE ? kind->equalize_v : kind->boost_v;
    return kind->lead ? v - lead_v_per_k * (fmin(fmax(plant->battery_c, 0), 45) - 25) : v;
}

static double cube(double x)
{
    return x * x * x;
}

static void voltages(struct plant *plant, double battery_w, double accepted)
{
    double inner_ohm = plant->kind->ohm_ah / plant->config.battery_ah / (plant->health_ratio * plant->health_ratio);
    double rest_v = battery_rest_v(plant->kind, plant_usable_ratio(plant)), v = rest_v, most_v = limit_v(plant);
    for (int i = 0; i < 4; i++)
        v = rest_v + inner_ohm * battery_w / fmax(v, 9);
    if (battery_w > 0 && accepted > 0)
        v += fmax(most_v - v, 0) * cube(fmin(battery_w / accepted, 1)) * cube(fmin(battery_w / accepted, 1));
    plant->battery_v = fmin(v, fmax(most_v, rest_v));
    plant->battery_a = battery_w / plant->battery_v;
    double best_v = 31.5 * (1 - 0.003 * (plant->cell_c - 25)), open_v = 1.22 * best_v;
    double used = plant->possible_w > 0 ? plant->pv_w / plant->possible_w : 0;
    plant->pv_v = plant->dark ? 0.6 : best_v + (open_v - best_v) * sqrt(fmax(1 - used, 0));
    plant->pv_max_v = fmax(plant->pv_max_v, plant->pv_v);
    plant->pv_min_v = fmin(plant->pv_min_v, plant->pv_v);
    plant->battery_max_v = fmax(plant->battery_max_v, plant->battery_v);
    plant->battery_min_v = fmin(plant->battery_min_v, plant->battery_v);
}

/* Losses are summed from their parts, so that a test can hold the whole against them. */
static void count(struct plant *plant, double battery_w, double hours)
{
    const struct plant_battery *kind = plant->kind;
    double pv_wh = plant->pv_w * hours, load_wh = plant->load_w * hours;
    double battery_loss_w = battery_w > 0 ? battery_w * (1 - kind->charge_efficiency) : -battery_w * (1 / kind->discharge_efficiency - 1);
    double controller_w = plant->pv_w - plant->load_w - battery_w;
    plant->pv_wh += pv_wh;
    plant->pv_today_wh += pv_wh;
    plant->pv_month_wh += pv_wh;
    plant->pv_year_wh += pv_wh;
    plant->load_wh += load_wh;
    plant->load_today_wh += load_wh;
    plant->load_month_wh += load_wh;
    plant->load_year_wh += load_wh;
    plant->curtailed_wh += fmax(plant->possible_w - plant->pv_w, 0) * hours;
    plant->loss_wh += (battery_loss_w + controller_w) * hours;
    plant->box_wh += plant->load_on ? plant->config.box_w * hours : 0;
    plant->unserved_wh += plant->load_on ? 0 : (plant->config.base_w + plant->config.box_w) * hours;
    plant->cut_s += plant->load_on ? 0 : hours * 3600;
}

/* Charges or discharges and gives back the power at the battery's terminals. */
static double exchange(struct plant *plant, double surplus_w, double accepted, double hours)
{
    double battery_w = fmin(surplus_w, accepted), capacity = plant_capacity_wh(plant), stored = plant_stored_wh(plant);
    double change_wh = battery_w * hours * (battery_w > 0 ? plant->kind->charge_efficiency : 1 / plant->kind->discharge_efficiency);
    double room_wh = capacity - stored;
    if (change_wh > room_wh) {
        battery_w *= room_wh / change_wh;
        change_wh = room_wh;
    }
    if (change_wh < -stored) {
        battery_w *= -stored / change_wh;    /* an empty battery feeds nothing, not even the controller */
        change_wh = -stored;
    }
    plant->soc_ratio = fmin(fmax(plant->soc_ratio + change_wh / capacity, 0), 1);
    return battery_w;
}

/* Capacity goes with the years, faster in the heat, and with what went through; some charge leaks away. Both count as losses. */
static void grow_old(struct plant *plant, double battery_w, double step_s)
{
    const struct plant_battery *kind = plant->kind;
    double before_wh = plant_stored_wh(plant), capacity = plant_capacity_wh(plant), hours = step_s / 3600;
    double heat = exp2((plant->battery_c - 20) / 10), cycles = fabs(battery_w) * hours / (2 * capacity);
    double fade = kind->fade_year * heat * step_s / second_year + kind->fade_cycle * cycles;
    double left_wh = before_wh * (1 - kind->self_discharge_month * heat * step_s / (second_year / 12));
    plant->health_ratio = fmax(plant->health_ratio * (1 - fade), 0.05);
    plant->soc_ratio = fmin(left_wh / plant_capacity_wh(plant), 1);
    plant->loss_wh += before_wh - plant_stored_wh(plant);
}

static void warm(struct plant *plant, double step_s)
{
    if (plant->share_of_s != step_s) {           /* steps are alike for hours */
        plant->share_of_s = step_s;
        plant->battery_share = 1 - exp(-step_s / (4 * 3600));
        plant->case_share = 1 - exp(-step_s / 600);
    }
    plant->battery_c += plant->battery_share * (room_c(plant) - plant->battery_c);
    plant->case_c += plant->case_share * (plant->battery_c + 0.06 * plant->charge_w - plant->case_c);
}

static void switch_load(struct plant *plant)
{
    double usable = plant_usable_ratio(plant);
    if (usable <= plant->kind->cut_ratio || plant->battery_v < plant->kind->cut_v)
        plant->load_on = 0;
    else if (usable >= plant->kind->reconnect_ratio)
        plant->load_on = 1;
}

void plant_step(struct plant *plant, double plane_w, double outside_c, double step_s)
{
    double hours = step_s / 3600, charger_a = plant->config.charger_a > 0 ? plant->config.charger_a : 30;
    plant->outside_c = outside_c;
    panel(plant, plane_w);
    plant->load_w = plant->load_on ? plant->config.base_w + plant->config.box_w : 0;
    double most_w = fmin(plant->possible_w * charger_efficiency, charger_a * plant->battery_v);
    double surplus_w = most_w - plant->load_w - own_w;
    stage(plant, surplus_w, accepted_w(plant), step_s);
    double accepted = accepted_w(plant);
    double battery_w = exchange(plant, surplus_w, accepted, hours);
    plant->charge_w = plant->dark ? 0 : fmax(battery_w + plant->load_w + own_w, 0);
    plant->pv_w = plant->charge_w / charger_efficiency;
    voltages(plant, battery_w, accepted);
    count(plant, battery_w, hours);
    grow_old(plant, battery_w, step_s);
    warm(plant, step_s);
    switch_load(plant);
    plant->shown.age_s += step_s;
    if (plant->shown.age_s >= plant->config.lag_s)
        plant_show(plant);
}

void plant_new_day(struct plant *plant, int new_month, int new_year)
{
    plant->pv_today_wh = plant->load_today_wh = 0;
    if (new_month)
        plant->pv_month_wh = plant->load_month_wh = 0;
    if (new_year)
        plant->pv_year_wh = plant->load_year_wh = 0;
    plant->pv_max_v = plant->battery_max_v = 0;
    plant->pv_min_v = plant->battery_min_v = 99;
}
