#include "world/town.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "almanac/civil.h"
#include "almanac/holiday.h"
#include "world/noise.h"
#include "world/town_draw.h"
#include "world/town_found.h"
#include "world/town_own.h"

enum { YEARS = 40 };

static int known_months(struct town *town)
{
    town->first_month = civil_month_index(town->config.first_day - TOWN_PAST) - 1;
    town->n_months = (size_t)(civil_month_index(town->config.start_day + TOWN_AHEAD) + 2 - town->first_month);
    town->price = malloc(town->n_months * sizeof *town->price);
    for (size_t i = 0; town->price != NULL && i < town->n_months; i++)
        town->price[i] = NAN;
    return town->price == NULL ? -ENOMEM : 0;
}

/* Not known yet. By hand, so that every page is there before the run and memory can be seen not to grow. */
static struct town_day *unknown_days(size_t n)
{
    struct town_day *ret = malloc(n * sizeof *ret);
    for (size_t i = 0; ret != NULL && i < n; i++)
        ret[i] = (struct town_day){.day = -1};
    return ret;
}

int town_new(const struct town_config *config, struct sky *sky, const struct fixtures *fixtures, const struct zone *zone, struct town **ret, struct gnm_why *why)
{
    struct holiday any[HOLIDAYS_MAX];
    if (config->businesses > TOWN_MAX || config->start_day <= config->first_day || config->start_day - config->first_day > YEARS * 366)
        return gnm_fail(why, -EINVAL, "a town has at most %d businesses and 1 day to %d years of history", TOWN_MAX, YEARS);
    if (holiday_list(config->country, NULL, 2026, any) < 0)
        return gnm_fail(why, -ENOENT, "no holidays are known for country %s", config->country);
    struct town *town = calloc(1, sizeof *town);
    if (town == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    *town = (struct town){.config = *config, .sky = sky, .fixtures = fixtures, .zone = zone};
    town->fairs = noise_stream(config->seed, "fairs");
    town->crises = noise_stream(config->seed, "town crises");
    town->moods = noise_stream(config->seed, "moods");
    town->n_dates = (size_t)(config->start_day - config->first_day) + TOWN_PAST + TOWN_AHEAD;
    town->business = calloc(config->businesses + 1, sizeof *town->business);
    town->date = unknown_days(town->n_dates);
    if (known_months(town) < 0 || town->business == NULL || town->date == NULL) {
        town_free(town);
        return gnm_fail(why, -ENOMEM, "out of memory");
    }
    for (size_t i = 0; i < config->businesses; i++)
        town_found(config, i, &town->business[i]);
    *ret = town;
    return 0;
}

void town_free(struct town *town)
{
    if (town == NULL)
        return;
    free(town->business);
    free(town->date);
    free(town->price);
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

/* The expected visits, for somebody who knows everything up to `last`. */
static int visits(struct town *town, size_t i, int64_t day, int64_t last, double *ret)
{
    const struct town_business *business = &town->business[i];
    const struct town_day *yesterday = town_day(town, day - 1), *today = town_day(town, day);    /* the last two asked stay valid */
    struct town_crisis crisis;
    if (!town_is_open(business, today))
        return 0;
    struct town_mood mood = {.known_until = last};
    mood.town = 0.03 * noise_ar_expected(town->moods, 0.8, day, last);
    mood.own = 0.05 * noise_ar_expected(business->drift, 0.94, day, last);
    mood.crisis = town_crisis_on(town->crises, day, last, &crisis) ? town_crisis_weight(&crisis, day) : 0;
    *ret = town_response(business, today, yesterday, &mood, town->config.start_day);
    return 1;
}

/* Nobody is told beforehand that the owner is ill. */
static int closed_by_chance(const struct town_business *business, int64_t day)
{
    return business->base < 160 && noise_unit(business->leave, -day) < 0.004;
}

/* A figure typed wrongly, a coach of tourists, half a day without power: one day in five hundred. */
static double outlier(const struct town_business *business, int64_t day)
{
    double chance = noise_unit(business->promo, -day);
    if (chance >= 0.002)
        return 1;
    return chance < 0.0008 ? 0.15 + 300 * chance : 1.8 + 1500 * (chance - 0.0008);
}

static double worth(struct town *town, size_t i, int64_t day)
{
    double ticket = town->business[i].kind->ticket;
    return ticket > 0 ? ticket * town_price_level(town, day) : 1;
}

int town_intensity(struct town *town, size_t i, int64_t day, double *ret)
{
    double expected;
    if (!visits(town, i, day, day, &expected) || closed_by_chance(&town->business[i], day))
        return 0;
    *ret = expected * worth(town, i, day);
    return 1;
}

int town_value(struct town *town, size_t i, int64_t day, double *ret)
{
    const struct town_business *business = &town->business[i];
    double expected;
    struct random r;
    if (!town_intensity(town, i, day, &expected))
        return 0;
    expected *= outlier(business, day);
    noise_random(business->count, day, &r);
    *ret = business->kind->ticket > 0 ? draw_money(&r, expected, business->spread) : (double)draw_count(&r, expected, business->spread);
    return 1;
}

int town_count(struct town *town, size_t i, int64_t day, int64_t *ret)
{
    double value;
    if (!town_value(town, i, day, &value))
        return 0;
    *ret = llround(value);
    return 1;
}

int town_median_from(struct town *town, size_t i, int64_t day, int64_t origin, double *ret)
{
    const struct town_business *business = &town->business[i];
    double expected;
    if (!visits(town, i, day, origin < day ? origin : day, &expected))
        return 0;
    expected *= worth(town, i, day);
    *ret = business->kind->ticket > 0 ? money_median(expected, business->spread) : (double)count_median(expected, business->spread);
    return 1;
}

int town_median(struct town *town, size_t i, int64_t day, int64_t *ret)
{
    double median;
    if (closed_by_chance(&town->business[i], day) || !town_median_from(town, i, day, day, &median))
        return 0;
    *ret = llround(median);
    return 1;
}

int64_t town_week(struct town *town, size_t i, int64_t sunday)
{
    int64_t sum = 0, count;
    for (int64_t day = sunday - 6; day <= sunday; day++)
        sum += town_count(town, i, day, &count) ? count : 0;
    return sum;
}

int town_week_median_from(struct town *town, size_t i, int64_t sunday, int64_t origin, double *ret)
{
    double sum = 0, extra = 0, expected;    /* of the variance, what a Poisson of this mean does not have */
    for (int64_t day = sunday - 6; day <= sunday; day++) {
        if (!visits(town, i, day, origin < day ? origin : day, &expected))
            continue;
        sum += expected;
        extra += expected * expected / town->business[i].spread;
    }
    if (sum <= 0)
        return 0;
    *ret = (double)count_median(sum, sum * sum / extra);
    return 1;
}
