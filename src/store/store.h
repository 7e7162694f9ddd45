/* state.db: schema, migrations, one writing connection, WAL with synchronous=FULL; private to the daemon (0600).
 *
 * Every call that writes is one transaction unless it stands between store_begin and store_commit, where a failed call leaves nothing of its own behind.
 * Errors are negative errno: -ENOSPC when the disk is full, -EIO when the device failed, -EUCLEAN when the file is damaged, -EBUSY when another program
 * keeps it locked, -ECANCELED when the disk filled inside store_begin .. store_commit and the whole transaction is gone. After -EIO and -EUCLEAN nothing
 * more is written until store_reopen, which sets a damaged file aside; store_close does so too.
 *
 * Callbacks of the store_each_* calls may not write and may not call the same function again; a negative return stops the walk and is returned,
 * a positive one stops it with 0. Names longer than their array are a programming error.
 *
 * For people: sqlite3 -readonly state.db has the views reading_view, signal_view, activity_view, driver_view, series_view, forecast_view, accuracy_view,
 * cost_view, decision_view, model_view and feed_view, with names and UTC times spelled out. The tables below them are packed. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/disk.h"
#include "gnomon/types.h"
#include "gnomon/why.h"

struct store;

/* Opens or creates `path`, takes `path`.lock (-EWOULDBLOCK when another gnomond holds it), migrates. A damaged file is renamed to *.corrupt-N with its
 * side files and an empty one begun; `*ret_renamed` (may be NULL) tells so. `readonly` opens for the command line, without the lock; -ENOENT when there is none yet.
 * -EINVAL for another program's file and -ENOTSUP for one of a newer gnomon (read-only: an older one too); neither is touched. */
int store_open(const char *path, int readonly, struct store **ret, int *ret_renamed, struct gnm_why *why);
/* For writing, through a SQLite VFS by name (NULL: the system's): simulations count and do not sync, tests break things. What is done beside SQLite (making
 * the file, setting it aside, putting forecast.db in place) asks `disk`, which must outlive the store; NULL is the machine's own. */
int store_open_on(const char *path, const char *vfs, const struct disk *disk, struct store **ret, int *ret_renamed, struct gnm_why *why);
/* Closes the connection and opens it anew under the same lock: the only way on after -EIO and -EUCLEAN. When it fails the store stays closed; try again. */
int store_reopen(struct store *store, int *ret_renamed, struct gnm_why *why);
/* Checkpoints (TRUNCATE) and closes. */
void store_close(struct store *store);
/* 1 when the writer before did not close (power cut, kill). A small file was checked on opening then; for any size: */
int store_unclean(const struct store *store);
/* Checks the file table by table and stops after `limit_ms`: 0 all is well, -EAGAIN call again to go on, -EUCLEAN damaged. One table is the smallest step. */
int store_check(struct store *store, int64_t limit_ms, struct gnm_why *why);
/* Moves the whole log into the database file and empties it: after that a cut finds everything in one place. */
void store_checkpoint(struct store *store);
/* Gives cached pages back to the system. */
void store_trim(struct store *store);

int store_begin(struct store *store, struct gnm_why *why);
int store_commit(struct store *store, struct gnm_why *why);
void store_rollback(struct store *store);

/* The newest wall time in the database, 0 when empty: the floor of a trusted clock. */
int store_newest_s(struct store *store, int64_t *ret, struct gnm_why *why);
/* Small facts by name ("clean_stop", "bytes_30d.FEED"). get: -ENOENT when absent. */
int store_meta_set(struct store *store, const char *key, const char *value, struct gnm_why *why);
int store_meta_get(struct store *store, const char *key, char *ret, size_t size, struct gnm_why *why);

