/* The arrays of an Open-Meteo answer. Pure. */
#ifndef WORLD_OPEN_METEO_H
#define WORLD_OPEN_METEO_H

#include "almanac/zone.h"
#include "base/text.h"
#include "world/sky.h"

struct open_meteo {
    double latitude, longitude, tilt_deg, azimuth_deg;
    int unix_time, metres;            /* wind in m/s instead of km/h */
    const struct zone *zone;          /* NULL: GMT */
    const char *zone_name;
    int64_t first_day, last_day, now_s;
    struct sky *sky;
};

/* The first name in the two comma lists (NULL = none asked) that is no variable; NULL when all are. */
const char *open_meteo_unknown(const char *hourly, const char *daily);
/* Appends ,"hourly_units":{...},"hourly":{...}. A name may end in _previous_dayN: the value as forecast N days before. 0 or -ENOMEM. */
int open_meteo_hourly(const struct open_meteo *om, const char *names, struct text *ret);
int open_meteo_daily(const struct open_meteo *om, const char *names, struct text *ret);

#endif
