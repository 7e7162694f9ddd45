/* A feed: a provider described by a definition file, its request and the dated values in its answer. Pure (extraction and planning) but for
 * format = ics, which libical reads.
 * The notation is config/feeds/README.md; one file holds one [feed NAME] and its [series NAME] sections. */
#ifndef FEEDS_FEED_H
#define FEEDS_FEED_H

#include "almanac/zone.h"
#include "gnomon/ports.h"

enum feed_kind { FEED_OBSERVATION, FEED_FORECAST, FEED_SCHEDULE, FEED_CALENDAR, FEED_ACTIVITY };
enum feed_fill { FEED_FILL_NONE, FEED_FILL_STEP, FEED_FILL_ZERO };   /* what the reader of a signal does where there is none */

struct feed;

int feed_load(const char *name, const char *data, size_t len, struct feed **ret, struct gnm_why *why);
void feed_free(struct feed *feed);
const char *feed_name(const struct feed *feed);
const char *feed_licence(const struct feed *feed);
enum feed_kind feed_kind(const struct feed *feed);
int feed_enabled(const struct feed *feed);            /* shipped on or off */
int64_t feed_poll_s(const struct feed *feed);
int64_t feed_max_age_s(const struct feed *feed);
size_t feed_series_count(const struct feed *feed);
const char *feed_series_name(const struct feed *feed, size_t i);
/* What models know the series as, whoever provides it: "t_mean". "none": shown only; "": FEED.SERIES. */
const char *feed_series_driver(const struct feed *feed, size_t i);
/* 1: its values are changes on a year before in percent (form = yearly); models get the index they imply. */
int feed_series_is_rate(const struct feed *feed, size_t i);
int feed_is_index(const struct feed *feed);            /* category = index: for people, never for a model */
int feed_has_events(const struct feed *feed);          /* a `title` is defined */
/* Several sections of gnomon.conf may use one definition; each stores under a name of its own. */
void feed_rename(struct feed *feed, const char *name);
enum gnm_step feed_series_step(const struct feed *feed, size_t i);
enum feed_fill feed_series_fill(const struct feed *feed, size_t i);
int64_t feed_calls(const struct feed *feed);           /* requests a day (UTC), all places and slices of history together */
int64_t feed_spacing_s(const struct feed *feed);       /* between two requests to its host */
/* The days a request covers when it is made today: keys `back` and `ahead`. */
void feed_range(const struct feed *feed, int64_t today, int64_t *from_day, int64_t *to_day);

/* What a template may name: {latitude} {longitude} {timezone} {country} {region} {contact} and the user's own [vars]. */
struct feed_var { char name[32], value[256]; };
struct feed_site {
    double latitude, longitude;
    const char *timezone, *country, *region, *contact;
    const char *base;             /* "http://127.0.0.1:8080" replaces scheme and host, NULL = as defined */
    int local;                    /* the operator allows loopback and private addresses and plain http */
    const struct feed_var *var;
    size_t n_vars;
    const char *(*secret)(void *ctx, const char *name);   /* NULL when unknown */
    void *secret_ctx;
};

/* Names a definition needs that `site` lacks are an error: call once at load time with any range. from/to are day numbers.
 * The texts of `ret->header` live in `feed` until its next request: submit before asking again. */
int feed_request(const struct feed *feed, const struct feed_site *site, int64_t from_day, int64_t to_day, struct gnm_request *ret, struct gnm_why *why);

/* An event as people know it: a row of an answer whose definition has a `title`. Importance (0..100) is 20 log10(attendance) where the answer tells
 * an attendance (100 people 40, 10,000 people 80), else the definition's `importance`. */
struct feed_event {
    int64_t start_s, end_s;       /* UTC, end > start; of whole days the site's midnights */
    int64_t first_day, last_day;  /* the site's days it counts for, both included */
    int all_day, cancelled, importance;
    double attendance;            /* NaN when not told */
    char id[96];                  /* the provider's, else made of series, day and title */
    char title[128], venue[96], category[32], team[2][64];   /* clean UTF-8; team[0] is at home */
};

/* Why a row was left out, for people: the first few of each kind. Rows count from 1; `series` empty: the whole row. */
enum { FEED_DROPS = 12 };
struct feed_drop { size_t row; char series[GNM_ID], reason[120]; };

/* Everything an answer yields. `zone` is the site's. Signals carry feed, series, place, four times, rows, quality. On failure nothing is yielded.
 * `available_s`: of a period that is over, its end + lag (never later than now); with `lead` the moment its last row was predicted, of a schedule the
 * start of its day - lead; of a calendar always; else now. It knows nothing of earlier answers: a value that changed since is available from now. */
struct feed_yield {
    struct gnm_signal *signal;    /* owned: feed_yield_free() */
    size_t n;
    struct feed_event *event;     /* owned likewise; in order of start */
    size_t n_events;
    size_t rows_seen, dropped_date, dropped_value, filtered;
    struct feed_drop drop[FEED_DROPS];
    size_t n_drops;
};
int feed_extract(const struct feed *feed, const char *body, size_t len, const struct zone *zone, const char *place, int64_t now_s,
                 struct feed_yield *ret, struct gnm_why *why);
void feed_yield_free(struct feed_yield *yield);       /* and empties it */

/* Did the provider change a unit or a scale without saying so? `recent` holds the last good values of the same feed and place (the newest vintage of
 * each period, any order; some weeks of them). 1 and the reason in `why` when the batch should not be stored, 0 when it may. Where at least five
 * periods occur in both, those are compared: values that differ by one factor or one step are another unit. Else the new values must lie near the
 * range of the recent ones. Counts, marks and events are never suspect. Pure. */
int feed_suspect(const struct feed *feed, const struct feed_yield *yield, const struct gnm_signal *recent, size_t n_recent, struct gnm_why *why);

/* Politeness: when to ask next. Persisted by the caller as it stands. */
struct feed_state {
    int64_t next_s;               /* wall time of the next request, 0 = at once */
    int64_t last_ok_s, last_try_s;/* 0 = never */
    int failures, disabled;       /* disabled until restart or reload: 400 401 403 404 410 */
    uint64_t body_hash;
    char etag[256], last_modified[64], error[200];
};
/* After an answer (error NULL) or a failure (`error` its sentence, `answer` may be NULL). `jitter` is 0..1. Updates state->next_s by Expires, poll,
 * Retry-After (clamped 1 min..24 h) and exponential back-off (60 s..6 h). */
void feed_plan(const struct feed *feed, struct feed_state *state, const struct gnm_answer *answer, const char *error, int64_t now_s, double jitter);
/* Adds If-None-Match / If-Modified-Since to a request; `space` holds the header text and must outlive submit(). */
void feed_conditional(const struct feed_state *state, struct gnm_request *request, char space[2][320]);

/* One request per host at a time, and `spacing` seconds between the end of one and the start of the next. Zero it to start. */
enum { FEED_HOSTS = 32 };
struct feed_turns {
    struct { char host[96]; int64_t free_s; int busy; } host[FEED_HOSTS];
    size_t n;
};
/* Earliest time for this request: `now_s` when it may go now, GNM_NEVER while another to its host is under way (ask again when that ends). */
int64_t feed_turn(const struct feed_turns *turns, const struct gnm_request *request, int64_t now_s);
void feed_turn_begin(struct feed_turns *turns, const struct gnm_request *request);
void feed_turn_end(struct feed_turns *turns, const struct gnm_request *request, const struct feed *feed, int64_t now_s);

#endif
