/* When an event happens: its start, its rule, dates added and dates taken out. All in wall time, which is what a rule repeats. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/hash.h"
#include "feeds/ics.h"

enum { LENGTH_MAX_S = FEED_SPAN_DAYS * 86400 };

static uint64_t uid_of(icalcomponent *c)
{
    const char *uid = icalcomponent_get_uid(c);
    return uid == NULL ? 0 : hash_bytes(HASH_START, uid, strlen(uid));
}

/* DTEND, or DTSTART and DURATION; a date alone lasts its day, a time alone no time. */
static int read_length(struct ics_zones *zones, icalcomponent *c, const struct ics_time *start, int64_t *length_s)
{
    icalproperty *end = icalcomponent_get_first_property(c, ICAL_DTEND_PROPERTY), *duration = icalcomponent_get_first_property(c, ICAL_DURATION_PROPERTY);
    struct ics_time till;
    *length_s = start->frame == ICS_DATE ? 86400 : 0;
    if (end != NULL) {
        if (ics_time(zones, end, icalproperty_get_dtend(end), &till) < 0 || (till.frame == ICS_DATE) != (start->frame == ICS_DATE))
            return -EINVAL;
        int64_t s = ics_utc_s(zones, &till) - ics_utc_s(zones, start);
        *length_s = s > *length_s ? s : *length_s;
    } else if (duration != NULL) {
        struct icaldurationtype d = icalproperty_get_duration(duration);
        int64_t s = (((int64_t)d.weeks * 7 + d.days) * 24 + d.hours) * 3600 + (int64_t)d.minutes * 60 + d.seconds;
        *length_s = !d.is_neg && s > *length_s ? s : *length_s;
    }
    return *length_s > LENGTH_MAX_S ? -EINVAL : 0;
}

/* Nobody writes RANGE=THISANDPRIOR any more, but whoever does means other instances. */
static int read_range(icalproperty *instance)
{
    icalparameter *range = icalproperty_get_first_parameter(instance, ICAL_RANGE_PARAMETER);
    return range == NULL ? 0 : icalparameter_get_range(range) == ICAL_RANGE_THISANDPRIOR ? -1 : 1;
}

int ics_event_read(struct ics_zones *zones, icalcomponent *c, struct ics_event *ret)
{
    icalproperty *start = icalcomponent_get_first_property(c, ICAL_DTSTART_PROPERTY), *instance = icalcomponent_get_first_property(c, ICAL_RECURRENCEID_PROPERTY);
    struct ics_event e = { .uid = uid_of(c), .cancelled = icalcomponent_get_status(c) == ICAL_STATUS_CANCELLED };
    struct ics_time which;
    if (start == NULL || ics_time(zones, start, icalproperty_get_dtstart(start), &e.start) < 0 || read_length(zones, c, &e.start, &e.length_s) < 0)
        return -EINVAL;
    if (instance != NULL && ics_time(zones, instance, icalproperty_get_recurrenceid(instance), &which) == 0) {
        e.overrides = 1;
        e.instance_s = ics_utc_s(zones, &which);
        e.range = read_range(instance);
    }
    e.repeats = !e.overrides && (icalcomponent_get_first_property(c, ICAL_RRULE_PROPERTY) != NULL || icalcomponent_get_first_property(c, ICAL_RDATE_PROPERTY) != NULL);
    *ret = e;
    return 0;
}

/* ---- recurrence ---- */

struct course {
    struct ics_zones *zones;
    icalcomponent *c;
    const struct ics_event *event;
    int64_t low_s, high_s;       /* what is looked at, wall */
    struct ics_work *work;
    struct ics_time *except;     /* EXDATE */
    size_t n_except;
    ics_happening *happens;
    void *ctx;
    struct gnm_why *why;
};

