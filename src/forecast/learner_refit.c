/* A cheap refit: columns, hyper-parameters, trees, weights and bands stay; the ridge is solved with the newest rows, and the newest errors tell of drift. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "features/level.h"
#include "forecast/learner_state.h"
#include "forecast/members.h"

#define DRIFT_SLACK 0.05
#define DRIFT_ALARM 5.0
enum { THIN_FROM = 52 };          /* origins */

static int same_series(const struct learner *l, const struct model *m)
{
    if (m->n_series != l->n_series)
        return 0;
    for (size_t s = 0; s < l->n_series; s++)
        if (strcmp(m->series[s].name, panel_series_name(l->panel, s)) != 0)
            return 0;
    return 1;
}

static int may_serve(const struct learner *l, const struct model *m, int refit_days)
{
    int64_t now = panel_label(l->panel, l->origin);
    return m->kind == l->options.kind && m->step == panel_step(l->panel) && m->horizon == l->options.horizon && m->has_ridge && !m->drift.alarm
           && now >= m->trained_label && now - m->full_label < refit_days && m->bands.n_levels == l->options.n_levels
           && memcmp(m->bands.level, l->options.level, (size_t)m->bands.n_levels * sizeof *m->bands.level) == 0 && same_series(l, m);
}

static int same_columns(const struct learner *l, const struct model *m)
{
    struct plan *plan = malloc(sizeof *plan);
    if (plan == NULL)
        return 0;
    plan_make(l->panel, l->origin, plan);
    int same = plan_hash(plan) == plan_hash(&m->plan);
    free(plan);
    return same;
}

int learner_adopt(struct learner *l, const struct learner_options *options)
{
    struct model *m;
    if (options->previous == NULL || model_load(options->previous, options->previous_len, &m, NULL) < 0)
        return 0;
    if (!may_serve(l, m, options->refit_days) || !same_columns(l, m) || plan_bind(&m->plan, l->panel, NULL) < 0) {
        if (m->kind == MODEL_AUTO && m->step == panel_step(l->panel) && !m->drift.alarm)
            l->before = m->frugal;
        model_free(m);
        return 0;
    }
    l->model = *m;
    l->target = m->target;
    free(m);                      /* what it held is the learner's now */
    l->refit = 1;
    return 1;
}

/* A window of 28 days from every week holds each target four times. The coefficients hardly tell whether it is four or two, the time does. */
void learner_thin(struct learner *l)
{
    int origins = (l->range.origin_last - l->range.origin_first) / l->range.origin_step + 1;
    if (origins >= THIN_FROM && l->options.horizon >= 2 * l->range.origin_step)
        l->range.origin_step *= 2;
}

/* Error of the forecast that the earlier model made for the newest period, in spreads of its series. */
int learner_drift_task(struct learner *l, size_t i, struct gnm_why *why)
{
    (void)why;
    struct cell cell;
    double y, scale;
    int observed, origin = l->origin - 1;
    panel_window(l->panel, i, l->origin, 1, panel_period_end_s(l->panel, l->origin), &y);
    scale = member_scale(l->panel, i, origin, &observed);
    if (isnan(y) || isnan(scale) || model_series_predict(&l->model, &l->model.plan, l->panel, i, origin, 1, &cell) < 0 || cell.quality != GNM_OK)
        return 0;
    double spread = l->model.series[i].spread;
    l->drift_sum += log1p(fabs(level_root(y / scale) - level_root(cell.point / scale)) / (spread > 1e-3 ? spread : 1e-3));
    l->drift_n++;
    return 0;
}

void learner_drift_end(struct learner *l)
{
    struct drift *d = &l->model.drift;
    if (l->drift_n == 0)
        return;
    double x = l->drift_sum / l->drift_n;
    d->n++;
    d->mean += (x - d->mean) / d->n;
    d->sum += x - d->mean - DRIFT_SLACK;
    d->least = d->sum < d->least ? d->sum : d->least;
    d->alarm = d->sum - d->least > DRIFT_ALARM;
}
