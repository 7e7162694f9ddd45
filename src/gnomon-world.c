/* gnomon-world: simulated surroundings for gnomon. Options, zone file and signals; everything else is in world/. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "almanac/civil.h"
#include "base/file.h"
#include "base/text.h"
#include "world/serve.h"

const char *argp_program_version = "gnomon-world " GNM_VERSION;

enum key {
    SEED = 256, START, SPEED, LATITUDE, LONGITUDE, ZONE, COUNTRY, LEAGUE, MODBUS_PORT, HTTP_PORT, PTY, PANEL_W, BATTERY_AH, SOC, LOAD_W, BOX_W, TILT, AZIMUTH,
    BUSINESSES, YEARS, INBOX, READY_FILE, EXPORT, DURATION, NEWS_GAP,
    CHEMISTRY, IRRADIANCE, SKILL, TOWNS, INFLATION, PROVIDER_FAULTS,
};

static const struct argp_option option[] = {
    {"seed", SEED, "S", 0, "which world (default 1)", 1},
    {"start", START, "TIME", 0, "local time at the start, \"2026-05-14T03:30\"", 1},
    {"speed", SPEED, "N", 0, "calendar seconds per second (1)", 1},
    {"duration", DURATION, "S", 0, "end after so many real seconds", 1},
    {"latitude", LATITUDE, "DEG", 0, "of town, sky and panel (50.85)", 1},
    {"longitude", LONGITUDE, "DEG", 0, "east is positive (4.35)", 1},
    {"zone", ZONE, "NAME", 0, "time zone (Europe/Brussels)", 1},
    {"country", COUNTRY, "CC", 0, "whose holidays the town keeps (BE)", 1},
    {"panel-w", PANEL_W, "W", 0, "rated power of the panel (300)", 2},
    {"tilt", TILT, "DEG", 0, "of the panel (35)", 2},
    {"azimuth", AZIMUTH, "DEG", 0, "of the panel, from north (180)", 2},
    {"battery-ah", BATTERY_AH, "AH", 0, "capacity of the battery (80)", 2},
    {"chemistry", CHEMISTRY, "NAME", 0, "lifepo4, agm, gel or flooded (lifepo4)", 2},
    {"irradiance", IRRADIANCE, "FILE", 0, "a measured year, hour by hour, instead of an invented one", 1},
    {"forecast-skill", SKILL, "RATIO", 0, "of the weather services: 1 good, 0.5 poor, 0 none (1)", 1},
    {"soc", SOC, "RATIO", 0, "state of charge at the start (0.54)", 2},
    {"load-w", LOAD_W, "W", 0, "what is always on (8)", 2},
    {"box-w", BOX_W, "W", 0, "more load (0)", 2},
    {"businesses", BUSINESSES, "N", 0, "in the town (10)", 3},
    {"years", YEARS, "N", 0, "of history before the start (2)", 3},
    {"towns", TOWNS, "N", 0, "export N towns under as many skies (1)", 3},
    {"inflation", INFLATION, "PCT", 0, "a year, on top of the country's own (0)", 3},
    {"league", LEAGUE, "NAME", 0, "short name of the football league (bl1)", 3},
    {"provider-faults", PROVIDER_FAULTS, "FILE", 0, "outages, limits, slow answers and broken formats, by day", 3},
    {"news-gap", NEWS_GAP, "S", 0, "news index refuses before so many real seconds (5)", 3},
    {"modbus-port", MODBUS_PORT, "P", 0, "Modbus TCP on 127.0.0.1 (0 = any free)", 4},
    {"http-port", HTTP_PORT, "P", 0, "providers on 127.0.0.1 (0 = any free)", 4},
    {"pty", PTY, "LINK", 0, "also serve Modbus RTU, linked from here", 4},
    {"inbox", INBOX, "DIR", 0, "drop activity here, each evening", 4},
    {"ready-file", READY_FILE, "FILE", 0, "write the ports here once serving", 4},
    {"export", EXPORT, "DIR", 0, "write the town as CSV files and end", 4},
    {"verbose", 'v', NULL, 0, "a line for each request", 5},
    {0},
};

struct setup { struct serve_options run; const char *start, *irradiance, *faults_file; struct provider_faults faults; struct sky_measured *measured; };

static void take_number(struct argp_state *state, const char *what, const char *arg, double low, double high, double *ret)
{
    double x;
    if (text_double(arg, &x) < 0 || x < low || x > high)
        argp_error(state, "%s must be a number from %g to %g, not \"%s\"", what, low, high, arg);
    *ret = x;
}

static int whole(struct argp_state *state, const char *what, const char *arg, int low, int high)
{
    int64_t x = low;
    if (text_int(arg, low, high, &x) < 0)
        argp_error(state, "%s must be a whole number from %d to %d, not \"%s\"", what, low, high, arg);
    return (int)x;
}

static void take_seed(struct argp_state *state, const char *arg, uint64_t *ret)
{
    int64_t x = 0;
    if (text_int(arg, 0, INT64_MAX, &x) < 0)
        argp_error(state, "seed must be a whole number from 0, not \"%s\"", arg);
    *ret = (uint64_t)x;
}

static int plant_key(int key, char *arg, struct argp_state *state, struct plant_config *plant)
{
    switch (key) {
    case PANEL_W:
        take_number(state, "panel-w", arg, 1, 3000, &plant->panel_w);
        return 0;
    case TILT:
        take_number(state, "tilt", arg, 0, 90, &plant->tilt_deg);
        return 0;
    case AZIMUTH:
        take_number(state, "azimuth", arg, 0, 360, &plant->azimuth_deg);
        return 0;
    case BATTERY_AH:
        take_number(state, "battery-ah", arg, 1, 5000, &plant->battery_ah);
        return 0;
    case SOC:
        take_number(state, "soc", arg, 0, 1, &plant->soc_ratio);
        return 0;
    case LOAD_W:
        take_number(state, "load-w", arg, 0, 1000, &plant->base_w);
        return 0;
    case BOX_W:
        take_number(state, "box-w", arg, 0, 1000, &plant->box_w);
        return 0;
    case CHEMISTRY:
        if (plant_chemistry_of(arg) < 0)
            argp_error(state, "chemistry must be lifepo4, agm, gel or flooded, not \"%s\"", arg);
        plant->chemistry = (enum plant_chemistry)plant_chemistry_of(arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int world_key(int key, char *arg, struct argp_state *state, struct world_config *world)
{
    double news_gap_s;
    switch (key) {
    case SEED:
        take_seed(state, arg, &world->seed);
        return 0;
    case LATITUDE:
        take_number(state, "latitude", arg, -66, 66, &world->latitude_deg);
        return 0;
    case LONGITUDE:
        take_number(state, "longitude", arg, -180, 180, &world->longitude_deg);
        return 0;
    case ZONE:
        world->zone_name = arg;
        return 0;
    case COUNTRY:
        world->country = arg;
        return 0;
    case LEAGUE:
        world->league = arg;
        return 0;
    case BUSINESSES:
        world->businesses = whole(state, "businesses", arg, 1, TOWN_MAX);
        return 0;
    case YEARS:
        world->years = whole(state, "years", arg, 1, 20);
        return 0;
    case SKILL:
        take_number(state, "forecast-skill", arg, 0, 1, &world->forecast_skill);
        return 0;
    case INFLATION:
        take_number(state, "inflation", arg, -20, 500, &world->inflation_pct);
        return 0;
    case NEWS_GAP:
        take_number(state, "news-gap", arg, 0, 3600, &news_gap_s);
        world->news_gap_ms = (int64_t)(news_gap_s * 1000);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run_key(int key, char *arg, struct argp_state *state, struct serve_options *run)
{
    switch (key) {
    case SPEED:
        take_number(state, "speed", arg, 0.001, 100000, &run->speed);
        return 0;
    case DURATION:
        take_number(state, "duration", arg, 0.001, 1e9, &run->duration_s);
        return 0;
    case MODBUS_PORT:
        run->modbus_port = whole(state, "modbus-port", arg, 0, 65535);
        return 0;
    case HTTP_PORT:
        run->http_port = whole(state, "http-port", arg, 0, 65535);
        return 0;
    case PTY:
        run->pty = arg;
        return 0;
    case INBOX:
        run->inbox = arg;
        return 0;
    case READY_FILE:
        run->ready_file = arg;
        return 0;
    case EXPORT:
        run->export_dir = arg;
        return 0;
    case TOWNS:
        run->towns = whole(state, "towns", arg, 1, 50);
        return 0;
    case 'v':
        run->verbose = 1;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct setup *setup = state->input;
    if (key == START) {
        setup->start = arg;
        return 0;
    }
    if (key == IRRADIANCE || key == PROVIDER_FAULTS) {
        *(key == IRRADIANCE ? &setup->irradiance : &setup->faults_file) = arg;
        return 0;
    }
    if (key == ARGP_KEY_ARG)
        argp_error(state, "\"%s\" is not an option", arg);
    if (plant_key(key, arg, state, &setup->run.world.plant) == 0 || world_key(key, arg, state, &setup->run.world) == 0)
        return 0;
    return run_key(key, arg, state, &setup->run);
}

/* A zone's name is a path below the zone directory; anything else on the disk is not its business. */
static int load_zone(const char *name, struct zone **ret, struct gnm_why *why)
{
    char path[256];
    char *data;
    size_t len;
    if (name[0] == '/' || strstr(name, "..") != NULL || (size_t)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name) >= sizeof path)
        return gnm_fail(why, -EINVAL, "%s is not the name of a time zone", name);
    int code = file_read(path, 1 << 20, &data, &len, why);
    if (code < 0)
        return code;
    *ret = zone_new(data, len, why);
    free(data);
    return *ret == NULL ? gnm_fail_in(why, "%s: ", path) : 0;
}