static struct icaltimetype floating(int64_t wall_s, int is_date)
{
    int64_t day = wall_s / 86400 - (wall_s % 86400 < 0), s = wall_s - day * 86400;
    struct icaltimetype t = icaltime_null_time();
    civil_date(day, &t.year, &t.month, &t.day);
    t.is_date = is_date;
    t.hour = (int)(s / 3600);
    t.minute = (int)(s / 60 % 60);
    t.second = (int)(s % 60);
    return t;
}

static int64_t wall_of(const struct icaltimetype *t)
{
    return civil_day(t->year, t->month, t->day) * 86400 + t->hour * 3600 + t->minute * 60 + t->second;
}

static int is_excepted(const struct course *k, int64_t wall_s)
{
    struct ics_time at = k->event->start;
    at.wall_s = wall_s;
    int64_t utc_s = ics_utc_s(k->zones, &at), day = wall_s / 86400;
    for (size_t i = 0; i < k->n_except; i++) {
        const struct ics_time *x = &k->except[i];
        if (x->frame == ICS_DATE ? x->wall_s / 86400 == day : ics_utc_s(k->zones, x) == utc_s)
            return 1;
    }
    return 0;
}

static int give(struct course *k, int64_t wall_s)
{
    if (++k->work->steps > ICS_STEPS)
        return gnm_fail(k->why, -E2BIG, "the calendar repeats more than %d times", ICS_STEPS);
    if (wall_s < k->low_s || wall_s >= k->high_s || is_excepted(k, wall_s))
        return 0;
    return k->happens(k->ctx, wall_s, k->why);
}

/* The dates of one kind of property, at most ICS_DATES. */
static int collect_exceptions(struct course *k)
{
    size_t cap = 0;
    for (icalproperty *p = icalcomponent_get_first_property(k->c, ICAL_EXDATE_PROPERTY); p != NULL;
         p = icalcomponent_get_next_property(k->c, ICAL_EXDATE_PROPERTY)) {
        struct ics_time t;
        if (ics_time(k->zones, p, icalproperty_get_exdate(p), &t) < 0)
            continue;
        if (k->n_except == ICS_DATES)
            return gnm_fail(k->why, -E2BIG, "an event has more than %d exceptions", ICS_DATES);
        if (k->n_except == cap) {
            cap = cap == 0 ? 16 : cap * 2;
            struct ics_time *grown = realloc(k->except, cap * sizeof *grown);
            if (grown == NULL)
                return gnm_fail(k->why, -ENOMEM, "no memory");
            k->except = grown;
        }
        k->except[k->n_except++] = t;
    }
    return 0;
}

static int64_t in_wall(const struct course *k, const struct ics_time *t)
{
    const struct ics_time *start = &k->event->start;
    if (t->frame == start->frame && t->zone == start->zone)
        return t->wall_s;
    int64_t utc_s = ics_utc_s(k->zones, t);
    struct ics_time there = *start;
    there.wall_s = utc_s;
    return utc_s + (utc_s - ics_utc_s(k->zones, &there));    /* near enough a change of the clocks, exact elsewhere */
}

/* UNTIL is in UTC when the start has a zone; the rule runs in wall time. */
static void localise_until(const struct course *k, struct icalrecurrencetype *rule)
{
    struct ics_time until;
    if (icaltime_is_null_time(rule->until) || rule->until.is_date || !icaltime_is_utc(rule->until) || ics_time(k->zones, NULL, rule->until, &until) < 0)
        return;
    rule->until = floating(in_wall(k, &until), 0);
}

static int follow(struct course *k, icalrecur_iterator *walk, int64_t until_s)
{
    size_t found = 0;
    int err = 0;
    for (struct icaltimetype t = icalrecur_iterator_next(walk); !icaltime_is_null_time(t) && err == 0; t = icalrecur_iterator_next(walk)) {
        int64_t wall_s = wall_of(&t);
        found++;
        if (wall_s >= k->high_s || wall_s > until_s)
            break;
        err = give(k, wall_s);
    }
    if (found == 0)
        k->work->barren++;
    return err;
}

