#include "world/town_response.h"

#include <math.h>

#include "almanac/civil.h"
#include "world/noise.h"

static double bump(double x, double centre, double width)
{
    double z = (x - centre) / width;
    return exp(-z * z / 2);
}

/* The first millimetres keep people at home, the rest changes little. */
static double wetness(double rain_mm)
{
    return rain_mm / (rain_mm + 4);
}

/* People go out when the temperature suits what they want, more so on free days and under a bright sky; after a wet day some of them catch up. */
static double weather(const struct town_business *business, const struct town_facts *facts)
{
    const struct town_kind *kind = business->kind;
    const struct sky_day *today = facts->today;
    double freedom = civil_weekday(facts->day) >= 5 || facts->holiday != NULL ? 1.35 : 0.85;
    double bright = today->clear_mj > 0 ? today->ghi_mj / today->clear_mj : 0;
    double warm = business->warmth * (bump(today->temp_max_c, kind->best_c, kind->width_c) - 0.5) * (0.75 + 0.5 * bright);
    double wet = business->rain * wetness(today->rain_mm);
    double again = -0.2 * business->rain * wetness(facts->yesterday->rain_mm) * (1 - wetness(today->rain_mm));
    double storm = -0.12 / (1 + exp(-(today->wind_max_m_s - 15)));
    return freedom * (warm + wet) + again + storm;
}

static double calendar(const struct town_business *business, const struct town_facts *facts)
{
    const struct town_kind *kind = business->kind;
    double angle = 6.283185307179586 * ((double)facts->day - kind->season_day) / 365.2425;
    int year, month, mday;
    civil_date(facts->day, &year, &month, &mday);
    double december = month == 12 && mday <= 24 ? kind->december * (1 - exp(-mday / 9.0)) : 0;
    double payday = 0.03 * bump(mday, 27, 3);
    return kind->season * cos(angle) + december + payday;
}

/* Each holiday moves each business by its own amount; the day before, some of it already shows. */
static double holiday(const struct town_business *business, const struct town_facts *facts)
{
    double usual = business->kind->holiday > 0 ? log(business->kind->holiday) : 0;
    if (facts->holiday != NULL)
        return usual * (0.7 + 0.25 * fabs(noise_normal(noise_stream(business->stream, facts->holiday), 0)));
    if (facts->holiday_tomorrow != NULL)
        return 0.10 + 0.2 * fabs(usual);
    return 0;
}

int town_is_open(const struct town_business *business, const struct town_facts *facts)
{
    if (facts->holiday != NULL)
        return business->kind->holiday > 0;
    return business->kind->weekday[civil_weekday(facts->day)] > 0;
}

/* A holiday looks like a Sunday where the shop opens on Sundays, else like its own weekday, else like a Saturday. */
static double weekday(const struct town_business *business, const struct town_facts *facts)
{
    const double *factor = business->kind->weekday;
    int day = facts->holiday != NULL && factor[6] > 0 ? 6 : civil_weekday(facts->day);
    return log(factor[day] > 0 ? factor[day] : factor[5] > 0 ? factor[5] : 1);
}

double town_response(const struct town_business *business, const struct town_facts *facts, int64_t origin)
{
    double years = (double)(facts->day - origin) / 365.2425;
    double drift = 0.05 * noise_ar(noise_stream(business->stream, "drift"), 0.94, facts->day);
    double match = facts->match ? business->kind->match : 0;
    double step = facts->day >= business->step_day ? business->step : 0;
    return weekday(business, facts) + calendar(business, facts) + weather(business, facts) + holiday(business, facts) + match + step + business->trend * years + drift;
}
