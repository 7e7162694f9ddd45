#include "world/town_events.h"

#include <math.h>
#include <stddef.h>

#include "almanac/civil.h"
#include "world/noise.h"

const char *const town_fair_names[TOWN_FAIRS] = {NULL, "event_fair", "event_street_market", "event_christmas_market"};
const double town_fair_sizes[TOWN_FAIRS] = {0, 1, 0.8, 0.45};

/* Days in which one crisis may begin, and the chance that one does: about one in three years. */
enum { CRISIS_BLOCK = 500 };
static const double crisis_chance = 0.45;

static int64_t saturday_after(int64_t day)
{
    return day + (5 - civil_weekday(day) + 7) % 7;
}

enum town_fair town_fair_on(uint64_t stream, int64_t day)
{
    int year, month, mday;
    civil_date(day, &year, &month, &mday);
    int64_t spring = saturday_after(civil_day(year, 4, 24) + (int64_t)(21 * noise_unit(stream, 10 * year)));
    int64_t autumn = saturday_after(civil_day(year, 8, 28) + (int64_t)(28 * noise_unit(stream, 10 * year + 1)));
    if (day >= spring && day < spring + 9)
        return TOWN_SPRING_FAIR;
    if (day >= autumn && day < autumn + 2)
        return TOWN_STREET_MARKET;
    return month == 12 && mday >= 6 && mday <= 30 ? TOWN_CHRISTMAS_MARKET : TOWN_NO_FAIR;
}

static int crisis_of(uint64_t stream, int64_t block, struct town_crisis *ret)
{
    uint64_t own = noise_child(stream, block);
    if (noise_unit(own, 0) >= crisis_chance)
        return 0;
    ret->onset = block * CRISIS_BLOCK + (int64_t)(CRISIS_BLOCK * noise_unit(own, 1));
    ret->depth = 0.2 + 0.6 * noise_unit(own, 2);
    ret->days = 12 + 60 * noise_unit(own, 3) * noise_unit(own, 4);
    return 1;
}

double town_crisis_weight(const struct town_crisis *crisis, int64_t day)
{
    return day < crisis->onset ? 0 : crisis->depth * exp(-(double)(day - crisis->onset) / crisis->days);
}

int town_crisis_on(uint64_t stream, int64_t day, int64_t last, struct town_crisis *ret)
{
    int64_t block = day / CRISIS_BLOCK;
    for (int64_t b = block; b >= block - 1; b--) {
        struct town_crisis crisis;
        if (!crisis_of(stream, b, &crisis) || crisis.onset > day || crisis.onset > last || town_crisis_weight(&crisis, day) < 0.005)
            continue;
        *ret = crisis;
        return 1;
    }
    return 0;
}
