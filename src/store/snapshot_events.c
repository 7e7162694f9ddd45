#include "store/snapshot_out.h"

#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/hash.h"
#include "store/period.h"

enum { PAST_DAYS = 35, AHEAD_DAYS = 400, EVENTS_MAX = 2000, DAY_S = 86400, WEEK = 7 };

/* The window moves once a week: a day more of the past is worth less than writing all events anew each day. */
static int64_t window_day(const struct snapshot *s)
{
    int64_t today = s->status->published_s / DAY_S;
    return today - today % WEEK;
}

static const char *text(sqlite3_stmt *in, int column)
{
    return (const char *)sqlite3_column_text(in, column);
}

static int put_event(struct snapshot *s, sqlite3_stmt *in, struct gnm_why *why)
{
    char id[STORE_EVENT_ID], home[132], first[11], last[11];
    const char *feed = text(in, 0), *asked = text(in, 1), *venue = text(in, 9);
    if (snapshot_hides(s, feed))
        return 0;
    store_event_id(feed, asked, text(in, 2), id);
    snprintf(home, sizeof home, "%.*s", (int)strcspn(text(in, 10), "|"), text(in, 10));
    civil_format_date(sqlite3_column_int64(in, 5), first);
    civil_format_date(sqlite3_column_int64(in, 6), last);
    const char *place = venue[0] != '\0' ? venue : home[0] != '\0' ? home : asked;     /* where teams play, the home team tells where */
    return db_do(&s->out, DB_OUT_EVENT, "INSERT INTO event VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)", why, "sssllssisldssl", id,
                 text(in, 11), text(in, 8), sqlite3_column_int64(in, 3), sqlite3_column_int64(in, 4), first, last, sqlite3_column_int(in, 7), place,
                 sqlite3_column_int64(in, 12), db_real(in, 13), feed, text(in, 14), sqlite3_column_int64(in, 15));
}

/* Everything that decides which events are shown and how: their table, the week, and what is known of the feeds. */
int snapshot_events_key(struct snapshot *s, struct gnm_why *why)
{
    sqlite3_stmt *in;
    int64_t head[2] = { (int64_t)s->in->event_changes, window_day(s) };
    s->events_key = hash_bytes(HASH_START, head, sizeof head);
    int r = db_stmt(s->in, DB_PUB_EVENT_FEEDS, "SELECT feed, place, disabled, licence FROM feed ORDER BY feed, place", &in, why);
    while (r == 0 && (r = db_step(s->in, in, why)) > 0) {
        int64_t row[3] = { sqlite3_column_int64(in, 0), sqlite3_column_int64(in, 1), sqlite3_column_int64(in, 2) };
        s->events_key = hash_bytes(hash_bytes(s->events_key, row, sizeof row), text(in, 3), strlen(text(in, 3)) + 1);
        r = 0;
    }
    for (size_t i = 0; i < s->status->n_hidden; i++)
        s->events_key = hash_bytes(s->events_key, s->status->hidden[i], strlen(s->status->hidden[i]) + 1);
    return r;
}

/* The last word on each, from five or six weeks ago to a year ahead. What two providers say of one event is two events. */
int snapshot_events(struct snapshot *s, struct gnm_why *why)
{
    sqlite3_stmt *in;
    if (s->kept && s->same_events)
        return 0;
    int r = s->kept ? db_exec(&s->out, "DELETE FROM event", why) : 0;
    if (r == 0)
        r = db_stmt(s->in, DB_PUB_EVENT,
                    "SELECT f.text, p.text, e.uid, e.start, e.end, e.first_day, e.last_day, e.all_day, e.title, e.venue, e.team, e.category, e.importance,"
                    " e.attendance, ifnull(x.licence, ''), e.fetched FROM event e JOIN name f ON f.id = e.feed JOIN name p ON p.id = e.place"
                    " LEFT JOIN feed x ON x.feed = e.feed AND x.place = e.place WHERE e.last_day >= ?1 AND e.first_day <= ?2 AND e.cancelled = 0"
                    " AND ifnull(x.disabled, 0) <> 2 AND NOT EXISTS(SELECT 1 FROM event n WHERE n.feed = e.feed AND n.place = e.place AND n.uid = e.uid"
                    " AND n.available > e.available) ORDER BY e.start, 1, 2, 3 LIMIT ?3", &in, why);
    if (r == 0)
        r = db_bind(s->in, in, why, "lll", window_day(s) - PAST_DAYS, window_day(s) + AHEAD_DAYS, (int64_t)EVENTS_MAX);
    while (r == 0 && (r = db_step(s->in, in, why)) > 0)
        r = put_event(s, in, why);
    sqlite3_reset(in);
    return r;
}

