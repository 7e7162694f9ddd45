/* The town as files, for `gnomon backtest` and the benches. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "world/serve.h"
#include "world/town_text.h"

enum { AHEAD_DAYS = 90, MODE = 0644 };

static int put(const char *dir, const char *name, struct text *text, int bad, struct gnm_why *why)
{
    int code = bad != 0 ? gnm_fail(why, -ENOMEM, "out of memory for %s", name) : file_publish(dir, name, text->data, text->len, MODE, why);
    text_free(text);
    return code;
}

static int activity(struct town *town, const char *dir, struct gnm_why *why)
{
    const struct town_config *about = town_about(town);
    struct text daily = {0}, weekly = {0};
    int bad = town_activity_text(town, 0, about->first_day, about->start_day - 1, &daily);
    int code = put(dir, "activity.csv", &daily, bad, why);
    if (code < 0)
        return code;
    bad = town_activity_text(town, 1, about->first_day, about->start_day - 1, &weekly);
    return put(dir, "activity_weekly.csv", &weekly, bad, why);
}

static int surroundings(struct town *town, const char *dir, struct gnm_why *why)
{
    static const struct { const char *name; int (*build)(struct town *, struct text *); } part[] = {
        {"static.csv", town_static_text}, {"splits.csv", town_splits_text}, {"floor.csv", town_floor_text},
        {"splits_weekly.csv", town_splits_weekly_text}, {"floor_weekly.csv", town_floor_weekly_text},
    };
    struct text drivers = {0};
    int bad = town_drivers_text(town, AHEAD_DAYS, &drivers);
    int code = put(dir, "drivers.csv", &drivers, bad, why);
    for (size_t i = 0; i < sizeof part / sizeof part[0] && code == 0; i++) {
        struct text text = {0};
        bad = part[i].build(town, &text);
        code = put(dir, part[i].name, &text, bad, why);
    }
    return code;
}

static int one_town(const struct world_config *config, const struct zone *zone, const char *dir, struct gnm_why *why)
{
    struct world *world = malloc(sizeof *world);
    if (world == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    int code = world_start(world, config, zone, why);
    if (code == 0 && town_about(world->town)->start_day - town_about(world->town)->first_day < 2 * TOWN_SPLITS * TOWN_HORIZON)
        code = gnm_fail(why, -EINVAL, "an export needs at least one year of history");
    if (code == 0)
        code = file_mkdir(dir, 0755, why);
    if (code == 0)
        code = activity(world->town, dir, why);
    if (code == 0)
        code = surroundings(world->town, dir, why);
    world_end(world);
    free(world);
    return code;
}

/* Further towns lie a day's ride apart, each under its own sky and with a seed of its own. */
static void move(struct world_config *config, int town)
{
    static const double north[] = {0, 1.1, -0.9, 2.0, -1.8, 0.4, -2.6}, east[] = {0, 1.3, 2.1, -1.2, 0.6, -2.2, 3.1};
    int ring = town / 7;
    config->seed += (uint64_t)town * 1000003;
    config->latitude_deg += north[town % 7] + 0.35 * ring;
    config->longitude_deg += east[town % 7] + 0.55 * ring;
}

int serve_export(const struct serve_options *options, const struct zone *zone, struct gnm_why *why)
{
    if (options->towns <= 1)
        return one_town(&options->world, zone, options->export_dir, why);
    int code = file_mkdir(options->export_dir, 0755, why);
    for (int town = 0; town < options->towns && code == 0; town++) {
        struct world_config config = options->world;
        char dir[4096];
        move(&config, town);
        if ((size_t)snprintf(dir, sizeof dir, "%s/town-%d", options->export_dir, town + 1) >= sizeof dir)
            return gnm_fail(why, -ENAMETOOLONG, "%s is too long a name", options->export_dir);
        code = one_town(&config, zone, dir, why);
    }
    return code;
}
