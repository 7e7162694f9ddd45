#include "store/db.h"

#include <errno.h>
#include <stdlib.h>

/* A period is over for us two days after its end; a channel settles a week or more at a time, so that few pages are touched twice. */
enum { DAY_S = 86400, LATE_DAYS = 2, WEEK_DAYS = 7, DROP_BATCHES = 256 };

struct due { int64_t channel, from, until; };

/* Reads which channels are due before any of them changes. */
static int read_due(struct store *store, int64_t today, struct due **ret, size_t *n, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_SETTLE_CHANNELS,
                    "SELECT id, settled, CASE step WHEN 0 THEN (?1 - ?2) * 24 ELSE ?1 - ?2 END AS until FROM channel"
                    " WHERE settled < 0 OR CASE step WHEN 0 THEN settled / 24 ELSE settled END + ?3 <= ?1 - ?2 ORDER BY id", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "lii", today, LATE_DAYS, WEEK_DAYS);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        struct due *more = reallocarray(*ret, *n + 1, sizeof **ret);
        if (more == NULL) {
            sqlite3_reset(stmt);
            return gnm_fail(why, -ENOMEM, "out of memory");
        }
        *ret = more;
        more[(*n)++] = (struct due){ sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 2) };
        r = 0;
    }
    return r;
}

/* Lowers `until` so that no more than `left` rows (or those of a single period) lie before it; 1 when it did. */
static int bound(struct store *store, struct due *due, size_t left, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_SETTLE_BOUND,
                    "SELECT max(l.valid, ?5) FROM signal_batch b CROSS JOIN signal_log l ON l.batch = b.id AND l.channel = ?1 AND l.valid >= ?2 AND l.valid < ?3"
                    " ORDER BY l.valid LIMIT 1 OFFSET ?4", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "lllll", due->channel, due->from, due->until, (int64_t)left, due->from == INT64_MIN ? due->from : due->from + 1);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r > 0) {
        due->until = sqlite3_column_int64(stmt, 0);
        sqlite3_reset(stmt);
    }
    return r;
}

static int settle_channel(struct store *store, struct due *due, size_t *left, struct gnm_why *why)
{
    int bounded = bound(store, due, *left, why);
    int r = bounded;
    if (r >= 0)
        r = db_do(store, DB_SETTLE_COPY,
                  "INSERT OR IGNORE INTO signal(channel, valid, available, fetched, issued, value, rows, quality)"
                  " SELECT l.channel, l.valid, l.available, l.fetched, l.issued, l.value, l.rows, l.quality FROM signal_batch b CROSS JOIN signal_log l"
                  " ON l.batch = b.id AND l.channel = ?1 AND l.valid >= ?2 AND l.valid < ?3 ORDER BY l.valid, l.available, l.fetched, l.batch DESC", why, "lll",
                  due->channel, due->from, due->until);
    if (r < 0)
        return r;
    size_t rows = (size_t)sqlite3_changes(store->db);
    *left -= bounded || rows > *left ? *left : rows;
    return db_do(store, DB_SETTLE_MARK, "UPDATE channel SET settled = ?2 WHERE id = ?1", why, "ll", due->channel, due->until);
}

/* A batch goes as a whole when all of it is settled: single deletions would touch every page of the log. */
static int drop_batches(struct store *store, struct gnm_why *why)
{
    return db_do(store, DB_SETTLE_DROP,
                 "DELETE FROM signal_log WHERE batch IN (SELECT b.id FROM signal_batch b WHERE NOT EXISTS(SELECT 1 FROM signal_log l JOIN channel c"
                 " ON c.id = l.channel WHERE l.batch = b.id AND l.valid >= c.settled) LIMIT ?1)", why, "i", DROP_BATCHES);
}

int settle_signals(struct store *store, int64_t now_s, size_t *left, struct gnm_why *why)
{
    struct due *due = NULL;
    size_t n = 0, before = *left;
    int r = read_due(store, now_s / DAY_S, &due, &n, why);
    for (size_t i = 0; r == 0 && i < n && *left > 0; i++)
        r = settle_channel(store, &due[i], left, why);
    store->channel.id = 0;         /* what it says about `settled` is old */
    free(due);
    return r < 0 || *left == before ? r : drop_batches(store, why);
}
