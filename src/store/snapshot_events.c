#include "store/snapshot_out.h"

#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"

enum { PAST_DAYS = 35, AHEAD_DAYS = 400, EVENTS_MAX = 2000 };

static const char *text(sqlite3_stmt *in, int column)
{
    return (const char *)sqlite3_column_text(in, column);
}

static int put_event(struct snapshot *s, sqlite3_stmt *in, struct gnm_why *why)
{
    char id[256], home[132], first[11], last[11];
    const char *feed = text(in, 0), *asked = text(in, 1), *venue = text(in, 9);
    snprintf(id, sizeof id, "%s%s%s/%s", feed, asked[0] != '\0' ? "@" : "", asked, text(in, 2));
    snprintf(home, sizeof home, "%.*s", (int)strcspn(text(in, 10), "|"), text(in, 10));
    civil_format_date(sqlite3_column_int64(in, 5), first);
    civil_format_date(sqlite3_column_int64(in, 6), last);
    const char *place = venue[0] != '\0' ? venue : home[0] != '\0' ? home : asked;     /* where teams play, the home team tells where */
    return db_do(&s->out, DB_OUT_EVENT, "INSERT INTO event VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)", why, "sssllssisldssl", id,
                 text(in, 11), text(in, 8), sqlite3_column_int64(in, 3), sqlite3_column_int64(in, 4), first, last, sqlite3_column_int(in, 7), place,
                 sqlite3_column_int64(in, 12), db_real(in, 13), feed, text(in, 14), sqlite3_column_int64(in, 15));
}

/* The last word on each, from five weeks ago to a year ahead. What two providers say of one event is two events. */
int snapshot_events(struct snapshot *s, struct gnm_why *why)
{
    sqlite3_stmt *in;
    int64_t today = s->status->published_s / 86400;
    int r = db_stmt(s->in, DB_PUB_EVENT,
                    "SELECT f.text, p.text, e.uid, e.start, e.end, e.first_day, e.last_day, e.all_day, e.title, e.venue, e.team, e.category, e.importance,"
                    " e.attendance, ifnull(x.licence, ''), e.fetched FROM event e JOIN name f ON f.id = e.feed JOIN name p ON p.id = e.place"
                    " LEFT JOIN feed x ON x.feed = e.feed AND x.place = e.place WHERE e.last_day >= ?1 AND e.first_day <= ?2 AND e.cancelled = 0"
                    " AND ifnull(x.disabled, 0) <> 2 AND NOT EXISTS(SELECT 1 FROM event n WHERE n.feed = e.feed AND n.place = e.place AND n.uid = e.uid"
                    " AND n.available > e.available) ORDER BY e.start, 1, 2, 3 LIMIT ?3", &in, why);
    if (r == 0)
        r = db_bind(s->in, in, why, "lll", today - PAST_DAYS, today + AHEAD_DAYS, (int64_t)EVENTS_MAX);
    while (r == 0 && (r = db_step(s->in, in, why)) > 0)
        r = put_event(s, in, why);
    sqlite3_reset(in);
    return r;
}
