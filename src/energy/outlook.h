/* What the panel will give in the coming days, learned from what it gave. Pure.
 *
 * The profile holds, for each UTC hour of the day, P = a G + b G^2 / max(C, 50) with G the global irradiance in W/m2 that the weather service says
 * and C a simple clear sky: size, tilt, azimuth and shade of the panel are in a and b and need not be asked. It learns by least squares that forget,
 * and only from hours in which nothing throttled the panel. How wrong it was on the last thirty days gives the quantiles. Hours are UTC hours since
 * 1970; days are solar days (midnight where the sun is lowest), so that a day's light stays together at any longitude.
 *
 * Without a forecast it falls back to the mean light of the season: learned where there is history, a climate by latitude before. */
#ifndef ENERGY_OUTLOOK_H
#define ENERGY_OUTLOOK_H

#include <stddef.h>

#include "energy/energy.h"

enum {
    OUTLOOK_LEADS = 5 /* today and three days ahead, and the climate */,
    OUTLOOK_CLIMATE_LEAD = 4,
    OUTLOOK_RATIOS = 30,
    OUTLOOK_PLANS = 5,
    OUTLOOK_ROWS = 35
};

struct outlook_bin {
    double a11, a12, a22, r1, r2, load_w;
}; /* load_w: mean without our own work, NaN before the first */
struct outlook_ratios {
    float value[OUTLOOK_RATIOS];
    int n, at;
}; /* given / foreseen of the last days */
struct outlook_plan {
    int64_t day;
    float pv_w[OUTLOOK_LEADS][24];
}; /* what was foreseen for a day at each lead, NaN where nothing was; one more day than leads, as a day is judged when the next has begun */

struct outlook_profile {
    struct outlook_bin bin[24];
    double pv_wh, ghi_wh; /* of usable hours, forgetting */
    double largest_w;     /* of all hours, throttled or not */
    struct outlook_ratios ratio[OUTLOOK_LEADS];
    double climate_ghi[12], climate_clear[12]; /* by month: irradiance and clear sky */
    struct outlook_plan plan[OUTLOOK_PLANS];
    int64_t day, planned_day;   /* under way; the last one plans were made on */
    float seen_w[24];           /* of the day under way: NaN where the hour told nothing */
    unsigned long long changed; /* bit per row of outlook_row that is not stored yet */
};
struct outlook_site {
    double latitude_deg, longitude_deg;
};

/* One hour of readings. Zero it; `hour` is then set by the first. */
struct outlook_hour {
    int64_t hour;
    double covered_s, pv_ws, load_ws, load_s, off_s;
    int throttled;
};
/* A stretch of `step_s` that ended with this reading; `busy` leaves it out of the load, because our own work is no habit. */
void outlook_hour_add(struct outlook_hour *hour, const struct energy_policy *policy, const struct gnm_reading *reading, double step_s, int busy);

/* Irradiance by hour from the weather services, NaN where unknown; `age_s` since it was fetched. */
struct outlook_weather {
    int64_t from_hour;
    double ghi_w[ENERGY_HOURS];
    double age_s;
};

void outlook_start(struct outlook_profile *profile);
/* `ghi_w` of the finished hour, NaN when no service said. Closes the day when `hour` is the first of the next. */
void outlook_learn(struct outlook_profile *profile, const struct energy_policy *policy, const struct outlook_site *site,
                   const struct outlook_hour *hour, double ghi_w);
/* The coming hours; `weather` may be NULL. Remembers what it foresaw when a day begins, to be judged later. */
void outlook_make(struct outlook_profile *profile, const struct energy_policy *policy, const struct outlook_site *site, int64_t now_s,
                  const struct outlook_weather *weather, struct energy_outlook *ret);

/* Clear sky of an hour by Haurwitz, W/m2: what cloud cover is taken from. */
double outlook_clear_w(const struct outlook_site *site, int64_t hour);
int64_t outlook_day(const struct outlook_site *site, int64_t hour);
/* W per W/m2 over all hours: what falls when dirt, snow or shade comes. NaN before the first usable hour. */
double outlook_gain(const struct outlook_profile *profile);

/* The profile as OUTLOOK_ROWS short texts, for a database; restore ignores a text it does not understand. */
void outlook_row(const struct outlook_profile *profile, size_t i, char *ret, size_t size);
void outlook_restore(struct outlook_profile *profile, size_t i, const char *text);

#endif
