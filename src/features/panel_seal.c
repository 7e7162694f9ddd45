#include "features/panel_data.h"
#include "features/panel_period.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"

int panel_raw_order(const void *a, const void *b)
{
    const struct panel_raw *x = a, *y = b;
    if (x->series != y->series)
        return x->series < y->series ? -1 : 1;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return (x->available_s > y->available_s) - (x->available_s < y->available_s);
}

/* Databases and files come sorted; looking costs a twentieth of sorting. */
static void sort(struct panel_raw *rows, size_t n)
{
    size_t i = 1;
    while (i < n && panel_raw_order(&rows[i - 1], &rows[i]) <= 0)
        i++;
    if (i < n)
        qsort(rows, n, sizeof *rows, panel_raw_order);
}

void panel_track_free(struct panel_track *track)
{
    free(track->start);
    free(track->day);
    free(track->available_s);
    free(track->value);
    free(track->flat);
    *track = (struct panel_track){ 0 };
}

static int track_alloc(struct panel_track *track, size_t periods, size_t n)
{
    track->start = calloc(periods + 1, sizeof *track->start);
    track->day = calloc(n, sizeof *track->day);
    track->available_s = calloc(n, sizeof *track->available_s);
    track->value = calloc(n, sizeof *track->value);
    if (track->start != NULL && track->day != NULL && track->available_s != NULL && track->value != NULL)
        return 0;
    panel_track_free(track);
    return -ENOMEM;
}

int panel_track_build(const struct panel *panel, const struct panel_raw *rows, size_t n, struct panel_track *ret)
{
    struct panel_track track = { .first = panel_period(panel, rows[0].day) };
    track.n = panel_period(panel, rows[n - 1].day) - track.first + 1;
    if (track_alloc(&track, (size_t)track.n, n) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        track.start[panel_period(panel, rows[i].day) - track.first + 1]++;
        track.day[i] = rows[i].day;
        track.available_s[i] = rows[i].available_s;
        track.value[i] = rows[i].value;
    }
    for (int i = 0; i < track.n; i++)
        track.start[i + 1] += track.start[i];
    *ret = track;
    return 0;
}

/* When nobody said otherwise, a value is known at the end of its own day (driver) or period (activity). */
static void settle_drivers(const struct panel *panel, struct panel_raw *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].available_s == GNM_NEVER)
            rows[i].available_s = zone_day_start_s(panel->zone, (int64_t)rows[i].day + 1);
}

/* Many series share few periods: their ends are looked up once each. */
static int settle_activity(const struct panel *panel, struct panel_raw *rows, size_t n)
{
    int first = INT32_MAX, last = INT32_MIN;
    for (size_t i = 0; i < n; i++) {
        int period = panel_period(panel, rows[i].day);
        first = period < first ? period : first;
        last = period > last ? period : last;
    }
    int64_t *end_s = calloc(n > 0 ? (size_t)(last - first) + 1 : 1, sizeof *end_s);
    if (end_s == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].available_s != GNM_NEVER)
            continue;
        int period = panel_period(panel, rows[i].day);
        if (end_s[period - first] == 0)
            end_s[period - first] = panel_period_end_s(panel, period);
        rows[i].available_s = end_s[period - first];
    }
    free(end_s);
    return 0;
}

static int refuse_twins(const struct panel_raw *rows, size_t n, const struct panel *panel, const char *what, struct gnm_why *why)
{
    for (size_t i = 1; i < n; i++) {
        if (panel_raw_order(&rows[i - 1], &rows[i]) != 0)
            continue;
        char date[11];
        civil_format_date(rows[i].day, date);
        return gnm_fail(why, -EINVAL, "%s: %s of '%s' is given twice with the same time of availability", what, date,
                        rows[i].series < 0 ? "all series" : panel->company[rows[i].series].name);
    }
    return 0;
}

/* A driver declared as known keeps its last word only, and that since ever. */
static size_t keep_last_word(struct panel_raw *rows, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && rows[i + 1].series == rows[i].series && rows[i + 1].day == rows[i].day)
            continue;
        rows[kept] = rows[i];
        rows[kept++].available_s = GNM_ALWAYS;
    }
    return kept;
}

static size_t same_series(const struct panel_raw *rows, size_t n, size_t i)
{
    size_t end = i;
    while (end < n && rows[end].series == rows[i].series)
        end++;
    return end - i;
}

