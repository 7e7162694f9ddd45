#include "daemon/driver_sources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/driver_events.h"

struct source { struct driver_kind kind; int importance; int64_t first_day, last_day; char id[STORE_EVENT_ID]; };

static int add(struct driver_sources *s, const struct driver_kind *kind, const struct store_event *e)
{
    if (s->n == s->cap) {
        size_t cap = s->cap == 0 ? 64 : s->cap * 2;
        struct source *grown = reallocarray(s->source, cap, sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        s->source = grown;
        s->cap = cap;
    }
    struct source *source = &s->source[s->n++];
    int onset = strstr(s->rows.name[kind->driver], "_onset") != NULL;      /* a mark on its first day */
    *source = (struct source){ .kind = *kind, .importance = e->importance, .first_day = e->first_day, .last_day = onset ? e->first_day : e->last_day };
    store_event_id(e->feed, e->place, e->id, source->id);
    return 0;
}

/* A series of a feed with events (school holidays) says of each day what its events say. */
static int add_series(struct driver_sources *s, const struct feed_slot *slot, const struct store_event *e)
{
    struct driver_audience audience = driver_audience_of(slot->config, slot->places);
    struct driver_kind kind;
    int rc = 0;
    for (size_t i = 0; i < feed_series_count(slot->feed) && rc == 0; i++) {
        const char *driver = feed_series_driver(slot->feed, i);
        if (driver[0] == '\0' || strcmp(driver, "none") == 0)
            continue;
        rc = driver_rows_kind(&s->rows, driver, &audience, &kind);
        rc = rc < 0 ? rc : add(s, &kind, e);
    }
    return rc;
}

static int take_event(void *ctx, const struct store_event *e)
{
    struct driver_sources *s = ctx;
    struct driver_kind kind;
    const struct feed_slot *slot = e->cancelled ? NULL : driver_events_slot(s->d, e);
    if (slot == NULL)
        return 0;
    if (!driver_events_drive(s->d, slot, e))
        return add_series(s, slot, e);
    int rc = driver_events_kind(&s->rows, slot, e, &kind);
    return rc > 0 ? add(s, &kind, e) : rc;
}

int driver_sources_open(struct daemon *d, int64_t since_day, int64_t until_day, struct driver_sources *ret, struct gnm_why *why)
{
    struct store_event_pick pick = { NULL, NULL, 1, since_day, until_day };
    *ret = (struct driver_sources){ .d = d, .rows = { .config = d->config } };
    int rc = store_each_event(d->store, &pick, take_event, ret, why);
    return rc == -ENOMEM ? gnm_fail(why, rc, "no memory for the events behind drivers") : rc;
}

const char *driver_sources_find(const struct driver_sources *s, const char *driver, const char *series, int64_t first_day, int64_t last_day)
{
    const struct source *best = NULL;
    for (size_t i = 0; i < s->n; i++) {
        const struct source *x = &s->source[i];
        if (x->first_day > last_day || x->last_day < first_day || (best != NULL && x->importance <= best->importance))
            continue;
        if (strcmp(s->rows.name[x->kind.driver], driver) == 0 && driver_rows_concern(&s->rows, &x->kind, series))
            best = x;
    }
    return best != NULL ? best->id : NULL;
}

void driver_sources_free(struct driver_sources *s)
{
    driver_rows_free(&s->rows);
    free(s->source);
}
