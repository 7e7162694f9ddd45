/* A town of businesses and the numbers they write down. Pure.
 *
 * Every day has an intensity made of weekday, season, trend, weather, holidays, match days and a slow drift nobody sees; the number
 * is a count drawn around it, wilder than Poisson. The shape of the response (bumps, saturation, products) is the town's own and shares nothing with
 * the learner. Any day can be asked in any order, also days to come. */
#ifndef WORLD_TOWN_H
#define WORLD_TOWN_H

#include <stddef.h>
#include <stdint.h>

#include "almanac/zone.h"
#include "gnomon/why.h"
#include "world/fixtures.h"
#include "world/town_response.h"

enum { TOWN_MAX = 1000 };

struct town_config {
    uint64_t seed;
    size_t businesses;
    int64_t first_day, start_day;     /* history is first_day .. start_day - 1 */
    const char *country;
};

struct town;

/* `sky` and `fixtures` must outlive the town. -ENOENT for a country without holidays. */
int town_new(const struct town_config *config, struct sky *sky, const struct fixtures *fixtures, const struct zone *zone, struct town **ret, struct gnm_why *why);
void town_free(struct town *town);

size_t town_size(const struct town *town);
const struct town_business *town_business(const struct town *town, size_t i);
const struct town_config *town_about(const struct town *town);

/* The day's number: 1 and the value, 0 when closed. */
int town_count(struct town *town, size_t i, int64_t day, int64_t *ret);
/* The expected number of an open day, and the median of its distribution: the best any forecaster could say, even one that knew the weather. */
int town_intensity(struct town *town, size_t i, int64_t day, double *ret);
int town_median(struct town *town, size_t i, int64_t day, int64_t *ret);
/* The total of the week that ends on `sunday`. */
int64_t town_week(struct town *town, size_t i, int64_t sunday);

/* The name of the public holiday on a day ("christmas"), NULL on ordinary days. */
const char *town_holiday(struct town *town, int64_t day);
int town_match(struct town *town, int64_t day);
const struct sky_day *town_weather(struct town *town, int64_t day);

#endif
