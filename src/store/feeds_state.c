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
                          " disabled, body_hash) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)", why, "llssssttttiil", feed, place, f->licence,
                          f->etag, f->last_modified, f->error, f->next_s, f->last_ok_s, f->last_try_s, f->bytes_30d, f->failures, f->disabled,
                          signed_bits(f->body_hash));
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
}

int store_feed_get(struct store *store, const char *feed, const char *place, struct store_feed *ret, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_FEED_GET,
                    "SELECT x.licence, x.etag, x.last_modified, x.error, x.next_s, x.last_ok_s, x.last_try_s, x.bytes_30d, x.failures, x.disabled, x.body_hash"
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
