/* A panel, a charger and a 12 V battery with a small load, advanced by virtual time. Pure.
 *
 * Energy is conserved: what the panel gave is in the load, in the battery or in the losses. The charger works in the stages bulk, absorption,
 * float and (flooded lead, once a month) equalize, and throttles the panel when the battery takes no more; what the panel could have given stays
 * visible in `possible_w`. Lead gives less in the cold, lithium takes nothing below freezing, and every battery grows old. */
#ifndef WORLD_PLANT_H
#define WORLD_PLANT_H

#include "gnomon/types.h"
#include "gnomon/why.h"
#include "world/plant_battery.h"
#include "world/sky.h"

struct plant_config {
    double panel_w, tilt_deg, azimuth_deg;      /* azimuth clockwise from north: 180 = south */
    double battery_ah, soc_ratio;
    double base_w, box_w;                       /* what is always on, and the computer (plant_set_load_w) */
    enum plant_chemistry chemistry;
    double health_ratio;                        /* capacity left of the rated one at the start; 0 means 1 */
    double charger_a;                           /* limit of the charger; 0 means 30 */
    double cold_box;                            /* how much of the outside the battery feels: 0 an unheated room (a third), up to 1 = a box outside */
    double lag_s;                               /* how old what the controller shows may be */
    double gain_error, offset_a;                /* of its current sensor */
    int no_probe;                               /* the battery's temperature reads 25.00 for ever */
};

/* What the controller shows: taken every `lag_s`, with the errors of its sensor. */
struct plant_shown { double age_s, pv_v, pv_w, charge_w, load_w, battery_v, battery_a, battery_c, case_c, soc_pct; int used; };

struct plant {
    struct plant_config config;
    const struct plant_battery *kind;
    enum gnm_stage stage;
    int load_on, dark;
    double soc_ratio, absorbed_s;               /* charge in what capacity is left; time held at the absorption voltage */
    double health_ratio;
    double equalized_s, since_equalize_s;
    double possible_w, pv_w, charge_w, load_w;  /* panel at its best point, panel now, charger's output, load */
    double pv_v, battery_v, battery_a;          /* net, positive when charging */
    double cell_c, battery_c, case_c, outside_c;
    double heat_c;                              /* how much hotter than usual it is where battery, controller and computer stand */
    double share_of_s, battery_share, case_share;   /* of the way to the temperature around, in a step of share_of_s */
    double pv_wh, load_wh, loss_wh, curtailed_wh;
    double box_wh, unserved_wh, cut_s;          /* the computer's part of the load; what a cut load would have had, and for how long */
    double pv_today_wh, load_today_wh, pv_month_wh, load_month_wh, pv_year_wh, load_year_wh;
    double pv_max_v, pv_min_v, battery_max_v, battery_min_v;
    struct plant_shown shown;
};

#define PLANT_NOMINAL_V 12.8
#define PLANT_BOOST_V 14.2
#define PLANT_FLOAT_V 13.6
#define PLANT_BOOST_AGAIN_V 13.2
#define PLANT_CUT_V 11.1

void plant_config_default(struct plant_config *ret);
/* An impossible plant: -EINVAL and what is wrong with it. */
int plant_config_check(const struct plant_config *config, struct gnm_why *why);
void plant_start(struct plant *plant, const struct plant_config *config, double outside_c);
/* What the computer takes on top of the base load from now on: it changes with its work. */
void plant_set_load_w(struct plant *plant, double box_w);
/* `plane_w` is the irradiance on the panel in W/m2. Steps up to a few minutes. */
void plant_step(struct plant *plant, double plane_w, double outside_c, double step_s);
/* The controller's own midnight: its counters of today (and of month and year when they change) start again. */
void plant_new_day(struct plant *plant, int new_month, int new_year);
double plant_capacity_wh(const struct plant *plant);
double plant_stored_wh(const struct plant *plant);
/* The charge a cold battery can still give, as a ratio of what it could give now when full. */
double plant_usable_ratio(const struct plant *plant);
/* What a voltage table makes of the battery voltage, 0..100: right at rest, too high while charging. */
int plant_guess_soc_pct(const struct plant *plant);
/* Takes what the controller shows anew; plant_step does so every `lag_s`. */
void plant_show(struct plant *plant);
/* One sample of the controller: what it shows, at its resolution. */
void plant_reading(const struct plant *plant, int64_t at_ms, int64_t mono_ms, struct gnm_reading *ret);

#endif