/* ---- telemetry: one row a minute and controller ---- */
struct store_minute {
    char controller[GNM_ID];
    int64_t minute;               /* minutes since 1970 UTC */
    int n;                        /* samples */
    double mean[GNM_FIELDS], min[GNM_FIELDS], max[GNM_FIELDS], last[GNM_FIELDS];   /* NaN where missing; enum and bit fields: last only */
};
/* Kept to a thousandth (V, A, kWh) or a hundredth (W, %, degrees). The same minute again replaces the row. At most 15 controllers in the life of a database. */
int store_minutes(struct store *store, const struct store_minute *row, size_t n, struct gnm_why *why);

typedef int store_minute_fn(void *ctx, const struct store_minute *row);
/* Minutes from..to-1, by time. */
int store_each_minute(struct store *store, int64_t from, int64_t to, store_minute_fn *fn, void *ctx, struct gnm_why *why);

/* ---- signals ---- */
/* Adds a row for every value that differs from the newest vintage of the same feed, series, place and valid; returns how many were new.
 * Value or quality count as a difference. A row available earlier than the newest vintage is compared with what was known at its own time as well.
 * Another value for the very same `available` (a provider's revision of a period long over) becomes available when it was fetched: it cannot leak. */
int store_signals(struct store *store, const struct gnm_signal *signal, size_t n, size_t *added, struct gnm_why *why);
typedef int store_signal_fn(void *ctx, const struct gnm_signal *signal);
int store_each_signal(struct store *store, store_signal_fn *fn, void *ctx, struct gnm_why *why);   /* ordered by feed, series, place, valid, available */
/* The same without what nobody asked for: hourly values are ten times as many as all others. `feed`, `place` NULL: all; `brief`: nothing in fetched, issued, rows; `from_s` not 0:
 * of each past day only what decisions from then on can know, partial words aside. */
struct store_pick { const char *feed; int without_hours, brief; const char *place; int64_t since_day, from_s; };
int store_each_signal_of(struct store *store, const struct store_pick *pick, store_signal_fn *fn, void *ctx, struct gnm_why *why);
/* The newest word of one feed on each day (or week or month that begins then) `from`..`to`-1, days since 1970; series, step, valid, available, value and quality are set. */
int store_each_newest(struct store *store, const char *feed, const char *place, int64_t from, int64_t to, store_signal_fn *fn, void *ctx, struct gnm_why *why);
/* The newest word on each of `n` hours from `from` (hours since 1970 UTC), of whichever feed spoke last; NaN where none did. */
int store_hours(struct store *store, const char *series, const char *place, int64_t from, size_t n, double *ret, struct gnm_why *why);

struct store_feed {
    char feed[GNM_ID], place[GNM_ID], licence[200], etag[256], last_modified[64], error[200];
    int64_t next_s, last_ok_s, last_try_s, bytes_30d;
    int64_t calls_day, calls;     /* UTC day number, and the requests made on it */
    int64_t history_day;          /* its past was asked for back to this day; GNM_NEVER: not at all */
    int64_t max_age_s;            /* silent for longer it counts as missing; 0: not stated */
    int failures, disabled;       /* disabled 2: not in use */
    int suspect;                  /* its last answers were held back: see `error` */
    uint64_t body_hash;
};
int store_feed_put(struct store *store, const struct store_feed *feed, struct gnm_why *why);
int store_feed_get(struct store *store, const char *feed, const char *place, struct store_feed *ret, struct gnm_why *why);   /* -ENOENT */
/* Marks what is not in use, so that nobody waits for it; what it remembers stays. */
int store_feeds_in_use(struct store *store, int (*in_use)(void *ctx, const char *feed, const char *place), void *ctx, struct gnm_why *why);

