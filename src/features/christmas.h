/* The weeks around Christmas follow the date, come once a year and look like no other: the best guess of them is what the series itself did a year ago. Pure. */
#ifndef FEATURES_CHRISTMAS_H
#define FEATURES_CHRISTMAS_H

#include "features/level.h"

struct christmas {
    double start;                 /* how far the target is expected from level and weekday, in units of z */
    double share;                 /* how much of that is taken over, 0..1: rare events of these days have that much less to say */
};

/* Of the day h after the level's origin; nothing (0, 0) outside of these weeks, of weeks and months, and where the past is not known. `trust`: the most that is
 * taken over; days that departed no further than usual noise count less. `own`: in training the target itself less the level, NaN otherwise: the first
 * Christmas of a history is treated as if it had repeated, so that what is learned of it is only what the prior leaves. */
struct christmas christmas_prior(const struct plan *plan, const struct panel *panel, const struct level *level, int h, double own, double trust);

#endif
