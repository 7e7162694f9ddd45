/* state.db: schema, migrations, one writing connection, WAL with synchronous=FULL; private to the daemon (0600).
 *
 * Every call that writes is one transaction unless it stands between store_begin and store_commit. Errors are negative errno:
 * -ENOSPC when the disk is full, -EIO when the device failed, -EUCLEAN when the file is damaged (it was set aside). */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "gnomon/types.h"
#include "gnomon/why.h"

struct store;

/* Opens or creates `path`, takes `path`.lock (-EWOULDBLOCK when another gnomond holds it), migrates. A damaged file is renamed to *.corrupt-N with its
 * side files and an empty one begun; `*ret_renamed` (may be NULL) tells so. `readonly` opens for the command line, without the lock. */
int store_open(const char *path, int readonly, struct store **ret, int *ret_renamed, struct gnm_why *why);
/* Checkpoints (TRUNCATE) and closes. */
void store_close(struct store *store);

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
int store_minutes(struct store *store, const struct store_minute *row, size_t n, struct gnm_why *why);

/* ---- signals ---- */
/* Adds a row for every value that differs from the newest vintage of the same feed, series, place and valid; returns how many were new. */
int store_signals(struct store *store, const struct gnm_signal *signal, size_t n, size_t *added, struct gnm_why *why);
typedef int store_signal_fn(void *ctx, const struct gnm_signal *signal);
int store_each_signal(struct store *store, store_signal_fn *fn, void *ctx, struct gnm_why *why);   /* ordered by feed, series, place, valid, available */

struct store_feed {
    char feed[GNM_ID], place[GNM_ID], licence[200], etag[256], last_modified[64], error[200];
    int64_t next_s, last_ok_s, last_try_s, bytes_30d;
    int failures, disabled;
    uint64_t body_hash;
};
int store_feed_put(struct store *store, const struct store_feed *feed, struct gnm_why *why);
int store_feed_get(struct store *store, const char *feed, const char *place, struct store_feed *ret, struct gnm_why *why);   /* -ENOENT */

/* ---- series, activity, drivers ---- */
struct store_series {
    char series[GNM_ID], title[128], unit[32], currency[8], company[GNM_ID], parent[GNM_ID], place[GNM_ID];
    enum gnm_step step;
    int non_negative, configured;  /* configured: has a [series] section */
};
int store_series_put(struct store *store, const struct store_series *series, struct gnm_why *why);
typedef int store_series_fn(void *ctx, const struct store_series *series);
int store_each_series(struct store *store, store_series_fn *fn, void *ctx, struct gnm_why *why);

/* New or changed values become vintages; equal ones are left alone. */
int store_activity(struct store *store, const struct gnm_activity *row, size_t n, size_t *added, struct gnm_why *why);
typedef int store_activity_fn(void *ctx, const struct gnm_activity *row);
int store_each_activity(struct store *store, store_activity_fn *fn, void *ctx, struct gnm_why *why);   /* by series, day, available */

struct store_driver { char series[GNM_ID], driver[GNM_ID]; int64_t day, available_s; double value; };   /* series "" = common to all */
int store_drivers(struct store *store, const struct store_driver *row, size_t n, size_t *added, struct gnm_why *why);
typedef int store_driver_fn(void *ctx, const struct store_driver *row);
int store_each_driver(struct store *store, store_driver_fn *fn, void *ctx, struct gnm_why *why);

/* ---- models, forecasts, accuracy ---- */
struct store_model { char model[GNM_ID], family[GNM_ID]; int64_t trained_s; uint64_t data_hash; int serving; };
int store_model_put(struct store *store, const struct store_model *model, const void *blob, size_t len, struct gnm_why *why);   /* chunks of 256 KiB */
int store_model_get(struct store *store, const char *family, struct store_model *ret, void **blob, size_t *len, struct gnm_why *why);   /* serving one; -ENOENT */
int store_forecasts(struct store *store, int64_t issued_s, const struct gnm_forecast *row, size_t n, struct gnm_why *why);

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
/* A decision, written when the answer or its kind changes. */
int store_grant(struct store *store, int64_t at_s, enum gnm_purpose purpose, const struct gnm_grant *grant, struct gnm_why *why);

/* Applies retention (days by table) in one bounded step; never more than `max_rows`. */
struct store_retention { int minute_d, signal_d, forecast_d, ledger_d; };
int store_retain(struct store *store, const struct store_retention *keep, int64_t now_s, size_t max_rows, size_t *removed, struct gnm_why *why);

#endif
