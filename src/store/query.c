#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/query_file.h"

/* ---- rows ---- */

typedef void read_fn(sqlite3_stmt *stmt, void *row);

struct list { char *rows; size_t n, cap, size; };

static void *add_row(struct list *list)
{
    if (list->n == list->cap) {
        size_t cap = list->cap == 0 ? 64 : list->cap * 2;
        char *rows = reallocarray(list->rows, cap, list->size);
        if (rows == NULL)
            return NULL;
        list->rows = rows;
        list->cap = cap;
    }
    return memset(list->rows + list->n++ * list->size, 0, list->size);
}

/* Steps through a bound statement; on success the rows are the caller's. */
static int collect(struct store *db, sqlite3_stmt *stmt, read_fn *read, struct list *list, struct gnm_why *why)
{
    int r;
    while ((r = db_step(db, stmt, why)) > 0) {
        void *row = add_row(list);
        if (row == NULL) {
            sqlite3_reset(stmt);
            return gnm_fail(why, -ENOMEM, "out of memory");
        }
        read(stmt, row);
    }
    return r;
}

/* Prepares `sql`, binds one text or number and collects. Statements are few and asked once: they are not kept. */
static int ask(struct query *query, const char *sql, const char *text, int64_t number, read_fn *read, size_t size, void **ret, size_t *n, struct gnm_why *why)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(query->db.db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK && sqlite3_bind_parameter_count(stmt) > 0)
        rc = text != NULL ? sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC) : sqlite3_bind_null(stmt, 1);
    if (rc == SQLITE_OK && sqlite3_bind_parameter_count(stmt) > 1)
        rc = sqlite3_bind_int64(stmt, 2, number);
    struct list list = { .size = size };
    int r = rc == SQLITE_OK ? collect(&query->db, stmt, read, &list, why) : db_fail(&query->db, rc, "forecast.db", why);
    sqlite3_finalize(stmt);
    if (r < 0) {
        free(list.rows);
        return r;
    }
    *ret = list.rows;
    *n = list.n;
    return 0;
}

/* NULL becomes `missing`. */
static int64_t whole(sqlite3_stmt *stmt, int column, int64_t missing)
{
    return sqlite3_column_type(stmt, column) == SQLITE_NULL ? missing : sqlite3_column_int64(stmt, column);
}
#define TEXT(column, field) db_text(stmt, column, field, sizeof field)

static void read_status(sqlite3_stmt *stmt, void *row)
{
    struct query_status *s = row;
    TEXT(0, s->contract);
    TEXT(1, s->software_version);
    TEXT(2, s->site);
    TEXT(3, s->time_zone);
    TEXT(4, s->mode);
    TEXT(5, s->message);
    s->published_s = whole(stmt, 6, 0);
    s->next_publish_s = whole(stmt, 7, 0);
    s->last_train_s = whole(stmt, 8, 0);
    s->battery_at_s = whole(stmt, 9, 0);
    s->age_s = whole(stmt, 10, -1);
    s->battery_age_s = whole(stmt, 11, -1);
    s->oldest_feed_age_s = whole(stmt, 12, -1);
    s->stale = sqlite3_column_int(stmt, 13);
    s->battery_v = db_real(stmt, 14);
    s->soc_ratio = db_real(stmt, 15);
    s->soc_uncertainty_ratio = db_real(stmt, 16);
    s->pv_w = db_real(stmt, 17);
    s->load_w = db_real(stmt, 18);
}

int query_status(struct query *query, struct query_status *ret, struct gnm_why *why)
{
    void *row = NULL;
    size_t n = 0;
    int r = ask(query,
                "SELECT contract, software_version, site, time_zone, mode, message, published_unix, next_publish_unix, last_train_unix, battery_unix, age_s,"
                " battery_age_s, oldest_feed_age_s, stale, battery_v, soc_ratio, soc_uncertainty_ratio, pv_w, load_w FROM v1_status LIMIT 1",
                NULL, 0, read_status, sizeof *ret, &row, &n, why);
    if (r == 0 && n == 0)
        r = gnm_fail(why, -EUCLEAN, "forecast.db has no status");
    if (r == 0)
        *ret = *(struct query_status *)row;
    free(row);
    return r;
}

