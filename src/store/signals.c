#include "store/db.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* ---- channels: a feed's series at a place ---- */

static int same_channel(const struct store *store, const struct gnm_signal *s)
{
    return store->channel.id != 0 && store->channel.step == (int)s->step && strcmp(store->channel.series, s->series) == 0 &&
           strcmp(store->channel.place, s->place) == 0 && strcmp(store->channel.feed, s->feed) == 0;
}

/* The three names of a channel; they may be interned on the way. */
static int channel_names(struct store *store, const struct gnm_signal *s, int64_t id[3], struct gnm_why *why)
{
    const char *text[3] = { s->feed, s->series, s->place };
    for (int i = 0; i < 3; i++) {
        id[i] = db_name(store, text[i], why);
        if (id[i] < 0)
            return (int)id[i];
    }
    return 0;
}

static int find_channel(struct store *store, const struct gnm_signal *s, const int64_t name[3], int64_t *id, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_CHANNEL_GET, "SELECT id FROM channel WHERE feed = ?1 AND series = ?2 AND place = ?3 AND step = ?4", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "llli", name[0], name[1], name[2], (int)s->step);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r < 0)
        return r;
    if (r > 0) {
        *id = sqlite3_column_int64(stmt, 0);
        sqlite3_reset(stmt);
        return 0;
    }
    r = db_do(store, DB_CHANNEL_ADD, "INSERT INTO channel(feed, series, place, step) VALUES(?1, ?2, ?3, ?4)", why, "llli", name[0], name[1], name[2], (int)s->step);
    *id = sqlite3_last_insert_rowid(store->db);
    return r;
}

static int channel_of(struct store *store, const struct gnm_signal *s, int64_t *id, struct gnm_why *why)
{
    if (same_channel(store, s)) {
        *id = store->channel.id;
        return 0;
    }
    int64_t name[3];
    int r = channel_names(store, s, name, why);
    if (r == 0)
        r = find_channel(store, s, name, id, why);
    if (r < 0)
        return r;
    memcpy(store->channel.feed, s->feed, GNM_ID);
    memcpy(store->channel.series, s->series, GNM_ID);
    memcpy(store->channel.place, s->place, GNM_ID);
    store->channel.step = (int)s->step;
    store->channel.id = *id;
    return 0;
}

/* ---- writing vintages ---- */

struct known { int64_t available; double value; int quality; };

static int same_value(const struct known *known, const struct gnm_signal *s)
{
    int values = isnan(known->value) ? isnan(s->value) : known->value == s->value;
    return values && known->quality == (int)s->quality;
}

static int read_known(struct store *store, sqlite3_stmt *stmt, struct known *ret, struct gnm_why *why)
{
    int r = db_step(store, stmt, why);
    if (r <= 0)
        return r;
    *ret = (struct known){ sqlite3_column_int64(stmt, 0), db_real(stmt, 1), sqlite3_column_int(stmt, 2) };
    sqlite3_reset(stmt);
    return 1;
}

static int newest(struct store *store, int64_t channel, const struct gnm_signal *s, struct known *ret, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_SIGNAL_TOP, "SELECT available, value, quality FROM signal_top WHERE channel = ?1 AND valid = ?2", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "ll", channel, s->valid);
    return r < 0 ? r : read_known(store, stmt, ret, why);
}

/* What was known when `s` became available. Only for rows that come out of order, so the log may be walked. */
static int as_of(struct store *store, int64_t channel, const struct gnm_signal *s, struct known *ret, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_SIGNAL_ASOF,
                    "SELECT available, value, quality FROM (SELECT available, value, quality, fetched, 0 AS id FROM signal"
                    " WHERE channel = ?1 AND valid = ?2 AND available <= ?3 UNION ALL SELECT available, value, quality, fetched, id FROM signal_log"
                    " WHERE channel = ?1 AND valid = ?2 AND available <= ?3) ORDER BY available DESC, fetched DESC, id DESC LIMIT 1", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "lll", channel, s->valid, s->available_s);
    return r < 0 ? r : read_known(store, stmt, ret, why);
}

