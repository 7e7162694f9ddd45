/* The daemon's memory: one object, shared by the jobs of this folder. Structures only; the jobs never call each other, they set due times.
 *
 * Owner: daemon.c creates and frees it. `store`, `zone`, ports and configuration are borrowed by the jobs.
 */
#ifndef DAEMON_STATE_H
#define DAEMON_STATE_H

#include "almanac/zone.h"
#include "base/log.h"
#include "base/random.h"
#include "daemon/config.h"
#include "daemon/loop.h"
#include "energy/budget.h"
#include "energy/energy.h"
#include "energy/health.h"
#include "energy/outlook.h"
#include "energy/watts.h"
#include "feeds/feed.h"
#include "forecast/learner.h"
#include "forecast/settings.h"
#include "gnomon/ports.h"
#include "store/store.h"

enum { DAEMON_MINUTES = 1440, DAEMON_SLOTS = 64, DAEMON_STEPS = 3 };

enum daemon_task { TASK_SIGNALS, TASK_POLL0, TASK_POLL1, TASK_TICK, TASK_FETCH, TASK_INBOX, TASK_REFRESH, TASK_TRAIN, TASK_PUBLISH, TASK_CALIBRATE, TASKS };

/* ---- the ports, and how to make them from a configuration ---- */

struct ports {
    struct gnm_controller controller[CONFIG_CONTROLLERS];
    size_t n_controllers;
    struct gnm_web web;
    struct gnm_meter meter;
    void *owner;                  /* what `close` frees */
};

struct port_maker {
    int (*open)(void *ctx, const struct config *config, struct ports *ret, struct gnm_why *why);
    void (*close)(void *ctx, struct ports *ports);
    void *ctx;
};

/* ---- controllers: polling and minute means ---- */

struct minute_row { struct store_minute row; int64_t offset_ms; };   /* wall minus calendar-monotonic time when it was made */

struct collect {
    int polling;                  /* begin was called and poll has not answered */
    int64_t next_ms, last_ok_ms, told_ms;
    unsigned polls, failures, in_row;
    int told;                     /* the log says that it is silent */
    struct store_minute minute;   /* being filled; n 0 = empty */
    int64_t minute_offset_ms;
    double sum[GNM_FIELDS];
    int count[GNM_FIELDS];
    char error[200];
    struct gnm_reading newest;    /* mono_ms 0 = none yet */
};

/* ---- feeds ---- */

/* One request: a feed at the places for which it asks the same. */
struct feed_slot {
    struct feed *feed;                     /* shared by the slots of a definition, which stand together */
    const struct config_feed *config;      /* NULL: as shipped */
    char place[GNM_ID];                    /* the first of its places: what its values are stored under; "" the site */
    int first;                             /* its number, see places.h */
    unsigned places;                       /* one bit each */
    int tells_light;                       /* by the hour, at the site: the sun outlook rests on it */
    uint64_t url_hash;                     /* of the request that the validators in `state` belong to */
    struct feed_state state;
    int64_t bytes_30d;
    int64_t calls_day, calls;              /* UTC day number, and the requests made on it */
    int64_t history_day;                   /* its past was asked for back to this day; GNM_NEVER: not at all */
    uint64_t history_hash;                 /* of the last slice's request, 0 = none yet */
    int history_tries;                     /* of the slice under way */
    int told_of;                           /* state.db knows that we ask: see fetch.c */
    int suspect;                           /* its last answer was held back */
    uint64_t taken_hash;          /* of the last body whose values are stored, 0 = none */
    int unread;                   /* no serving model looks at what it yields: new values alone are no reason for new forecasts */
    int told_silent;              /* a line has said that it fails */
};

struct fetch {
    struct feed_slot slot[DAEMON_SLOTS];
    size_t n;
    int running, request_id;      /* running: index + 1 of the slot whose request is under way */
    struct gnm_request request;   /* the one under way; one at a time, so one is enough */
    struct feed_turns turns;
    int64_t silence_ms;           /* when the last line was told of feeds that fail */
    int past;                     /* the request under way is a slice of history */
    size_t past_slot;
    int64_t past_from, past_to;
    uint64_t past_hash;
    int64_t history_s;            /* wall time of the next slice at the earliest */
    int64_t target_day, target_looked_s;
    unsigned target_imports;
    unsigned fetched, failed;
};

/* ---- learning ---- */

enum { LEARN_REMEMBERED = 5 };

struct learn {
    struct settings settings;     /* of the members; see daemon/members.h */
    struct panel *panel;          /* of the learner under way */
    struct learner *learner;
    enum gnm_step step;           /* which panel is being learned */
    enum gnm_purpose purpose;     /* of that: GNM_TRAIN, or GNM_SEARCH for better settings on spare sun */
    int64_t granted_until_ms;     /* ask energy again at this time */
    double cpu_s, checkpoint_cpu_s, wall_s;
    struct gnm_cost spent;        /* the sum of its slices */
    int64_t last_train_s, next_train_s, next_search_s;
    int steps_done;               /* bit per step finished in this round of training */
    int steps_searched;           /* and of searching */
    int unkept;                   /* a model of this round could not be stored */
    unsigned refusals, runs;
    struct energy_direct direct;          /* of the run under way */
    double booked_cpu_s, booked_j;        /* of it, in the ledger already */
    double took_s[LEARN_REMEMBERED];      /* CPU seconds of the last runs, the newest first; 0 = none */
};