static void read_series(sqlite3_stmt *stmt, void *row)
{
    struct query_series *s = row;
    TEXT(0, s->series);
    TEXT(1, s->title);
    TEXT(2, s->unit);
    TEXT(3, s->currency);
    TEXT(4, s->parent);
    TEXT(5, s->step);
    TEXT(6, s->first_date);
    TEXT(7, s->last_date);
    s->non_negative = sqlite3_column_int(stmt, 8);
    s->is_integer = sqlite3_column_int(stmt, 9);
    s->n_obs = sqlite3_column_int64(stmt, 10);
    s->n_missing = sqlite3_column_int64(stmt, 11);
}

int query_series(struct query *query, struct query_series **ret, size_t *n, struct gnm_why *why)
{
    void *rows = NULL;
    int r = ask(query,
               "SELECT series_id, title, unit, currency, parent_id, step, first_date_local, last_date_local, non_negative, is_integer, n_obs, n_missing"
               " FROM v1_series ORDER BY 1", NULL, 0, read_series, sizeof **ret, &rows, n, why);
    if (r == 0)
        *ret = rows;
    return r;
}

static void read_forecast(sqlite3_stmt *stmt, void *row)
{
    struct query_forecast *f = row;
    TEXT(0, f->series);
    TEXT(1, f->unit);
    TEXT(2, f->model);
    TEXT(3, f->quality);
    TEXT(4, f->target_date);
    f->issued_s = sqlite3_column_int64(stmt, 5);
    f->target_start_s = sqlite3_column_int64(stmt, 6);
    f->target_end_s = sqlite3_column_int64(stmt, 7);
    f->data_age_s = whole(stmt, 8, -1);
    f->horizon = sqlite3_column_int(stmt, 9);
    f->mean = db_real(stmt, 10);
    f->p10 = db_real(stmt, 11);
    f->p50 = db_real(stmt, 12);
    f->p90 = db_real(stmt, 13);
    f->baseline = db_real(stmt, 14);
}

int query_forecasts(struct query *query, const char *series, struct query_forecast **ret, size_t *n, struct gnm_why *why)
{
    void *rows = NULL;
    int r = ask(query,
               "SELECT series_id, unit, model_id, quality, target_date_local, issued_unix, target_start_unix, target_end_unix, data_age_s, horizon, mean, p10, p50,"
               " p90, baseline FROM v1_forecast WHERE ?1 IS NULL OR series_id = ?1 ORDER BY 1, 7", series, 0, read_forecast, sizeof **ret, &rows, n, why);
    if (r == 0)
        *ret = rows;
    return r;
}

static void read_quantile(sqlite3_stmt *stmt, void *row)
{
    struct query_quantile *q = row;
    TEXT(0, q->series);
    q->target_start_s = sqlite3_column_int64(stmt, 1);
    q->q = db_real(stmt, 2);
    q->value = db_real(stmt, 3);
}

int query_quantiles(struct query *query, const char *series, struct query_quantile **ret, size_t *n, struct gnm_why *why)
{
    void *rows = NULL;
    int r = ask(query, "SELECT series_id, target_start_unix, q, value FROM v1_quantile WHERE ?1 IS NULL OR series_id = ?1 ORDER BY 1, 2, 3", series, 0, read_quantile,
               sizeof **ret, &rows, n, why);
    if (r == 0)
        *ret = rows;
    return r;
}

static void read_accuracy(sqlite3_stmt *stmt, void *row)
{
    struct query_accuracy *a = row;
    TEXT(0, a->series);
    TEXT(1, a->model);
    TEXT(2, a->baseline);
    TEXT(3, a->window_start);
    TEXT(4, a->window_end);
    a->n = sqlite3_column_int64(stmt, 5);
    double *value[] = { &a->mae, &a->wape, &a->bias, &a->mase, &a->pinball, &a->coverage_80, &a->width_80, &a->baseline_mae, &a->skill };
    for (int i = 0; i < (int)(sizeof value / sizeof *value); i++)
        *value[i] = db_real(stmt, 6 + i);
}

