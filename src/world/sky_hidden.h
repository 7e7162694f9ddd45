/* The hidden normal variables behind the weather: persistence, and the growing error of forecasts. Pure. */
#ifndef WORLD_SKY_HIDDEN_H
#define WORLD_SKY_HIDDEN_H

#include <stdint.h>

#include "gnomon/types.h"

#define SKY_TRUTH GNM_NEVER      /* the vintage of what really happens */

enum { SKY_VINTAGE_S = 6 * 3600, SKY_MEMO = 256 };

struct sky_hidden { double cloud, cloud_day, opacity, temperature, wet, wind, wind_direction; };

struct sky_memo { int64_t hour, vintage_s; int used; struct sky_hidden hidden; };

struct sky {
    uint64_t seed;
    double latitude_deg, longitude_deg;
    struct sky_memo memo[SKY_MEMO];
};

void sky_hidden_at(struct sky *sky, int64_t hour, int64_t vintage_s, struct sky_hidden *ret);
/* How well a forecast knows the hidden variables after `lead_h` hours: a correlation. */
double sky_skill(double lead_h);

#endif
