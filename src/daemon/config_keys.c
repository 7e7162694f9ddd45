#include "daemon/config_keys.h"

#define IN(member) offsetof(struct config, member), sizeof(((struct config *)0)->member)
#define OF(item, member) offsetof(struct config_##item, member), sizeof(((struct config_##item *)0)->member)
#define LIST(item, array, number, max) offsetof(struct config, array), offsetof(struct config, number), sizeof(struct config_##item), max
#define PART(name, i, mass, life, what) \
    { "budget", name "_kg", CONFIG_REAL, IN(part[i].kg), 0, 10000, NULL, mass, NULL, "kg CO2e", what }, \
    { "budget", name "_years", CONFIG_REAL, IN(part[i].years), 0.5, 60, NULL, life, NULL, "years", "over which that is spread" }

/* A day and a month of one purpose. Limits bind even when the battery is full. */
#define LIMITS(name, purpose, wh, what) \
    { "budget", name "_wh_per_day", CONFIG_REAL, IN(limit[purpose].wh_per_day), 0.001, 100000, NULL, wh, "5", "Wh", what ": refused beyond, until local midnight" }, \
    { "budget", name "_g_per_month", CONFIG_REAL, IN(limit[purpose].g_per_month), 0.001, 1000000, NULL, NULL, "30", "g CO2e", what ": refused beyond, until the month is over" }

const struct config_section config_sections[] = {
    { "site", "Where the box stands.", NULL, 0, 0, 0, 0, CONFIG_TEXT },
    { "paths", "Directories. A relative one counts from the working directory.", NULL, 0, 0, 0, 0, CONFIG_TEXT },
    { "controller", "A charge controller on a Modbus line; without one, training never starts.", "main", LIST(controller, controller, n_controllers, CONFIG_CONTROLLERS), CONFIG_WORD },
    { "battery", "The battery behind the controller.", NULL, 0, 0, 0, 0, CONFIG_TEXT },
    { "energy", "When work may start.", NULL, 0, 0, 0, 0, CONFIG_TEXT },
    { "budget", "What a watt-hour costs the climate, and how much each kind of work may use. Zero is not accepted: no energy is free of it.", NULL, 0, 0, 0, 0, CONFIG_TEXT },
    { "forecast", "How far ahead, how often.", NULL, 0, 0, 0, 0, CONFIG_TEXT },
    { "keep", "How long state.db keeps what it has.", NULL, 0, 0, 0, 0, CONFIG_TEXT },
    { "publish", "When forecast.db is written.", NULL, 0, 0, 0, 0, CONFIG_TEXT },
    { "feed", "One provider, by the name of its definition file. Any other key here is a value for {key} in the definition (var.KEY when it is named like one of ours).",
      "met-norway", LIST(feed, feed, n_feeds, CONFIG_FEEDS), CONFIG_WORD },
    { "place", "Another place than the site: feeds are asked for it too, series refer to it.", "antwerp", LIST(place, place, n_places, CONFIG_PLACES), CONFIG_WORD },
    { "company", "A company of its own gets public/NAME/forecast.db and inbox/NAME; nobody else sees its rows.", "bakery", LIST(company, company, n_companies, CONFIG_COMPANIES), CONFIG_WORD },
    { "series", "What is known about a series besides its numbers. A series without a section works too.", "counter-sales", LIST(series, series, n_series, CONFIG_SERIES), CONFIG_TEXT },
};
const size_t config_sections_n = sizeof config_sections / sizeof config_sections[0];

