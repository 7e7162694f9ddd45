/* ICS calendars (RFC 5545) through libical, one component at a time. Private to src/feeds; not pure.
 *
 * A calendar is somebody else's program for making dates, so nothing reaches libical before we have bounded it: size and number of lines and components,
 * depth, and of recurrence rules their form. Measured with libical 3.0.16: FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30 spends 0.4 s and one with three BYSECOND
 * more than 20 s in a single call. Components are parsed one by one and freed, so memory does not grow with the calendar. */
#ifndef FEEDS_ICS_H
#define FEEDS_ICS_H

#include <libical/ical.h>

#include "feeds/extract.h"

enum { ICS_PARTS = 8000, ICS_LINES = 200000, ICS_LINE = 16384, ICS_PART = 262144, ICS_DEPTH = 8, ICS_RULES = 1000, ICS_STEPS = 50000, ICS_DATES = 2000,
       ICS_BARREN = 2, ICS_ELABORATE = 100, ICS_BACK_D = 1100, ICS_AHEAD_D = 500 };

/* ---- ics_scan.c: where the components are; what is too much is refused ---- */

enum ics_kind { ICS_EVENT, ICS_ZONE };
struct ics_part { const char *text; size_t len; enum ics_kind kind; };
struct ics_parts { struct ics_part *part; size_t n; };   /* part: free() */
int ics_scan(const char *body, size_t len, struct ics_parts *ret, struct gnm_why *why);

/* ---- ics_rule.c: which recurrence rules are let through to libical; NULL, or what is wrong ---- */

const char *ics_rule_refused(const char *rule, int in_zone);
/* Picks days by several counts at once ("the 29th of February when it is a Monday"): may cost libical 20 ms, so only so many are followed. */
int ics_rule_is_elaborate(const char *rule);

/* ---- ics_zone.c: zones by name (our own tables) or as the calendar defines them ---- */

enum { ICS_ZONES = 64 };
struct ics_zone {
    char name[96];
    struct zone *own;            /* owned */
    icaltimezone *defined;       /* owned; used when there is no own one */
};
struct ics_zones {
    const struct zone *site;
    struct ics_zone zone[ICS_ZONES];
    size_t n;
};
/* Remembers a VTIMEZONE; one that cannot be used is left out. */
void ics_zone_define(struct ics_zones *zones, icalcomponent *vtimezone);
/* NULL when nobody knows the name. */
const struct ics_zone *ics_zone_find(struct ics_zones *zones, const char *name);
void ics_zones_free(struct ics_zones *zones);

/* A moment as written: wall seconds in `zone`, in UTC, at the site (floating), or a date. */
enum ics_frame { ICS_UTC, ICS_FLOATING, ICS_ZONED, ICS_DATE };
struct ics_time { int64_t wall_s; enum ics_frame frame; const struct ics_zone *zone; };
int ics_time(struct ics_zones *zones, icalproperty *property, struct icaltimetype t, struct ics_time *ret);
int64_t ics_utc_s(const struct ics_zones *zones, const struct ics_time *t);       /* of a date its midnight as if UTC */

/* ---- ics_event.c: one VEVENT and when it happens ---- */

struct ics_event {
    struct ics_time start;
    int64_t length_s;            /* of dates in whole days */
    uint64_t uid;
    int overrides, repeats, cancelled;   /* has a RECURRENCE-ID; an RRULE or RDATE; STATUS:CANCELLED */
    int64_t instance_s;          /* which instance it stands for */
    int range;                   /* RANGE: 1 that one and all that follow, -1 and all before */
};
int ics_event_read(struct ics_zones *zones, icalcomponent *c, struct ics_event *ret);

/* Work done so far in one answer. */
struct ics_work { size_t rules, elaborate, steps, barren; };
typedef int ics_happening(void *ctx, int64_t wall_s, struct gnm_why *why);
/* Calls `happens` with the wall time of each occurrence, exceptions left out. -E2BIG and the like refuse the whole answer; -EINVAL: this event's rule cannot be
 * followed. */
int ics_event_each(struct ics_zones *zones, icalcomponent *c, const struct ics_event *event, int64_t now_s, struct ics_work *work, ics_happening *happens,
                   void *ctx, struct gnm_why *why);

/* ics.c */
typedef int source_ics_fn(struct reader *r, const char *body, size_t len, struct gnm_why *why);
source_ics_fn source_ics;

/* ics_open.c: source_ics, wherever it is; NULL with the reason when its module is missing */
source_ics_fn *ics_open(struct gnm_why *why);

#endif
