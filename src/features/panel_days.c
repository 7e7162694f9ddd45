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

int panel_may_count(const struct panel *panel, int source, int period)
{
    int i = period - panel->active_first;
    if (source >= SOURCES_KEPT || (panel->common >> source & 1) == 0)
        return 1;
    return i >= 0 && i < panel->n_active && (panel->active[i] >> source & 1) != 0;
}

static int is_common(const struct panel_source *source)
{
    return source->n_tracks == 1 && source->slot[0] == 0 && source->track[0].flat != NULL;
}

/* Rows ask for dozens of holidays on hundreds of days, and hardly any day has one. */
int panel_keep_active(struct panel *panel)
{
    int first = INT32_MAX, last = INT32_MIN;
    panel->common = 0;
    for (size_t i = 0; i < panel->n_source && i < SOURCES_KEPT; i++) {
        const struct panel_track *track = &panel->source[i].track[0];
        if (!is_common(&panel->source[i]) || track->n > PERIODS_KEPT)
            continue;
        first = track->first < first ? track->first : first;
        last = track->first + track->n - 1 > last ? track->first + track->n - 1 : last;
        panel->common |= UINT64_C(1) << i;
    }
    if (panel->common == 0 || (int64_t)last - first >= PERIODS_KEPT) {
        panel->common = 0;
        return 0;
    }
    panel->active = calloc((size_t)(last - first) + 1, sizeof *panel->active);
    if (panel->active == NULL)
        return -ENOMEM;
    panel->active_first = first;
    panel->n_active = last - first + 1;
    for (size_t i = 0; i < panel->n_source && i < SOURCES_KEPT; i++) {
        const struct panel_track *track = &panel->source[i].track[0];
        for (int p = 0; (panel->common >> i & 1) != 0 && p < track->n; p++)
            if (!isnan(track->flat[p]) && track->flat[p] != 0)
                panel->active[track->first + p - first] |= UINT64_C(1) << i;
    }
    return 0;
}