static const char *too_many_rules(struct ics_work *work, const char *rule)
{
    if (++work->rules > ICS_RULES)
        return "the calendar has more than 1000 repeating events";
    if (ics_rule_is_elaborate(rule) && ++work->elaborate > ICS_ELABORATE)
        return "the calendar has more than 100 elaborate rules";
    return work->barren >= ICS_BARREN ? "the calendar is full of rules for days that never come" : NULL;
}

static int repeat(struct course *k, icalproperty *property)
{
    const char *text = icalproperty_get_value_as_string(property), *refused = text == NULL ? "no rule" : ics_rule_refused(text, 0);
    if (refused != NULL)
        return gnm_fail(k->why, -EINVAL, "%s", refused);
    const char *much = too_many_rules(k->work, text);
    if (much != NULL)
        return gnm_fail(k->why, -E2BIG, "%s", much);
    struct icalrecurrencetype rule = icalproperty_get_rrule(property);
    localise_until(k, &rule);
    int64_t until_s = icaltime_is_null_time(rule.until) ? INT64_MAX : wall_of(&rule.until) + (rule.until.is_date ? 86399 : 0);
    struct icaltimetype start = floating(k->event->start.wall_s, k->event->start.frame == ICS_DATE);
    icalrecur_iterator *walk = rule.interval < 1 || rule.count < 0 ? NULL : icalrecur_iterator_new(rule, start);
    if (walk == NULL) {
        k->work->barren++;
        return gnm_fail(k->why, -EINVAL, "a rule for days that never come");
    }
    if (rule.count == 0 && k->low_s > k->event->start.wall_s)
        (void)icalrecur_iterator_set_start(walk, floating(k->low_s, start.is_date));
    int err = follow(k, walk, until_s);
    icalrecur_iterator_free(walk);
    return err;
}

/* RDATE; of a period its beginning. */
static int add_dates(struct course *k)
{
    size_t n = 0;
    int err = 0;
    for (icalproperty *p = icalcomponent_get_first_property(k->c, ICAL_RDATE_PROPERTY); p != NULL && err == 0;
         p = icalcomponent_get_next_property(k->c, ICAL_RDATE_PROPERTY)) {
        struct icaldatetimeperiodtype d = icalproperty_get_rdate(p);
        struct ics_time t;
        if (ics_time(k->zones, p, icaltime_is_null_time(d.time) ? d.period.start : d.time, &t) < 0)
            continue;
        if (++n > ICS_DATES)
            return gnm_fail(k->why, -E2BIG, "an event has more than %d dates", ICS_DATES);
        if (t.frame != ICS_DATE || k->event->start.frame == ICS_DATE)
            err = give(k, in_wall(k, &t));
    }
    return err;
}

static int run(struct course *k)
{
    icalproperty *rule = icalcomponent_get_first_property(k->c, ICAL_RRULE_PROPERTY);
    if (!k->event->repeats) {
        k->low_s = INT64_MIN;    /* what happens once is taken whenever it is */
        k->high_s = INT64_MAX;
        return give(k, k->event->start.wall_s);
    }
    int err = collect_exceptions(k);
    if (err == 0)
        err = rule != NULL ? repeat(k, rule) : give(k, k->event->start.wall_s);
    return err < 0 ? err : add_dates(k);
}

int ics_event_each(struct ics_zones *zones, icalcomponent *c, const struct ics_event *event, int64_t now_s, struct ics_work *work, ics_happening *happens,
                   void *ctx, struct gnm_why *why)
{
    struct course k = { .zones = zones, .c = c, .event = event, .low_s = now_s - ICS_BACK_D * INT64_C(86400), .high_s = now_s + ICS_AHEAD_D * INT64_C(86400),
                        .work = work, .happens = happens, .ctx = ctx, .why = why };
    int err = run(&k);
    free(k.except);
    return err;
}
