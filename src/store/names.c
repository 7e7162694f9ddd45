#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "store/db.h"

/* ---- small facts ---- */

int store_meta_set(struct store *store, const char *key, const char *value, struct gnm_why *why)
{
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    r = db_do(store, DB_META_SET, "INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value", why, "ss", key, value);
    return db_leave(store, r, why);
}

int store_meta_get(struct store *store, const char *key, char *ret, size_t size, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_META_GET, "SELECT value FROM meta WHERE key = ?1", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "s", key);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r < 0)
        return r;
    if (r == 0)
        return gnm_fail(why, -ENOENT, "state.db has no entry \"%s\"", key);
    int fits = (size_t)sqlite3_column_bytes(stmt, 0) < size;
    if (fits)
        db_text(stmt, 0, ret, size);
    sqlite3_reset(stmt);
    return fits ? 0 : gnm_fail(why, -ENAMETOOLONG, "the entry \"%s\" of state.db is too long", key);
}

/* ---- interned texts ---- */

static int64_t find_name(struct store *store, const char *text, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_NAME_GET, "SELECT id FROM name WHERE text = ?1", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "s", text);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r <= 0)
        return r;
    int64_t id = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return id;
}

/* Rows name the same few texts again and again, often two or three in turn. */
static struct db_known_name *place_of(struct store *store, const char *text)
{
    return &store->name[hash_bytes(HASH_START, text, strlen(text)) % DB_KNOWN_NAMES];
}

int64_t db_name(struct store *store, const char *text, struct gnm_why *why)
{
    struct db_known_name *known = place_of(store, text);
    if (known->id != 0 && strcmp(known->text, text) == 0)
        return known->id;
    int64_t id = find_name(store, text, why);
    if (id < 0)
        return id;
    if (id == 0) {
        int r = db_do(store, DB_NAME_ADD, "INSERT INTO name(text) VALUES(?1)", why, "s", text);
        if (r < 0)
            return r;
        id = sqlite3_last_insert_rowid(store->db);
    }
    if (strlen(text) < sizeof known->text) {
        strcpy(known->text, text);
        known->id = id;
    }
    return id;
}

/* ---- the newest time ---- */

int db_fetched(struct store *store, int64_t fetched_s, struct gnm_why *why)
{
    if (fetched_s <= 0 || fetched_s == GNM_NEVER)
        return 0;
    return db_do(store, DB_FETCHED_MARK,
                 "INSERT INTO meta(key, value) VALUES('store.fetched', CAST(?1 AS TEXT)) ON CONFLICT(key) DO UPDATE SET value = excluded.value "
                 "WHERE CAST(value AS INTEGER) < CAST(excluded.value AS INTEGER)", why, "l", fetched_s);
}

/* The tables that grow at the end, and the mark for the sorted ones: each a look at one row. */
int store_newest_s(struct store *store, int64_t *ret, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_NEWEST,
                    "SELECT max(ifnull((SELECT (key >> 4) * 60 FROM minute ORDER BY key DESC LIMIT 1), 0), ifnull((SELECT max(issued) FROM forecast), 0),"
                    " ifnull((SELECT at_s FROM cost ORDER BY id DESC LIMIT 1), 0), ifnull((SELECT at_s FROM decision ORDER BY id DESC LIMIT 1), 0),"
                    " ifnull((SELECT nullif(fetched, 9223372036854775807) FROM signal_log ORDER BY batch DESC LIMIT 1), 0),"
                    " ifnull((SELECT max(max(ifnull(last_try_s, 0), ifnull(last_ok_s, 0))) FROM feed), 0), ifnull((SELECT max(trained_s) FROM model), 0),"
                    " ifnull((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'store.fetched'), 0))", &stmt, why);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r <= 0)
        return r;
    *ret = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return 0;
}