/* ---- events ---- */
struct store_event {
    char feed[GNM_ID], place[GNM_ID], id[96], title[128], venue[96], category[32], team[132];   /* team "home|guest" */
    int64_t start_s, end_s, first_day, last_day, available_s, fetched_s;
    int all_day, cancelled, importance;
    double attendance;            /* NaN: not told */
};
/* How the event is known in forecast.db: feed[@place]/id. */
enum { STORE_EVENT_ID = 2 * GNM_ID + 96 + 2 };
void store_event_id(const char *feed, const char *place, const char *id, char ret[STORE_EVENT_ID]);
/* What differs from the newest word on the same feed, place and id becomes a vintage. */
int store_events(struct store *store, const struct store_event *row, size_t n, size_t *added, struct gnm_why *why);
typedef int store_event_fn(void *ctx, const struct store_event *row);
/* NULL: all; newest: only the last word on each, that end on `since_day` or later and, unless it is 0, begin on `until_day` or earlier */
struct store_event_pick { const char *feed, *place; int newest; int64_t since_day, until_day; };
int store_each_event(struct store *store, const struct store_event_pick *pick, store_event_fn *fn, void *ctx, struct gnm_why *why);   /* feed by feed, place by place; id, available */

/* ---- series, activity, drivers ---- */
struct store_series {
    char series[GNM_ID], title[128], unit[32], currency[8], company[GNM_ID], parent[GNM_ID], place[GNM_ID];
    enum gnm_step step;
    int non_negative, configured;  /* configured: has a [series] section */
};
int store_series_add(struct store *store, const struct store_series *series, struct gnm_why *why);   /* does nothing to one that is there */
int store_series_put(struct store *store, const struct store_series *series, struct gnm_why *why);
typedef int store_series_fn(void *ctx, const struct store_series *series);
int store_each_series(struct store *store, store_series_fn *fn, void *ctx, struct gnm_why *why);

/* New or changed values become vintages; ones equal to what was known at their `available` are left alone. A NaN withdraws. */
int store_activity(struct store *store, const struct gnm_activity *row, size_t n, size_t *added, struct gnm_why *why);
int store_first_activity(struct store *store, int64_t *day, struct gnm_why *why);   /* untouched when there is none */
typedef int store_activity_fn(void *ctx, const struct gnm_activity *row);
int store_each_activity(struct store *store, store_activity_fn *fn, void *ctx, struct gnm_why *why);   /* by series, day, available */

struct store_driver { char series[GNM_ID], driver[GNM_ID]; int64_t day, available_s; double value; };   /* series "" = common to all */
int store_drivers(struct store *store, const struct store_driver *row, size_t n, size_t *added, struct gnm_why *why);
/* -EPERM with the reason when the series is not the company's. */
int store_series_owned(struct store *store, const char *series, const char *company, struct gnm_why *why);
typedef int store_driver_fn(void *ctx, const struct store_driver *row);
int store_each_driver(struct store *store, store_driver_fn *fn, void *ctx, struct gnm_why *why);

/* ---- models, forecasts, accuracy ---- */
struct store_model { char model[GNM_ID], family[GNM_ID]; int64_t trained_s; uint64_t data_hash; int serving; char choice[280]; };   /* choice: why these members, for people */
/* In chunks of 256 KiB with a checksum. A serving model takes the place of its family's; of each family the three newest and the serving one are kept. */
int store_model_put(struct store *store, const struct store_model *model, const void *blob, size_t len, struct gnm_why *why);
int store_model_get(struct store *store, const char *family, struct store_model *ret, void **blob, size_t *len, struct gnm_why *why);   /* serving one; -ENOENT; -EBADMSG when its bytes are not what was put */
/* One issue; a series has one row per target in it. What is published is each series' newest issue. */
int store_forecasts(struct store *store, int64_t issued_s, const struct gnm_forecast *row, size_t n, struct gnm_why *why);
typedef int store_forecast_fn(void *ctx, int64_t issued_s, const struct gnm_forecast *row);
/* All kept forecasts issued at or after `since_s`, by issue, series, target: for scoring against what came. */
int store_each_forecast(struct store *store, int64_t since_s, store_forecast_fn *fn, void *ctx, struct gnm_why *why);

