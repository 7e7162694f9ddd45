/* What happens to a whole town: fairs in its streets, crises, and the common moods nobody records. Pure. */
#ifndef WORLD_TOWN_EVENTS_H
#define WORLD_TOWN_EVENTS_H

#include <stdint.h>

enum town_fair { TOWN_NO_FAIR, TOWN_SPRING_FAIR, TOWN_STREET_MARKET, TOWN_CHRISTMAS_MARKET, TOWN_FAIRS };

/* The names of the drivers; NULL for none. */
extern const char *const town_fair_names[TOWN_FAIRS];
/* How many people each draws, the largest 1. */
extern const double town_fair_sizes[TOWN_FAIRS];

enum town_fair town_fair_on(uint64_t stream, int64_t day);

struct town_crisis { int64_t onset; double depth, days; };    /* how much it takes from those it hits most, and how fast that fades */

/* The crisis that weighs on a day, of those that began up to `last`; 0 when there is none. */
int town_crisis_on(uint64_t stream, int64_t day, int64_t last, struct town_crisis *ret);
/* Its weight on a day, 0..1. */
double town_crisis_weight(const struct town_crisis *crisis, int64_t day);

#endif
