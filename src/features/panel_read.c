#include "features/panel_data.h"
#include "features/panel_period.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"

enum gnm_step panel_step(const struct panel *panel)
{
    return panel->step;
}

size_t panel_series_count(const struct panel *panel)
{
    return panel->n_company;
}

const char *panel_series_name(const struct panel *panel, size_t series)
{
    return panel->company[series].name;
}

int64_t panel_last_label(const struct panel *panel)
{
    return panel->last_period < panel->first_period ? GNM_NEVER : panel_label(panel, (int)panel->last_period);
}

int64_t panel_series_last_label(const struct panel *panel, size_t series)
{
    const struct panel_track *track = &panel->company[series].track;
    return track->n == 0 ? GNM_NEVER : panel_label(panel, track->first + track->n - 1);
}

int64_t panel_label_after(const struct panel *panel, int64_t label, int periods)
{
    return panel_label(panel, panel_period(panel, label) + periods);
}

int64_t panel_decision_s(const struct panel *panel, int64_t origin_label)
{
    return panel_period_end_s(panel, panel_period(panel, origin_label));
}

int panel_series_range(const struct panel *panel, size_t series, int *first, int *last)
{
    const struct panel_track *track = &panel->company[series].track;
    if (track->n == 0)
        return 0;
    *first = track->first;
    *last = track->first + track->n - 1;
    return 1;
}

/* Whether a vintage was there at the decision: training, forecasting and backtest know of values through this line alone. */
static inline int is_known(const struct panel_track *track, uint32_t i, int64_t decision_s)
{
    return track->available_s[i] <= decision_s;
}

/* The newest vintage that was there, among entries begin..end of one day; `end` when there is none. */
static uint32_t newest_at(const struct panel_track *track, uint32_t begin, uint32_t end, int64_t decision_s)
{
    for (uint32_t i = end; i-- > begin;)
        if (is_known(track, i, decision_s))
            return i;
    return end;
}

static inline double newest(const struct panel_track *track, uint32_t begin, uint32_t end, int64_t decision_s)
{
    uint32_t i = newest_at(track, begin, end, decision_s);
    return i < end ? track->value[i] : NAN;
}

static inline double activity_at(const struct panel_track *track, int period, int64_t decision_s)
{
    int i = period - track->first;
    if (i < 0 || i >= track->n)
        return NAN;
    return newest(track, track->start[i], track->start[i + 1], decision_s);
}

void panel_window(const struct panel *panel, size_t series, int first, int n, int64_t decision_s, double *ret)
{
    const struct panel_track *track = &panel->company[series].track;
    for (int i = 0; i < n; i++)
        ret[i] = activity_at(track, first + i, decision_s);
    for (int i = 0; panel->closes && i < n; i++)
        if (ret[i] == 0 && panel_is_closed(panel, series, first + i, decision_s))
            ret[i] = NAN;
}

double panel_value(const struct panel *panel, size_t series, int64_t label, int64_t decision_s)
{
    double value;
    panel_window(panel, series, panel_period(panel, label), 1, decision_s, &value);
    return value;
}

size_t panel_driver_count(const struct panel *panel)
{
    return panel->n_source;
}

const char *panel_driver_name(const struct panel *panel, size_t driver)
{
    return panel->source[driver].name;
}

int panel_driver_find(const struct panel *panel, const char *name)
{
    for (size_t i = 0; i < panel->n_source; i++)
        if (strcmp(panel->source[i].name, name) == 0)
            return (int)i;
    return -1;
}

enum panel_role panel_driver_role(const struct panel *panel, size_t driver)
{
    return panel->source[driver].role;
}

/* Days of one period folded into one value. */
static double fold(const struct panel_track *track, uint32_t begin, uint32_t end, int64_t decision_s, int largest)
{
    double sum = 0, top = -INFINITY;
    int n = 0;
    for (uint32_t i = begin, next; i < end; i = next) {
        for (next = i + 1; next < end && track->day[next] == track->day[i];)
            next++;
        double value = newest(track, i, next, decision_s);
        if (isnan(value))
            continue;
        sum += value;
        top = value > top ? value : top;
        n++;
    }
    return n == 0 ? NAN : largest ? top : sum / n;
}

static double track_at(const struct panel *panel, const struct panel_source *source, int slot, int period, int64_t decision_s)
{
    if (slot < 0)
        return NAN;
    const struct panel_track *track = &source->track[slot];
    int i = period - track->first;
    if (i < 0 || i >= track->n)
        return NAN;
    if (track->flat != NULL)
        return track->flat[i];
    if (track->start[i] == track->start[i + 1])
        return NAN;
    if (panel->step == GNM_DAY)
        return newest(track, track->start[i], track->start[i + 1], decision_s);
    return fold(track, track->start[i], track->start[i + 1], decision_s, source->role != PANEL_NUMBER && source->role != PANEL_PRICE);
}

