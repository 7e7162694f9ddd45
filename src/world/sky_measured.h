/* A measured year of irradiance, hour by hour, repeated for ever: the truth of a sky that nobody invented. Pure.
 * Hour of the file = mean of the hour that begins at its stamp, UTC. A 29 February the file does not have is its 28th. */
#ifndef WORLD_SKY_MEASURED_H
#define WORLD_SKY_MEASURED_H

#include <stddef.h>
#include <stdint.h>

#include "gnomon/why.h"

enum { SKY_MEASURED_HOURS = 8760, SKY_MEASURED_MONTHS = 12 };

struct sky_measured {
    double latitude_deg, longitude_deg;
    float ghi_w[SKY_MEASURED_HOURS], dhi_w[SKY_MEASURED_HOURS], temperature_c[SKY_MEASURED_HOURS];    /* dhi and temperature NaN where not measured */
    float clear[SKY_MEASURED_HOURS];          /* measured relative to a clear sky; at night the neighbouring day's */
    float score[SKY_MEASURED_HOURS];          /* the same as a hidden cloud: mean 0, variance 1 in each month */
    double mean[SKY_MEASURED_MONTHS], spread[SKY_MEASURED_MONTHS];
};

/* CSV with a heading: a time column (`time_utc` or `time`: MM-DDTHH:MM or YYYY-MM-DDTHH:MM[:SS][Z], UTC, 8,760 or 8,784 hours from 1 January on without a
 * gap), ghi_wm2 (or ghi_w), and if there: dhi_wm2, temperature_c. -EINVAL with the line that is wrong. free() what it gives. */
int sky_measured_parse(const char *data, size_t len, double latitude_deg, double longitude_deg, struct sky_measured **ret, struct gnm_why *why);

/* Place of an hour (since 1970, UTC) in the year. */
int sky_measured_index(int64_t hour);
double sky_measured_score(const struct sky_measured *measured, int64_t hour);
/* What a hidden cloud of this value lets through in the season of this hour, relative to a clear sky. */
double sky_measured_clearness(const struct sky_measured *measured, int64_t hour, double hidden_cloud);

#endif
