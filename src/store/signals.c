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

static int add_channel(struct store *store, const struct gnm_signal *s, const int64_t name[3], int64_t *id, struct gnm_why *why)
{
    int r = db_do(store, DB_CHANNEL_ADD, "INSERT INTO channel(feed, series, place, step, settled) VALUES(?1, ?2, ?3, ?4, ?5)", why, "lllil", name[0], name[1],
                  name[2], (int)s->step, INT64_MIN);
    *id = sqlite3_last_insert_rowid(store->db);
    return r;
}

static int find_channel(struct store *store, const struct gnm_signal *s, const int64_t name[3], int64_t *id, int64_t *settled, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_CHANNEL_GET, "SELECT id, settled FROM channel WHERE feed = ?1 AND series = ?2 AND place = ?3 AND step = ?4", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "llli", name[0], name[1], name[2], (int)s->step);
    if (r == 0)
        r = db_step(store, stmt, why);
    *settled = INT64_MIN;
    if (r <= 0)
        return r < 0 ? r : add_channel(store, s, name, id, why);
    *id = sqlite3_column_int64(stmt, 0);
    *settled = sqlite3_column_int64(stmt, 1);
    sqlite3_reset(stmt);
    return 0;
}

/* Leaves the channel of `s` in store->channel. */
static int channel_of(struct store *store, const struct gnm_signal *s, struct gnm_why *why)
{
    if (same_channel(store, s))
        return 0;
    int64_t name[3], id = 0, settled = 0;
    int r = channel_names(store, s, name, why);
    if (r == 0)
        r = find_channel(store, s, name, &id, &settled, why);
    if (r < 0)
        return r;
    memcpy(store->channel.feed, s->feed, GNM_ID);
    memcpy(store->channel.series, s->series, GNM_ID);
    memcpy(store->channel.place, s->place, GNM_ID);
    store->channel.step = (int)s->step;
    store->channel.id = id;
    store->channel.settled = settled;
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

static int newest(struct store *store, const struct gnm_signal *s, struct known *ret, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_SIGNAL_TOP, "SELECT available, value, quality FROM signal_top WHERE valid = ?1 AND channel = ?2", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "ll", s->valid, store->channel.id);
    return r < 0 ? r : read_known(store, stmt, ret, why);
}

/* What was known when `s` became available. Only for rows that come out of order, so all batches may be asked. */
static int as_of(struct store *store, const struct gnm_signal *s, struct known *ret, struct gnm_why *why)
{
    static const char settled[] =
        "SELECT available, value, quality FROM signal WHERE channel = ?1 AND valid = ?2 AND available <= ?3 ORDER BY available DESC, fetched DESC LIMIT 1";
    static const char logged[] =
        "SELECT l.available, l.value, l.quality FROM signal_batch b CROSS JOIN signal_log l ON l.batch = b.id AND l.channel = ?1 AND l.valid = ?2"
        " AND l.available <= ?3 ORDER BY l.available DESC, l.fetched DESC, l.batch DESC LIMIT 1";
    int is_settled = s->valid < store->channel.settled;
    sqlite3_stmt *stmt;
    int r = db_stmt(store, is_settled ? DB_SIGNAL_ASOF : DB_SIGNAL_ASOF_LOG, is_settled ? settled : logged, &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "lll", store->channel.id, s->valid, s->available_s);
    return r < 0 ? r : read_known(store, stmt, ret, why);
}

