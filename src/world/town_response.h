/* How a business answers to one day, as a log factor. Pure. */
#ifndef WORLD_TOWN_RESPONSE_H
#define WORLD_TOWN_RESPONSE_H

#include "world/town.h"

struct town_facts { int64_t day; int match; const char *holiday, *holiday_tomorrow; const struct sky_day *today, *yesterday; };

/* `origin` is the day at which the trend is 0. */
double town_response(const struct town_business *business, const struct town_facts *facts, int64_t origin);
int town_is_open(const struct town_business *business, const struct town_facts *facts);

#endif
