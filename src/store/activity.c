#include <errno.h>
#include <math.h>
#include <string.h>

#include "store/observed.h"

enum { KEPT_ROWS = 40960 };        /* 640 KiB: 30 series for 3.7 years */

/* Most rows are known from when they came; the mirror has room for one time only and refuses others, as it refuses a time of 0. */
static int64_t common_time(const struct gnm_activity *row)
{
    return row->available_s == row->fetched_s ? row->fetched_s : 0;
}

/* The value known at `available`: 1 when there is one. */
static int known_at(struct store *store, int64_t series, const struct gnm_activity *row, double *ret, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_ACTIVITY_ASOF,
                    "SELECT value FROM activity WHERE series = ?1 AND day = ?2 AND available <= ?3 ORDER BY available DESC, fetched DESC LIMIT 1", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "lll", series, row->day, row->available_s);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r <= 0)
        return r;
    *ret = db_real(stmt, 0);
    sqlite3_reset(stmt);
    return 1;
}

/* 1 when a row was added. */
static int put_activity(struct store *store, const struct gnm_activity *row, struct gnm_why *why)
{
    int64_t series = db_name(store, row->series, why);
    if (series < 0)
        return (int)series;
    double known = NAN;
    int r = known_at(store, series, row, &known, why);
    if (r < 0 || (r > 0 && (isnan(known) ? isnan(row->value) : known == row->value)))
        return r < 0 ? r : 0;
    r = db_do(store, DB_ACTIVITY_PUT, "INSERT OR REPLACE INTO activity(series, day, available, fetched, value) VALUES(?1, ?2, ?3, ?4, ?5)", why, "lllld",
              series, row->day, row->available_s, row->fetched_s, row->value);
    if (r == 0) {
        observed_add(store, series, row->day, row->value);
        mirror_append(&store->activity, series, row->day, common_time(row), row->value);
    }
    return r < 0 ? r : 1;
}

int store_activity(struct store *store, const struct gnm_activity *row, size_t n, size_t *added, struct gnm_why *why)
{
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    size_t new_rows = 0;
    int64_t fetched = 0;
    for (size_t i = 0; r >= 0 && i < n; i++) {
        r = put_activity(store, &row[i], why);
        new_rows += r > 0;
        if (r > 0 && row[i].fetched_s != GNM_NEVER && row[i].fetched_s > fetched)
            fetched = row[i].fetched_s;
    }
    if (r >= 0)
        r = db_fetched(store, fetched, why);
    store->generation += new_rows > 0;
    r = db_leave(store, r, why);
    if (r == 0 && added != NULL)
        *added = new_rows;
    return r;
}

/* ---- reading ---- */

static int each_kept(const struct mirror *mirror, store_activity_fn *fn, void *ctx)
{
    int r = 0;
    for (size_t i = 0; i < mirror->n && r == 0; i++) {
        const struct mirror_group *group = &mirror->group[i];
        struct gnm_activity row = { .day = 0 };
        memcpy(row.series, group->text[0], sizeof row.series);
        uint32_t chunk = group->first;
        for (uint32_t k = 0; k < group->n && r == 0; k++) {
            const struct mirror_row *kept = mirror_step(mirror, k, &chunk);
            row.day = kept->day;
            row.available_s = row.fetched_s = mirror_time(kept->time);
            row.value = kept->value;
            r = fn(ctx, &row);
        }
    }
    return r;
}

static int each_of_series(struct store *store, int64_t series, struct gnm_activity *row, store_activity_fn *fn, void *ctx, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_ACTIVITY_EACH, "SELECT day, available, fetched, value FROM activity WHERE series = ?1 ORDER BY day, available, fetched", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "l", series);
    mirror_group(&store->activity, series, row->series, "");
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        row->day = sqlite3_column_int64(stmt, 0);
        row->available_s = sqlite3_column_int64(stmt, 1);
        row->fetched_s = sqlite3_column_int64(stmt, 2);
        row->value = db_real(stmt, 3);
        mirror_row(&store->activity, row->day, common_time(row), row->value);
        r = fn(ctx, row);
    }
    if (r != 0)
        sqlite3_reset(stmt);
    return r;
}

static int each_in_table(struct store *store, store_activity_fn *fn, void *ctx, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    /* Names are few and activity is sorted by series: asking each name costs less than sorting all rows by text. */
    int r = db_stmt(store, DB_ACTIVITY_GROUPS, "SELECT n.id, n.text FROM name n WHERE EXISTS(SELECT 1 FROM activity a WHERE a.series = n.id) ORDER BY n.text", &stmt, why);
    mirror_begin(&store->activity, KEPT_ROWS);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        struct gnm_activity row = { .day = 0 };
        db_text(stmt, 1, row.series, sizeof row.series);
        r = each_of_series(store, sqlite3_column_int64(stmt, 0), &row, fn, ctx, why);
    }
    mirror_end(&store->activity, r == 0);
    if (r != 0)
        sqlite3_reset(stmt);
    return r;
}

int store_each_activity(struct store *store, store_activity_fn *fn, void *ctx, struct gnm_why *why)
{
    int r = store->activity.whole ? each_kept(&store->activity, fn, ctx) : each_in_table(store, fn, ctx, why);
    return r < 0 ? r : 0;
}

int store_first_activity(struct store *store, int64_t *day, struct gnm_why *why)
{
    return db_number(store, "SELECT min((SELECT a.day FROM activity a WHERE a.series = s.id ORDER BY a.day LIMIT 1)) FROM series s", day, why);
}
