#include "store/db.h"

#include <math.h>

int store_hours(struct store *store, const char *series, const char *place, int64_t from, size_t n, double *ret, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    for (size_t i = 0; i < n; i++)
        ret[i] = NAN;
    int r = db_stmt(store, DB_SIGNAL_HOURS,
                    "SELECT t.valid, t.value FROM signal_top t JOIN channel c ON c.id = t.channel AND c.step = 0 JOIN name s ON s.id = c.series AND s.text = ?1"
                    " JOIN name p ON p.id = c.place AND p.text = ?2 WHERE t.valid >= ?3 AND t.valid < ?4 AND t.value IS NOT NULL ORDER BY t.available",
                    &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "ssll", series, place, from, from + (int64_t)n);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        ret[sqlite3_column_int64(stmt, 0) - from] = sqlite3_column_double(stmt, 1);
        r = 0;
    }
    return r < 0 ? r : 0;
}

static void read_newest(sqlite3_stmt *stmt, struct gnm_signal *s)
{
    db_text(stmt, 0, s->series, sizeof s->series);
    s->step = (enum gnm_step)sqlite3_column_int(stmt, 1);
    s->valid = sqlite3_column_int64(stmt, 2);
    s->available_s = sqlite3_column_int64(stmt, 3);
    s->value = db_real(stmt, 4);
    s->quality = (enum gnm_quality)sqlite3_column_int(stmt, 5);
}

/* Asked day by day: a range of `valid` would read the rows of every other feed as well. */
int store_each_newest(struct store *store, const char *feed, const char *place, int64_t from, int64_t to, store_signal_fn *fn, void *ctx, struct gnm_why *why)
{
    static const char sql[] =
        "WITH RECURSIVE d(valid) AS (VALUES(?3) UNION ALL SELECT valid + 1 FROM d WHERE valid + 1 < ?4)"
        " SELECT s.text, c.step, t.valid, t.available, t.value, t.quality FROM channel c JOIN name s ON s.id = c.series CROSS JOIN d"
        " CROSS JOIN signal_top t ON t.valid = d.valid AND t.channel = c.id"
        " WHERE c.feed = (SELECT id FROM name WHERE text = ?1) AND c.place = (SELECT id FROM name WHERE text = ?2) AND c.step <> 0";
    struct gnm_signal s = { 0 };
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_SIGNAL_NEWEST, sql, &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "ssll", feed, place, from, to);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        read_newest(stmt, &s);
        r = fn(ctx, &s);
    }
    if (r != 0)
        sqlite3_reset(stmt);
    return r;
}
