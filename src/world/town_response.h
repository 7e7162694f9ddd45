/* A business, and how it answers to one day, as a log factor. Pure. */
#ifndef WORLD_TOWN_RESPONSE_H
#define WORLD_TOWN_RESPONSE_H

#include <stdint.h>

#include "world/sky.h"
#include "world/town_kinds.h"

struct town_business {
    char series[32];
    const struct town_kind *kind;
    uint64_t stream;
    double base, trend, warmth, rain, spread;
    double step;                      /* a lasting change of fortune (a rival, a new road): log factor, mostly 0 */
    int64_t step_day;
};

struct town_facts { int64_t day; int match; const char *holiday, *holiday_tomorrow; const struct sky_day *today, *yesterday; };

/* `origin` is the day at which the trend is 0. */
double town_response(const struct town_business *business, const struct town_facts *facts, int64_t origin);
int town_is_open(const struct town_business *business, const struct town_facts *facts);

#endif
