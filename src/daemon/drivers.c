#include "daemon/drivers.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "almanac/holiday.h"
#include "daemon/driver_events.h"
#include "daemon/places.h"

enum { YEARS_AHEAD = 2 };

/* ---- signals ---- */

/* A walk over one track of vintages: `held` waits for a later one of the same day. */
struct reading {
    struct daemon *d;
    struct driver_rows *rows;
    const struct feed_slot *slot;
    char feed[GNM_ID], series[GNM_ID], place[GNM_ID];
    struct driver_kind kind;      /* of the track under way; driver -1: not handed over */
    int rate;
    struct driver_row held;
    int holding;
    int64_t from_s, until_s;      /* the local day of the held row's `available` */
};

static const struct feed_slot *find_slot(const struct daemon *d, const struct gnm_signal *s)
{
    for (size_t i = 0; i < d->fetch.n; i++)
        if (strcmp(feed_name(d->fetch.slot[i].feed), s->feed) == 0 && strcmp(d->fetch.slot[i].place, s->place) == 0)
            return &d->fetch.slot[i];
    return NULL;
}

/* "" when models do not get it. */
static void driver_name(const struct feed *feed, const char *series, char ret[GNM_ID], int *rate)
{
    size_t i = 0;
    while (i < feed_series_count(feed) && strcmp(feed_series_name(feed, i), series) != 0)
        i++;
    const char *name = i < feed_series_count(feed) ? feed_series_driver(feed, i) : "none";
    *rate = i < feed_series_count(feed) && feed_series_is_rate(feed, i);
    if (strcmp(name, "none") == 0)
        ret[0] = '\0';
    else if (name[0] != '\0')
        snprintf(ret, GNM_ID, "%s", name);
    else if (feed_has_events(feed) || snprintf(ret, GNM_ID, "%s.%s", feed_name(feed), series) >= GNM_ID)
        ret[0] = '\0';
}

static int flush(struct reading *r)
{
    int rc = r->holding ? driver_rows_add(r->rows, &r->held) : 0;
    r->holding = 0;
    return rc;
}

static int new_track(struct reading *r, const struct gnm_signal *s)
{
    char name[GNM_ID] = "";
    int rc = flush(r);
    snprintf(r->feed, GNM_ID, "%s", s->feed);
    snprintf(r->series, GNM_ID, "%s", s->series);
    snprintf(r->place, GNM_ID, "%s", s->place);
    r->slot = find_slot(r->d, s);
    r->kind.driver = -1;
    if (r->slot != NULL && feed_kind(r->slot->feed) != FEED_ACTIVITY)
        driver_name(r->slot->feed, s->series, name, &r->rate);
    if (rc < 0 || name[0] == '\0')
        return rc;
    struct driver_audience audience = driver_audience_of(r->slot->config, r->slot->places);
    return driver_rows_kind(r->rows, name, &audience, &r->kind);
}

static void hold(struct reading *r, const struct gnm_signal *s)
{
    r->held = (struct driver_row){ .kind = r->kind, .rank = (int16_t)driver_rows_rank(r->d->config, r->slot->config, r->slot - r->d->fetch.slot, feed_kind(r->slot->feed) != FEED_FORECAST), .rate = (int16_t)r->rate, .day = (int32_t)s->valid, .available_s = s->available_s, .value = s->value };
    r->holding = 1;
    if (s->available_s == GNM_ALWAYS) {
        r->from_s = r->until_s = GNM_ALWAYS;
        return;
    }
    if (s->available_s >= r->from_s && s->available_s < r->until_s)
        return;
    int64_t day = zone_day(r->d->zone, s->available_s);
    r->from_s = zone_day_start_s(r->d->zone, day);
    r->until_s = zone_day_start_s(r->d->zone, day + 1);
}

/* Hourly values serve the sun outlook, partial days serve nobody. Rows come by feed, series, place, period and the time they became available. */
static int take_signal(void *ctx, const struct gnm_signal *s)
{
    struct reading *r = ctx;
    int rc = 0;
    if (s->step == GNM_HOUR || s->quality == GNM_PARTIAL)
        return 0;
    if (strcmp(r->series, s->series) != 0 || strcmp(r->place, s->place) != 0 || strcmp(r->feed, s->feed) != 0)
        rc = new_track(r, s);
    if (rc < 0 || r->kind.driver < 0)
        return rc;
    int same = r->holding && r->held.day == s->valid && (s->available_s == r->held.available_s || (s->available_s >= r->from_s && s->available_s < r->until_s));
    if (!same)
        rc = flush(r);
    hold(r, s);
    return rc;
}

static int add_signals(struct daemon *d, struct driver_rows *rows, int64_t from_s, struct gnm_why *why)
{
    struct reading r = { .d = d, .rows = rows, .kind.driver = -1 };
    int rc = store_each_signal_of(d->store, &(struct store_pick){ .without_hours = 1, .brief = 1, .from_s = from_s }, take_signal, &r, why);
    return rc < 0 ? rc : flush(&r);
}

/* ---- holidays ---- */

static int same_calendar(const struct config *config, int a, int b)
{
    return strcmp(places_country(config, a), places_country(config, b)) == 0 && strcmp(places_region(config, a), places_region(config, b)) == 0;
}

static int add_year(struct driver_rows *rows, const struct config *config, int place, unsigned places, int year)
{
    struct holiday list[HOLIDAYS_MAX];
    struct driver_audience audience = driver_audience_of(NULL, places);
    int n = holiday_list(places_country(config, place), places_region(config, place), year, list), rc = 0;
    for (int i = 0; i < n && rc == 0; i++) {
        char name[GNM_ID];
        struct driver_row row = { .day = (int32_t)list[i].day, .available_s = GNM_ALWAYS, .value = 1 };
        snprintf(name, sizeof name, "event_%s", list[i].name);
        rc = driver_rows_kind(rows, name, &audience, &row.kind);
        if (rc == 0)
            rc = driver_rows_add(rows, &row);
    }
    return rc;
}

/* Places with the same calendar have it together. */
static int add_holidays(struct daemon *d, struct driver_rows *rows, int64_t first_day, int64_t last_day)
{
    int first, last, month, mday, rc = 0;
    unsigned left = places_used(d->config);
    civil_date(first_day, &first, &month, &mday);
    civil_date(last_day, &last, &month, &mday);
    for (int place = 0; place < PLACES && rc == 0; place++) {
        unsigned places = 0;
        for (int other = place; other < PLACES; other++)
            if ((left & 1u << other) != 0 && (left & 1u << place) != 0 && same_calendar(d->config, place, other))
                places |= 1u << other;
        left &= ~places;
        for (int year = first; places != 0 && year <= last + YEARS_AHEAD && rc == 0; year++)
            rc = add_year(rows, d->config, place, places, year);
    }
    return rc;
}

int drivers_fill(struct daemon *d, struct panel *const panel[DRIVERS_STEPS], int64_t first_day, int64_t last_day, int64_t from_s, struct gnm_why *why)
{
    struct driver_rows rows = { .config = d->config };
    int rc = add_signals(d, &rows, from_s, why);
    if (rc == 0)
        rc = driver_events_add(d, &rows, why);
    if (rc == 0)
        rc = add_holidays(d, &rows, first_day, last_day);
    if (rc == 0)
        rc = driver_rows_hand_over(&rows, panel, DRIVERS_STEPS);
    driver_rows_free(&rows);
    return rc == -ENOMEM ? gnm_fail(why, rc, "no memory for drivers") : rc;
}