/* On what the value of a driver in a forecast rests. */
enum store_basis { STORE_CALENDAR, STORE_FORECAST, STORE_OLDER, STORE_CLIMATOLOGY };
struct store_forecast_driver {
    char driver[GNM_ID];
    int track;
    int64_t target, available_s;
    double value;
    enum store_basis basis;
    enum gnm_quality quality;
    const char *event;            /* store_event_id() of the event behind it; borrowed, NULL: none */
};
/* Which of a driver's tracks a series reads (series at one place share one), and what it adds to the median for 1..n_effects (borrowed; NULL: not known, as NaN). */
struct store_forecast_reads { char series[GNM_ID], driver[GNM_ID]; int track; const double *effect; int n_effects; };
struct store_forecast_notes { struct store_forecast_driver *driver; size_t n; struct store_forecast_reads *reads; size_t n_reads; };
/* What the forecasts of this step read: replaces what was there. */
int store_forecast_drivers(struct store *store, enum gnm_step step, const struct store_forecast_notes *notes, struct gnm_why *why);

/* The newest of one series: its median as it was last told when it moved, else as last issued. */
struct store_told { int64_t target, issued_s, origin; int horizon; double p50; };
typedef int store_told_fn(void *ctx, const struct store_told *row);
int store_each_told(struct store *store, const char *series, store_told_fn *fn, void *ctx, struct gnm_why *why);
/* What each driver added to the newest forecasts of a series; effect[n], NaN where not known. */
typedef int store_effects_fn(void *ctx, const char *driver, const double *effect, int n);
int store_each_effects(struct store *store, enum gnm_step step, const char *series, store_effects_fn *fn, void *ctx, struct gnm_why *why);
/* Targets of a series whose median moved; those before `first_target` are over and forgotten. `reason`: a driver, "drivers", "activity" or "model". */
struct store_change { int64_t target, previous_issued_s; double previous, now; char reason[GNM_ID]; };
int store_changes(struct store *store, const char *series, int64_t issued_s, int64_t first_target, const struct store_change *row, size_t n, struct gnm_why *why);

struct store_accuracy {
    char series[GNM_ID], model[GNM_ID], baseline[GNM_ID];
    int n;                        /* scored periods */
    double mae, wape, bias, mase, pinball, coverage_80, width_80, baseline_mae, skill;
    int64_t window_start, window_end;   /* day numbers */
};
int store_accuracies(struct store *store, const struct store_accuracy *row, size_t n, struct gnm_why *why);   /* replaces all rows of the same series */

/* ---- ledger ---- */
struct store_cost {
    int64_t at_s; enum gnm_purpose purpose; char job[GNM_ID];
    struct gnm_cost cost;
    double wall_s, soc_ratio;
};
int store_cost(struct store *store, const struct store_cost *row, size_t n, struct gnm_why *why);
/* Joules booked to each purpose at or after `since_s`. */
int store_spent(struct store *store, int64_t since_s, double joules[GNM_PURPOSES], struct gnm_why *why);
/* A decision, written when the answer or its kind changes. */
int store_grant(struct store *store, int64_t at_s, enum gnm_purpose purpose, const struct gnm_grant *grant, struct gnm_why *why);

typedef int store_cost_fn(void *ctx, const struct store_cost *row);
int store_each_cost(struct store *store, int64_t since_s, store_cost_fn *fn, void *ctx, struct gnm_why *why);   /* in the order written */

/* Applies retention (days by table, 0 = for ever) in one bounded step; never more than `max_rows`. `*removed` = max_rows means there is more to do. The newest
 * issue of each series stays. Signals whose period is over are settled into their sorted table here too (they count as removed), and freed pages go back to
 * the file system. */
struct store_retention { int minute_d, signal_d, forecast_d, ledger_d; };
int store_retain(struct store *store, const struct store_retention *keep, int64_t now_s, size_t max_rows, size_t *removed, struct gnm_why *why);

#endif
