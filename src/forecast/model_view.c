/* A panel as a model wants to see it. */
#include <errno.h>
#include <string.h>

#include "forecast/model.h"
#include "forecast/money.h"

int model_is_used(const struct model *m, long at, int d, const int *others)
{
    int state = at >= 0 ? m->verdict[(size_t)at * (size_t)m->plan.n_drivers + (size_t)d].state : DRIVER_UNTESTED;
    return state == DRIVER_UNTESTED ? others[d] : state == DRIVER_USED;
}

void model_ask_others(const struct model *m, int *ret)
{
    size_t n = (size_t)m->plan.n_drivers;
    for (size_t d = 0; d < n; d++) {
        size_t used = 0, tested = 0;
        for (size_t s = 0; s < m->n_series; s++) {
            used += m->verdict[s * n + d].state == DRIVER_USED;
            tested += m->verdict[s * n + d].state != DRIVER_UNTESTED;
        }
        ret[d] = 2 * used >= tested;
    }
}

void model_hide(const struct model *m, const struct plan *plan, struct panel *view)
{
    int others[PLAN_DRIVERS];
    if (m->verdict == NULL)
        return;
    model_ask_others(m, others);
    for (size_t s = 0; s < panel_series_count(view); s++) {
        long at = model_find_series(m, view, s);
        for (int d = 0; d < plan->n_drivers; d++)
            if (driver_is_tested(plan, d) && !model_is_used(m, at, d, others))
                panel_view_hide(view, (size_t)plan->driver[d].at, s);
    }
}

int model_is_deflated(const struct model *model, const struct panel *panel, size_t s)
{
    int at = model_find_series(model, panel, s);
    return at >= 0 && model->series[at].deflated;
}

int model_view(const struct model *model, const struct plan *plan, const struct panel *panel, int origin, struct panel **ret)
{
    int rc = panel_view_new(panel, ret);
    if (rc < 0)
        return rc;
    model_hide(model, plan, *ret);
    for (size_t s = 0; rc == 0 && s < panel_series_count(panel); s++)
        if (model_is_deflated(model, panel, s))
            rc = money_deflate(panel, s, origin, *ret);
    if (rc < 0) {
        panel_view_free(*ret);
        *ret = NULL;
    }
    return rc;
}

const struct driver_verdict *model_verdict(const struct model *model, size_t series, int driver)
{
    return model->verdict == NULL ? NULL : &model->verdict[series * (size_t)model->plan.n_drivers + (size_t)driver];
}
