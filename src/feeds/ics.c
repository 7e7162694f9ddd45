/* Rows from a calendar: every occurrence of every event. */
#include "feeds/ics.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { FIELD = 512 };

struct replaced { uint64_t uid; int64_t instance_s; int range; };

struct calendar {
    struct reader *r;
    struct ics_zones zones;
    struct ics_parts parts;
    struct ics_work work;
    struct replaced *replaced;   /* instances that another component stands for */
    size_t n_replaced, replaced_cap;
    char (*field)[FIELD];        /* one per path */
    const struct ics_event *event;
};

/* libical takes "END;X=1:" for an end as well and complains on stderr, which is the journal: what only looks like a bracket becomes another name. */
static void disarm(char *text)
{
    for (char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n'), line += line != NULL) {
        size_t n = strncasecmp(line, "BEGIN", 5) == 0 ? 5 : strncasecmp(line, "END", 3) == 0 ? 3 : 0;
        if (n > 0 && line[n] != ':')
            line[0] = 'X';
    }
    for (char *p = strchr(text, '\r'); p != NULL; p = strchr(p + 1, '\r'))
        if (p[1] != '\n')
            *p = ' ';
}

/* NULL when libical can make nothing of it. */
static icalcomponent *parse(const struct ics_part *part)
{
    char *text = malloc(part->len + 1);
    if (text == NULL)
        return NULL;
    memcpy(text, part->text, part->len);
    text[part->len] = '\0';
    disarm(text);
    icalcomponent *c = icalparser_parse_string(text);
    free(text);
    icalcomponent_kind want = part->kind == ICS_EVENT ? ICAL_VEVENT_COMPONENT : ICAL_VTIMEZONE_COMPONENT;
    if (c != NULL && icalcomponent_isa(c) != want) {
        icalcomponent_free(c);
        return NULL;
    }
    return c;
}

