#include "store/db.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_MAX (INT64_C(1) << 40)
enum { CONTROLLERS_MAX = 15, KEY_BITS = 4 };

/* Columns in the order of the table: stage and faults, then four of each measured field, kept in units of a thousandth or a hundredth. Fields keep their place
 * and unit for ever: a change is a migration. */
static const struct { enum gnm_field field; double units; } measured[] = {
    { GNM_BATTERY_V, 1000 }, { GNM_BATTERY_A, 1000 }, { GNM_CHARGE_A, 1000 }, { GNM_SOC_PCT, 100 }, { GNM_BATTERY_C, 100 }, { GNM_CASE_C, 100 },
    { GNM_PV_V, 1000 }, { GNM_PV_A, 1000 }, { GNM_PV_W, 100 }, { GNM_CHARGE_W, 100 }, { GNM_LOAD_V, 1000 }, { GNM_LOAD_A, 1000 }, { GNM_LOAD_W, 100 },
    { GNM_PV_TODAY_KWH, 1000 }, { GNM_LOAD_TODAY_KWH, 1000 }, { GNM_PV_TOTAL_KWH, 1000 }, { GNM_LOAD_TOTAL_KWH, 1000 },
};
enum { MEASURED_N = sizeof measured / sizeof *measured, COLUMN_STAGE = 3, COLUMN_FIRST = 5 };

static int find_controller(struct store *store, const char *name, int64_t *id, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_CONTROLLER_GET, "SELECT id FROM controller WHERE name = ?1", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "s", name);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r <= 0)
        return r;
    *id = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return 1;
}

static int controller_id(struct store *store, const char *name, int64_t *id, struct gnm_why *why)
{
    struct db_known_name *known = &store->controller;
    if (known->id != 0 && strcmp(known->text, name) == 0) {
        *id = known->id;
        return 0;
    }
    int r = find_controller(store, name, id, why);
    if (r == 0) {
        r = db_do(store, DB_CONTROLLER_ADD, "INSERT INTO controller(name) VALUES(?1)", why, "s", name);
        *id = sqlite3_last_insert_rowid(store->db);
    }
    if (r == -EINVAL)
        return gnm_fail(why, -EINVAL, "state.db knows %d controllers already, \"%s\" finds no place", CONTROLLERS_MAX, name);
    if (r < 0)
        return r;
    snprintf(known->text, sizeof known->text, "%s", name);
    known->id = strlen(name) < sizeof known->text ? *id : 0;
    return 0;
}

/* Whole units less `base`; what does not fit a number of that size is no measurement. */
static int bind_value(sqlite3_stmt *stmt, int i, double value, double units, int64_t base)
{
    if (!(fabs(value) < 1e15))
        return sqlite3_bind_null(stmt, i);
    return sqlite3_bind_int64(stmt, i, (int64_t)llround(value * units) - base);
}

/* What is still bound from the row before needs no binding: by night, and of what a controller does not measure, that is nearly everything. */
static int is_bound(const struct store_minute *row, const struct store_minute *before, enum gnm_field f)
{
    return before != NULL && memcmp(&row->mean[f], &before->mean[f], sizeof row->mean[f]) == 0 && memcmp(&row->last[f], &before->last[f], sizeof row->last[f]) == 0 &&
           memcmp(&row->min[f], &before->min[f], sizeof row->min[f]) == 0 && memcmp(&row->max[f], &before->max[f], sizeof row->max[f]) == 0;
}

static int bind_field(sqlite3_stmt *stmt, int at, const struct store_minute *row, enum gnm_field f, double units)
{
    int64_t base = fabs(row->mean[f]) < 1e15 ? (int64_t)llround(row->mean[f] * units) : 0;
    int rc = bind_value(stmt, at, row->mean[f], units, 0);
    rc |= bind_value(stmt, at + 1, row->last[f], units, base);
    rc |= bind_value(stmt, at + 2, row->min[f], units, base);
    return rc | bind_value(stmt, at + 3, row->max[f], units, base);
}

