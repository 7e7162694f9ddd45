/* A panel, a charger and a LiFePO4 battery with a small load, advanced by virtual time. Pure.
 *
 * Energy is conserved: what the panel gave is in the load, in the battery or in the losses. The charger works in the stages bulk, absorption and
 * float and throttles the panel when the battery takes no more; what the panel could have given stays visible in `possible_w`. */
#ifndef WORLD_PLANT_H
#define WORLD_PLANT_H

#include "gnomon/types.h"
#include "world/sky.h"

struct plant_config {
    double panel_w, tilt_deg, azimuth_deg;      /* azimuth clockwise from north: 180 = south */
    double battery_ah, soc_ratio;
    double base_w, box_w;                       /* what is always on, and the computer */
};

struct plant {
    struct plant_config config;
    enum gnm_stage stage;
    int load_on, dark;
    double soc_ratio, absorbed_s;               /* time held at the absorption voltage */
    double possible_w, pv_w, charge_w, load_w;  /* panel at its best point, panel now, charger's output, load */
    double pv_v, battery_v, battery_a;          /* net, positive when charging */
    double cell_c, battery_c, case_c, outside_c;
    double pv_wh, load_wh, loss_wh, curtailed_wh;
    double pv_today_wh, load_today_wh, pv_month_wh, load_month_wh, pv_year_wh, load_year_wh;
    double pv_max_v, pv_min_v, battery_max_v, battery_min_v;
};

#define PLANT_NOMINAL_V 12.8
#define PLANT_BOOST_V 14.2
#define PLANT_FLOAT_V 13.6
#define PLANT_BOOST_AGAIN_V 13.2
#define PLANT_CUT_V 11.1

void plant_config_default(struct plant_config *ret);
void plant_start(struct plant *plant, const struct plant_config *config, double outside_c);
/* `plane_w` is the irradiance on the panel in W/m2. Steps up to a few minutes. */
void plant_step(struct plant *plant, double plane_w, double outside_c, double step_s);
/* The controller's own midnight: its counters of today (and of month and year when they change) start again. */
void plant_new_day(struct plant *plant, int new_month, int new_year);
double plant_stored_wh(const struct plant *plant);
/* What a voltage table makes of the battery voltage, 0..100: right at rest, too high while charging. */
int plant_guess_soc_pct(const struct plant *plant);

#endif