/* ---- what the forecasts read ---- */

static int put_driver(struct snapshot *s, sqlite3_stmt *in, struct gnm_why *why)
{
    static const char *const bases[] = { [STORE_CALENDAR] = "calendar", [STORE_FORECAST] = "forecast", [STORE_OLDER] = "older forecast", [STORE_CLIMATOLOGY] = "climatology" };
    enum gnm_step step = (enum gnm_step)sqlite3_column_int(in, 0);
    struct period target = period_of(step, sqlite3_column_int64(in, 3), s->status->zone);
    char date[11];
    civil_format_date(target.date, date);
    return db_do(&s->out, DB_OUT_DRIVER, "INSERT INTO driver VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)", why, "ssilsdssts", gnm_step_names[step], text(in, 1),
                 sqlite3_column_int(in, 2), target.start_s, date, db_real(in, 6), bases[sqlite3_column_int(in, 4) & 3], gnm_quality_names[sqlite3_column_int(in, 5) & 3],
                 db_time(in, 7), text(in, 8));
}

static int put_reads(struct snapshot *s, sqlite3_stmt *in, struct gnm_why *why)
{
    return db_do(&s->out, DB_OUT_READS, "INSERT INTO reads VALUES(?1, ?2, ?3, ?4, ?5)", why, "sssis", text(in, 0), gnm_step_names[sqlite3_column_int(in, 1)], text(in, 2),
                 sqlite3_column_int(in, 3), text(in, 4));
}

static int put_change(struct snapshot *s, sqlite3_stmt *in, struct gnm_why *why)
{
    struct period target = period_of((enum gnm_step)sqlite3_column_int(in, 1), sqlite3_column_int64(in, 2), s->status->zone);
    return db_do(&s->out, DB_OUT_CHANGE, "INSERT INTO change VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", why, "slddlls", text(in, 0), target.start_s, db_real(in, 3), db_real(in, 4),
                 sqlite3_column_int64(in, 5), sqlite3_column_int64(in, 6), text(in, 7));
}

static int each_row(struct snapshot *s, enum db_slot slot, const char *sql, int (*put)(struct snapshot *, sqlite3_stmt *, struct gnm_why *), struct gnm_why *why)
{
    sqlite3_stmt *in;
    int r = db_stmt(s->in, slot, sql, &in, why);
    if (r == 0)
        r = db_bind(s->in, in, why, "s", s->company);
    while (r == 0 && (r = db_step(s->in, in, why)) > 0)
        r = put(s, in, why);
    sqlite3_reset(in);
    return r;
}

/* A company sees what its own series read: another's promotions are not its business. */
int snapshot_drivers(struct snapshot *s, struct gnm_why *why)
{
    int r = each_row(s, DB_PUB_READS,
                     "SELECT n.text, x.step, d.text, x.track, x.effects FROM forecast_reads x JOIN name n ON n.id = x.series JOIN name d ON d.id = x.driver"
                     " LEFT JOIN series s ON s.id = x.series WHERE ?1 IS NULL OR s.company = ?1 ORDER BY 1, 2, 3", put_reads, why);
    return r < 0 ? r : each_row(s, DB_PUB_DRIVER,
                     "SELECT x.step, d.text, x.track, x.target, x.basis, x.quality, x.value, x.available, x.event FROM forecast_driver x JOIN name d ON d.id = x.driver"
                     " WHERE ?1 IS NULL OR EXISTS(SELECT 1 FROM forecast_reads r JOIN series s ON s.id = r.series WHERE r.step = x.step AND r.driver = x.driver"
                     " AND r.track = x.track AND s.company = ?1) ORDER BY 1, 2, 3, 4", put_driver, why);
}

/* Only of targets that are forecast still. */
int snapshot_changes(struct snapshot *s, struct gnm_why *why)
{
    return each_row(s, DB_PUB_CHANGE,
                    "SELECT n.text, f.step, c.target, c.previous, c.now, c.previous_issued, c.issued, r.text FROM forecast_change c JOIN forecast_top t ON t.series = c.series"
                    " JOIN forecast f ON f.issued = t.issued AND f.series = c.series AND f.target = c.target JOIN name n ON n.id = c.series JOIN name r ON r.id = c.reason"
                    " LEFT JOIN series s ON s.id = c.series WHERE ?1 IS NULL OR s.company = ?1 ORDER BY 1, 3", put_change, why);
}