static int parse_start(const char *text, const struct zone *zone, int64_t *ret, struct gnm_why *why)
{
    int64_t local_s;
    int has_time;
    if (civil_parse_format(text, "%Y-%m-%dT%H:%M", &local_s, &has_time) < 0 && civil_parse_format(text, "%Y-%m-%dT%H:%M:%S", &local_s, &has_time) < 0)
        return gnm_fail(why, -EINVAL, "--start must look like 2026-05-14T03:30, not \"%s\"", text);
    *ret = zone_to_utc_s(zone, local_s);
    return 0;
}

static int catch_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* The measured year and the schedule of faults, which is about days from the start. */
static int load_files(struct setup *setup, struct gnm_why *why)
{
    struct world_config *world = &setup->run.world;
    const char *name[] = {setup->irradiance, setup->faults_file};
    int code = 0;
    for (int i = 0; i < 2 && code == 0; i++) {
        char *data;
        size_t len;
        if (name[i] == NULL)
            continue;
        code = file_read(name[i], 4 << 20, &data, &len, why);
        if (code < 0)
            return code;
        code = i == 0 ? sky_measured_parse(data, len, world->latitude_deg, world->longitude_deg, &setup->measured, why)
                      : provider_faults_read(data, len, world->start_s - world->start_s % 86400, &setup->faults, why);
        free(data);
        code = code < 0 ? gnm_fail_in(why, "%s: ", name[i]) : 0;
    }
    world->measured = setup->measured;
    world->provider_faults = &setup->faults;
    return code;
}

