/* The world's information providers: weather services, sports lists, news indices, statistics offices and calendars, each in the format of
 * the real one and at its path, so that a feed definition works with nothing but another base address. Pure.
 *
 * Answers depend on the world's calendar in `ask.now_s`: nobody is told what has not happened or been published yet. */
#ifndef WORLD_PROVIDERS_H
#define WORLD_PROVIDERS_H

#include "almanac/zone.h"
#include "world/ask.h"
#include "world/fixtures.h"
#include "world/provider_faults.h"
#include "world/sky.h"

/* The last weather forecast that was written, and the sky over its place, which the next vintage asks about nearly the same hours. */
struct provider_kept { const struct sky *sky; int64_t vintage_s; double latitude_deg, longitude_deg; struct text body; struct sky there; };

struct providers;
/* Who answers below a path that ends in a slash, or at this path alone. A list ends with a NULL path. */
struct provider_route { const char *path; enum provider provider; int (*answer)(struct providers *providers, const struct ask *ask, struct reply *ret); };
/* MET Norway, Open-Meteo, OpenLigaDB, GDELT and Eurostat always answer; the others where this list is given. */
extern const struct provider_route providers_others[];

/* A season's document, which stays the same until a match is fixed or over. */
struct provider_season { const struct fixtures *fixtures; int season, round; int64_t from_s, until_s; struct text body; };

struct providers {
    uint64_t seed;
    struct sky *sky;
    const struct zone *zone;
    const char *zone_name, *country;
    const struct fixtures *fixtures;
    const char *league;               /* the short name the league is known under */
    int64_t news_gap_ms;              /* the news index refuses who asks again within this real time */
    int64_t news_last_ms;             /* last accepted; -1 = never */
    struct provider_kept kept;
    const struct provider_route *others;    /* providers_others, or NULL: only the usual ones */
    struct provider_season matches;   /* the last list of matches that was written */
    struct provider_faults *faults;   /* what goes wrong and when; NULL = nothing */
};

void providers_end(struct providers *providers);

/* Fills `ret` (zero it first, text_free its body). 0, or -ENOMEM. */
int providers_answer(struct providers *providers, const struct ask *ask, struct reply *ret);

/* One each, by path; 1 when the path was theirs. */
int provider_met(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_open_meteo(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_open_liga(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_gdelt(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_eurostat(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_bright_sky(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_forecast_solar(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_pvgis(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_nager(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_open_holidays(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_sports_db(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_football_data(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_acled(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_ai_gpr(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_epu(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_bls(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_ecb(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_oecd(struct providers *providers, const struct ask *ask, struct reply *ret);
int provider_world_bank(struct providers *providers, const struct ask *ask, struct reply *ret);

#endif
