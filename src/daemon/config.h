/* gnomon.conf: one table of keys serves the parser, `gnomon check`, the commented file in config/ and the manual page. */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include "base/text.h"
#include "energy/budget.h"
#include "feeds/feed.h"
#include "gnomon/types.h"
#include "gnomon/why.h"

enum { CONFIG_CONTROLLERS = 2, CONFIG_FEEDS = 32, CONFIG_PLACES = 16, CONFIG_COMPANIES = 32, CONFIG_SERIES = 512, CONFIG_VARS = 8, CONFIG_PARTS = 4 };

struct config_controller { char name[GNM_ID], map[GNM_ID], line[192]; int64_t unit, poll_s; };
struct config_feed { char name[GNM_ID], base[192], definition[GNM_ID], places[128], tags[128], venue[192], company[GNM_ID]; int use, local; struct feed_var var[CONFIG_VARS]; size_t n_vars; };   /* use -1: as shipped */
struct config_place { char name[GNM_ID], country[8], region[16]; double latitude, longitude; };
struct config_company { char name[GNM_ID], group[32]; };
struct config_series { char name[GNM_ID], title[128], unit[32], currency[8], company[GNM_ID], parent[GNM_ID], place[GNM_ID], tags[128], closed[64]; int step, non_negative; };   /* step -1: found from the dates */

struct config {
    /* latitude and longitude: both NaN, or neither */
    struct { char name[GNM_ID], zone[64], country[8], region[16], contact[128]; double latitude, longitude; } site;
    struct { char state[192], runtime[192], share[192], zoneinfo[192]; } paths;
    char energy_rule[24];                 /* as written; energy.rule after config_load */
    struct energy_policy energy;          /* [battery] and [energy]; reserve_ratio is never NaN after config_load */
    int calibrate;
    struct { double solar_g_per_kwh, grid_g_per_kwh, grid_ratio, intensity_g_per_kwh, embodied_g_per_day; } carbon;   /* the last two follow from the others */
    struct config_part { double kg, years; } part[CONFIG_PARTS];              /* computer, panel, battery, controller */
    struct energy_limit limit[GNM_PURPOSES];
    struct { int64_t horizon_days, horizon_weeks, refresh_s, train_s, search_s, search_effort_s; } forecast;
    struct { int64_t minute_d, signal_d, forecast_d, ledger_d; } keep;
    struct { int64_t every_s; } publish;
    struct config_controller controller[CONFIG_CONTROLLERS];
    struct config_feed feed[CONFIG_FEEDS];
    struct config_place place[CONFIG_PLACES];
    struct config_company company[CONFIG_COMPANIES];
    struct config_series series[CONFIG_SERIES];
    size_t n_controllers, n_feeds, n_places, n_companies, n_series;
};

/* Reads `path` and its drop-ins PATH.d/NAME.conf in name order; all or nothing. `*ret` is freed with config_free. The reason names file, line, key, the
 * value found, what is allowed and, for an unknown name, the nearest known one. */
int config_load(const char *path, struct config **ret, struct gnm_why *why);
void config_free(struct config *config);

/* The shipped gnomon.conf: every key, commented, with its default or an example. */
int config_describe(struct text *out);

#endif