static int append(struct store *store, const struct gnm_signal *s, int64_t batch, struct gnm_why *why)
{
    if (s->valid < store->channel.settled)
        return db_do(store, DB_SIGNAL_LATE,
                     "INSERT OR REPLACE INTO signal(channel, valid, available, fetched, issued, value, rows, quality) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                     why, "lllltdii", store->channel.id, s->valid, s->available_s, s->fetched_s, s->issued_s, s->value, s->rows, (int)s->quality);
    static const struct db_insert add = DB_INSERT(DB_SIGNAL_ADD, DB_SIGNAL_AGAIN, "signal_log(batch, channel, valid, available, fetched, issued, value, rows, quality)"
                                                                                  " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    return db_insert(store, &add, why, "llllltdii", batch, store->channel.id, s->valid, s->available_s, s->fetched_s, s->issued_s,
                 s->value, s->rows, (int)s->quality);
}

/* What a row is among those of its period. */
enum word { PAST, FIRST, LAST };

static int set_newest(struct store *store, const struct gnm_signal *s, enum word word, struct gnm_why *why)
{
    static const char add[] = "INSERT INTO signal_top(valid, channel, available, value, quality) VALUES(?1, ?2, ?3, ?4, ?5)";
    static const char put[] = "UPDATE signal_top SET available = ?3, value = ?4, quality = ?5 WHERE valid = ?1 AND channel = ?2";
    return db_do(store, word == FIRST ? DB_SIGNAL_TOP_ADD : DB_SIGNAL_TOP_PUT, word == FIRST ? add : put, why, "llldi", s->valid, store->channel.id, s->available_s,
                 s->value, (int)s->quality);
}

/* Another value for the same moment of availability is a revision: nobody could know it before it was fetched. */
static int revise(struct gnm_signal *s)
{
    if (s->fetched_s > s->available_s)
        s->available_s = s->fetched_s;
    return 1;
}

/* 1 when `s` says something new. A revision gets the time it came as its `available`. */
static int is_news(struct store *store, struct gnm_signal *s, enum word *word, struct gnm_why *why)
{
    struct known known = { 0 }, then = { 0 };
    int r = newest(store, s, &known, why);
    *word = r > 0 ? LAST : FIRST;
    if (r <= 0 || same_value(&known, s))
        return r < 0 ? r : r == 0;
    if (s->available_s > known.available)
        return 1;
    if (s->available_s == known.available)
        return revise(s);
    r = as_of(store, s, &then, why);
    if (r < 0 || (r > 0 && same_value(&then, s)))
        return r < 0 ? r : 0;
    if (r > 0 && then.available == s->available_s)
        revise(s);
    *word = s->available_s >= known.available ? LAST : PAST;
    return 1;
}

/* 1 when a row was added. */
static int put_signal(struct store *store, const struct gnm_signal *signal, int64_t batch, struct gnm_why *why)
{
    if (signal->step > GNM_MONTH || signal->quality > GNM_FALLBACK)
        return gnm_fail(why, -EINVAL, "signal %s/%s has no valid step or quality", signal->feed, signal->series);
    enum word word = PAST;
    struct gnm_signal s = *signal;
    int r = channel_of(store, &s, why);
    if (r == 0)
        r = is_news(store, &s, &word, why);
    if (r <= 0)
        return r;
    r = append(store, &s, batch, why);
    if (r == 0 && word != PAST)
        r = set_newest(store, &s, word, why);
    return r < 0 ? r : 1;
}

static int next_batch(struct store *store, int64_t *ret, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_SIGNAL_BATCH, "SELECT ifnull(max(batch), 0) + 1 FROM signal_log", &stmt, why);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r <= 0)
        return r;
    *ret = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return 0;
}

int store_signals(struct store *store, const struct gnm_signal *signal, size_t n, size_t *added, struct gnm_why *why)
{
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    size_t new_rows = 0;
    int64_t batch = 0;
    r = next_batch(store, &batch, why);
    for (size_t i = 0; r >= 0 && i < n; i++) {
        r = put_signal(store, &signal[i], batch, why);
        new_rows += r > 0;
    }
    r = db_leave(store, r, why);
    if (r == 0 && added != NULL)
        *added = new_rows;
    return r;
}

/* ---- reading ---- */

static void read_signal(sqlite3_stmt *stmt, int brief, struct gnm_signal *s)
{
    s->valid = sqlite3_column_int64(stmt, 0);
    s->available_s = sqlite3_column_int64(stmt, 1);
    s->value = db_real(stmt, 2);
    s->quality = (enum gnm_quality)sqlite3_column_int(stmt, 3);
    if (brief)
        return;
    s->fetched_s = sqlite3_column_int64(stmt, 4);
    s->issued_s = db_time(stmt, 5);
    s->rows = sqlite3_column_int(stmt, 6);
}

/* A walk over channels, and the row under way. */
struct walk { struct store *store; const struct store_pick *pick; struct gnm_signal row; store_signal_fn *fn; void *ctx; struct gnm_why *why; };

static int each_row(struct walk *w, sqlite3_stmt *stmt)
{
    int r = 0;
    while (r == 0 && (r = db_step(w->store, stmt, w->why)) > 0) {
        read_signal(stmt, w->pick->brief, &w->row);
        r = w->fn(w->ctx, &w->row);
    }
    if (r != 0)
        sqlite3_reset(stmt);
    return r;
}