int query_accuracies(struct query *query, const char *series, struct query_accuracy **ret, size_t *n, struct gnm_why *why)
{
    void *rows = NULL;
    int r = ask(query,
               "SELECT series_id, model_id, baseline_name, window_start, window_end, n, mae, wape, bias, mase, pinball_10_90, coverage_80, width_80, baseline_mae,"
               " skill FROM v1_accuracy WHERE ?1 IS NULL OR series_id = ?1 ORDER BY 1, mae IS NULL, mae, 2", series, 0, read_accuracy, sizeof **ret, &rows, n, why);
    if (r == 0)
        *ret = rows;
    return r;
}

static void read_model(sqlite3_stmt *stmt, void *row)
{
    struct query_model *m = row;
    TEXT(0, m->model);
    TEXT(1, m->family);
    TEXT(2, m->trained);
    TEXT(3, m->choice);
}

int query_models(struct query *query, struct query_model **ret, size_t *n, struct gnm_why *why)
{
    void *rows = NULL;
    int r = ask(query, "SELECT model_id, family, trained_at, choice FROM v1_model_card WHERE ?1 IS NULL ORDER BY family", NULL, 0, read_model, sizeof **ret, &rows, n, why);
    if (r == 0)
        *ret = rows;
    return r;
}

static void read_feed(sqlite3_stmt *stmt, void *row)
{
    struct query_feed *f = row;
    TEXT(0, f->feed);
    TEXT(1, f->error);
    TEXT(2, f->licence);
    f->last_ok_s = whole(stmt, 3, 0);
    f->age_s = whole(stmt, 4, -1);
    f->bytes_30d = whole(stmt, 5, 0);
    TEXT(6, f->place);
    TEXT(7, f->quality);
}

int query_feeds(struct query *query, struct query_feed **ret, size_t *n, struct gnm_why *why)
{
    void *rows = NULL;
    int r = ask(query, "SELECT feed, last_error, licence, last_ok_unix, age_s, bytes_30d, place, quality FROM v1_feed ORDER BY 1, 7", NULL, 0, read_feed, sizeof **ret, &rows, n, why);
    if (r == 0)
        *ret = rows;
    return r;
}

static void read_event(sqlite3_stmt *stmt, void *row)
{
    struct query_event *e = row;
    TEXT(0, e->id);
    TEXT(1, e->category);
    TEXT(2, e->title);
    TEXT(3, e->place);
    TEXT(4, e->source);
    TEXT(5, e->licence);
    TEXT(6, e->first_date);
    TEXT(7, e->last_date);
    e->start_s = sqlite3_column_int64(stmt, 8);
    e->end_s = sqlite3_column_int64(stmt, 9);
    e->fetched_s = sqlite3_column_int64(stmt, 10);
    e->all_day = sqlite3_column_int(stmt, 11);
    e->rank = sqlite3_column_int(stmt, 12);
    e->attendance = db_real(stmt, 13);
}

int query_events(struct query *query, struct query_event **ret, size_t *n, struct gnm_why *why)
{
    void *rows = NULL;
    int r = ask(query,
               "SELECT event_id, category, title, place, source, licence, first_date_local, last_date_local, start_unix, end_unix, fetched_unix, all_day, rank,"
               " attendance FROM v1_event ORDER BY start_unix, event_id", NULL, 0, read_event, sizeof **ret, &rows, n, why);
    if (r == 0)
        *ret = rows;
    return r;
}

static void read_energy(sqlite3_stmt *stmt, void *row)
{
    struct query_energy *e = row;
    TEXT(0, e->purpose);
    TEXT(1, e->method);
    e->start_s = sqlite3_column_int64(stmt, 2);
    e->end_s = sqlite3_column_int64(stmt, 3);
    e->energy_wh = db_real(stmt, 4);
    e->uncertainty_pct = db_real(stmt, 5);
    e->co2e_g = db_real(stmt, 6);
    e->intensity_g_per_kwh = db_real(stmt, 7);
}

int query_energy(struct query *query, int64_t since_s, struct query_energy **ret, size_t *n, struct gnm_why *why)
{
    void *rows = NULL;
    int r = ask(query,
               "SELECT purpose, method, period_start_unix, period_end_unix, energy_wh, uncertainty_pct, co2e_g, intensity_g_per_kwh FROM v1_energy"
               " WHERE ?1 IS NULL AND period_end_unix > ?2 ORDER BY 3, 1", NULL, since_s, read_energy, sizeof **ret, &rows, n, why);
    if (r == 0)
        *ret = rows;
    return r;
}