int panel_flatten(const struct panel *panel, struct panel_source *source)
{
    for (size_t i = 0; i < source->n_raw; i++)
        if (source->raw[i].available_s != GNM_ALWAYS)
            return 0;
    for (int t = 0; t < source->n_tracks; t++) {
        struct panel_track *track = &source->track[t];
        double *flat = calloc((size_t)track->n, sizeof *flat);
        if (flat == NULL)
            return -ENOMEM;
        for (int i = 0; i < track->n; i++)
            flat[i] = track_at(panel, source, t, track->first + i, 0);
        track->flat = flat;
    }
    return 0;
}

double panel_driver_value(const struct panel *panel, size_t driver, size_t series, int period, int64_t decision_s)
{
    const struct panel_source *source = &panel->source[driver];
    if (source->slot[series + 1] == PANEL_HIDDEN)
        return NAN;
    double own = track_at(panel, source, source->slot[series + 1], period - source->shift, decision_s);
    return isnan(own) ? track_at(panel, source, source->slot[0], period - source->shift, decision_s) : own;
}

int panel_is_closed(const struct panel *panel, size_t series, int period, int64_t decision_s)
{
    int closed = panel->closes && (panel->company[series].closed >> civil_weekday(panel_label(panel, period)) & 1) != 0;
    for (size_t i = 0; panel->closes && !closed && i < panel->n_source; i++)
        closed = panel->source[i].role == PANEL_CLOSED && panel_driver_value(panel, i, series, period, decision_s) > 0;
    return closed;
}

int panel_driver_track(const struct panel *panel, size_t driver, size_t series)
{
    const struct panel_source *source = &panel->source[driver];
    return source->slot[series + 1] >= 0 ? source->slot[series + 1] : source->slot[0];
}

int64_t panel_driver_since(const struct panel *panel, size_t driver, size_t series, int period, int64_t decision_s)
{
    const struct panel_source *source = &panel->source[driver];
    for (int own = 1; own >= 0 && source->slot[series + 1] != PANEL_HIDDEN; own--) {
        int slot = source->slot[own ? series + 1 : 0];
        const struct panel_track *track = slot < 0 ? NULL : &source->track[slot];
        int at = track == NULL ? -1 : period - track->first;
        if (at < 0 || at >= track->n)
            continue;
        uint32_t i = newest_at(track, track->start[at], track->start[at + 1], decision_s);
        if (i < track->start[at + 1] && !isnan(track->value[i]))
            return track->available_s[i];
    }
    return GNM_NEVER;
}

static void track_facts(const struct panel *panel, const struct panel_track *track, int64_t decision_s, struct panel_driver_facts *f)
{
    for (int p = 0; p < track->n; p++) {
        int64_t begin_s = GNM_NEVER;
        for (uint32_t i = track->start[p]; i < track->start[p + 1]; i++) {
            double v = track->value[i];
            if (!is_known(track, i, decision_s) || isnan(v))
                continue;
            f->n++;
            if (begin_s == GNM_NEVER && track->available_s[i] != GNM_ALWAYS)
                begin_s = panel_period_end_s(panel, track->first + p - 1);
            f->n_planned += is_known(track, i, begin_s);
            f->n_active += v != 0;
            f->small_counts &= v == 0 || v == 1 || v == 2 || v == 3;
            f->mean += v;
            int period = track->first + p;
            f->first = period < f->first ? period : f->first;
            f->last = period > f->last ? period : f->last;
        }
    }
}

void panel_driver_facts(const struct panel *panel, size_t driver, int64_t decision_s, struct panel_driver_facts *ret)
{
    struct panel_driver_facts facts = { .small_counts = 1, .first = INT32_MAX, .last = INT32_MIN };
    const struct panel_source *source = &panel->source[driver];
    facts.tracks = source->n_tracks;
    for (int i = 0; i < source->n_tracks; i++)
        track_facts(panel, &source->track[i], decision_s, &facts);
    facts.mean = facts.n > 0 ? facts.mean / (double)facts.n : 0;
    *ret = facts;
}

const char *panel_series_note(const struct panel *panel, size_t series, const char *key)
{
    const struct panel_company *company = &panel->company[series];
    for (size_t i = 0; i < company->n_notes; i++)
        if (strcmp(company->note[i].key, key) == 0)
            return company->note[i].text;
    return NULL;
}

int panel_series_note_at(const struct panel *panel, size_t series, size_t i, const char **key, const char **text)
{
    if (i >= panel->company[series].n_notes)
        return 0;
    *key = panel->company[series].note[i].key;
    *text = panel->company[series].note[i].text;
    return 1;
}

int panel_series_non_negative(const struct panel *panel, size_t series)
{
    return panel->company[series].non_negative;
}

int panel_series_is_money(const struct panel *panel, size_t series)
{
    return panel->company[series].is_money;
}
