/* What a period is like, kept as masks: rows ask for it again and again. */
#include "features/feast.h"
#include "features/panel_data.h"
#include "features/panel_period.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { FEASTS_AHEAD = 60, SOURCES_KEPT = 64, PERIODS_KEPT = 32768 };

static unsigned feasts_of(const struct panel *panel, int period)
{
    unsigned mask = 0;
    for (int64_t day = panel_period_start(panel, period), end = panel_period_start(panel, period + 1); day < end; day++)
        mask |= feast_mask(day);
    return mask;
}

unsigned panel_feasts(const struct panel *panel, int period)
{
    int i = period - panel->feast_first;
    return i >= 0 && i < panel->n_feasts ? panel->feast[i] : feasts_of(panel, period);
}

int panel_keep_feasts(struct panel *panel)
{
    int64_t first = panel->first_period, n = panel->last_period + FEASTS_AHEAD - first;
    _Static_assert(FEASTS <= 16, "a mask of feasts in 16 bits");
    if (panel->last_period < first || n > PERIODS_KEPT)
        return 0;
    panel->feast = malloc((size_t)n * sizeof *panel->feast);
    if (panel->feast == NULL)
        return -ENOMEM;
    for (int i = 0; i < (int)n; i++)
        panel->feast[i] = (uint16_t)feasts_of(panel, (int)first + i);
    panel->feast_first = (int)first;
    panel->n_feasts = (int)n;
    return 0;
}

uint64_t panel_counting(const struct panel *panel, int period)
{
    int i = period - panel->active_first;
    return ~panel->noted | (i >= 0 && i < panel->n_active ? panel->active[i] : 0);
}

int panel_may_count(const struct panel *panel, int driver, int period)
{
    return driver >= SOURCES_KEPT || (panel_counting(panel, period) >> driver & 1) != 0;
}

static void note_track(struct panel *panel, const struct panel_track *track, uint64_t bit)
{
    for (int p = 0; p < track->n; p++)
        for (uint32_t i = track->start[p]; i < track->start[p + 1]; i++)
            if (!isnan(track->value[i]) && track->value[i] != 0)
                panel->active[track->first + p - panel->active_first] |= bit;
}

/* Rows ask for dozens of holidays on hundreds of days, and hardly any day has one. */
int panel_keep_active(struct panel *panel)
{
    int first = INT32_MAX, last = INT32_MIN, n = panel->n_source < SOURCES_KEPT ? (int)panel->n_source : SOURCES_KEPT;
    for (int i = 0; i < n; i++)
        for (int t = 0; t < panel->source[i].n_tracks; t++) {
            const struct panel_track *track = &panel->source[i].track[t];
            first = track->first < first ? track->first : first;
            last = track->first + track->n - 1 > last ? track->first + track->n - 1 : last;
        }
    if (first > last || (int64_t)last - first >= PERIODS_KEPT)
        return 0;
    panel->active = calloc((size_t)(last - first) + 1, sizeof *panel->active);
    if (panel->active == NULL)
        return -ENOMEM;
    panel->active_first = first;
    panel->n_active = last - first + 1;
    panel->noted = n < SOURCES_KEPT ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
    for (int i = 0; i < n; i++)
        for (int t = 0; t < panel->source[i].n_tracks; t++)
            note_track(panel, &panel->source[i].track[t], UINT64_C(1) << i);
    return 0;
}
