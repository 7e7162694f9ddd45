#include "world/plant.h"

#include <math.h>
#include <string.h>

static const double charge_efficiency = 0.97, discharge_efficiency = 0.97, charger_efficiency = 0.96;
static const double own_w = 0.15;             /* the controller itself */
static const double boost_s = 3600;
static const double cut_ratio = 0.10, reconnect_ratio = 0.25;
static const double charger_limit_a = 30;

/* Rest voltage of four cells in series. The plateau is nearly flat: reason enough why a voltage says little. */
static const struct { double soc, v; } rest[] = {
    {0.00, 10.80}, {0.05, 12.40}, {0.10, 12.80}, {0.20, 12.92}, {0.30, 13.00}, {0.40, 13.06}, {0.50, 13.10},
    {0.60, 13.15}, {0.70, 13.22}, {0.80, 13.28}, {0.90, 13.32}, {0.97, 13.36}, {0.99, 13.42}, {1.00, 13.55},
};
enum { REST = sizeof rest / sizeof rest[0] };

static double rest_v(double soc)
{
    for (int i = 1; i < REST; i++) {
        if (soc <= rest[i].soc)
            return rest[i - 1].v + (rest[i].v - rest[i - 1].v) * (soc - rest[i - 1].soc) / (rest[i].soc - rest[i - 1].soc);
    }
    return rest[REST - 1].v;
}

int plant_guess_soc_pct(const struct plant *plant)
{
    if (plant->battery_v <= rest[0].v)
        return 0;
    for (int i = 1; i < REST; i++) {
        if (plant->battery_v > rest[i].v)
            continue;
        double f = (plant->battery_v - rest[i - 1].v) / (rest[i].v - rest[i - 1].v);
        return (int)lround(100 * (rest[i - 1].soc + f * (rest[i].soc - rest[i - 1].soc)));
    }
    return 100;
}

static double capacity_wh(const struct plant *plant)
{
    return plant->config.battery_ah * PLANT_NOMINAL_V;
}

double plant_stored_wh(const struct plant *plant)
{
    return plant->soc_ratio * capacity_wh(plant);
}

void plant_config_default(struct plant_config *ret)
{
    *ret = (struct plant_config){.panel_w = 300, .tilt_deg = 35, .azimuth_deg = 180, .battery_ah = 80, .soc_ratio = 0.5, .base_w = 8};
}

void plant_start(struct plant *plant, const struct plant_config *config, double outside_c)
{
    memset(plant, 0, sizeof *plant);
    plant->config = *config;
    plant->soc_ratio = fmin(fmax(config->soc_ratio, 0), 1);
    plant->load_on = plant->soc_ratio > cut_ratio;
    plant->battery_v = rest_v(plant->soc_ratio);
    plant->battery_c = 12 + 0.35 * outside_c;
    plant->case_c = plant->battery_c;
    plant->outside_c = outside_c;
    plant_new_day(plant, 1, 1);
}

/* What the panel could give: hot cells give less, and so do panels in weak light. */
static void panel(struct plant *plant, double plane_w)
{
    plant->cell_c = plant->outside_c + plane_w * (45.0 - 20.0) / 800;
    double heat = 1 - 0.0038 * (plant->cell_c - 25), dim = 1 - 0.10 * exp(-plane_w / 60), dirt = 0.94;
    plant->possible_w = fmax(plant->config.panel_w * plane_w / 1000 * heat * dim * dirt, 0);
    plant->dark = plant->possible_w < 0.004 * plant->config.panel_w;
    if (plant->dark)
        plant->possible_w = 0;
}

/* The power the battery takes at the absorption voltage; in float a trickle of it. No charge below freezing. */
static double accepted_w(const struct plant *plant)
{
    if (plant->battery_c <= 0)
        return 0;
    double full = 0.5 * capacity_wh(plant);
    double accepted = plant->soc_ratio <= 0.97 ? full : full * (1 - plant->soc_ratio) / 0.03;
    return plant->stage == GNM_STAGE_FLOAT ? 0.05 * accepted : accepted;
}