static int seal_source(struct panel *panel, struct panel_source *source, struct gnm_why *why)
{
    settle_drivers(panel, source->raw, source->n_raw);
    sort(source->raw, source->n_raw);
    int rc = refuse_twins(source->raw, source->n_raw, panel, source->name, why);
    if (rc < 0)
        return rc;
    if (source->known)
        source->n_raw = keep_last_word(source->raw, source->n_raw);
    size_t tracks = 0;
    for (size_t i = 0; i < source->n_raw; i += same_series(source->raw, source->n_raw, i))
        tracks++;
    source->slot = malloc((panel->n_company + 1) * sizeof *source->slot);
    source->track = calloc(tracks + 1, sizeof *source->track);
    if (source->slot == NULL || source->track == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for driver '%s'", source->name);
    for (size_t i = 0; i <= panel->n_company; i++)
        source->slot[i] = -1;
    for (size_t i = 0, n; i < source->n_raw; i += n) {
        n = same_series(source->raw, source->n_raw, i);
        if (panel_track_build(panel, &source->raw[i], n, &source->track[source->n_tracks]) < 0)
            return gnm_fail(why, -ENOMEM, "no memory for driver '%s'", source->name);
        source->slot[source->raw[i].series + 1] = source->n_tracks++;
    }
    for (size_t i = 0; i < source->n_share; i++)
        if (source->slot[source->share[i].series + 1] < 0)
            source->slot[source->share[i].series + 1] = source->slot[source->share[i].like + 1];
    free(source->share);
    source->share = NULL;
    int rc_flat = panel_flatten(panel, source);
    free(source->raw);
    source->raw = NULL;
    source->n_raw = source->cap_raw = 0;
    return rc_flat < 0 ? gnm_fail(why, rc_flat, "no memory for driver '%s'", source->name) : 0;
}

static int seal_activity(struct panel *panel, struct gnm_why *why)
{
    if (settle_activity(panel, panel->raw, panel->n_raw) < 0)
        return gnm_fail(why, -ENOMEM, "no memory for %zu values", panel->n_raw);
    sort(panel->raw, panel->n_raw);
    int rc = refuse_twins(panel->raw, panel->n_raw, panel, "activity", why);
    if (rc < 0)
        return rc;
    panel->first_period = INT32_MAX;
    panel->last_period = INT32_MIN;
    for (size_t i = 0, n; i < panel->n_raw; i += n) {
        n = same_series(panel->raw, panel->n_raw, i);
        struct panel_track *track = &panel->company[panel->raw[i].series].track;
        if (panel_track_build(panel, &panel->raw[i], n, track) < 0)
            return gnm_fail(why, -ENOMEM, "no memory for %zu values", n);
        panel->first_period = track->first < panel->first_period ? track->first : panel->first_period;
        int last = track->first + track->n - 1;
        panel->last_period = last > panel->last_period ? last : panel->last_period;
    }
    free(panel->raw);
    panel->raw = NULL;
    panel->n_raw = panel->cap_raw = 0;
    return 0;
}

static int declares_closed(const struct panel *panel)
{
    int any = 0;
    for (size_t i = 0; i < panel->n_source; i++)
        any |= panel->source[i].role == PANEL_CLOSED;
    for (size_t i = 0; i < panel->n_company; i++)
        any |= panel->company[i].closed != 0;
    return any && panel->step == GNM_DAY;
}

int panel_seal(struct panel *panel, struct gnm_why *why)
{
    if (panel->sealed)
        return gnm_fail(why, -EINVAL, "the panel is sealed already");
    sort(panel->raw, panel->n_raw);
    int rc = panel_find_step(panel, why);
    if (rc == 0)
        rc = seal_activity(panel, why);
    for (size_t i = 0; rc == 0 && i < panel->n_source; i++)
        rc = seal_source(panel, &panel->source[i], why);
    panel->closes = declares_closed(panel);
    if (rc == 0 && panel_keep_feasts(panel) < 0)
        rc = gnm_fail(why, -ENOMEM, "no memory for feasts");
    if (rc == 0 && panel_keep_active(panel) < 0)
        rc = gnm_fail(why, -ENOMEM, "no memory for the days of events");
    panel->sealed = rc == 0;
    return rc;
}
