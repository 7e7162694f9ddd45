/* Private to the town: its object, shared by the files that answer for its businesses and for its days. */
#ifndef WORLD_TOWN_OWN_H
#define WORLD_TOWN_OWN_H

#include "world/town.h"

enum { TOWN_PAST = 8, TOWN_AHEAD = 400 };

struct town {
    struct town_config config;
    struct sky *sky;
    const struct fixtures *fixtures;
    const struct zone *zone;
    uint64_t fairs, crises, moods;
    struct town_business *business;
    struct town_day *date;                /* facts of the days first_day - TOWN_PAST .. start_day + TOWN_AHEAD; `year` is 0 until asked for */
    double *price;                        /* index by month over the same days; NaN until asked for */
    int64_t first_month;
    size_t n_dates, n_months;
    struct town_day other[2];             /* days beyond, which are asked seldom: the two asked last */
    int other_next;
    struct { int season, n; int64_t day[FIXTURES_ROUNDS]; } home[2];    /* home matches of the seasons asked last */
};

#endif
