#include "store/db.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS "e.uid, e.available, e.fetched, e.start, e.end, e.first_day, e.last_day, e.all_day, e.cancelled, e.importance, e.attendance, e.title, e.venue," \
                " e.category, e.team"

void store_event_id(const char *feed, const char *place, const char *id, char ret[STORE_EVENT_ID])
{
    snprintf(ret, STORE_EVENT_ID, "%s%s%s/%s", feed, place[0] != '\0' ? "@" : "", place, id);
}

/* From column `at` on, in the order of COLUMNS. */
static void read_event(sqlite3_stmt *stmt, int at, struct store_event *e)
{
    db_text(stmt, at, e->id, sizeof e->id);
    int64_t *whole[] = { &e->available_s, &e->fetched_s, &e->start_s, &e->end_s, &e->first_day, &e->last_day };
    for (int i = 0; i < 6; i++)
        *whole[i] = sqlite3_column_int64(stmt, at + 1 + i);
    e->all_day = sqlite3_column_int(stmt, at + 7);
    e->cancelled = sqlite3_column_int(stmt, at + 8);
    e->importance = sqlite3_column_int(stmt, at + 9);
    e->attendance = db_real(stmt, at + 10);
    db_text(stmt, at + 11, e->title, sizeof e->title);
    db_text(stmt, at + 12, e->venue, sizeof e->venue);
    db_text(stmt, at + 13, e->category, sizeof e->category);
    db_text(stmt, at + 14, e->team, sizeof e->team);
}

static int same_event(const struct store_event *a, const struct store_event *b)
{
    int attended = isnan(a->attendance) ? isnan(b->attendance) : a->attendance == b->attendance;
    return attended && a->start_s == b->start_s && a->end_s == b->end_s && a->first_day == b->first_day && a->last_day == b->last_day &&
           a->all_day == b->all_day && a->cancelled == b->cancelled && a->importance == b->importance && strcmp(a->title, b->title) == 0 &&
           strcmp(a->venue, b->venue) == 0 && strcmp(a->category, b->category) == 0 && strcmp(a->team, b->team) == 0;
}

static int newest(struct store *store, int64_t feed, int64_t place, const char *id, struct store_event *ret, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_EVENT_TOP, "SELECT " COLUMNS " FROM event e WHERE e.feed = ?1 AND e.place = ?2 AND e.uid = ?3 ORDER BY e.available DESC LIMIT 1",
                    &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "lls", feed, place, id);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r <= 0)
        return r;
    read_event(stmt, 0, ret);
    sqlite3_reset(stmt);
    return 1;
}

/* 1 when a row was added. Another word on what is known already can be available no earlier than that. */
static int put_event(struct store *store, const struct store_event *e, struct gnm_why *why)
{
    struct store_event known;
    int64_t feed = db_name(store, e->feed, why), place = feed < 0 ? feed : db_name(store, e->place, why), available_s = e->available_s;
    int r = place < 0 ? (int)place : newest(store, feed, place, e->id, &known, why);
    if (r < 0 || (r > 0 && same_event(&known, e)))
        return r < 0 ? r : 0;
    if (r > 0 && available_s <= known.available_s)
        available_s = e->fetched_s > known.available_s ? e->fetched_s : known.available_s + 1;
    r = db_do(store, DB_EVENT_PUT, "INSERT INTO event(feed, place, uid, available, fetched, start, end, first_day, last_day, all_day, cancelled, importance,"
              " attendance, title, venue, category, team) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)", why,
              "llsllllllllldssss", feed, place, e->id, available_s, e->fetched_s, e->start_s, e->end_s, e->first_day, e->last_day, (int64_t)e->all_day,
              (int64_t)e->cancelled, (int64_t)e->importance, e->attendance, e->title, e->venue, e->category, e->team);
    return r < 0 ? r : 1;
}

int store_events(struct store *store, const struct store_event *row, size_t n, size_t *added, struct gnm_why *why)
{
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    size_t new_rows = 0;
    for (size_t i = 0; r >= 0 && i < n; i++) {
        r = put_event(store, &row[i], why);
        new_rows += r > 0;
    }
    store->event_changes += new_rows > 0;
    r = db_leave(store, r, why);
    if (r == 0 && added != NULL)
        *added = new_rows;
    return r;
}

int store_each_event(struct store *store, const struct store_event_pick *pick, store_event_fn *fn, void *ctx, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_EVENT_EACH,
                    "SELECT f.text, p.text, " COLUMNS " FROM event e CROSS JOIN name f ON f.id = e.feed CROSS JOIN name p ON p.id = e.place WHERE (?1 IS NULL OR f.text = ?1)"
                    " AND (?2 IS NULL OR p.text = ?2) AND (?3 = 0 OR (e.last_day >= ?4 AND (?5 = 0 OR e.first_day <= ?5) AND NOT EXISTS(SELECT 1 FROM event x WHERE x.feed = e.feed AND"
                    " x.place = e.place AND x.uid = e.uid AND x.available > e.available))) ORDER BY e.feed, e.place, e.uid, e.available", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "ssill", pick->feed, pick->place, pick->newest != 0, pick->since_day, pick->until_day);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        struct store_event e;
        db_text(stmt, 0, e.feed, sizeof e.feed);
        db_text(stmt, 1, e.place, sizeof e.place);
        read_event(stmt, 2, &e);
        r = fn(ctx, &e);
    }
    if (r != 0)
        sqlite3_reset(stmt);
    return r < 0 ? r : 0;
}