static int remember_replaced(struct calendar *k, const struct ics_event *e)
{
    if (k->n_replaced == k->replaced_cap) {
        size_t cap = k->replaced_cap == 0 ? 16 : k->replaced_cap * 2;
        struct replaced *grown = realloc(k->replaced, cap * sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        k->replaced = grown;
        k->replaced_cap = cap;
    }
    k->replaced[k->n_replaced++] = (struct replaced){ e->uid, e->instance_s, e->range };
    return 0;
}

static int contains(const struct ics_part *part, const char *word)
{
    return memmem(part->text, part->len, word, strlen(word)) != NULL;
}

/* Zones first, and which instances are replaced: a calendar may say so anywhere. */
static int prepare(struct calendar *k, struct gnm_why *why)
{
    for (int kind = ICS_ZONE; kind >= ICS_EVENT; kind--)
        for (size_t i = 0; i < k->parts.n; i++) {
            const struct ics_part *part = &k->parts.part[i];
            struct ics_event e;
            if ((int)part->kind != kind || (kind == ICS_EVENT && !contains(part, "RECURRENCE-ID")))
                continue;
            icalcomponent *c = parse(part);
            int err = 0;
            if (c != NULL && kind == ICS_ZONE)
                ics_zone_define(&k->zones, c);
            else if (c != NULL && ics_event_read(&k->zones, c, &e) == 0 && e.overrides)
                err = remember_replaced(k, &e);
            if (c != NULL)
                icalcomponent_free(c);
            if (err < 0)
                return gnm_fail(why, err, "no memory");
        }
    return 0;
}

/* 1: another component stands for this instance. 2: it was moved with others (RANGE), and to where is not worked out: such an instance is left out. */
static int is_replaced(const struct calendar *k, int64_t utc_s)
{
    int ret = 0;
    for (size_t i = 0; i < k->n_replaced; i++) {
        const struct replaced *other = &k->replaced[i];
        if (other->uid != k->event->uid)
            continue;
        if (other->instance_s == utc_s)
            return 1;
        if ((other->range > 0 && utc_s > other->instance_s) || (other->range < 0 && utc_s < other->instance_s))
            ret = 2;
    }
    return ret;
}

/* "/summary" is the property SUMMARY. */
static icalproperty *property_of(icalcomponent *c, const char *path)
{
    for (icalproperty *p = icalcomponent_get_first_property(c, ICAL_ANY_PROPERTY); p != NULL; p = icalcomponent_get_next_property(c, ICAL_ANY_PROPERTY)) {
        const char *name = icalproperty_get_property_name(p);
        if (name != NULL && strcasecmp(name, path + 1) == 0)
            return p;
    }
    return NULL;
}

static void fill_cells(struct calendar *k, icalcomponent *c)
{
    for (size_t i = 0; i < k->r->feed->n_paths; i++) {
        const struct path *path = &k->r->feed->path[i];
        if (path->kind != PATH_ROW)
            continue;
        icalproperty *p = property_of(c, path->text);
        icalvalue *value = p == NULL ? NULL : icalproperty_get_value(p);
        const char *text = value == NULL ? NULL : icalvalue_isa(value) == ICAL_TEXT_VALUE ? icalvalue_get_text(value) : icalproperty_get_value_as_string(p);
        k->r->cell[i] = (struct cell){ .kind = CELL_ABSENT };
        if (text == NULL)
            continue;
        text_clean(k->field[i], FIELD, text, strlen(text));
        k->r->cell[i] = (struct cell){ .kind = CELL_TEXT, .text = k->field[i] };
    }
}

/* Less than a day counts for the day it begins on, more for each day it touches, as in row.c. */
static struct when when_of(const struct calendar *k, int64_t wall_s)
{
    const struct ics_event *e = k->event;
    struct ics_time start = e->start;
    start.wall_s = wall_s;
    struct when w = { .stamp = { ics_utc_s(&k->zones, &start), start.frame != ICS_DATE }, .days = 1, .end_s = GNM_NEVER };
    if (!w.stamp.timed) {
        w.days = (e->length_s + 86399) / 86400;
        return w;
    }
    w.end_s = w.stamp.s + e->length_s;
    if (e->length_s >= 86400) {
        struct stamp last = { w.end_s - 1, 1 };
        w.days = reader_day(k->r, &last) - reader_day(k->r, &w.stamp) + 1;
    }
    return w;
}

static int take(struct calendar *k, const struct when *when, struct gnm_why *why)
{
    struct reader *r = k->r;
    if (!k->event->cancelled)
        return reader_take(r, when, why);
    r->filtered++;
    reader_drop(r, NULL, r->filtered, "cancelled");
    return 0;
}

static int drop(struct calendar *k, const char *reason)
{
    k->r->rows_seen++;
    k->r->dropped_date++;
    reader_drop(k->r, NULL, k->r->dropped_date, "%s", reason);
    return 0;
}

static int happen(void *ctx, int64_t wall_s, struct gnm_why *why)
{
    struct calendar *k = ctx;
    const struct ics_event *e = k->event;
    struct when when = when_of(k, wall_s);
    int replaced = e->overrides ? 0 : is_replaced(k, when.stamp.s);
    if (replaced == 2)
        return drop(k, "moved together with others (RANGE=THISANDFUTURE), which is not followed");
    if (replaced || !reader_admits(k->r))
        return 0;
    int err = take(k, &when, why);
    int64_t instance_s = e->overrides ? e->instance_s : e->repeats ? when.stamp.s : GNM_NEVER;
    return err == 0 && k->r->feed->title.n > 0 ? reader_event(k->r, &when, instance_s, e->cancelled, why) : err;
}

static int take_event(struct calendar *k, const struct ics_part *part, struct gnm_why *why)
{
    struct ics_event event;
    struct gnm_why inner = { .text = "" };
    icalcomponent *c = parse(part);
    if (c == NULL)
        return drop(k, "not a component libical can read");
    int err = 0;
    if (ics_event_read(&k->zones, c, &event) < 0) {
        drop(k, "no usable start or end (DTSTART, DTEND, DURATION, TZID)");
    } else if (contains(part, "\nRRULE") && !event.repeats && !event.overrides) {
        drop(k, "a rule libical cannot read");
    } else {
        k->event = &event;
        fill_cells(k, c);
        err = ics_event_each(&k->zones, c, &event, k->r->now_s, &k->work, happen, k, &inner);
    }
    icalcomponent_free(c);
    if (err == -EINVAL)
        return drop(k, inner.text);
    return err < 0 ? gnm_fail(why, err, "%s", inner.text) : 0;
}

static int run(struct calendar *k, const char *body, size_t len, struct gnm_why *why)
{
    k->field = calloc(k->r->feed->n_paths + 1, sizeof *k->field);
    if (k->field == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    reader_constants(k->r, NULL);
    int err = ics_scan(body, len, &k->parts, why);
    if (err == 0)
        err = prepare(k, why);
    for (size_t i = 0; i < k->parts.n && err == 0; i++)
        if (k->parts.part[i].kind == ICS_EVENT)
            err = take_event(k, &k->parts.part[i], why);
    return err < 0 ? err : reader_check_counts(k->r, why);
}

int source_ics(struct reader *r, const char *body, size_t len, struct gnm_why *why)
{
    struct calendar *k = calloc(1, sizeof *k);
    if (k == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    k->r = r;
    k->zones.site = r->zone;
    icalerror_set_errors_are_fatal(0);
    int err = run(k, body, len, why);
    ics_zones_free(&k->zones);
    free(k->parts.part);
    free(k->replaced);
    free(k->field);
    free(k);
    icalmemory_free_ring();
    return err;
}
