#include <errno.h>

#include "store/energy_days.h"

enum { DAY_S = 86400, FREE_PAGES = 256 };

/* `left`: rows that may still be touched. */
struct work { struct store *store; size_t left; struct gnm_why *why; };

/* Runs one bounded deletion `... <= ?2 rows` and takes what it removed from what is left to do. */
static int remove_rows(struct work *w, enum db_slot slot, const char *sql, int64_t cut)
{
    if (w->left == 0)
        return 0;
    int r = db_do(w->store, slot, sql, w->why, "ll", cut, (int64_t)w->left);
    if (r == 0)
        w->left -= (size_t)sqlite3_changes(w->store->db);
    return r;
}

static int retain_minutes(struct work *w, int64_t before_s)
{
    return remove_rows(w, DB_RETAIN_MINUTE, "DELETE FROM minute WHERE key IN (SELECT key FROM minute WHERE key < (?1 / 60) << 4 ORDER BY key LIMIT ?2)", before_s);
}

/* `valid` counts hours or days; ?1 is a day number. */
static int retain_signals(struct work *w, int64_t before_s)
{
    static const char settled[] =
        "DELETE FROM signal WHERE (channel, valid, available, fetched) IN (SELECT s.channel, s.valid, s.available, s.fetched FROM channel c CROSS JOIN signal s"
        " ON s.channel = c.id AND s.valid < CASE c.step WHEN 0 THEN ?1 * 24 ELSE ?1 END LIMIT ?2)";
    static const char top[] =
        "DELETE FROM signal_top WHERE (valid, channel) IN (SELECT s.valid, s.channel FROM channel c JOIN signal_top s"
        " ON s.channel = c.id AND s.valid < CASE c.step WHEN 0 THEN ?1 * 24 ELSE ?1 END LIMIT ?2)";
    int r = remove_rows(w, DB_RETAIN_SIGNAL, settled, before_s / DAY_S);
    return r < 0 ? r : remove_rows(w, DB_RETAIN_TOP, top, before_s / DAY_S);
}

static int retain_forecasts(struct work *w, int64_t before_s)
{
    return remove_rows(w, DB_RETAIN_FORECAST,
                       "DELETE FROM forecast WHERE (issued, series, target) IN (SELECT f.issued, f.series, f.target FROM forecast f"
                       " WHERE f.issued < ?1 AND f.issued <> ifnull((SELECT t.issued FROM forecast_top t WHERE t.series = f.series), 0)"
                       " ORDER BY f.issued LIMIT ?2)", before_s);
}

static int retain_ledger(struct work *w, int64_t before_s)
{
    size_t before = w->left;
    int r = remove_rows(w, DB_RETAIN_COST, "DELETE FROM cost WHERE id IN (SELECT id FROM cost WHERE at_s < ?1 ORDER BY id LIMIT ?2)", before_s);
    if (w->left != before)
        energy_days_forget(w->store);
    return r < 0 ? r : remove_rows(w, DB_RETAIN_GRANT, "DELETE FROM decision WHERE id IN (SELECT id FROM decision WHERE at_s < ?1 ORDER BY id LIMIT ?2)", before_s);
}

static int retain_all(struct work *w, const struct store_retention *keep, int64_t now_s)
{
    const struct { int days; int (*retain)(struct work *, int64_t); } table[] = {
        { keep->minute_d, retain_minutes }, { keep->signal_d, retain_signals }, { keep->forecast_d, retain_forecasts }, { keep->ledger_d, retain_ledger },
    };
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof table / sizeof *table; i++)
        if (table[i].days > 0)
            r = table[i].retain(w, now_s - (int64_t)table[i].days * DAY_S);
    return r;
}

/* Space goes back only when there is much of it: otherwise new rows reuse it for nothing. */
static int give_back(struct store *store, struct gnm_why *why)
{
    int64_t free_pages = 0, pages = 0;
    int r = db_number(store, "PRAGMA freelist_count", &free_pages, why);
    if (r == 0)
        r = db_number(store, "PRAGMA page_count", &pages, why);
    if (r < 0 || free_pages < FREE_PAGES || free_pages * 4 < pages)
        return r;
    return db_exec(store, "PRAGMA incremental_vacuum(64)", why);
}

int store_retain(struct store *store, const struct store_retention *keep, int64_t now_s, size_t max_rows, size_t *removed, struct gnm_why *why)
{
    struct work w = { store, max_rows, why };
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    r = settle_signals(store, now_s, &w.left, why);
    if (r == 0)
        r = retain_all(&w, keep, now_s);
    r = db_leave(store, r, why);
    if (r < 0)
        return r;
    if (removed != NULL)
        *removed = max_rows - w.left;
    return store->open_tx ? 0 : give_back(store, why);
}
