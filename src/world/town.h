/* A town of businesses and the numbers they write down. Pure.
 *
 * Every day has an expected number made of weekday, season, trend, weather, holidays, matches, fairs, promotions, crises and slow drifts nobody sees,
 * some of them common to the town; the number is drawn around it, wilder than Poisson, and now and then somebody writes nonsense. Businesses open and
 * close for good, change their level or their week, shut in summer, count visits or sum up money at the prices of the day. The shape of the response
 * (bumps, saturation, crowds that add up) is the town's own and shares nothing with the learner. Any day can be asked in any order, also days to come. */
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
    double inflation_pct;             /* a year, on top of the country's own */
};

struct town;

/* `sky` and `fixtures` must outlive the town. -ENOENT for a country without holidays. */
int town_new(const struct town_config *config, struct sky *sky, const struct fixtures *fixtures, const struct zone *zone, struct town **ret, struct gnm_why *why);
void town_free(struct town *town);

size_t town_size(const struct town *town);
const struct town_business *town_business(const struct town *town, size_t i);
const struct town_config *town_about(const struct town *town);

/* The day's number as written: 1 and the value (money with cents), 0 when closed. The second in whole units. */
int town_value(struct town *town, size_t i, int64_t day, double *ret);
int town_count(struct town *town, size_t i, int64_t day, int64_t *ret);
/* The expected number of an open day, and the median of its distribution, for somebody who knows all that happens. */
int town_intensity(struct town *town, size_t i, int64_t day, double *ret);
int town_median(struct town *town, size_t i, int64_t day, int64_t *ret);
/* The median for somebody who knows how the town works, every number up to `origin` and the weather to come, but not the changes, crises and moods that
 * begin later: the best any forecaster could say. */
int town_median_from(struct town *town, size_t i, int64_t day, int64_t origin, double *ret);
/* The total of the week that ends on `sunday`. */
int64_t town_week(struct town *town, size_t i, int64_t sunday);
/* The median of that total, for the somebody of town_median_from: of a negative binomial with the mean and the variance of the week's days. */
int town_week_median_from(struct town *town, size_t i, int64_t sunday, int64_t origin, double *ret);

/* The name of the public holiday on a day ("christmas"), NULL on ordinary days. */
const char *town_holiday(struct town *town, int64_t day);
int town_match(struct town *town, int64_t day);
const struct sky_day *town_weather(struct town *town, int64_t day);
enum town_fair town_fair(struct town *town, int64_t day);
const struct town_day *town_day(struct town *town, int64_t day);
/* 1 when a crisis begins on this day. */
int town_crisis_begins(struct town *town, int64_t day);
/* The index of consumer prices of a month (since 1970-01), and the prices of a day relative to the first day of the history. */
double town_prices(struct town *town, int64_t month);
double town_price_level(struct town *town, int64_t day);

#endif
