#include "daemon/driver_notes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/common.h"
#include "daemon/driver_rows.h"
#include "daemon/driver_sources.h"
#include "daemon/places.h"
#include "features/panel_period.h"

enum { REACH_DAYS = 10 };         /* how far a weather forecast is expected to reach; climatology beyond is no loss */

struct notes {
    struct daemon *d;
    const struct panel *panel;
    const struct effects *effects;
    int64_t decision_s;
    struct driver_sources sources;        /* opened where a forecast reads a driver that counts events */
    int64_t first_day, last_day;          /* of what is forecast */
    struct gnm_why *why;
    struct store_forecast_notes out;
    size_t cap, cap_reads;
};

int driver_notes_yields(const struct feed *feed, const char *driver)
{
    size_t n = strlen(feed_name(feed));
    if (strncmp(driver, feed_name(feed), n) == 0 && driver[n] == '.')
        return 1;
    if (feed_has_events(feed) && driver_rows_for_every_step(driver))
        return 1;
    for (size_t i = 0; i < feed_series_count(feed); i++)
        if (strcmp(feed_series_driver(feed, i), driver) == 0)
            return 1;
    return 0;
}

/* 1: every feed that gives this driver at the series' place is silent; 0: one answers; -1: none gives it (imported, computed). */
static int is_silent(const struct daemon *d, const char *driver, const char *series)
{
    int silent = -1;
    unsigned place = 1u << places_of_series(d->config, series);
    for (size_t i = 0; i < d->fetch.n && silent != 0; i++) {
        const struct feed_slot *slot = &d->fetch.slot[i];
        if ((slot->places & place) == 0 || !driver_notes_yields(slot->feed, driver))
            continue;
        silent = slot->suspect || slot->state.last_ok_s == 0 || common_wall_s(d) - slot->state.last_ok_s > feed_max_age_s(slot->feed);
    }
    return silent;
}

static void *grown(void *array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return array;
    *cap = *cap == 0 ? 128 : *cap * 2;
    return reallocarray(array, *cap, size);
}

static int add(struct notes *s, const struct store_forecast_driver *note)
{
    void *bigger = grown(s->out.driver, s->out.n, &s->cap, sizeof *note);
    if (bigger == NULL)
        return -ENOMEM;
    s->out.driver = bigger;
    s->out.driver[s->out.n++] = *note;
    return 0;
}

static int add_reads(struct notes *s, size_t series, const char *driver, int track)
{
    void *bigger = grown(s->out.reads, s->out.n_reads, &s->cap_reads, sizeof *s->out.reads);
    if (bigger == NULL)
        return -ENOMEM;
    s->out.reads = bigger;
    struct store_forecast_reads *row = &s->out.reads[s->out.n_reads++];
    *row = (struct store_forecast_reads){ .track = track, .effect = effects_of(s->effects, series, driver), .n_effects = s->effects->horizon };
    strcpy(row->series, panel_series_name(s->panel, series));
    strcpy(row->driver, driver);
    return 0;
}

/* Whether a series before this one brought the track's values. */
static int is_told(const struct notes *s, const char *driver, int track)
{
    for (size_t i = 0; i < s->out.n_reads; i++)
        if (s->out.reads[i].track == track && strcmp(s->out.reads[i].driver, driver) == 0)
            return 1;
    return 0;
}

/* Silence matters where a forecast could be. */
static void judge(struct store_forecast_driver *note, int silent, int horizon)
{
    int known = !isnan(note->value);
    note->basis = !known ? STORE_CLIMATOLOGY : silent > 0 ? STORE_OLDER : STORE_FORECAST;
    note->quality = silent > 0 && horizon <= REACH_DAYS ? GNM_DEGRADED : known ? GNM_OK : GNM_FALLBACK;
}

/* An imported figure that nobody knows ahead (yesterday's rain from a file) has no rung to tell of. */
static int has_news(const struct notes *s, size_t driver, size_t series, const struct gnm_forecast *row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isnan(panel_driver_value(s->panel, driver, series, panel_period(s->panel, row[i].target), s->decision_s)))
            return 1;
    return 0;
}

