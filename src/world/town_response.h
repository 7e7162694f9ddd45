/* A business, and how it answers to one day: visitors, in a form of its own (bumps, saturation, crowds that add up). Pure. */
#ifndef WORLD_TOWN_RESPONSE_H
#define WORLD_TOWN_RESPONSE_H

#include <stdint.h>

#include "world/sky.h"
#include "world/town_events.h"
#include "world/town_kinds.h"

enum { TOWN_CHANGES = 2 };

/* A lasting change of fortune: a rival, a new road, other hours. */
struct town_change { int64_t day; double level, weekend; };

struct town_business {
    char series[32];
    const struct town_kind *kind;
    uint64_t stream, drift, count, holiday, promo, leave;
    double base, trend, warmth, rain, spread;
    struct town_change change[TOWN_CHANGES];
    int changes;
    int64_t first_day, last_day;      /* of its life */
};

/* What a day is for everybody in town. */
struct town_day {
    int64_t day;
    int weekday, month, mday, year, match;
    enum town_fair fair;
    const char *holiday, *holiday_tomorrow;
    uint64_t holiday_key;
    double bright, wet, storm;        /* of the weather: share of a clear day's sun, and two saturating measures */
    struct sky_day weather;
};

/* What is not written anywhere: the town's mood, the business' own drift, and the crisis of the day if one is on. */
struct town_mood { double town, own, crisis; int64_t known_until; };

/* Expected visits on an open day. `origin` is the day at which the trend is 1. Changes after mood.known_until have not happened yet. */
double town_response(const struct town_business *business, const struct town_day *today, const struct town_day *yesterday, const struct town_mood *mood, int64_t origin);
/* Open as everybody could have known: weekday, holiday, summer leave, before the beginning and after the end. */
int town_is_open(const struct town_business *business, const struct town_day *today);
int town_on_leave(const struct town_business *business, const struct town_day *today);
/* The strength of the sales promotion of the day, 0 = none; announced before. */
double town_promo(const struct town_business *business, int64_t day);

#endif
