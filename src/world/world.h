/* The whole surroundings on one calendar: sky, plant, town and providers, moved on to whatever time it is asked for. Pure.
 * The servers and files around it are in serve.h. */
#ifndef WORLD_WORLD_H
#define WORLD_WORLD_H

#include "almanac/zone.h"
#include "gnomon/why.h"
#include "world/fixtures.h"
#include "world/plant.h"
#include "world/providers.h"
#include "world/registers.h"
#include "world/sky.h"
#include "world/town.h"

struct world_config {
    uint64_t seed;
    int64_t start_s;                  /* UTC */
    double latitude_deg, longitude_deg;
    const char *zone_name, *country, *league;
    struct plant_config plant;
    int businesses, years;
    int64_t news_gap_ms;
    const struct provider_route *other_providers;    /* providers_others: every shipped feed is served; NULL = the usual ones */
    struct provider_faults *provider_faults;    /* NULL = none */
    const struct sky_measured *measured;    /* a measured year instead of an invented one; NULL = none */
    double inflation_pct;             /* a year, on top of the country's own */
    double forecast_skill;            /* 1: as stated in sky_skill_by_day; 0.5: poor; 0: no better than the climate */
};

struct world {
    struct world_config config;
    const struct zone *zone;
    struct sky sky;
    struct plant plant;
    struct fixtures fixtures;
    struct providers providers;
    struct town *town;
    struct registers registers;       /* the plant as a controller, unit 1 */
    int64_t now_ms;
};

void world_config_default(struct world_config *ret);
/* `zone` and the texts of `config` must outlive the world. The world must not be moved in memory. */
int world_start(struct world *world, const struct world_config *config, const struct zone *zone, struct gnm_why *why);
void world_end(struct world *world);
/* Moves the plant on to calendar time `now_ms`; going back is ignored. */
void world_advance(struct world *world, int64_t now_ms);
/* Answers one GET to a provider. `real_ms` is monotonic time of the machine. */
int world_answer(struct world *world, const char *url, const char *user_agent, const char *if_modified_since, int64_t real_ms, struct reply *ret);

#endif
