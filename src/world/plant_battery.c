#include "world/plant_battery.h"

#include <math.h>
#include <string.h>

/* clang-format off */
const struct plant_battery plant_batteries[PLANT_CHEMISTRIES] = {
    /* The plateau of LiFePO4 is nearly flat: reason enough why a voltage says little. */
    [PLANT_LIFEPO4] = {.name = "lifepo4", .nominal_v = 12.8, .charge_efficiency = 0.97, .discharge_efficiency = 0.97,
        .boost_v = 14.2, .float_v = 13.6, .boost_again_v = 13.2, .boost_h = 1, .float_share = 0.05, .cut_ratio = 0.10, .reconnect_ratio = 0.25, .cut_v = 11.1,
        .ohm_ah = 0.9, .self_discharge_month = 0.02, .fade_year = 0.012, .fade_cycle = 0.2 / 3500,
        .rest_v = {10.80, 12.40, 12.80, 12.92, 13.00, 13.06, 13.10, 13.15, 13.22, 13.28, 13.32, 13.55}},
    [PLANT_AGM] = {.name = "agm", .lead = 1, .nominal_v = 12, .charge_efficiency = 0.88, .discharge_efficiency = 0.95,
        .boost_v = 14.4, .float_v = 13.8, .boost_again_v = 13.2, .boost_h = 2, .float_share = 0.35, .cut_ratio = 0.30, .reconnect_ratio = 0.45, .cut_v = 11.1,
        .ohm_ah = 0.55, .self_discharge_month = 0.02, .fade_year = 0.04, .fade_cycle = 0.2 / 500,
        .rest_v = {10.80, 11.30, 11.60, 11.84, 12.02, 12.16, 12.29, 12.40, 12.50, 12.61, 12.73, 12.90}},
    [PLANT_GEL] = {.name = "gel", .lead = 1, .nominal_v = 12, .charge_efficiency = 0.88, .discharge_efficiency = 0.95,
        .boost_v = 14.2, .float_v = 13.8, .boost_again_v = 13.2, .boost_h = 2, .float_share = 0.35, .cut_ratio = 0.30, .reconnect_ratio = 0.45, .cut_v = 11.1,
        .ohm_ah = 0.75, .self_discharge_month = 0.02, .fade_year = 0.035, .fade_cycle = 0.2 / 600,
        .rest_v = {10.60, 11.10, 11.40, 11.66, 11.82, 11.96, 12.11, 12.26, 12.41, 12.56, 12.71, 12.92}},
    [PLANT_FLOODED] = {.name = "flooded", .lead = 1, .nominal_v = 12, .charge_efficiency = 0.88, .discharge_efficiency = 0.95,
        .boost_v = 14.6, .float_v = 13.8, .boost_again_v = 13.2, .equalize_v = 14.8, .boost_h = 2, .float_share = 0.35, .cut_ratio = 0.30, .reconnect_ratio = 0.45,
        .cut_v = 11.1, .ohm_ah = 0.85, .self_discharge_month = 0.05, .fade_year = 0.05, .fade_cycle = 0.2 / 400,
        .rest_v = {10.50, 11.00, 11.32, 11.59, 11.76, 11.91, 12.06, 12.20, 12.32, 12.43, 12.53, 12.70}},
};
/* clang-format on */

enum { POINTS = 12 };

static const double point_ratio[POINTS] = {0, 0.05, 0.10, 0.20, 0.30, 0.40, 0.50, 0.60, 0.70, 0.80, 0.90, 1.00};

int plant_chemistry_of(const char *name)
{
    for (int i = 0; i < PLANT_CHEMISTRIES; i++) {
        if (strcmp(plant_batteries[i].name, name) == 0)
            return i;
    }
    return -1;
}

/* The line through (x[i], y[i]) at `at`, level beyond its ends. */
static double between(const double *x, const double *y, double at)
{
    if (at <= x[0])
        return y[0];
    for (int i = 1; i < POINTS; i++) {
        if (at <= x[i])
            return y[i - 1] + (y[i] - y[i - 1]) * (at - x[i - 1]) / (x[i] - x[i - 1]);
    }
    return y[POINTS - 1];
}

double battery_rest_v(const struct plant_battery *kind, double ratio)
{
    return between(point_ratio, kind->rest_v, ratio);
}

double battery_guess_ratio(const struct plant_battery *kind, double v)
{
    return between(kind->rest_v, point_ratio, v);
}

double battery_accepts(const struct plant_battery *kind, double ratio)
{
    if (!kind->lead)
        return ratio <= 0.97 ? 0.5 : 0.5 * (1 - ratio) / 0.03;
    return ratio <= 0.80 ? 0.2 : 0.2 * exp(-(ratio - 0.80) / 0.07);
}

double battery_locked_ratio(const struct plant_battery *kind, double cell_c)
{
    return kind->lead ? fmin(fmax(0.01 * (20 - cell_c), 0), 0.5) : 0;
}
