#include "world/town_response.h"

#include <math.h>

#include "almanac/civil.h"
#include "world/noise.h"

enum { PROMO_BLOCK = 42, PROMO_AFTER = 6 };

static double bump(double x, double centre, double width)
{
    double z = (x - centre) / width;
    return exp(-z * z / 2);
}

/* What adds, adds in full; what takes away can never take everything. */
static double swing(double x)
{
    return x >= 0 ? 1 + x : 1 / (1 - x);
}

/* People go out when the temperature suits what they want, more so on free days and under a bright sky; after a wet day some of them catch up. */
static double weather(const struct town_business *business, const struct town_day *today, const struct town_day *yesterday)
{
    const struct town_kind *kind = business->kind;
    double freedom = today->weekday >= 5 || today->holiday != NULL ? 1.35 : 0.85;
    double warm = business->warmth * (bump(today->weather.temp_max_c, kind->best_c, kind->width_c) - 0.5) * (0.75 + 0.5 * today->bright);
    double wet = business->rain * today->wet;
    double again = -0.2 * business->rain * yesterday->wet * (1 - today->wet);
    return swing(freedom * (warm + wet) + again) * (1 - 0.12 * today->storm);
}

static double calendar(const struct town_business *business, const struct town_day *today)
{
    const struct town_kind *kind = business->kind;
    double angle = 6.283185307179586 * ((double)today->day - kind->season_day) / 365.2425;
    double december = today->month == 12 && today->mday <= 24 ? kind->december * (1 - exp(-today->mday / 9.0)) : 0;
    double payday = 0.03 * bump(today->mday, 27, 3);
    return swing(kind->season * (cos(angle) + 0.25 * cos(2 * angle)) + december + payday);
}

/* Each holiday moves each business by its own amount; the day before, some of it already shows. */
static double holiday(const struct town_business *business, const struct town_day *today)
{
    double usual = business->kind->holiday > 0 ? business->kind->holiday - 1 : 0;
    if (today->holiday != NULL)
        return swing(usual * (0.7 + 0.35 * fabs(noise_normal(business->holiday, (int64_t)(today->holiday_key >> 1)))));
    return today->holiday_tomorrow != NULL ? 1.08 + 0.15 * fabs(usual) : 1;
}

int town_on_leave(const struct town_business *business, const struct town_day *today)
{
    int weeks = business->kind->leave_weeks;
    if (weeks == 0 || today->month < 7 || today->month > 9)
        return 0;
    int64_t begin = civil_day(today->year, 7, 8) + 7 * (int64_t)(6 * noise_unit(business->leave, today->year));
    begin -= civil_weekday(begin);
    return today->day >= begin && today->day < begin + 7 * weeks;
}

int town_is_open(const struct town_business *business, const struct town_day *today)
{
    if (today->day < business->first_day || today->day > business->last_day || town_on_leave(business, today))
        return 0;
    if (today->holiday != NULL)
        return business->kind->holiday > 0;
    return business->kind->weekday[today->weekday] > 0;
}

/* A holiday looks like a Sunday where the shop opens on Sundays, else like its own weekday, else like a Saturday. */
static double weekday(const struct town_business *business, const struct town_day *today, int64_t known_until)
{
    const double *factor = business->kind->weekday;
    int day = today->holiday != NULL && factor[6] > 0 ? 6 : today->weekday;
    double usual = factor[day] > 0 ? factor[day] : factor[5] > 0 ? factor[5] : 1;
    for (int i = 0; i < business->changes; i++) {
        if (business->change[i].day <= today->day && business->change[i].day <= known_until)
            usual *= day >= 4 ? business->change[i].weekend : 1;
    }
    return usual;
}

/* Starts of promotions: one place in each block of six weeks. Returns the days since the start, -1 outside, and how long it lasts. */
static int promo_age(const struct town_business *business, int64_t day, int *length, double *strength)
{
    int64_t block = day / PROMO_BLOCK;
    uint64_t own = noise_child(business->promo, block);
    if (noise_unit(own, 0) > 0.6)
        return -1;
    *length = 3 + (int)(8 * noise_unit(own, 1));
    *strength = business->kind->promo * (0.6 + 0.8 * noise_unit(own, 2));
    int64_t begin = block * PROMO_BLOCK + (int64_t)((PROMO_BLOCK - 11 - PROMO_AFTER) * noise_unit(own, 3));
    return day >= begin && day < begin + *length + PROMO_AFTER ? (int)(day - begin) : -1;
}

double town_promo(const struct town_business *business, int64_t day)
{
    int length;
    double strength;
    if (business->kind->promo <= 0)
        return 0;
    int age = promo_age(business, day, &length, &strength);
    return age >= 0 && age < length ? strength : 0;
}

/* Who bought cheaply does not come again at once. */
static double promotion(const struct town_business *business, int64_t day)
{
    int length;
    double strength;
    if (business->kind->promo <= 0)
        return 1;
    int age = promo_age(business, day, &length, &strength);
    if (age < 0)
        return 1;
    return age < length ? 1 + strength * (age == 0 ? 1.3 : 1) : 1 - 0.25 * strength;
}

/* Growth from the origin on, the first months of a new shop, and what has changed for good. */
static double fortune(const struct town_business *business, int64_t day, int64_t origin, int64_t known_until)
{
    double level = swing(business->trend * (double)(day - origin) / 365.2425);
    if (business->first_day > GNM_ALWAYS && day - business->first_day < 300)
        level *= 1 - 0.6 * exp(-(double)(day - business->first_day) / 60);
    if (business->last_day < GNM_NEVER && business->last_day - day < 200)
        level *= 0.5 + 0.5 * (double)(business->last_day - day) / 200;
    for (int i = 0; i < business->changes; i++) {
        if (business->change[i].day <= day && business->change[i].day <= known_until)
            level *= business->change[i].level;
    }
    return level;
}

double town_response(const struct town_business *business, const struct town_day *today, const struct town_day *yesterday, const struct town_mood *mood, int64_t origin)
{
    const struct town_kind *kind = business->kind;
    double fair_weather = weather(business, today, yesterday);
    double usual = weekday(business, today, mood->known_until) * calendar(business, today) * fair_weather * holiday(business, today) * promotion(business, today->day);
    /* A crowd comes on its own account, whatever the weekday; rain keeps half of what it takes from the others. */
    double crowd = 1.4 * ((today->match ? kind->match : 0) + kind->fair * town_fair_sizes[today->fair]) * (0.5 + 0.5 * fair_weather);
    double visits = fmax(usual + crowd, 0.05 * usual) * swing(-1.6 * kind->crisis * mood->crisis) * (1 + mood->town + mood->own);
    double full = visits / 4.5;    /* a shop has so many doors */
    visits /= sqrt(sqrt(1 + full * full * full * full));
    return business->base * fortune(business, today->day, origin, mood->known_until) * fmax(visits, 0);
}
