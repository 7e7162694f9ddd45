#include "daemon/keep.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/common.h"
#include "daemon/places.h"
#include "daemon/withdraw.h"

enum { RECENT_DAYS = 28, DAY_S = 86400 };

/* ---- values that jumped ---- */

struct recent { struct gnm_signal *row; size_t n, cap; };

static int take_recent(void *ctx, const struct gnm_signal *s)
{
    struct recent *recent = ctx;
    if (recent->n == recent->cap) {
        size_t cap = recent->cap == 0 ? 128 : recent->cap * 2;
        struct gnm_signal *grown = reallocarray(recent->row, cap, sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        recent->row = grown;
        recent->cap = cap;
    }
    recent->row[recent->n++] = *s;
    return 0;
}

/* The day after the last that the answer speaks of, or after today. */
static int64_t end_of(const struct feed_yield *yield, int64_t today)
{
    int64_t last = today;
    for (size_t i = 0; i < yield->n; i++)
        if (yield->signal[i].step != GNM_HOUR && yield->signal[i].valid > last)
            last = yield->signal[i].valid;
    return last + 1;
}

/* Hourly values are told apart by the days' of the same provider: comparing both would cost ten times as much. */
static int check_jump(struct daemon *d, const struct feed_slot *slot, const struct feed_yield *yield, struct gnm_why *why)
{
    struct recent recent = { 0 };
    struct gnm_why jump = { 0 };
    int64_t today = common_wall_s(d) / DAY_S;
    int r = store_each_newest(d->store, feed_name(slot->feed), slot->place, today - RECENT_DAYS, end_of(yield, today), take_recent, &recent, why);
    int jumped = r == 0 && feed_suspect(slot->feed, yield, recent.row, recent.n, &jump);
    free(recent.row);
    return jumped ? gnm_fail(why, -EBADMSG, "%s", jump.text) : r;
}

/* ---- events ---- */

/* A past event, and all that is there when a feed is asked for the first time, was known when its definition says; what appears later is known from now. */
static int64_t known_since(const struct daemon *d, const struct feed_slot *slot, const struct feed_yield *yield, const struct feed_event *e)
{
    int64_t now_s = common_wall_s(d);
    if (feed_kind(slot->feed) == FEED_CALENDAR)
        return GNM_ALWAYS;
    if (slot->state.last_ok_s > 0 && e->end_s > now_s)
        return now_s;
    for (size_t i = 0; i < yield->n; i++)
        if (yield->signal[i].valid == e->first_day && yield->signal[i].step == GNM_DAY)
            return yield->signal[i].available_s;
    return e->start_s < now_s ? e->start_s : now_s;
}

static void event_row(const struct daemon *d, const struct feed_slot *slot, const struct feed_yield *yield, const struct feed_event *e, struct store_event *ret)
{
    *ret = (struct store_event){ .start_s = e->start_s, .end_s = e->end_s, .first_day = e->first_day, .last_day = e->last_day, .all_day = e->all_day,
                                 .cancelled = e->cancelled, .importance = e->importance, .attendance = e->attendance, .fetched_s = common_wall_s(d),
                                 .available_s = known_since(d, slot, yield, e) };
    snprintf(ret->feed, sizeof ret->feed, "%s", feed_name(slot->feed));
    snprintf(ret->place, sizeof ret->place, "%s", slot->place);
    memcpy(ret->id, e->id, sizeof ret->id);
    memcpy(ret->title, e->title, sizeof ret->title);
    memcpy(ret->venue, e->venue, sizeof ret->venue);
    memcpy(ret->category, e->category, sizeof ret->category);
    snprintf(ret->team, sizeof ret->team, "%s%s%s", e->team[0], e->team[1][0] != '\0' ? "|" : "", e->team[1]);
}

struct calling_off { struct store_event *row; size_t n, cap, listed; int64_t now_s, first_day, last_day; };

static int by_id(const void *a, const void *b)
{
    const struct store_event *x = a, *y = b;
    return strcmp(x->id, y->id);
}

static int add_called_off(struct calling_off *c, const struct store_event *e)
{
    if (c->n == c->cap) {
        size_t cap = c->cap * 2 + 16;
        struct store_event *grown = reallocarray(c->row, cap, sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        c->row = grown;
        c->cap = cap;
    }
    c->row[c->n] = *e;
    c->row[c->n].cancelled = 1;
    c->row[c->n].available_s = c->row[c->n].fetched_s = c->now_s;
    c->n++;
    return 0;
}

/* An event to come, between the first and the last that the answer lists, but not in it: it is off. */
static int look_for_missing(void *ctx, const struct store_event *e)
{
    struct calling_off *c = ctx;
    int ours = !e->cancelled && e->start_s > c->now_s && e->first_day >= c->first_day && e->first_day <= c->last_day;
    return ours && bsearch(e, c->row, c->listed, sizeof *e, by_id) == NULL ? add_called_off(c, e) : 0;
}

static int keep_events(struct daemon *d, const struct feed_slot *slot, const struct feed_yield *yield, int past, size_t *added, struct gnm_why *why)
{
    struct calling_off c = { .n = yield->n_events, .cap = yield->n_events, .listed = yield->n_events, .now_s = common_wall_s(d), .first_day = INT64_MAX, .last_day = INT64_MIN };
    if (yield->n_events == 0)
        return 0;
    c.row = calloc(c.cap, sizeof *c.row);
    if (c.row == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for %zu events", c.n);
    for (size_t i = 0; i < c.n; i++) {
        event_row(d, slot, yield, &yield->event[i], &c.row[i]);
        c.first_day = c.row[i].first_day < c.first_day ? c.row[i].first_day : c.first_day;
        c.last_day = c.row[i].first_day > c.last_day ? c.row[i].first_day : c.last_day;
    }
    qsort(c.row, c.n, sizeof *c.row, by_id);
    struct store_event_pick pick = { feed_name(slot->feed), slot->place, 1, c.first_day, 0 };
    int r = past ? 0 : store_each_event(d->store, &pick, look_for_missing, &c, why);
    if (r == 0)
        r = store_events(d->store, c.row, c.n, added, why);
    free(c.row);
    return r == -ENOMEM ? gnm_fail(why, r, "no memory for %zu events", yield->n_events) : r;
}

/* ---- a company's own figures ---- */

/* A series with a section was put at the start. What is another company's is refused. */
static int put_series(struct daemon *d, const char *name, const char *company, struct gnm_why *why)
{
    struct store_series row = { .step = GNM_DAY, .non_negative = 1 };
    snprintf(row.series, sizeof row.series, "%s", name);
    snprintf(row.company, sizeof row.company, "%s", company);
    int r = store_series_add(d->store, &row, why);
    return r == 0 && company[0] != '\0' ? store_series_owned(d->store, name, company, why) : r;
}

static int keep_activity(struct daemon *d, const struct feed_slot *slot, const struct feed_yield *yield, size_t *added, struct gnm_why *why)
{
    const char *company = slot->config != NULL ? slot->config->company : "";
    struct gnm_activity *row = calloc(yield->n + 1, sizeof *row);
    const char *previous = "";
    size_t n = 0;
    int r = row == NULL ? gnm_fail(why, -ENOMEM, "no memory for %zu values", yield->n) : 0;
    for (size_t i = 0; i < yield->n && r == 0; i++) {
        const struct gnm_signal *s = &yield->signal[i];
        if (s->quality == GNM_PARTIAL || s->step == GNM_HOUR)
            continue;
        row[n] = (struct gnm_activity){ .day = s->valid, .value = s->value, .available_s = s->available_s, .fetched_s = s->fetched_s };
        memcpy(row[n++].series, s->series, sizeof row->series);
        if (strcmp(previous, s->series) != 0)
            r = put_series(d, s->series, company, why);
        previous = s->series;
    }
    if (r == 0)
        r = store_activity(d->store, row, n, added, why);
    free(row);
    return r;
}

/* ---- all of it ---- */

static int keep_parts(struct daemon *d, const struct feed_slot *slot, struct feed_yield *yield, int past, size_t *added, struct gnm_why *why)
{
    size_t events = 0;
    if (feed_kind(slot->feed) == FEED_ACTIVITY)
        return keep_activity(d, slot, yield, added, why);
    int r = past ? 0 : withdraw_missing(d->store, slot->feed, slot->place, common_wall_s(d), yield, why);
    if (r == 0)
        r = store_signals(d->store, yield->signal, yield->n, added, why);
    if (r == 0)
        r = keep_events(d, slot, yield, past, &events, why);
    *added += events;
    return r;
}

int keep_yield(struct daemon *d, const struct feed_slot *slot, struct feed_yield *yield, int past, size_t *added, struct gnm_why *why)
{
    *added = 0;
    int r = past ? 0 : check_jump(d, slot, yield, why);
    if (r == 0)
        r = store_begin(d->store, why);
    if (r < 0)
        return r;
    r = keep_parts(d, slot, yield, past, added, why);
    if (r == 0)
        r = store_commit(d->store, why);
    if (r < 0)
        store_rollback(d->store);
    return r;
}
