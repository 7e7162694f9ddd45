/* The hidden normal variables behind the weather: persistence from hour to hour, from day to day and over whole regimes, and the growing error
 * of forecasts. Pure. */
#ifndef WORLD_SKY_HIDDEN_H
#define WORLD_SKY_HIDDEN_H

#include <stdint.h>

#include "gnomon/types.h"
#include "world/noise.h"
#include "world/sky_climate.h"
#include "world/sky_measured.h"

#define SKY_TRUTH GNM_NEVER      /* the vintage of what really happens */

enum { SKY_VINTAGE_S = 6 * 3600, SKY_MEMO = 256, SKY_LEADS = 5 };

/* How well the daily sums of sun forecast 0, 1, 2, 3 and 4 days ahead follow the truth, as a correlation of their ratio to a clear day:
 * what sky_start gives, and what a test measures. */
extern const double sky_skill_by_day[SKY_LEADS];

struct sky_hidden { double cloud, cloud_day, opacity, temperature, wet, wind, wind_direction; };

/* One hour of a source, or of a forecast. */
struct sky_memo { int64_t hour, vintage_s; int used; struct sky_hidden hidden; };

/* The parts that change from day to day only, at midnight UTC and at the next. */
enum sky_daily { SKY_DAY_REGIME, SKY_DAY_CLOUD, SKY_DAY_OPACITY, SKY_DAY_TEMPERATURE, SKY_DAY_WIND, SKY_DAY_DIRECTION, SKY_DAYS };
enum sky_hourly { SKY_HOUR_CLOUD, SKY_HOUR_OPACITY, SKY_HOUR_WET, SKY_HOUR_WIND, SKY_HOURS };
/* `hourly` only saves work: neighbouring hours are sums of the same numbers. */
struct sky_days { int64_t day, key; int used; double from[SKY_DAYS], to[SKY_DAYS]; struct noise_ring hourly[SKY_HOURS]; };

/* The randomness of the truth, of what all forecasts get wrong together, or of one vintage. */
struct sky_source { uint64_t daily[SKY_DAYS], hourly[SKY_HOURS]; };

struct sky_passing { int64_t slot; int used; double from, to; };
struct sky_look { int64_t number; int used; double tilt_deg, azimuth_deg, plane_w, outside_c; };

/* What the year does, which an hour does not notice. */
struct sky_season { int64_t hour; int used; double summer, distance, usual_cloud; };

struct sky {
    uint64_t seed;
    double latitude_deg, longitude_deg;
    double skill;                        /* of forecasts relative to sky_skill: 1 good, 0.5 poor, 0 no better than the climate */
    const struct sky_measured *measured; /* NULL: all weather is invented */
    struct sky_climate climate;
    struct sky_source truth, common;
    uint64_t own, passing;
    struct sky_memo memo[SKY_MEMO], true_hour[SKY_MEMO], common_hour[SKY_MEMO];      /* the last two serve every vintage */
    struct sky_days days[3];
    struct sky_passing passed;
    struct sky_season season[2];
    struct sky_look looks[2];
};

/* Streams of `sky->seed`; forgets what was computed. */
void sky_hidden_start(struct sky *sky);
void sky_hidden_at(struct sky *sky, int64_t hour, int64_t vintage_s, struct sky_hidden *ret);
/* How well a forecast knows the hidden variables after `lead_h` hours: a correlation. */
double sky_skill(double lead_h);

#endif
