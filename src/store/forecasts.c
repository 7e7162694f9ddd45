#include "store/changes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- forecasts ---- */

static const struct db_insert add_forecast =
    DB_INSERT(DB_FORECAST_PUT, DB_FORECAST_AGAIN, "forecast(issued, series, target, horizon, step, origin, model, quality, mean, baseline, q025, q10, q25, q50, q75, q90, q975)"
                                                  " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)");

static int put_forecast(struct store *store, int64_t issued_s, const struct gnm_forecast *f, struct gnm_why *why)
{
    if (f->step > GNM_MONTH || f->quality > GNM_FALLBACK)
        return gnm_fail(why, -EINVAL, "the forecast of %s has no valid step or quality", f->series);
    int64_t model = db_name(store, f->model, why);
    int64_t series = model < 0 ? model : db_name(store, f->series, why);
    if (series < 0)
        return (int)series;
    return db_insert(store, &add_forecast, why, "llliilliddddddddd", issued_s, series, f->target, f->horizon, (int)f->step, f->origin, model, (int)f->quality, f->mean,
                     f->baseline, f->q[0], f->q[1], f->q[2], f->q[3], f->q[4], f->q[5], f->q[6]);
}

static int mark_top(struct store *store, int64_t issued_s, const char *name, struct gnm_why *why)
{
    int64_t series = db_name(store, name, why);
    if (series < 0)
        return (int)series;
    return db_do(store, DB_FORECAST_TOP,
                 "INSERT INTO forecast_top(series, issued) VALUES(?1, ?2) ON CONFLICT(series) DO UPDATE SET issued = excluded.issued WHERE excluded.issued > issued",
                 why, "ll", series, issued_s);
}

int store_forecasts(struct store *store, int64_t issued_s, const struct gnm_forecast *row, size_t n, struct gnm_why *why)
{
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = put_forecast(store, issued_s, &row[i], why);
        if (r == 0 && (i + 1 == n || strcmp(row[i].series, row[i + 1].series) != 0))
            r = mark_top(store, issued_s, row[i].series, why);
    }
    store->generation++;
    return db_leave(store, r, why);
}

static int put_driver(struct store *store, enum gnm_step step, const struct store_forecast_driver *f, struct gnm_why *why)
{
    int64_t driver = db_name(store, f->driver, why), available_s = f->available_s == GNM_ALWAYS ? GNM_NEVER : f->available_s;
    return driver < 0 ? (int)driver
                      : db_do(store, DB_FORECAST_DRIVER_PUT, "INSERT OR REPLACE INTO forecast_driver VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", why, "ililiidts",
                              (int)step, driver, f->track, f->target, (int)f->basis, (int)f->quality, f->value, available_s, f->event);
}

static int put_reads(struct store *store, enum gnm_step step, const struct store_forecast_reads *f, struct gnm_why *why)
{
    int64_t driver = db_name(store, f->driver, why);
    int64_t series = driver < 0 ? driver : db_name(store, f->series, why);
    if (series < 0)
        return (int)series;
    char *effects = NULL;
    if (f->effect != NULL && (effects = effects_text(f->effect, f->n_effects)) == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for the effects of %s", f->driver);
    int r = db_do(store, DB_FORECAST_READS_PUT, "INSERT OR REPLACE INTO forecast_reads VALUES(?1, ?2, ?3, ?4, ?5)", why, "illis", (int)step, series, driver, f->track, effects);
    free(effects);
    return r;
}

int store_forecast_drivers(struct store *store, enum gnm_step step, const struct store_forecast_notes *notes, struct gnm_why *why)
{
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    r = db_do(store, DB_FORECAST_DRIVER_DROP, "DELETE FROM forecast_driver WHERE step = ?1", why, "i", (int)step);
    if (r == 0)
        r = db_do(store, DB_FORECAST_READS_DROP, "DELETE FROM forecast_reads WHERE step = ?1", why, "i", (int)step);
    for (size_t i = 0; r == 0 && i < notes->n; i++)
        r = put_driver(store, step, &notes->driver[i], why);
    for (size_t i = 0; r == 0 && i < notes->n_reads; i++)
        r = put_reads(store, step, &notes->reads[i], why);
    store->generation++;
    return db_leave(store, r, why);
}

static void read_forecast(sqlite3_stmt *stmt, struct gnm_forecast *f)
{
    db_text(stmt, 1, f->series, sizeof f->series);
    db_text(stmt, 2, f->model, sizeof f->model);
    f->step = (enum gnm_step)sqlite3_column_int(stmt, 3);
    f->origin = sqlite3_column_int64(stmt, 4);
    f->target = sqlite3_column_int64(stmt, 5);
    f->horizon = sqlite3_column_int(stmt, 6);
    f->quality = (enum gnm_quality)sqlite3_column_int(stmt, 7);
    f->mean = db_real(stmt, 8);
    f->baseline = db_real(stmt, 9);
    for (int i = 0; i < GNM_LEVELS; i++)
        f->q[i] = db_real(stmt, 10 + i);
}

int store_each_forecast(struct store *store, int64_t since_s, store_forecast_fn *fn, void *ctx, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_FORECAST_EACH,
                    "SELECT f.issued, s.text, m.text, f.step, f.origin, f.target, f.horizon, f.quality, f.mean, f.baseline, f.q025, f.q10, f.q25, f.q50, f.q75,"
                    " f.q90, f.q975 FROM forecast f CROSS JOIN name s ON s.id = f.series CROSS JOIN name m ON m.id = f.model WHERE f.issued >= ?1"
                    " ORDER BY f.issued, f.series, f.target", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "l", since_s);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        struct gnm_forecast f;
        read_forecast(stmt, &f);
        r = fn(ctx, sqlite3_column_int64(stmt, 0), &f);
    }
    if (r != 0)
        sqlite3_reset(stmt);
    return r < 0 ? r : 0;
}

/* ---- accuracy ---- */

static int drop_accuracy(struct store *store, const char *name, struct gnm_why *why)
{
    int64_t series = db_name(store, name, why);
    return series < 0 ? (int)series : db_do(store, DB_ACCURACY_DROP, "DELETE FROM accuracy WHERE series = ?1", why, "l", series);
}

static int put_accuracy(struct store *store, const struct store_accuracy *a, struct gnm_why *why)
{
    int64_t model = db_name(store, a->model, why);
    int64_t baseline = model < 0 ? model : db_name(store, a->baseline, why);
    int64_t series = baseline < 0 ? baseline : db_name(store, a->series, why);
    if (series < 0)
        return (int)series;
    return db_do(store, DB_ACCURACY_PUT,
                 "INSERT OR REPLACE INTO accuracy(series, model, window_start, window_end, baseline, n, mae, wape, bias, mase, pinball, coverage_80, width_80,"
                 " baseline_mae, skill) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)", why, "llllliddddddddd", series, model,
                 a->window_start, a->window_end, baseline, a->n, a->mae, a->wape, a->bias, a->mase, a->pinball, a->coverage_80, a->width_80, a->baseline_mae,
                 a->skill);
}

int store_accuracies(struct store *store, const struct store_accuracy *row, size_t n, struct gnm_why *why)
{
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    /* All old rows first: a series may have several new ones. */
    for (size_t i = 0; r == 0 && i < n; i++)
        r = drop_accuracy(store, row[i].series, why);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = put_accuracy(store, &row[i], why);
    store->generation++;
    return db_leave(store, r, why);
}
