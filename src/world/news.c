#include "world/news.h"

#include <math.h>

#include "almanac/civil.h"
#include "world/noise.h"

enum { MEMORY_DAYS = 60 };

/* Crises come at random, a few in a year, rise at once and fade over one to three weeks. */
static double crises(uint64_t stream, int64_t day)
{
    double sum = 0;
    for (int age = 0; age < MEMORY_DAYS; age++) {
        struct random r;
        noise_random(stream, day - age, &r);
        if (random_unit(&r) < 4.0 / 365)
            sum += random_exponential(&r) * exp(-age / (5 + 12 * random_unit(&r)));
    }
    return sum;
}

double news_share_pct(uint64_t seed, const char *query, int64_t day)
{
    uint64_t stream = noise_stream(seed, query);
    double usual = -0.5 + 0.8 * noise_normal(noise_stream(stream, "usual"), 0);
    double calm = 0.30 * noise_ar(noise_stream(stream, "calm"), 0.9, day) + 0.12 * noise_normal(noise_stream(stream, "day"), day);
    return fmin(exp(usual + calm) * (1 + 2.5 * crises(noise_stream(stream, "crises"), day)), 60);
}

int64_t news_articles(uint64_t seed, int64_t day)
{
    double weekday = civil_weekday(day) >= 5 ? 0.68 : 1;
    return llround(185000 * weekday * exp(0.05 * noise_normal(noise_stream(seed, "articles"), day)));
}

int64_t news_mentions(uint64_t seed, const char *query, int64_t day)
{
    struct random r;
    noise_random(noise_stream(noise_stream(seed, query), "mentions"), day, &r);
    return random_poisson(&r, news_share_pct(seed, query, day) / 100 * (double)news_articles(seed, day));
}

double news_found_ratio(uint64_t seed, int64_t day, int64_t now_s)
{
    double days = (double)now_s / 86400 - (double)day - 1;
    if (days >= 3)
        return 1;
    return 1 - (0.01 + 0.03 * noise_unit(noise_stream(seed, "found late"), day)) * (1 - fmax(days, 0) / 3);
}