static int each_since(struct walk *w, enum db_slot slot, const char *sql, int64_t channel, int64_t since)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(w->store, slot, sql, &stmt, w->why);
    if (r == 0)
        r = db_bind(w->store, stmt, w->why, "ll", channel, since);
    return r < 0 ? r : each_row(w, stmt);
}

#define BRIEF "SELECT valid, available, value, quality"

/* Period by period: the dozens of vintages of a day that a later one had replaced by `from_s` are stepped over. */
static int each_since_decision(struct walk *w, int64_t channel, int64_t since)
{
    static const char sql[] =
        "WITH RECURSIVE p(day) AS (SELECT min(valid) FROM signal WHERE channel = ?1 AND valid >= ?2 UNION ALL"
        " SELECT (SELECT min(valid) FROM signal WHERE channel = ?1 AND valid > p.day) FROM p WHERE p.day IS NOT NULL)"
        BRIEF ", fetched, issued, rows FROM p CROSS JOIN signal ON channel = ?1 AND valid = p.day AND available >= ifnull((SELECT s.available FROM signal s"
        " WHERE s.channel = ?1 AND s.valid = p.day AND s.available <= ?3 AND s.quality <> ?4 ORDER BY s.available DESC LIMIT 1), ?5) ORDER BY valid, available, fetched";
    sqlite3_stmt *stmt;
    int r = db_stmt(w->store, DB_SIGNAL_FROM, sql, &stmt, w->why);
    if (r == 0)
        r = db_bind(w->store, stmt, w->why, "lllil", channel, since, w->pick->from_s, (int)GNM_PARTIAL, INT64_MIN);
    return r < 0 ? r : each_row(w, stmt);
}

/* First what is settled, which is sorted, then the later periods, which the log has to sort. */
static int each_of_channel(struct walk *w, int64_t channel, int64_t settled)
{
#define SETTLED " FROM signal WHERE channel = ?1 AND valid >= ?2 ORDER BY valid, available, fetched"
#define LOGGED " FROM signal_batch b CROSS JOIN signal_log l ON l.batch = b.id AND l.channel = ?1 AND l.valid >= ?2 ORDER BY valid, available, fetched, batch"
    static const char *const sql[2][2] = { { BRIEF ", fetched, issued, rows" SETTLED, BRIEF ", fetched, issued, rows" LOGGED }, { BRIEF SETTLED, BRIEF LOGGED } };
    int brief = w->pick->brief != 0, r;
    int64_t since = w->pick->since_day == 0 ? INT64_MIN : w->pick->since_day * (w->row.step == GNM_HOUR ? 24 : 1);
    if (w->pick->from_s != 0 && w->row.step == GNM_DAY)
        r = each_since_decision(w, channel, since);
    else
        r = each_since(w, brief ? DB_SIGNAL_BRIEF : DB_SIGNAL_EACH, sql[brief][0], channel, since);
    return r != 0 ? r : each_since(w, brief ? DB_SIGNAL_BRIEF_LOG : DB_SIGNAL_EACH_LOG, sql[brief][1], channel, settled > since ? settled : since);
}

int store_each_signal(struct store *store, store_signal_fn *fn, void *ctx, struct gnm_why *why)
{
    return store_each_signal_of(store, &(struct store_pick){ 0 }, fn, ctx, why);
}

int store_each_signal_of(struct store *store, const struct store_pick *pick, store_signal_fn *fn, void *ctx, struct gnm_why *why)
{
    struct walk w = { .store = store, .pick = pick, .fn = fn, .ctx = ctx, .why = why };
    struct gnm_signal *s = &w.row;
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_CHANNEL_EACH,
                    "SELECT c.id, f.text, s.text, p.text, c.step, c.settled FROM channel c JOIN name f ON f.id = c.feed JOIN name s ON s.id = c.series"
                    " JOIN name p ON p.id = c.place ORDER BY 2, 3, 4, 5", &stmt, why);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        s->step = (enum gnm_step)sqlite3_column_int(stmt, 4);
        db_text(stmt, 1, s->feed, sizeof s->feed);
        db_text(stmt, 2, s->series, sizeof s->series);
        db_text(stmt, 3, s->place, sizeof s->place);
        if ((pick->without_hours && s->step == GNM_HOUR) || (pick->feed != NULL && strcmp(pick->feed, s->feed) != 0) ||
            (pick->place != NULL && strcmp(pick->place, s->place) != 0))
            r = 0;
        else
            r = each_of_channel(&w, sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 5));
    }
    if (r != 0)
        sqlite3_reset(stmt);
    return r < 0 ? r : 0;
}
