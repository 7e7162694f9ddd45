#include "world/town.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "almanac/civil.h"
#include "almanac/holiday.h"
#include "world/noise.h"

enum { PAST = 8, AHEAD = 400, YEARS = 40 };

struct town_date { struct sky_day weather; const char *holiday, *holiday_tomorrow; int match, known; };

struct town {
    struct town_config config;
    struct sky *sky;
    const struct fixtures *fixtures;
    const struct zone *zone;
    struct town_business *business;
    struct town_date *date;               /* facts of the days first_day - PAST .. start_day + AHEAD, filled when asked */
    size_t n_dates;
    struct town_date other[2];            /* days beyond, which are asked seldom: the two asked last */
    int64_t other_day[2];
    int other_next;
};

static void found(const struct town_config *config, size_t i, struct town_business *business)
{
    const struct town_kind *kind = town_kind_of(i);
    size_t round = i < town_kinds_n ? 0 : 1 + (i - town_kinds_n) / town_kinds_daily_n;
    *business = (struct town_business){.kind = kind};
    if (round == 0)
        snprintf(business->series, sizeof business->series, "%s", kind->name);
    else
        snprintf(business->series, sizeof business->series, "%s_%zu", kind->name, round + 1);
    business->stream = noise_stream(noise_stream(config->seed, "town"), business->series);
    struct random r;
    noise_random(business->stream, 0, &r);
    business->base = kind->base * exp(0.25 * random_normal(&r));
    business->trend = 0.02 + 0.05 * random_normal(&r);
    business->warmth = kind->warmth * (0.7 + 0.6 * random_unit(&r));
    business->rain = kind->rain * (0.7 + 0.6 * random_unit(&r));
    business->spread = kind->spread * (0.7 + 0.6 * random_unit(&r));
    int changed = random_unit(&r) < 0.3;
    business->step = changed ? 0.15 * random_normal(&r) : 0;
    int64_t span = config->start_day - config->first_day;
    business->step_day = config->first_day + span / 4 + (int64_t)random_below(&r, (uint64_t)(span / 2) + 1);
}

int town_new(const struct town_config *config, struct sky *sky, const struct fixtures *fixtures, const struct zone *zone, struct town **ret, struct gnm_why *why)
{
    struct holiday any[HOLIDAYS_MAX];
    if (config->businesses < 1 || config->businesses > TOWN_MAX || config->start_day <= config->first_day || config->start_day - config->first_day > YEARS * 366)
        return gnm_fail(why, -EINVAL, "a town has 1 to %d businesses and 1 day to %d years of history", TOWN_MAX, YEARS);
    if (holiday_list(config->country, NULL, 2026, any) < 0)
        return gnm_fail(why, -ENOENT, "no holidays are known for country %s", config->country);
    struct town *town = calloc(1, sizeof *town);
    if (town == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    *town = (struct town){.config = *config, .sky = sky, .fixtures = fixtures, .zone = zone, .other_day = {INT64_MIN, INT64_MIN}};
    town->n_dates = (size_t)(config->start_day - config->first_day) + PAST + AHEAD;
    town->business = calloc(config->businesses, sizeof *town->business);
    town->date = calloc(town->n_dates, sizeof *town->date);
    if (town->business == NULL || town->date == NULL) {
        town_free(town);
        return gnm_fail(why, -ENOMEM, "out of memory");
    }
    for (size_t i = 0; i < config->businesses; i++)
        found(config, i, &town->business[i]);
    *ret = town;
    return 0;
}

void town_free(struct town *town)
{
    if (town == NULL)
        return;
    free(town->business);
    free(town->date);
    free(town);
}

size_t town_size(const struct town *town)
{
    return town->config.businesses;
}

const struct town_business *town_business(const struct town *town, size_t i)
{
    return &town->business[i];
}

const struct town_config *town_about(const struct town *town)
{
    return &town->config;
}

static const char *holiday_on(const struct town *town, int64_t day)
{
    struct holiday list[HOLIDAYS_MAX];
    int year, month, mday;
    civil_date(day, &year, &month, &mday);
    int n = holiday_list(town->config.country, NULL, year, list);
    for (int i = 0; i < n; i++) {
        if (list[i].day == day)
            return list[i].name;
    }
    return NULL;
}

static void learn(struct town *town, int64_t day, struct town_date *date)
{
    sky_day(town->sky, zone_day_start_s(town->zone, day), zone_day_start_s(town->zone, day + 1), SKY_TRUTH, &date->weather);
    date->holiday = holiday_on(town, day);
    date->holiday_tomorrow = holiday_on(town, day + 1);
    date->match = fixtures_home_on(town->fixtures, day);
    date->known = 1;
}

static struct town_date *date_slot(struct town *town, int64_t day)
{
    int64_t index = day - (town->config.first_day - PAST);
    if (index >= 0 && (size_t)index < town->n_dates)
        return &town->date[index];
    for (int i = 0; i < 2; i++) {
        if (town->other_day[i] == day)
            return &town->other[i];
    }
    int i = town->other_next;
    town->other_next = !i;
    town->other_day[i] = day;
    town->other[i].known = 0;
    return &town->other[i];
}

static const struct town_date *date_of(struct town *town, int64_t day)
{
    struct town_date *date = date_slot(town, day);
    if (!date->known)
        learn(town, day, date);
    return date;
}

const char *town_holiday(struct town *town, int64_t day)
{
    return date_of(town, day)->holiday;
}

int town_match(struct town *town, int64_t day)
{
    return date_of(town, day)->match;
}

const struct sky_day *town_weather(struct town *town, int64_t day)
{
    return &date_of(town, day)->weather;
}

int town_intensity(struct town *town, size_t i, int64_t day, double *ret)
{
    const struct town_business *business = &town->business[i];
    struct sky_day yesterday = *town_weather(town, day - 1);    /* copied: asking for another day may reuse its place */
    struct town_date today = *date_of(town, day);
    struct town_facts facts = {.day = day, .match = today.match, .holiday = today.holiday, .today = &today.weather, .yesterday = &yesterday};
    facts.holiday_tomorrow = today.holiday_tomorrow;
    if (!town_is_open(business, &facts))
        return 0;
    *ret = business->base * exp(town_response(business, &facts, town->config.start_day));
    return 1;
}

int town_count(struct town *town, size_t i, int64_t day, int64_t *ret)
{
    double intensity;
    if (!town_intensity(town, i, day, &intensity))
        return 0;
    const struct town_business *business = &town->business[i];
    struct random r;
    noise_random(noise_stream(business->stream, "count"), day, &r);
    *ret = random_poisson(&r, intensity * random_gamma(&r, business->spread) / business->spread);
    return 1;
}

/* The count is negative binomial: its probabilities are summed until half of it is reached. */
int town_median(struct town *town, size_t i, int64_t day, int64_t *ret)
{
    double mean, spread = town->business[i].spread;
    if (!town_intensity(town, i, day, &mean))
        return 0;
    double p = exp(spread * log(spread / (spread + mean))), sum = p, ratio = mean / (spread + mean);
    int64_t n = 0;
    while (sum < 0.5 && n < 10000000) {
        p *= ratio * ((double)n + spread) / ((double)n + 1);
        sum += p;
        n++;
    }
    *ret = n;
    return 1;
}

int64_t town_week(struct town *town, size_t i, int64_t sunday)
{
    int64_t sum = 0, count;
    for (int64_t day = sunday - 6; day <= sunday; day++)
        sum += town_count(town, i, day, &count) ? count : 0;
    return sum;
}
