/* A row as an event: what people read about it, when it is, how much it matters. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/hash.h"
#include "base/text.h"
#include "feeds/extract.h"

enum { USUAL_S = 2 * 3600, IMPORTANCE = 50 };

/* Clean UTF-8, cut on a code point; empty where the answer has no such text. */
static void words(const struct reader *r, const struct stencil *stencil, char *ret, size_t size)
{
    static const char blank[] = " \t\n\v\f\r";
    char space[512];
    const char *text = stencil->n == 0 ? NULL : stencil_view(r, stencil, space, sizeof space);
    ret[0] = '\0';
    if (text == NULL)
        return;
    text += strspn(text, blank);
    size_t len = strlen(text);
    while (len > 0 && strchr(blank, text[len - 1]) != NULL)
        len--;
    text_clean(ret, size, text, len);
}

static int clamp_rank(double x)
{
    return x < 0 ? 0 : x > 100 ? 100 : (int)lround(x);
}

static void rank(const struct reader *r, struct feed_event *e)
{
    const struct feed *feed = r->feed;
    double x;
    e->attendance = NAN;
    if (feed->attendance != NO_SLOT && cell_number(&r->cell[feed->attendance], &x) == 0 && x >= 0)
        e->attendance = x;
    if (e->attendance >= 1)
        e->importance = clamp_rank(20 * log10(e->attendance));
    else
        e->importance = feed->importance != NO_SLOT && cell_number(&r->cell[feed->importance], &x) == 0 ? clamp_rank(x) : IMPORTANCE;
}

static void times(const struct reader *r, const struct when *when, struct feed_event *e)
{
    e->first_day = reader_day(r, &when->stamp);
    e->last_day = e->first_day + when->days - 1;
    e->all_day = !when->stamp.timed;
    e->start_s = e->all_day ? reader_day_start_s(r, e->first_day) : when->stamp.s;
    e->end_s = when->end_s;
    if (e->end_s == GNM_NEVER || e->end_s <= e->start_s)
        e->end_s = e->all_day || when->days > 1 ? reader_day_start_s(r, e->last_day + 1) : e->start_s + USUAL_S;
}

static void put_hex(char ret[9], uint32_t x)
{
    for (int i = 7; i >= 0; i--, x >>= 4)
        ret[i] = "0123456789abcdef"[x & 15];
    ret[8] = '\0';
}

/* Of a provider without ids: the day and a hash of what people read. An event that moves is then another event. Of events that repeat,
 * each instance has the date it was planned for in its id. */
static void identify(const struct reader *r, int64_t instance_s, struct feed_event *e)
{
    char date[11];
    words(r, &r->feed->id, e->id, sizeof e->id - sizeof date - 1);
    if (e->id[0] != '\0' && instance_s != GNM_NEVER) {
        civil_format_date(instance_s / 86400 - (instance_s % 86400 < 0), date);
        size_t len = strlen(e->id);
        snprintf(e->id + len, sizeof e->id - len, "/%s", date);
    }
    if (e->id[0] != '\0')
        return;
    uint64_t hash = hash_bytes(hash_bytes(HASH_START, e->title, strlen(e->title)), e->venue, strlen(e->venue));
    civil_format_date(e->first_day, e->id);
    e->id[10] = '-';
    put_hex(e->id + 11, (uint32_t)(hash ^ hash >> 32));
}

static struct feed_event *add(struct reader *r, struct gnm_why *why)
{
    if (r->n_events == FEED_EVENTS) {
        gnm_fail(why, -E2BIG, "the answer holds more than %d events", FEED_EVENTS);
        return NULL;
    }
    if (r->n_events == r->event_cap) {
        size_t cap = r->event_cap == 0 ? 4 : r->event_cap * 2;
        struct feed_event *grown = realloc(r->event, cap * sizeof *grown);
        if (grown == NULL) {
            gnm_fail(why, -ENOMEM, "no memory");
            return NULL;
        }
        r->event = grown;
        r->event_cap = cap;
    }
    return &r->event[r->n_events++];
}

int reader_event(struct reader *r, const struct when *when, int64_t instance_s, int cancelled, struct gnm_why *why)
{
    const struct feed *feed = r->feed;
    struct feed_event *e = add(r, why);
    if (e == NULL)
        return why != NULL ? why->code : -ENOMEM;
    *e = (struct feed_event){ .cancelled = cancelled };
    words(r, &feed->title, e->title, sizeof e->title);
    words(r, &feed->venue, e->venue, sizeof e->venue);
    words(r, &feed->category, e->category, sizeof e->category);
    words(r, &feed->team[0], e->team[0], sizeof e->team[0]);
    words(r, &feed->team[1], e->team[1], sizeof e->team[1]);
    rank(r, e);
    times(r, when, e);
    identify(r, instance_s, e);
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct feed_event *x = a, *y = b;
    if (x->start_s != y->start_s)
        return x->start_s < y->start_s ? -1 : 1;
    return strcmp(x->id, y->id);
}

void reader_sort_events(struct reader *r)
{
    size_t i = 1;
    while (i < r->n_events && compare(&r->event[i - 1], &r->event[i]) <= 0)
        i++;
    if (i < r->n_events)
        qsort(r->event, r->n_events, sizeof *r->event, compare);
}