static int run(struct setup *setup, struct gnm_why *why)
{
    struct zone *zone = NULL;
    int code = load_zone(setup->run.world.zone_name, &zone, why);
    if (code == 0)
        code = parse_start(setup->start, zone, &setup->run.world.start_s, why);
    if (code == 0)
        code = load_files(setup, why);
    if (code == 0)
        code = setup->run.export_dir != NULL ? serve_export(&setup->run, zone, why) : serve_world(&setup->run, zone, why);
    zone_free(zone);
    free(setup->measured);
    return code;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {option, parse, NULL, "Simulated surroundings for gnomon: sky, solar plant, town and information providers.", NULL, NULL, NULL};
    struct setup setup = {.run = {.speed = 1}, .start = "2026-05-14T03:30"};
    struct gnm_why why;
    world_config_default(&setup.run.world);
    setenv("ARGP_HELP_FMT", "usage-indent=8,rmargin=100", 0);
    argp_err_exit_status = EX_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &setup);
    setup.run.signal_fd = catch_signals();
    if (setup.run.signal_fd < 0) {
        perror("gnomon-world: signals");
        return EX_OSERR;
    }
    int code = run(&setup, &why);
    close(setup.run.signal_fd);
    if (code == 0)
        return EX_OK;
    fprintf(stderr, "gnomon-world: %s\n", why.text);
    return code == -EINVAL || code == -ENOENT ? EX_USAGE : EX_UNAVAILABLE;
}
