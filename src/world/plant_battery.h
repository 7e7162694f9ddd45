/* What a 12 V battery of each chemistry is like: voltages, what it takes and gives back, when it is cut off, how it ages. Pure. */
#ifndef WORLD_PLANT_BATTERY_H
#define WORLD_PLANT_BATTERY_H

enum plant_chemistry { PLANT_LIFEPO4, PLANT_AGM, PLANT_GEL, PLANT_FLOODED, PLANT_CHEMISTRIES };

struct plant_battery {
    const char *name;
    int lead;
    double nominal_v, charge_efficiency, discharge_efficiency;
    double boost_v, float_v, boost_again_v, equalize_v;    /* equalize_v 0: never */
    double boost_h, float_share;               /* time at the absorption voltage; what float takes of what absorption would */
    double cut_ratio, reconnect_ratio, cut_v;
    double ohm_ah;                             /* inner resistance x capacity when new */
    double self_discharge_month;               /* share of the capacity */
    double fade_year, fade_cycle;              /* capacity lost by age and by each full cycle */
    double rest_v[12];                         /* rested, at 0, 5, 10, 20 ... 90, 100 % */
};

extern const struct plant_battery plant_batteries[PLANT_CHEMISTRIES];
/* -1 for a name that is none of "lifepo4 agm gel flooded". */
int plant_chemistry_of(const char *name);

double battery_rest_v(const struct plant_battery *kind, double ratio);
/* The charge a table of rest voltages finds behind a voltage, 0..1. */
double battery_guess_ratio(const struct plant_battery *kind, double v);
/* The power a battery takes at the absorption voltage, in W for each Wh of its capacity. */
double battery_accepts(const struct plant_battery *kind, double ratio);
/* The part of the capacity that cold locks away: lead loses a hundredth per degree below 20. */
double battery_locked_ratio(const struct plant_battery *kind, double cell_c);

#endif
