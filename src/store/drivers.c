#include "store/db.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { KEPT_ROWS = 8192 };         /* 128 KiB */

static int find_driver(struct store *store, int64_t series, int64_t name, int64_t *id, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_DRIVER_GET, "SELECT id FROM driver WHERE series = ?1 AND driver = ?2", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "ll", series, name);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r < 0)
        return r;
    if (r > 0) {
        *id = sqlite3_column_int64(stmt, 0);
        sqlite3_reset(stmt);
        return 0;
    }
    r = db_do(store, DB_DRIVER_ADD, "INSERT INTO driver(series, driver) VALUES(?1, ?2)", why, "ll", series, name);
    *id = sqlite3_last_insert_rowid(store->db);
    return r;
}

static int driver_of(struct store *store, const struct store_driver *row, int64_t *id, struct gnm_why *why)
{
    int64_t series = db_name(store, row->series, why);
    int64_t name = series < 0 ? series : db_name(store, row->driver, why);
    return name < 0 ? (int)name : find_driver(store, series, name, id, why);
}

static int known_at(struct store *store, int64_t driver, const struct store_driver *row, double *ret, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_DRIVER_ASOF, "SELECT value FROM driver_value WHERE driver = ?1 AND day = ?2 AND available <= ?3 ORDER BY available DESC LIMIT 1", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "lll", driver, row->day, row->available_s);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r <= 0)
        return r;
    *ret = db_real(stmt, 0);
    sqlite3_reset(stmt);
    return 1;
}

/* 1 when a row was added. */
static int put_driver(struct store *store, const struct store_driver *row, struct gnm_why *why)
{
    int64_t driver = 0;
    double known = NAN;
    int r = driver_of(store, row, &driver, why);
    if (r == 0)
        r = known_at(store, driver, row, &known, why);
    if (r < 0 || (r > 0 && (isnan(known) ? isnan(row->value) : known == row->value)))
        return r < 0 ? r : 0;
    r = db_do(store, DB_DRIVER_PUT, "INSERT OR REPLACE INTO driver_value(driver, day, available, value) VALUES(?1, ?2, ?3, ?4)", why, "llld", driver, row->day,
              row->available_s, row->value);
    if (r == 0)
        mirror_append(&store->driver, driver, row->day, row->available_s, row->value);
    return r < 0 ? r : 1;
}

int store_drivers(struct store *store, const struct store_driver *row, size_t n, size_t *added, struct gnm_why *why)
{
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    size_t new_rows = 0;
    for (size_t i = 0; r >= 0 && i < n; i++) {
        r = put_driver(store, &row[i], why);
        new_rows += r > 0;
    }
    r = db_leave(store, r, why);
    if (r == 0 && added != NULL)
        *added = new_rows;
    return r;
}

/* ---- reading ---- */

static int each_kept(const struct mirror *mirror, store_driver_fn *fn, void *ctx)
{
    int r = 0;
    for (size_t i = 0; i < mirror->n && r == 0; i++) {
        const struct mirror_group *group = &mirror->group[i];
        struct store_driver row = { .day = 0 };
        memcpy(row.series, group->text[0], sizeof row.series);
        memcpy(row.driver, group->text[1], sizeof row.driver);
        uint32_t chunk = group->first;
        for (uint32_t k = 0; k < group->n && r == 0; k++) {
            const struct mirror_row *kept = mirror_step(mirror, k, &chunk);
            row.day = kept->day;
            row.available_s = mirror_time(kept->time);
            row.value = kept->value;
            r = fn(ctx, &row);
        }
    }
    return r;
}

static int each_of_driver(struct store *store, int64_t driver, struct store_driver *row, store_driver_fn *fn, void *ctx, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_DRIVER_EACH, "SELECT day, available, value FROM driver_value WHERE driver = ?1 ORDER BY day, available", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "l", driver);
    mirror_group(&store->driver, driver, row->series, row->driver);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        row->day = sqlite3_column_int64(stmt, 0);
        row->available_s = sqlite3_column_int64(stmt, 1);
        row->value = db_real(stmt, 2);
        mirror_row(&store->driver, row->day, row->available_s, row->value);
        r = fn(ctx, row);
    }
    if (r != 0)
        sqlite3_reset(stmt);
    return r;
}

static int each_in_table(struct store *store, store_driver_fn *fn, void *ctx, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_DRIVER_GROUPS,
                    "SELECT d.id, s.text, n.text FROM driver d JOIN name s ON s.id = d.series JOIN name n ON n.id = d.driver ORDER BY 2, 3", &stmt, why);
    mirror_begin(&store->driver, KEPT_ROWS);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        struct store_driver row = { .day = 0 };
        db_text(stmt, 1, row.series, sizeof row.series);
        db_text(stmt, 2, row.driver, sizeof row.driver);
        r = each_of_driver(store, sqlite3_column_int64(stmt, 0), &row, fn, ctx, why);
    }
    mirror_end(&store->driver, r == 0);
    if (r != 0)
        sqlite3_reset(stmt);
    return r;
}

int store_each_driver(struct store *store, store_driver_fn *fn, void *ctx, struct gnm_why *why)
{
    int r = store->driver.whole ? each_kept(&store->driver, fn, ctx) : each_in_table(store, fn, ctx, why);
    return r < 0 ? r : 0;
}
