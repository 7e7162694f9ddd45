#include "world/town_found.h"

#include <math.h>
#include <stdio.h>

#include "world/noise.h"

enum { ESTABLISHED = 10 };    /* the first ten businesses outlive every history */

static void name(size_t i, struct town_business *ret)
{
    size_t round = i / town_kinds_n;
    if (round == 0)
        snprintf(ret->series, sizeof ret->series, "%s", ret->kind->name);
    else
        snprintf(ret->series, sizeof ret->series, "%s_%zu", ret->kind->name, round + 1);
}

/* Three in ten change once, some of them twice. */
static void changes(const struct town_config *config, struct random *r, struct town_business *ret)
{
    int64_t span = config->start_day - config->first_day;
    int n = random_unit(r) < 0.3 ? 1 + (random_unit(r) < 0.25) : 0;
    for (int i = 0; i < TOWN_CHANGES; i++) {
        double level = exp(0.18 * random_normal(r)), weekend = random_unit(r) < 0.4 ? exp(0.15 * random_normal(r)) : 1;
        int64_t day = config->first_day + span / 6 + (int64_t)random_below(r, (uint64_t)(span - span / 6) + 1);
        ret->change[i] = (struct town_change){day, level, weekend};
    }
    ret->changes = n;
}

/* One in eight is younger than the history, one in sixteen does not see its end. */
static void life(const struct town_config *config, size_t i, struct random *r, struct town_business *ret)
{
    int64_t span = config->start_day - config->first_day;
    double young = random_unit(r), dying = random_unit(r);
    int64_t born = config->first_day + (int64_t)random_below(r, (uint64_t)span + 1), dead = config->first_day + (int64_t)random_below(r, (uint64_t)span + 1);
    ret->first_day = i >= ESTABLISHED && young < 0.125 ? born : GNM_ALWAYS;
    ret->last_day = i >= ESTABLISHED && young >= 0.125 && dying < 0.07 ? dead : GNM_NEVER;
}

void town_found(const struct town_config *config, size_t i, struct town_business *ret)
{
    const struct town_kind *kind = town_kind_of(i);
    struct random r;
    *ret = (struct town_business){.kind = kind};
    name(i, ret);
    ret->stream = noise_stream(noise_stream(config->seed, "town"), ret->series);
    ret->drift = noise_stream(ret->stream, "drift");
    ret->count = noise_stream(ret->stream, "count");
    ret->holiday = noise_stream(ret->stream, "holiday");
    ret->promo = noise_stream(ret->stream, "promo");
    ret->leave = noise_stream(ret->stream, "leave");
    noise_random(ret->stream, 0, &r);
    ret->base = kind->base * exp(0.25 * random_normal(&r));
    ret->trend = 0.02 + 0.05 * random_normal(&r);
    ret->warmth = kind->warmth * (0.7 + 0.6 * random_unit(&r));
    ret->rain = kind->rain * (0.7 + 0.6 * random_unit(&r));
    ret->spread = kind->spread * (0.7 + 0.6 * random_unit(&r));
    changes(config, &r, ret);
    life(config, i, &r, ret);
}