static int append(struct store *store, int64_t channel, const struct gnm_signal *s, int is_newest, struct gnm_why *why)
{
    int r = db_do(store, DB_SIGNAL_ADD,
                  "INSERT INTO signal_log(channel, valid, available, fetched, issued, value, rows, quality) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                  why, "lllltdii", channel, s->valid, s->available_s, s->fetched_s, s->issued_s, s->value, s->rows, (int)s->quality);
    if (r < 0 || !is_newest)
        return r;
    return db_do(store, DB_SIGNAL_TOP_PUT,
                 "INSERT INTO signal_top(channel, valid, available, value, quality) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(channel, valid) DO UPDATE SET"
                 " available = excluded.available, value = excluded.value, quality = excluded.quality", why, "llldi", channel, s->valid, s->available_s,
                 s->value, (int)s->quality);
}

/* 1 when a row was added. */
static int put_signal(struct store *store, const struct gnm_signal *s, struct gnm_why *why)
{
    if (s->step > GNM_MONTH || s->quality > GNM_FALLBACK)
        return gnm_fail(why, -EINVAL, "signal %s/%s has no valid step or quality", s->feed, s->series);
    int64_t channel = 0;
    struct known known = { 0 };
    int r = channel_of(store, s, &channel, why);
    if (r == 0)
        r = newest(store, channel, s, &known, why);
    if (r < 0)
        return r;
    if (r > 0 && same_value(&known, s))
        return 0;
    int is_newest = r == 0 || s->available_s >= known.available;
    if (!is_newest) {
        r = as_of(store, channel, s, &known, why);
        if (r < 0 || (r > 0 && same_value(&known, s)))
            return r < 0 ? r : 0;
    }
    r = append(store, channel, s, is_newest, why);
    return r < 0 ? r : 1;
}

int store_signals(struct store *store, const struct gnm_signal *signal, size_t n, size_t *added, struct gnm_why *why)
{
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    size_t new_rows = 0;
    int64_t fetched = 0;
    for (size_t i = 0; r >= 0 && i < n; i++) {
        r = put_signal(store, &signal[i], why);
        new_rows += r > 0;
        if (r > 0 && signal[i].fetched_s != GNM_NEVER && signal[i].fetched_s > fetched)
            fetched = signal[i].fetched_s;
    }
    if (r >= 0)
        r = db_fetched(store, fetched, why);
    r = db_leave(store, r, why);
    if (r == 0 && added != NULL)
        *added = new_rows;
    return r;
}

/* ---- reading ---- */

static void read_signal(sqlite3_stmt *stmt, struct gnm_signal *s)
{
    s->valid = sqlite3_column_int64(stmt, 0);
    s->available_s = sqlite3_column_int64(stmt, 1);
    s->fetched_s = sqlite3_column_int64(stmt, 2);
    s->issued_s = db_time(stmt, 3);
    s->value = db_real(stmt, 4);
    s->rows = sqlite3_column_int(stmt, 5);
    s->quality = (enum gnm_quality)sqlite3_column_int(stmt, 6);
}

static int each_of_channel(struct store *store, int64_t channel, struct gnm_signal *s, store_signal_fn *fn, void *ctx, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_SIGNAL_EACH,
                    "SELECT valid, available, fetched, issued, value, rows, quality, 0 AS id FROM signal WHERE channel = ?1 UNION ALL"
                    " SELECT valid, available, fetched, issued, value, rows, quality, id FROM signal_log WHERE channel = ?1 ORDER BY 1, 2, 3, 8", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "l", channel);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        read_signal(stmt, s);
        r = fn(ctx, s);
    }
    if (r != 0)
        sqlite3_reset(stmt);
    return r;
}

int store_each_signal(struct store *store, store_signal_fn *fn, void *ctx, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_CHANNEL_EACH,
                    "SELECT c.id, f.text, s.text, p.text, c.step FROM channel c JOIN name f ON f.id = c.feed JOIN name s ON s.id = c.series"
                    " JOIN name p ON p.id = c.place ORDER BY 2, 3, 4, 5", &stmt, why);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        struct gnm_signal s = { .step = (enum gnm_step)sqlite3_column_int(stmt, 4) };
        db_text(stmt, 1, s.feed, sizeof s.feed);
        db_text(stmt, 2, s.series, sizeof s.series);
        db_text(stmt, 3, s.place, sizeof s.place);
        r = each_of_channel(store, sqlite3_column_int64(stmt, 0), &s, fn, ctx, why);
    }
    if (r != 0)
        sqlite3_reset(stmt);
    return r < 0 ? r : 0;
}
