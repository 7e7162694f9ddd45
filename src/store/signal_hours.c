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
