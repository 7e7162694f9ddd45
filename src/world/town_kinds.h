/* What kinds of business a town has, and how each of them lives through week, year, weather, holidays, events, sales and hard times. Pure. */
#ifndef WORLD_TOWN_KINDS_H
#define WORLD_TOWN_KINDS_H

#include <stddef.h>

struct town_kind {
    const char *name, *title;
    double base;                       /* visits of an ordinary open day; below 3: a day without any is common */
    double weekday[7];                 /* Monday first; 0 = closed */
    double season, season_day;         /* strength of the yearly wave and the day of its top */
    double december;                   /* what the weeks before Christmas bring */
    double best_c, width_c, warmth;    /* the temperature customers like, how much they mind, and how much it moves them */
    double rain;                       /* what a rainy day does in the end */
    double match;                      /* a home match */
    double holiday;                    /* factor on public holidays; 0 = closed */
    double spread;                     /* shape of the gamma noise: lower is wilder */
    int weekly;                        /* reports totals of weeks */
    double fair, promo, crisis;        /* a fair in the streets, a sales promotion, what a crisis takes (negative: brings) */
    double ticket;                     /* what a visit spends: this business reports money; 0 = it counts visits */
    int leave_weeks;                   /* closed in summer */
};

/* The first ten make a town of ten: eight by the day and two by the week. */
extern const struct town_kind town_kinds[];
extern const size_t town_kinds_n;
/* The kind of the `i`-th business of a town: beyond the table, all kinds again and again. */
const struct town_kind *town_kind_of(size_t i);

#endif
