/* What each day is for the whole town: calendar, weather, matches, fairs, crises, prices. */
#include <math.h>

#include "almanac/civil.h"
#include "almanac/holiday.h"
#include "world/noise.h"
#include "world/prices.h"
#include "world/town_own.h"

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

static int match_on(struct town *town, int64_t day)
{
    struct fixture match[FIXTURES_SEASON];
    int season = fixtures_season_of(day), place = season % 2, *n = &town->home[place].n;
    if (town->home[place].season != season) {
        town->home[place].season = season;
        *n = 0;
        fixtures_season(town->fixtures, season, match);
        for (int i = 0; i < FIXTURES_SEASON; i++) {
            if (match[i].home == 0 && *n < FIXTURES_ROUNDS)
                town->home[place].day[(*n)++] = zone_day(town->zone, match[i].kickoff_s);
        }
    }
    for (int i = 0; i < *n; i++) {
        if (town->home[place].day[i] == day)
            return 1;
    }
    return 0;
}

static void learn(struct town *town, int64_t day, struct town_day *date)
{
    struct sky_day *weather = &date->weather;
    sky_day(town->sky, zone_day_start_s(town->zone, day), zone_day_start_s(town->zone, day + 1), SKY_TRUTH, weather);
    date->day = day;
    date->weekday = civil_weekday(day);
    date->holiday = holiday_on(town, day);
    date->holiday_tomorrow = holiday_on(town, day + 1);
    date->holiday_key = date->holiday != NULL ? noise_stream(0, date->holiday) : 0;
    date->match = match_on(town, day);
    date->fair = town_fair_on(town->fairs, day);
    date->bright = weather->clear_mj > 0 ? weather->ghi_mj / weather->clear_mj : 0;
    date->wet = weather->rain_mm / (weather->rain_mm + 4);    /* the first millimetres keep people at home, the rest changes little */
    date->storm = 1 / (1 + exp(-(weather->wind_max_m_s - 15)));
    civil_date(day, &date->year, &date->month, &date->mday);
}

static struct town_day *date_slot(struct town *town, int64_t day)
{
    int64_t index = day - (town->config.first_day - TOWN_PAST);
    if (index >= 0 && (size_t)index < town->n_dates)
        return &town->date[index];
    for (int i = 0; i < 2; i++) {
        if (town->other[i].year == 0 || town->other[i].day != day)
            continue;
        town->other_next = !i;
        return &town->other[i];
    }
    int i = town->other_next;
    town->other_next = !i;
    town->other[i].year = 0;
    return &town->other[i];
}

const struct town_day *town_day(struct town *town, int64_t day)
{
    struct town_day *date = date_slot(town, day);
    if (date->year == 0)
        learn(town, day, date);
    return date;
}

const char *town_holiday(struct town *town, int64_t day)
{
    return town_day(town, day)->holiday;
}

int town_match(struct town *town, int64_t day)
{
    return town_day(town, day)->match;
}

enum town_fair town_fair(struct town *town, int64_t day)
{
    return town_day(town, day)->fair;
}

const struct sky_day *town_weather(struct town *town, int64_t day)
{
    return &town_day(town, day)->weather;
}

int town_crisis_begins(struct town *town, int64_t day)
{
    struct town_crisis crisis;
    return town_crisis_on(town->crises, day, day, &crisis) && crisis.onset == day;
}

/* ---- prices ---- */

double town_prices(struct town *town, int64_t month)
{
    int64_t index = month - town->first_month;
    int kept = index >= 0 && (size_t)index < town->n_months;
    if (kept && !isnan(town->price[index]))
        return town->price[index];
    double years = (double)(month - civil_month_index(town->config.first_day)) / 12;
    double price = prices_index(town->config.seed, town->config.country, month) * pow(1 + town->config.inflation_pct / 100, years);
    if (kept)
        town->price[index] = price;
    return price;
}

/* Prices rise from the middle of a month to the middle of the next. */
static double price_on(struct town *town, int64_t day)
{
    int64_t month = civil_month_index(day);
    double position = ((double)(day - civil_month_first(month)) + 0.5) / (double)(civil_month_first(month + 1) - civil_month_first(month)) - 0.5;
    double here = town_prices(town, month), next = town_prices(town, position < 0 ? month - 1 : month + 1);
    return here + fabs(position) * (next - here);
}

double town_price_level(struct town *town, int64_t day)
{
    return price_on(town, day) / price_on(town, town->config.first_day);
}