static int note_event(struct notes *s, const char *series, int period, struct store_forecast_driver *note)
{
    int rc = s->sources.d != NULL ? 0 : driver_sources_open(s->d, s->first_day, s->last_day, &s->sources, s->why);
    if (rc == 0)
        note->event = driver_sources_find(&s->sources, note->driver, series, panel_period_start(s->panel, period), panel_period_start(s->panel, period + 1) - 1);
    return rc;
}

static int note_driver(struct notes *s, size_t driver, size_t series, struct gnm_forecast *row, size_t n)
{
    const char *name = panel_driver_name(s->panel, driver), *of = panel_series_name(s->panel, series);
    enum panel_role role = panel_driver_role(s->panel, driver);
    int event = role == PANEL_EVENT || role == PANEL_ONSET || role == PANEL_CLOSED || driver_rows_for_every_step(name), silent = event ? 0 : is_silent(s->d, name, of);
    if (silent < 0 && !has_news(s, driver, series, row, n))
        return 0;
    int track = panel_driver_track(s->panel, driver, series), told = is_told(s, name, track), rc = track < 0 ? 0 : add_reads(s, series, name, track);
    for (size_t i = 0; i < n && rc == 0 && track >= 0; i++) {
        struct store_forecast_driver note = { .track = track, .target = row[i].target, .basis = STORE_CALENDAR };
        int period = panel_period(s->panel, row[i].target);
        note.value = panel_driver_value(s->panel, driver, series, period, s->decision_s);
        if (event && (isnan(note.value) || note.value == 0))
            continue;
        note.available_s = panel_driver_since(s->panel, driver, series, period, s->decision_s);
        strcpy(note.driver, name);
        if (!event)
            judge(&note, silent, row[i].horizon);
        else if (!told)
            rc = note_event(s, of, period, &note);
        if (note.quality == GNM_DEGRADED && row[i].quality == GNM_OK)
            row[i].quality = GNM_DEGRADED;
        rc = told || rc < 0 ? rc : add(s, &note);
    }
    return rc;
}

/* The rows of a forecast come series by series. */
static int note_series(struct notes *s, size_t series, int (*reads)(void *ctx, const char *driver), void *ctx, struct gnm_forecast *row, size_t n)
{
    size_t first = 0, count = 0;
    int rc = 0;
    while (first < n && strcmp(row[first].series, panel_series_name(s->panel, series)) != 0)
        first++;
    while (first + count < n && strcmp(row[first + count].series, row[first].series) == 0)
        count++;
    for (size_t k = 0; k < panel_driver_count(s->panel) && rc == 0 && count > 0; k++)
        if (panel_driver_role(s->panel, k) != PANEL_PRICE && reads(ctx, panel_driver_name(s->panel, k)))
            rc = note_driver(s, k, series, row + first, count);
    return rc;
}

int driver_notes(struct daemon *d, const struct panel *panel, int64_t origin_label, int (*reads)(void *ctx, const char *driver), void *ctx, const struct effects *effects,
                 struct gnm_forecast *row, size_t n, struct gnm_why *why)
{
    struct notes s = { .d = d, .panel = panel, .effects = effects, .decision_s = panel_decision_s(panel, origin_label), .why = why };
    int rc = 0, origin = panel_period(panel, origin_label), last = origin;
    for (size_t i = 0; i < n; i++)
        last = panel_period(panel, row[i].target) > last ? panel_period(panel, row[i].target) : last;
    s.first_day = panel_period_start(panel, origin);
    s.last_day = panel_period_start(panel, last + 1) - 1;
    for (size_t i = 0; i < panel_series_count(panel) && rc == 0; i++)
        rc = note_series(&s, i, reads, ctx, row, n);
    if (rc == 0)
        rc = store_forecast_drivers(d->store, panel_step(panel), &s.out, why);
    driver_sources_free(&s.sources);
    free(s.out.driver);
    free(s.out.reads);
    return rc == -ENOMEM ? gnm_fail(why, rc, "no memory for what the forecasts read") : rc;
}
