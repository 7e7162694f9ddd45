#include "world/world.h"

#include <errno.h>
#include <string.h>

#include "almanac/civil.h"
#include "world/epever.h"

enum { STEP_MS = 20000 };

void world_config_default(struct world_config *ret)
{
    *ret = (struct world_config){.seed = 1, .latitude_deg = 50.85, .longitude_deg = 4.35, .zone_name = "Europe/Brussels", .country = "BE", .league = "bl1",
                                 .businesses = 10, .years = 2, .news_gap_ms = 5000, .forecast_skill = 1};
    plant_config_default(&ret->plant);
    ret->plant.lag_s = 10;
    ret->plant.soc_ratio = 0.54;
}

static int read_registers(void *ctx, int function, int address, int count, uint16_t *ret)
{
    const struct world *world = ctx;
    int64_t local_s = world->now_ms / 1000 + zone_offset_s(world->zone, world->now_ms / 1000), second = local_s % 86400;
    struct epever_clock clock = {.hour = (int)(second / 3600), .minute = (int)(second / 60 % 60), .second = (int)(second % 60)};
    civil_date(local_s / 86400, &clock.year, &clock.month, &clock.mday);
    return epever_read(&world->plant, &clock, function, address, count, ret);
}

static int64_t years_before(int64_t day, int years)
{
    int year, month, mday;
    civil_date(day, &year, &month, &mday);
    if (month == 2 && mday == 29)
        mday = 28;
    return civil_day(year - years, month, mday);
}

static void step_plant(struct world *world, int64_t at_ms, double step_s)
{
    const struct plant_config *panel = &world->config.plant;
    double outside_c, plane_w = sky_on_plane_w(&world->sky, at_ms, panel->tilt_deg, panel->azimuth_deg, &outside_c);
    plant_step(&world->plant, plane_w, outside_c, step_s);
}

int world_start(struct world *world, const struct world_config *config, const struct zone *zone, struct gnm_why *why)
{
    *world = (struct world){.config = *config, .zone = zone, .now_ms = config->start_s * 1000};
    if (plant_config_check(&config->plant, why) < 0)
        return -EINVAL;
    sky_start(&world->sky, config->seed, config->latitude_deg, config->longitude_deg);
    if (config->measured != NULL)
        sky_measure(&world->sky, config->measured);
    if (config->forecast_skill >= 0)
        world->sky.skill = config->forecast_skill;
    fixtures_start(&world->fixtures, config->seed, zone);
    world->providers = (struct providers){.seed = config->seed, .sky = &world->sky, .zone = zone, .zone_name = config->zone_name, .country = config->country,
                                          .fixtures = &world->fixtures, .league = config->league, .news_gap_ms = config->news_gap_ms, .news_last_ms = -1, .faults = config->provider_faults, .others = config->other_providers};
    int64_t today = zone_day(zone, config->start_s);
    struct town_config town = {.seed = config->seed, .businesses = (size_t)config->businesses, .start_day = today, .country = config->country, .inflation_pct = config->inflation_pct};
    town.first_day = years_before(today, config->years);
    int code = town_new(&town, &world->sky, &world->fixtures, zone, &world->town, why);
    if (code < 0)
        return code;
    world->registers = (struct registers){.read = read_registers, .ctx = world, .unit = 1};
    struct sky_now now;
    sky_at(&world->sky, config->start_s, SKY_TRUTH, &now);
    plant_start(&world->plant, &config->plant, now.temperature_c);
    step_plant(world, world->now_ms, 1);    /* the first reading must not find a plant that was never switched on */
    return 0;
}

void world_end(struct world *world)
{
    if (world == NULL)
        return;
    town_free(world->town);
    world->town = NULL;
    providers_end(&world->providers);
}

static void pass_midnight(struct world *world, int64_t from_ms, int64_t to_ms)
{
    int64_t before = zone_day(world->zone, from_ms / 1000), after = zone_day(world->zone, to_ms / 1000);
    if (before == after)
        return;
    int year[2], month[2], mday[2];
    civil_date(before, &year[0], &month[0], &mday[0]);
    civil_date(after, &year[1], &month[1], &mday[1]);
    plant_new_day(&world->plant, month[0] != month[1], year[0] != year[1]);
}

void world_advance(struct world *world, int64_t now_ms)
{
    while (world->now_ms < now_ms) {
        int64_t to_ms = world->now_ms + STEP_MS < now_ms ? world->now_ms + STEP_MS : now_ms;
        pass_midnight(world, world->now_ms, to_ms);
        step_plant(world, (world->now_ms + to_ms) / 2, (double)(to_ms - world->now_ms) / 1000);
        world->now_ms = to_ms;
    }
}

int world_answer(struct world *world, const char *url, const char *user_agent, const char *if_modified_since, int64_t real_ms, struct reply *ret)
{
    struct ask ask;
    struct gnm_why why;
    if (ask_parse(&ask, url, &why) < 0)
        return reply_say(ret, 400, "text/plain", "Bad request: %s\n", why.text);
    ask.user_agent = user_agent;
    ask.if_modified_since = if_modified_since;
    ask.now_s = world->now_ms / 1000;
    ask.real_ms = real_ms;
    return providers_answer(&world->providers, &ask, ret);
}