static int bind_minute(sqlite3_stmt *stmt, int64_t controller, const struct store_minute *row, const struct store_minute *before)
{
    int rc = sqlite3_bind_int64(stmt, 1, (row->minute << KEY_BITS) | controller);
    rc |= sqlite3_bind_int(stmt, 2, row->n);
    rc |= bind_value(stmt, COLUMN_STAGE, row->last[GNM_STAGE], 1, 0);
    rc |= bind_value(stmt, COLUMN_STAGE + 1, row->last[GNM_FAULTS], 1, 0);
    for (int i = 0; i < MEASURED_N; i++)
        if (!is_bound(row, before, measured[i].field))
            rc |= bind_field(stmt, COLUMN_FIRST + 4 * i, row, measured[i].field, measured[i].units);
    return rc;
}

/* `before`: the row that the same call stored last, NULL at the first. */
static int put_minute(struct store *store, const struct store_minute *row, const struct store_minute *before, struct gnm_why *why)
{
    if (row->minute < 0 || row->minute > MINUTE_MAX)
        return gnm_fail(why, -ERANGE, "minute %lld cannot be stored", (long long)row->minute);
    int64_t controller = 0;
    int r = controller_id(store, row->controller, &controller, why);
    sqlite3_stmt *stmt;
    /* 4 columns and 17 times 4. */
    if (r == 0)
        r = db_stmt(store, DB_MINUTE_PUT,
                    "INSERT OR REPLACE INTO minute VALUES(?,?,?,?, ?,?,?,?, ?,?,?,?, ?,?,?,?, ?,?,?,?, ?,?,?,?, ?,?,?,?, ?,?,?,?, ?,?,?,?, ?,?,?,?,"
                    " ?,?,?,?, ?,?,?,?, ?,?,?,?, ?,?,?,?, ?,?,?,?, ?,?,?,?, ?,?,?,?, ?,?,?,?)", &stmt, why);
    if (r < 0)
        return r;
    if (bind_minute(stmt, controller, row, before) != SQLITE_OK)
        return gnm_fail(why, -ENOMEM, "state.db: a minute could not be bound");
    return db_run(store, stmt, why);
}

int store_minutes(struct store *store, const struct store_minute *row, size_t n, struct gnm_why *why)
{
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    for (size_t i = 0; r == 0 && i < n; i++)
        r = put_minute(store, &row[i], i > 0 ? &row[i - 1] : NULL, why);
    return db_leave(store, r, why);
}

static void read_minute(sqlite3_stmt *stmt, struct store_minute *row)
{
    for (int i = 0; i < GNM_FIELDS; i++)
        row->last[i] = row->mean[i] = row->min[i] = row->max[i] = NAN;
    row->minute = sqlite3_column_int64(stmt, 0) >> KEY_BITS;
    row->n = sqlite3_column_int(stmt, 1);
    row->last[GNM_STAGE] = db_real(stmt, COLUMN_STAGE - 1);
    row->last[GNM_FAULTS] = db_real(stmt, COLUMN_STAGE);
    for (int i = 0; i < MEASURED_N; i++) {
        int at = COLUMN_FIRST - 1 + 4 * i, f = measured[i].field;
        double mean = db_real(stmt, at), base = isnan(mean) ? 0 : mean;
        row->mean[f] = mean / measured[i].units;
        row->last[f] = (base + db_real(stmt, at + 1)) / measured[i].units;
        row->min[f] = (base + db_real(stmt, at + 2)) / measured[i].units;
        row->max[f] = (base + db_real(stmt, at + 3)) / measured[i].units;
    }
    db_text(stmt, COLUMN_FIRST - 1 + 4 * MEASURED_N, row->controller, sizeof row->controller);
}

static int64_t first_key(int64_t minute)
{
    return minute < 0 ? 0 : minute > MINUTE_MAX ? INT64_MAX : minute << KEY_BITS;
}

int store_each_minute(struct store *store, int64_t from, int64_t to, store_minute_fn *fn, void *ctx, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_MINUTE_EACH,
                    "SELECT m.*, c.name FROM minute m JOIN controller c ON c.id = (m.key & 15) WHERE m.key >= ?1 AND m.key < ?2 ORDER BY m.key", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "ll", first_key(from), first_key(to));
    struct store_minute row;
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        read_minute(stmt, &row);
        r = fn(ctx, &row);
    }
    if (r != 0)
        sqlite3_reset(stmt);
    return r < 0 ? r : 0;
}
