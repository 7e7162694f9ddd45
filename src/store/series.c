#include "store/db.h"

#include <errno.h>

int store_series_put(struct store *store, const struct store_series *s, struct gnm_why *why)
{
    if (s->series[0] == '\0' || s->step > GNM_MONTH)
        return gnm_fail(why, -EINVAL, "series \"%s\" has no name or no valid step", s->series);
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    int64_t id = db_name(store, s->series, why);
    /* An unchanged series writes no page: the daemon puts all of them at every start. */
    r = id < 0 ? (int)id
               : db_do(store, DB_SERIES_PUT,
                       "INSERT INTO series(id, title, unit, currency, company, parent, place, step, non_negative, configured)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT(id) DO UPDATE SET title = ?2, unit = ?3, currency = ?4, company = ?5,"
                       " parent = ?6, place = ?7, step = ?8, non_negative = ?9, configured = ?10 WHERE (title, unit, currency, company, parent, place, step,"
                       " non_negative, configured) IS NOT (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)", why, "lssssssiii", id, s->title, s->unit, s->currency,
                       s->company, s->parent, s->place, (int)s->step, s->non_negative != 0, s->configured != 0);
    if (r == 0)
        store->generation += (uint64_t)sqlite3_changes(store->db);
    return db_leave(store, r, why);
}

int store_series_add(struct store *store, const struct store_series *s, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int64_t id = db_name(store, s->series, why);
    int r = id < 0 ? (int)id : db_stmt(store, DB_SERIES_GET, "SELECT 1 FROM series WHERE id = ?1", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "l", id);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r <= 0)
        return r < 0 ? r : store_series_put(store, s, why);
    sqlite3_reset(stmt);
    return 0;
}

int store_series_owned(struct store *store, const char *series, const char *company, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_SERIES_OWNED, "SELECT 1 FROM series WHERE id = (SELECT id FROM name WHERE text = ?1) AND company <> ?2", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "ss", series, company);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r <= 0)
        return r;
    sqlite3_reset(stmt);
    return gnm_fail(why, -EPERM, "series \"%.60s\" is not one of company %.60s", series, company);
}

static void read_series(sqlite3_stmt *stmt, struct store_series *s)
{
    db_text(stmt, 0, s->series, sizeof s->series);
    db_text(stmt, 1, s->title, sizeof s->title);
    db_text(stmt, 2, s->unit, sizeof s->unit);
    db_text(stmt, 3, s->currency, sizeof s->currency);
    db_text(stmt, 4, s->company, sizeof s->company);
    db_text(stmt, 5, s->parent, sizeof s->parent);
    db_text(stmt, 6, s->place, sizeof s->place);
    s->step = (enum gnm_step)sqlite3_column_int(stmt, 7);
    s->non_negative = sqlite3_column_int(stmt, 8);
    s->configured = sqlite3_column_int(stmt, 9);
}

int store_each_series(struct store *store, store_series_fn *fn, void *ctx, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_SERIES_EACH,
                    "SELECT n.text, s.title, s.unit, s.currency, s.company, s.parent, s.place, s.step, s.non_negative, s.configured"
                    " FROM series s JOIN name n ON n.id = s.id ORDER BY 1", &stmt, why);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        struct store_series series;
        read_series(stmt, &series);
        r = fn(ctx, &series);
    }
    if (r != 0)
        sqlite3_reset(stmt);
    return r < 0 ? r : 0;
}