const struct config_key config_keys[] = {
    { "site", "name", CONFIG_TEXT, IN(site.name), 0, 0, NULL, "gnomon", NULL, "", "what this box is called in forecast.db, reports and logs" },
    { "site", "latitude", CONFIG_REAL, IN(site.latitude), -90, 90, NULL, NULL, "50.85", "degrees north", "together with longitude: weather feeds, sunrise, solar outlook" },
    { "site", "longitude", CONFIG_REAL, IN(site.longitude), -180, 180, NULL, NULL, "4.35", "degrees east", "see latitude" },
    { "site", "zone", CONFIG_ZONE, IN(site.zone), 0, 0, NULL, "UTC", NULL, "", "where a day begins and ends: an IANA name such as Europe/Brussels" },
    { "site", "country", CONFIG_CODE, IN(site.country), 2, 2, NULL, NULL, "BE", "", "public holidays and national feeds" },
    { "site", "region", CONFIG_WORD, IN(site.region), 0, 0, NULL, NULL, "VLG", "", "regional holidays, ISO 3166-2 code without the country" },
    { "site", "contact", CONFIG_TEXT, IN(site.contact), 0, 0, NULL, NULL, "it@example.org", "", "mail or web address told to data providers; some refuse to answer without" },

    { "paths", "state", CONFIG_PATH, IN(paths.state), 0, 0, NULL, "/var/lib/gnomon", NULL, "", "state.db, inbox, done, rejected, public" },
    { "paths", "runtime", CONFIG_PATH, IN(paths.runtime), 0, 0, NULL, "/run/gnomon", NULL, "", "status.json" },
    { "paths", "share", CONFIG_PATH, IN(paths.share), 0, 0, NULL, "/usr/share/gnomon", NULL, "", "definitions of controllers, feeds and models" },
    { "paths", "zoneinfo", CONFIG_PATH, IN(paths.zoneinfo), 0, 0, NULL, "/usr/share/zoneinfo", NULL, "", "time zone tables" },

    { "controller", "map", CONFIG_WORD, OF(controller, map), 0, 0, NULL, NULL, "epever", "", "register map: a file name of controllers/ without .conf" },
    { "controller", "line", CONFIG_LINE, OF(controller, line), 0, 0, NULL, NULL, "rtu:/dev/ttyUSB0:115200:8N1", "", "serial line, or tcp:ADDRESS:PORT with a numeric address" },
    { "controller", "unit", CONFIG_INT, OF(controller, unit), 0, 255, NULL, "1", NULL, "", "Modbus unit (slave) number" },
    { "controller", "poll", CONFIG_SECONDS, OF(controller, poll_s), 5, 3600, NULL, "30s", NULL, "", "time between readings in normal mode; saver modes ask less often" },

    { "battery", "chemistry", CONFIG_CHOICE, IN(energy.chemistry), 0, 0, "lifepo4 agm gel flooded", "lifepo4", NULL, "", "voltage tables, efficiency, reserve" },
    { "battery", "capacity_ah", CONFIG_REAL, IN(energy.capacity_ah), 1, 5000, NULL, "50", NULL, "Ah", "nominal capacity of the whole bank" },
    { "battery", "nominal_v", CONFIG_REAL, IN(energy.nominal_v), 0, 60, NULL, "0", NULL, "V", "of the bank; 0 takes the 12 V of the chemistry" },
    { "battery", "reserve_ratio", CONFIG_REAL, IN(energy.reserve_ratio), 0.05, 0.9, NULL, NULL, "0.25", "of the capacity",
      "below this, nothing but polling; without this key 0.25 for lifepo4, 0.45 for lead" },
    { "battery", "guard_v", CONFIG_REAL, IN(energy.guard_v), 8, 60, NULL, NULL, "11.8", "V", "of the bank, under load: below it mode halt even before a first cut; without this key 11.8 for lifepo4, 11.4 for lead per 12 V" },
    { "battery", "cut_ratio", CONFIG_REAL, IN(energy.cut_ratio), 0, 0.9, NULL, NULL, "0.1", "of the capacity", "where the controller cuts the load; without this key 0.1 for lifepo4, 0.3 for lead" },
    { "battery", "reconnect_ratio", CONFIG_REAL, IN(energy.reconnect_ratio), 0, 1, NULL, NULL, "0.25", "of the capacity", "and where it gives it back: the estimate after a cut; without this key 0.25 for lifepo4, 0.45 for lead" },
    { "battery", "base_w", CONFIG_REAL, IN(energy.base_w), 0, 500, NULL, "8", NULL, "W", "the box's own draw where the controller's load output does not carry it" },

    { "energy", "policy", CONFIG_RULE, IN(energy_rule), 0, 0, NULL, "refill", NULL, "",
      "when training may run: refill = when the sun will throw away its energy anyway; the others are for comparison" },
    { "energy", "lookahead", CONFIG_REAL, IN(energy.lookahead_h), 12, 90, NULL, "72", NULL, "hours", "how far the refill rule looks for spare sun" },
    { "energy", "quantile", CONFIG_REAL, IN(energy.quantile), 0.02, 0.5, NULL, "0.1", NULL, "", "of the sun it counts on: 0.1 is a dull forecast, 0.5 the middle one; halved where the forecast is old or missing" },
    { "energy", "margin", CONFIG_REAL, IN(energy.margin), 0.1, 20, NULL, "2", NULL, "times its energy", "spare sun a training needs" },
    { "energy", "search_margin", CONFIG_REAL, IN(energy.search_margin), 0.1, 50, NULL, "6", NULL, "times its energy", "spare sun a search for better settings needs" },
    { "energy", "start_margin_ratio", CONFIG_REAL, IN(energy.start_margin_ratio), 0, 0.5, NULL, "0.1", NULL, "of the capacity", "charge above the reserve to start" },
    { "energy", "stop_margin_ratio", CONFIG_REAL, IN(energy.stop_margin_ratio), 0, 0.5, NULL, "0.03", NULL, "of the capacity", "never expected to come nearer to the reserve than this" },
    { "energy", "lead_margin", CONFIG_REAL, IN(energy.lead_margin), 1, 50, NULL, "5", NULL, "times that", "spare sun on a lead battery" },
    { "energy", "early", CONFIG_REAL, IN(energy.early_h), 0, 90, NULL, NULL, "3", "hours", "how long before there is sun to spare work may begin; without this key 3 for lifepo4, 0 for lead" },
    { "energy", "small_job_ratio", CONFIG_REAL, IN(energy.small_job_ratio), 0, 1, NULL, "0.001", NULL, "of the capacity", "work up to this begins as soon as the refill rule allows it" },
    { "energy", "eager", CONFIG_AGE, IN(energy.eager_s), 86400, 31536000, NULL, "28d", NULL, "", "a model older than this is trained on the middle forecast" },
    { "energy", "overdue", CONFIG_AGE, IN(energy.overdue_s), 86400, 315360000, NULL, "90d", NULL, "", "and older than this also at overdue_ratio" },
    { "energy", "overdue_ratio", CONFIG_REAL, IN(energy.overdue_ratio), 0.5, 1, NULL, "0.9", NULL, "of the capacity", "charge that is enough for an overdue training" },
    { "energy", "saver1_ratio", CONFIG_REAL, IN(energy.saver1_ratio), 0.1, 0.95, NULL, "0.7", NULL, "of the capacity", "where on a dull forecast the charge falls below this within saver1_ahead and before it is full again: mode saver1; no training once it is below" },
    { "energy", "saver1_ahead", CONFIG_REAL, IN(energy.saver1_ahead_h), 0, 90, NULL, "72", NULL, "hours", "how far the saver modes look; 0: only at the charge as it is" },
    { "energy", "saver1_refill", CONFIG_REAL, IN(energy.saver1_refill_h), 0, 90, NULL, "24", NULL, "hours", "a battery that will be full again within this does not begin to save" },
    { "energy", "saver1_poll", CONFIG_AGE, IN(energy.saver1_poll_s), 5, 300, NULL, "60s", NULL, "", "time between readings in mode saver1, where poll is not longer" },
    { "energy", "saver1_fetch", CONFIG_AGE, IN(energy.saver1_fetch_s), 600, 604800, NULL, "6h", NULL, "", "time between answers of a feed in mode saver1, at least" },
    { "energy", "saver2_poll", CONFIG_AGE, IN(energy.saver2_poll_s), 5, 300, NULL, "5m", NULL, "", "time between readings in modes saver2 and halt, where poll is not longer" },
    { "energy", "saver2_work", CONFIG_AGE, IN(energy.saver2_work_s), 3600, 604800, NULL, "24h", NULL, "", "time between answers of a feed, and between forecasts, in mode saver2, at least" },
    { "energy", "step_ratio", CONFIG_REAL, IN(energy.step_ratio), 0.01, 0.5, NULL, "0.1", NULL, "of the capacity", "a saver mode is left this much above where it is entered" },
    { "energy", "mode_min", CONFIG_AGE, IN(energy.mode_min_s), 0, 86400, NULL, "15m", NULL, "", "a mode lasts at least this long unless it gets worse" },
    { "energy", "halt_margin_v", CONFIG_REAL, IN(energy.halt_margin_v), 0, 2, NULL, "0", NULL, "V", "falling and this near above the voltage at which the controller cut the load before (learned from cuts): mode halt, all work stops, state.db is written out" },
    { "energy", "halt_after", CONFIG_AGE, IN(energy.halt_after_s), 1, 3600, NULL, "60s", NULL, "", "so long below that voltage, or below guard_v, is no sag" },
    { "energy", "halt_leave_v", CONFIG_REAL, IN(energy.halt_leave_v), 0, 2, NULL, "0.1", NULL, "V per 12 V", "above that voltage halt is left; in the sun at once" },
    { "energy", "guard_leave_v", CONFIG_REAL, IN(energy.guard_leave_v), 0, 3, NULL, "0.6", NULL, "V per 12 V", "and above guard_v" },
    { "energy", "cut_margin_ratio", CONFIG_REAL, IN(energy.cut_margin_ratio), 0, 0.3, NULL, "0.05", NULL, "of the capacity", "this near above the charge at which controllers of this chemistry cut the load, and falling: state.db is written out once, work goes on" },
    { "energy", "search_from", CONFIG_REAL, IN(energy.search_from_h), 0, 24, NULL, "9", NULL, "h", "searches begin from this local solar time on; in float at any" },
    { "energy", "search_to", CONFIG_REAL, IN(energy.search_to_h), 0, 24, NULL, "15", NULL, "h", "and pause from this on" },
    { "energy", "undersized_ratio", CONFIG_REAL, IN(energy.undersized_ratio), 0.1, 10, NULL, "1.2", NULL, "times what is used", "warn of too small a panel when it could give less on half of the last 30 days" },
    { "energy", "drop_ratio", CONFIG_REAL, IN(energy.drop_ratio), 0.05, 0.95, NULL, "0.6", NULL, "of the usual", "warn of snow, dirt or shade when the panel gave less in the same light on the last 5 days" },
    { "energy", "never_full", CONFIG_AGE, IN(energy.never_full_s), 86400, 31536000, NULL, "14d", NULL, "", "warn of a lead battery that was not full for so long, and start no searches until it is" },
    { "energy", "decide", CONFIG_AGE, IN(energy.decide_s), 60, 86400, NULL, "10m", NULL, "", "a waiting training is judged this often" },
    { "energy", "watch", CONFIG_AGE, IN(energy.watch_s), 10, 3600, NULL, "60s", NULL, "", "a running one this often" },
    { "energy", "profile_days", CONFIG_REAL, IN(energy.profile_d), 2, 365, NULL, "20", NULL, "days", "memory of what the panel gives in each hour" },
    { "energy", "forecast_fresh", CONFIG_AGE, IN(energy.fresh_s), 3600, 604800, NULL, "6h", NULL, "", "a weather forecast older than this counts with more caution" },
    { "energy", "forecast_max_age", CONFIG_AGE, IN(energy.forecast_max_s), 3600, 604800, NULL, "36h", NULL, "", "and older than this not at all: then only the season counts" },
    { "energy", "battery_max_c", CONFIG_REAL, IN(energy.battery_max_c), 20, 80, NULL, "50", NULL, "degrees C", "no training with a hotter battery" },
    { "energy", "cpu_max_c", CONFIG_REAL, IN(energy.cpu_max_c), 40, 120, NULL, "85", NULL, "degrees C", "no training with a hotter processor" },
    { "energy", "watts_per_core", CONFIG_REAL, IN(energy.watts_per_core), 0.1, 200, NULL, "7", NULL, "W", "draw of one busy core, where no meter tells" },
    { "energy", "calibrate", CONFIG_BOOL, IN(calibrate), 0, 0, NULL, "yes", NULL, "",
      "once a month, with a full battery, ten minutes of load that teach what a busy core draws (about 1 Wh)" },
    { "energy", "stale", CONFIG_AGE, IN(energy.stale_s), 30, 86400, NULL, "5m", NULL, "", "a reading older than this starts no training and stops a running one" },
    { "energy", "lost", CONFIG_AGE, IN(energy.lost_s), 60, 604800, NULL, "1h", NULL, "", "after this the controller counts as lost" },

    { "budget", "carbon_intensity_g_per_kwh", CONFIG_REAL, IN(carbon.solar_g_per_kwh), 1, 2000, NULL, "48", NULL, "g CO2e per kWh", "of the battery's electricity; 48 is the life cycle of solar panels" },
    { "budget", "grid_g_per_kwh", CONFIG_REAL, IN(carbon.grid_g_per_kwh), 1, 2000, NULL, "300", NULL, "g CO2e per kWh", "of the grid, life cycle, where a charger helps out" },
    { "budget", "grid_ratio", CONFIG_REAL, IN(carbon.grid_ratio), 0, 1, NULL, "0", NULL, "of the electricity", "how much of it comes from the grid" },
    PART("computer", 0, "100", "8", "made when the computer was"),
    PART("panel", 1, "0", "25", "the panel; 0 because carbon_intensity_g_per_kwh has its making in it"),
    PART("battery", 2, "60", "10", "the battery; a second life may count what is left of it"),
    PART("controller", 3, "10", "10", "charge controller and cables"),
    LIMITS("train", GNM_TRAIN, "20", "training"), LIMITS("search", GNM_SEARCH, "30", "searches for better settings and calibration"), LIMITS("refresh", GNM_REFRESH, NULL, "new forecasts"),
    LIMITS("fetch", GNM_FETCH, NULL, "feeds"), LIMITS("publish", GNM_PUBLISH, NULL, "writing forecast.db"),

    { "forecast", "horizon_days", CONFIG_INT, IN(forecast.horizon_days), 1, 120, NULL, "14", NULL, "days", "how far daily series are forecast" },
    { "forecast", "horizon_weeks", CONFIG_INT, IN(forecast.horizon_weeks), 1, 60, NULL, "8", NULL, "weeks", "how far weekly series are forecast" },
    { "forecast", "refresh", CONFIG_SECONDS, IN(forecast.refresh_s), 600, 604800, NULL, "24h", NULL, "", "new forecasts at least this often; new activity, the end of a period and feeds that a model reads bring them sooner" },
    { "forecast", "train", CONFIG_SECONDS, IN(forecast.train_s), 3600, 31536000, NULL, "24h", NULL, "", "a full training at most this often, and only on energy to spare" },
    { "forecast", "search", CONFIG_SECONDS, IN(forecast.search_s), 86400, 31536000, NULL, "27d", NULL, "", "a search for better settings at most this often, where the sun throws away search_margin times its energy; just before a model is too old for refits" },
    { "forecast", "search_effort", CONFIG_INT, IN(forecast.search_effort_s), 0, 36000, NULL, "300", NULL, "CPU seconds", "a search may take, all in all; 0: none" },

    { "keep", "minutes", CONFIG_INT, IN(keep.minute_d), 1, 3660, NULL, "92", NULL, "days", "readings of the controller, one row a minute" },
    { "keep", "signals", CONFIG_INT, IN(keep.signal_d), 30, 36600, NULL, "3660", NULL, "days", "values from feeds; models learn from them" },
    { "keep", "forecasts", CONFIG_INT, IN(keep.forecast_d), 7, 36600, NULL, "732", NULL, "days", "forecasts made, for accuracy and for v1_change" },
    { "keep", "ledger", CONFIG_INT, IN(keep.ledger_d), 7, 36600, NULL, "1098", NULL, "days", "what each piece of work cost, and each decision" },

    { "publish", "every", CONFIG_SECONDS, IN(publish.every_s), 600, 86400, NULL, "9h", NULL, "", "a new forecast.db at least this often; new forecasts bring it at once" },

    { "feed", "use", CONFIG_BOOL, OF(feed, use), 0, 0, NULL, NULL, "yes", "", "switch the feed on or off; without this key as its definition says" },
    { "feed", "base", CONFIG_URL, OF(feed, base), 0, 0, NULL, NULL, "https://mirror.example.org", "", "replaces scheme and host of the definition: a mirror, a CRM of your own" },
    { "feed", "local", CONFIG_BOOL, OF(feed, local), 0, 0, NULL, "no", NULL, "", "allows loopback and private addresses and plain http" },

    { "feed", "definition", CONFIG_WORD, OF(feed, definition), 0, 0, NULL, NULL, "openholidays-school", "",
      "use the definition of this name under a name of your own; so several sections share one" },
    { "feed", "places", CONFIG_TEXT, OF(feed, places), 0, 0, NULL, NULL, "site antwerp", "",
      "[place NAME]s whose series it concerns, site for the site; without this key all" },
    { "feed", "tags", CONFIG_TEXT, OF(feed, tags), 0, 0, NULL, NULL, "outdoor", "", "concerns only series with one of these tags" },
    { "feed", "venue", CONFIG_TEXT, OF(feed, venue), 0, 0, NULL, NULL, "RSC Anderlecht", "",
      "events at these venues (or home teams), comma between, drive the series; others are only shown" },
    { "feed", "company", CONFIG_WORD, OF(feed, company), 0, 0, NULL, NULL, "bakery", "",
      "a [company NAME] whose own feed it is: concerns its series only, and nobody else's file tells of it" },

    { "place", "latitude", CONFIG_REAL, OF(place, latitude), -90, 90, NULL, NULL, "51.22", "degrees north", "needed" },
    { "place", "longitude", CONFIG_REAL, OF(place, longitude), -180, 180, NULL, NULL, "4.40", "degrees east", "needed" },
    { "place", "country", CONFIG_CODE, OF(place, country), 2, 2, NULL, NULL, "BE", "", "holidays there; without this key the site's" },
    { "place", "region", CONFIG_WORD, OF(place, region), 0, 0, NULL, NULL, "VLG", "", "regional holidays there" },

    { "company", "group", CONFIG_WORD, OF(company, group), 0, 0, NULL, NULL, "gnomon-bakery", "", "system group that may read the company's files; made at installation" },

    { "series", "title", CONFIG_TEXT, OF(series, title), 0, 0, NULL, NULL, "Sales at the counter", "", "what people call it" },
    { "series", "unit", CONFIG_TEXT, OF(series, unit), 0, 0, NULL, NULL, "money", "", "what one of it is: money, visits, tickets" },
    { "series", "currency", CONFIG_CODE, OF(series, currency), 3, 3, NULL, NULL, "EUR", "", "makes the series money, which follows prices" },
    { "series", "company", CONFIG_WORD, OF(series, company), 0, 0, NULL, NULL, "bakery", "", "a [company NAME]: who may see it" },
    { "series", "parent", CONFIG_TEXT, OF(series, parent), 0, 0, NULL, NULL, "all-sales", "", "the series this one is part of" },
    { "series", "place", CONFIG_WORD, OF(series, place), 0, 0, NULL, NULL, "antwerp", "", "a [place NAME]; without this key the site" },
    { "series", "tags", CONFIG_TEXT, OF(series, tags), 0, 0, NULL, NULL, "food outdoor", "", "words that events and feeds are matched with" },
    { "series", "step", CONFIG_CHOICE, OF(series, step), 0, 0, "hour day week month", NULL, "day", "", "without this key found from the dates" },
    { "series", "closed", CONFIG_CLOSED, OF(series, closed), 0, 0, NULL, NULL, "sun holidays", "", "closed by rule: zeros of such days are no values, forecasts are 0; daily series" },
    { "series", "non_negative", CONFIG_BOOL, OF(series, non_negative), 0, 0, NULL, "yes", NULL, "", "forecasts are not below zero" },
};
const size_t config_keys_n = sizeof config_keys / sizeof config_keys[0];
