#include "world/prices.h"

#include <math.h>

#include "almanac/civil.h"
#include "world/noise.h"

enum { BASE_MONTH = 45 * 12 };    /* 2015-01 */

static double tenths(double x)
{
    return round(x * 10) / 10;
}

double prices_final_pct(uint64_t seed, const char *geo, int64_t month)
{
    uint64_t stream = noise_stream(noise_stream(seed, "prices"), geo);
    return tenths(2.3 + 1.5 * noise_ar(noise_stream(stream, "rate"), 0.92, month));
}

double prices_flash_pct(uint64_t seed, const char *geo, int64_t month)
{
    uint64_t stream = noise_stream(noise_stream(seed, "prices"), geo);
    return tenths(prices_final_pct(seed, geo, month) + 0.09 * noise_normal(noise_stream(stream, "flash"), month));
}

double prices_revised_pct(uint64_t seed, const char *geo, int64_t month, int64_t today)
{
    uint64_t stream = noise_stream(noise_stream(noise_stream(seed, "prices"), geo), "revision");
    double rate = prices_final_pct(seed, geo, month), chance = noise_unit(stream, month);
    /* Corrections come with the January figures of the year after the next. */
    if (chance >= 0.25 || today < prices_final_day((month / 12 + 2) * 12))
        return rate;
    return tenths(rate + (chance < 0.125 ? -0.1 : 0.1));
}

double prices_national_pct(uint64_t seed, const char *geo, int64_t month)
{
    uint64_t stream = noise_stream(noise_stream(noise_stream(seed, "prices"), geo), "national");
    return round(100 * (prices_final_pct(seed, geo, month) + 0.2 * noise_ar(stream, 0.9, month))) / 100;
}

double prices_index(uint64_t seed, const char *geo, int64_t month)
{
    double level = 1;
    while (month >= BASE_MONTH + 12) {
        level *= 1 + prices_final_pct(seed, geo, month) / 100;
        month -= 12;
    }
    while (month < BASE_MONTH) {
        month += 12;
        level /= 1 + prices_final_pct(seed, geo, month) / 100;
    }
    double within_year = 0.12 * ((double)(month - BASE_MONTH) - 5.5);    /* the mean of 2015 is 100 */
    return round(level * (100 + within_year) * 100) / 100;
}

int64_t prices_flash_day(int64_t month)
{
    return civil_month_first(month + 1) - 1;
}

int64_t prices_final_day(int64_t month)
{
    int january = month % 12 == 0;
    return civil_month_first(month + 1) + (january ? 24 : 17);
}
