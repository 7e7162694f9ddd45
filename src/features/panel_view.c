#include "features/panel_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "features/panel_data.h"

static int own_slots(const struct panel *of, struct panel *view)
{
    size_t slots = view->n_company + 1;
    int *slot = malloc((view->n_source * slots + 1) * sizeof *slot);
    if (slot == NULL)
        return -ENOMEM;
    for (size_t d = 0; d < view->n_source; d++) {
        memcpy(&slot[d * slots], of->source[d].slot, slots * sizeof *slot);
        view->source[d].slot = &slot[d * slots];
    }
    view->view_slots = slot;
    return 0;
}

int panel_view_new(const struct panel *of, struct panel **ret)
{
    struct panel *view = malloc(sizeof *view);
    if (view == NULL)
        return -ENOMEM;
    *view = *of;
    view->company = malloc((of->n_company + 1) * sizeof *view->company);
    view->source = malloc((of->n_source + 1) * sizeof *view->source);
    view->view_slots = NULL;
    if (view->company == NULL || view->source == NULL) {
        panel_view_free(view);
        return -ENOMEM;
    }
    memcpy(view->company, of->company, of->n_company * sizeof *view->company);
    if (of->n_source > 0)
        memcpy(view->source, of->source, of->n_source * sizeof *view->source);
    for (size_t s = 0; s < view->n_company; s++)
        view->company[s].divided = 0;
    if (own_slots(of, view) < 0) {
        panel_view_free(view);
        return -ENOMEM;
    }
    *ret = view;
    return 0;
}

void panel_view_free(struct panel *view)
{
    if (view == NULL)
        return;
    for (size_t s = 0; view->company != NULL && view->view_slots != NULL && s < view->n_company; s++)
        if (view->company[s].divided)
            free(view->company[s].track.value);
    free(view->view_slots);
    free(view->company);
    free(view->source);
    free(view);
}

void panel_view_hide(struct panel *view, size_t driver, size_t series)
{
    view->source[driver].slot[series + 1] = PANEL_HIDDEN;
}

void panel_view_shift(struct panel *view, size_t driver, int periods)
{
    view->source[driver].shift = periods;
    if (periods != 0)             /* asked in the long way from now on */
        view->noted &= ~(driver < 64 ? UINT64_C(1) << driver : 0);
}

int panel_view_divide(struct panel *view, size_t series, int first, int n, const double *divisor)
{
    struct panel_track *track = &view->company[series].track;
    size_t values = track->n > 0 ? track->start[track->n] : 0;
    double *value = malloc((values + 1) * sizeof *value);
    if (value == NULL)
        return -ENOMEM;
    for (int p = 0; p < track->n; p++)
        for (uint32_t i = track->start[p]; i < track->start[p + 1]; i++) {
            int at = track->first + p - first;
            value[i] = at >= 0 && at < n ? track->value[i] / divisor[at] : track->value[i];
        }
    track->value = value;
    view->company[series].divided = 1;
    return 0;
}
