#include "store/db.h"

#include <errno.h>
#include <string.h>

/* Hashes use all 64 bits; SQLite's integers are signed. */
static int64_t signed_bits(uint64_t x)
{
    int64_t ret;
    memcpy(&ret, &x, sizeof ret);
    return ret;
}

int store_feed_put(struct store *store, const struct store_feed *f, struct gnm_why *why)
{
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    int64_t feed = db_name(store, f->feed, why);
    int64_t place = feed < 0 ? feed : db_name(store, f->place, why);
    r = place < 0 ? (int)place
                  : db_do(store, DB_FEED_PUT,
                          "INSERT OR REPLACE INTO feed(feed, place, licence, etag, last_modified, error, next_s, last_ok_s, last_try_s, bytes_30d, failures,"
                          " disabled, body_hash, calls_day, calls, history, suspect, max_age_s) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
                          " ?15, ?16, ?17, ?18)", why, "llssssttttiillltil", feed, place, f->licence, f->etag, f->last_modified, f->error, f->next_s,
                          f->last_ok_s, f->last_try_s, f->bytes_30d, f->failures, f->disabled, signed_bits(f->body_hash), f->calls_day, f->calls,
                          f->history_day, f->suspect, f->max_age_s);
    return db_leave(store, r, why);
}

static void read_feed(sqlite3_stmt *stmt, struct store_feed *f)
{
    db_text(stmt, 0, f->licence, sizeof f->licence);
    db_text(stmt, 1, f->etag, sizeof f->etag);
    db_text(stmt, 2, f->last_modified, sizeof f->last_modified);
    db_text(stmt, 3, f->error, sizeof f->error);
    f->next_s = db_time(stmt, 4);
    f->last_ok_s = db_time(stmt, 5);
    f->last_try_s = db_time(stmt, 6);
    f->bytes_30d = db_time(stmt, 7);
    f->failures = sqlite3_column_int(stmt, 8);
    f->disabled = sqlite3_column_int(stmt, 9);
    f->body_hash = (uint64_t)sqlite3_column_int64(stmt, 10);
    f->calls_day = sqlite3_column_int64(stmt, 11);
    f->calls = sqlite3_column_int64(stmt, 12);
    f->history_day = db_time(stmt, 13);
    f->suspect = sqlite3_column_int(stmt, 14);
    f->max_age_s = sqlite3_column_int64(stmt, 15);
}

int store_feed_get(struct store *store, const char *feed, const char *place, struct store_feed *ret, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_FEED_GET,
                    "SELECT x.licence, x.etag, x.last_modified, x.error, x.next_s, x.last_ok_s, x.last_try_s, x.bytes_30d, x.failures, x.disabled, x.body_hash,"
                    " x.calls_day, x.calls, x.history, x.suspect, x.max_age_s"
                    " FROM feed x JOIN name f ON f.id = x.feed JOIN name p ON p.id = x.place WHERE f.text = ?1 AND p.text = ?2", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "ss", feed, place);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r < 0)
        return r;
    if (r == 0)
        return gnm_fail(why, -ENOENT, "feed %s%s%s was never fetched", feed, place[0] != '\0' ? " at " : "", place);
    struct store_feed found = { .next_s = 0 };
    strncpy(found.feed, feed, sizeof found.feed - 1);
    strncpy(found.place, place, sizeof found.place - 1);
    read_feed(stmt, &found);
    sqlite3_reset(stmt);
    *ret = found;
    return 0;
}

enum { IN_USE_MAX = 256 };

/* The rows that are not in use, first collected and then marked: a walk may not write. */
int store_feeds_in_use(struct store *store, int (*in_use)(void *ctx, const char *feed, const char *place), void *ctx, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int64_t id[IN_USE_MAX][2];
    size_t n = 0;
    int r = db_stmt(store, DB_FEED_EACH, "SELECT f.text, p.text, x.feed, x.place FROM feed x JOIN name f ON f.id = x.feed JOIN name p ON p.id = x.place"
                    " WHERE x.disabled <> 2", &stmt, why);
    while (r == 0 && n < IN_USE_MAX && (r = db_step(store, stmt, why)) > 0) {
        r = 0;
        if (in_use(ctx, (const char *)sqlite3_column_text(stmt, 0), (const char *)sqlite3_column_text(stmt, 1)))
            continue;
        id[n][0] = sqlite3_column_int64(stmt, 2);
        id[n++][1] = sqlite3_column_int64(stmt, 3);
    }
    sqlite3_reset(stmt);
    if (r < 0 || n == 0)
        return r;
    r = db_enter(store, why);
    for (size_t i = 0; i < n && r == 0; i++)
        r = db_do(store, DB_FEED_RETIRE, "UPDATE feed SET disabled = 2 WHERE feed = ?1 AND place = ?2", why, "ll", id[i][0], id[i][1]);
    return db_leave(store, r, why);
}