/* ---- the sun ---- */

struct sun_clear { int64_t hour; double w; };

/* The window of hours of light known from feeds: as wide as an outlook, some hours behind for what is learned and some ahead, so that it is read for news, not at each hour. */
enum { SUN_BEHIND_H = 4, SUN_AHEAD_H = 12, SUN_HOURS = ENERGY_HOURS + SUN_BEHIND_H + SUN_AHEAD_H };
struct sun_light { int64_t from, told_s; double ghi_w[SUN_HOURS]; };      /* told_s: of the answer it was read after */

struct sun_state {
    struct outlook_profile profile;
    struct outlook_hour hour, done;       /* under way; finished and not learned yet (covered_s 0 = none) */
    struct energy_outlook outlook;
    int64_t weather_s;                    /* of the answer the outlook was made with */
    struct outlook_site clear_site;       /* clear skies worked out already, and where */
    struct sun_clear clear[SUN_HOURS];
    struct sun_light light;
};

/* A decision as last written to the ledger, so that only changes are. */
struct told { int known, allowed; int64_t at_ms; char kind[160], reason[160]; };

struct daemon {
    struct config *config;
    char config_path[256];
    const struct gnm_clock *clock;
    const struct port_maker *maker;
    struct ports ports;
    struct log log;
    struct loop loop;
    struct store *store;
    struct zone *zone;
    struct random random;

    struct energy_battery battery;
    enum gnm_mode mode;
    int64_t mode_ms;              /* since when, monotonic */
    struct energy_ahead ahead;
    int64_t looked_ms;            /* when that was foreseen, monotonic */
    struct sun_state sun;
    struct energy_health health;
    struct energy_watts watts, package;   /* per busy core, and per watt that the processor's counter shows */
    struct energy_used used;      /* of the budgets */
    double dc_sum_w, dc_busy_s, dc_package_j, dc_span_s;      /* readings, core seconds, the processor's counter and time since the last minute with a reading */
    int dc_n;
    double kept_v;                /* lowest falling battery voltage written in this time of saving; INFINITY before the first */
    int near_cut;                 /* by its charge the battery has come near the cut, and state.db was written out */
    int64_t kept_s;        /* wall time at which what is learned of sun, battery and watts was written */
    int calibrating;
    double calibrated_s;          /* CPU seconds of the calibration under way */
    struct gnm_cost calibrated;   /* of the one under way */
    int64_t calibrate_until_ms, calibrate_turn_ms;
    struct collect collect[CONFIG_CONTROLLERS];
    struct minute_row *minutes;   /* DAEMON_MINUTES rows waiting for the next commit */
    struct store_cost hour[GNM_PURPOSES];       /* of the ledger, waiting as well */
    size_t n_hour;
    size_t n_minutes, lost_minutes;
    struct fetch fetch;
    struct learn learn;
    struct told told[GNM_PURPOSES];

    int inotify_fd, signal_fd;    /* -1: none (virtual time) */
    int64_t started_ms, started_s;
    int64_t commit_ms, ledger_ms, retain_ms, status_ms;      /* when each was done last */
    int balance_said;
    int trusted, ready_said, store_failed, store_checked;
    struct log_once store_once, inbox_once, status_once, space_once;
    int refresh_due, publish_due;
    int untrimmed;                /* memory was given back that the kernel does not have yet */
    int drivers_changed;          /* a feed that a serving model reads has news */
    int64_t next_origin_s;        /* then a period ends and forecasts start from the next one; 0 = not known */
    int64_t last_refresh_s, last_publish_s;
    size_t n_series, n_forecasts;
    struct gnm_meter_sample metered;      /* at the last minute tick */
    int64_t metered_ms;           /* when that was, monotonic; 0 = never */
    double job_cpu_s;             /* CPU already booked to jobs since then */
    double purpose_cpu_s[GNM_PURPOSES], purpose_j[GNM_PURPOSES], purpose_half_j[GNM_PURPOSES];   /* booked since the last commit */
    enum gnm_method purpose_method[GNM_PURPOSES];         /* of the last one */
    double joules_today;
    int64_t today;
    double units_per_ms;          /* measured work rate, or the configured one in virtual time */
    int fixed_rate;               /* virtual time: the rate is configured and the clock pays for every slice */
    const struct disk *disk;      /* NULL: the machine's own */
    int never_learns;
    unsigned imports;
    int64_t shown_day;            /* holidays and indices were written for this day */
    int64_t inbox_empty_ms;       /* the watched boxes held nothing then; 0 = somebody should look */
    int inbox_more;               /* files taken in a row while others wait: forecasts are worth making after the last of them */
};

#endif