static void stage(struct plant *plant, double surplus_w, double accepted, double step_s)
{
    if (plant->dark) {
        plant->stage = GNM_STAGE_OFF;
        plant->absorbed_s = 0;
        return;
    }
    if (plant->stage == GNM_STAGE_OFF || (plant->stage == GNM_STAGE_FLOAT && plant->battery_v < PLANT_BOOST_AGAIN_V)) {
        plant->stage = GNM_STAGE_BULK;
        plant->absorbed_s = 0;
    }
    if (plant->stage == GNM_STAGE_FLOAT)
        return;
    plant->stage = surplus_w >= accepted ? GNM_STAGE_ABSORPTION : GNM_STAGE_BULK;
    if (plant->stage == GNM_STAGE_ABSORPTION)
        plant->absorbed_s += step_s;
    if (plant->absorbed_s >= boost_s)
        plant->stage = GNM_STAGE_FLOAT;
}

static void voltages(struct plant *plant, double battery_w, double accepted)
{
    double inner_ohm = 0.9 / plant->config.battery_ah, v = rest_v(plant->soc_ratio);
    for (int i = 0; i < 4; i++)
        v = rest_v(plant->soc_ratio) + inner_ohm * battery_w / fmax(v, 9);
    double limit_v = plant->stage == GNM_STAGE_FLOAT ? PLANT_FLOAT_V : PLANT_BOOST_V;
    if (battery_w > 0 && accepted > 0)
        v += fmax(limit_v - v, 0) * pow(fmin(battery_w / accepted, 1), 6);
    plant->battery_v = fmin(v, limit_v);
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
    double pv_wh = plant->pv_w * hours, load_wh = plant->load_w * hours;
    double battery_loss_w = battery_w > 0 ? battery_w * (1 - charge_efficiency) : -battery_w * (1 / discharge_efficiency - 1);
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
}

/* Charges or discharges and gives back the power at the battery's terminals. */
static double exchange(struct plant *plant, double surplus_w, double accepted, double hours)
{
    double battery_w = fmin(surplus_w, accepted);
    double change_wh = battery_w * hours * (battery_w > 0 ? charge_efficiency : 1 / discharge_efficiency);
    double room_wh = capacity_wh(plant) - plant_stored_wh(plant);
    if (change_wh > room_wh) {
        battery_w *= room_wh / change_wh;
        change_wh = room_wh;
    }
    if (change_wh < -plant_stored_wh(plant)) {
        battery_w *= -plant_stored_wh(plant) / change_wh;    /* an empty battery feeds nothing, not even the controller */
        change_wh = -plant_stored_wh(plant);
    }
    plant->soc_ratio = fmin(fmax(plant->soc_ratio + change_wh / capacity_wh(plant), 0), 1);
    return battery_w;
}

static void warm(struct plant *plant, double step_s)
{
    double f = 1 - exp(-step_s / (4 * 3600)), room_c = 12 + 0.35 * plant->outside_c;
    plant->battery_c += f * (room_c - plant->battery_c);
    plant->case_c += (1 - exp(-step_s / 600)) * (plant->battery_c + 0.06 * plant->charge_w - plant->case_c);
}

void plant_step(struct plant *plant, double plane_w, double outside_c, double step_s)
{
    double hours = step_s / 3600;
    plant->outside_c = outside_c;
    panel(plant, plane_w);
    plant->load_w = plant->load_on ? plant->config.base_w + plant->config.box_w : 0;
    double most_w = fmin(plant->possible_w * charger_efficiency, charger_limit_a * plant->battery_v);
    double surplus_w = most_w - plant->load_w - own_w;
    stage(plant, surplus_w, accepted_w(plant), step_s);
    double accepted = accepted_w(plant);
    double battery_w = exchange(plant, surplus_w, accepted, hours);
    plant->charge_w = fmax(battery_w + plant->load_w + own_w, 0);
    if (plant->dark)
        plant->charge_w = 0;
    plant->pv_w = plant->charge_w / charger_efficiency;
    voltages(plant, battery_w, accepted);
    count(plant, battery_w, hours);
    warm(plant, step_s);
    if (plant->soc_ratio <= cut_ratio)
        plant->load_on = 0;
    else if (plant->soc_ratio >= reconnect_ratio)
        plant->load_on = 1;
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
