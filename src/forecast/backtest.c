#include "forecast/backtest.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A series is known at an origin when it has any value by then. */
static int is_known(const struct panel *panel, size_t series, int origin)
{
    int first, last;
    int64_t decision_s = panel_period_end_s(panel, origin);
    if (!panel_series_range(panel, series, &first, &last))
        return 0;
    for (int p = first; p <= last && p <= origin; p++) {
        double value;
        panel_window(panel, series, p, 1, decision_s, &value);
        if (!isnan(value))
            return 1;
    }
    return 0;
}

static int history_of(const struct panel *panel, size_t series, int origin, struct score_history *ret)
{
    int first, last;
    *ret = (struct score_history){ NAN, NAN };
    if (!panel_series_range(panel, series, &first, &last) || first > origin)
        return 0;
    size_t n = (size_t)(origin - first + 1);
    double *y = calloc(n, sizeof *y);
    if (y == NULL)
        return -ENOMEM;
    panel_window(panel, series, first, (int)n, panel_period_end_s(panel, origin), y);
    *ret = score_history(y, n, cadence_of(panel_step(panel))->season);
    free(y);
    return 0;
}

/* What really came: the newest vintage of all. */
static size_t observed_rows(const struct panel *panel, int origin, const struct backtest_result *r, const struct backtest_part *part, struct score_row *row)
{
    size_t n = 0;
    for (int h = part->first; h <= part->last; h++) {
        const struct cell *cell = &r->cell[part->series * (size_t)r->horizon + (size_t)h - 1];
        double actual;
        panel_window(panel, part->series, origin + h, 1, GNM_NEVER, &actual);
        if (isnan(actual))
            continue;
        row[n] = (struct score_row){ .actual = actual, .median = cell->point, .mean = cell->mean };
        memcpy(row[n].q, cell->q, sizeof cell->q);
        for (int i = 0; i < r->n_levels; i++)
            if (r->level[i] == 0.5)
                row[n].median = cell->q[i];
        n++;
    }
    return n;
}

int backtest_add(const struct panel *panel, const struct backtest_split *split, const struct backtest_result *result, const struct backtest_part *part,
                 struct score *score)
{
    if (part->series >= result->n_series || part->first < 1 || part->last > result->horizon)
        return -EINVAL;
    struct score_row row[MODEL_HORIZON_MAX];
    size_t n = observed_rows(panel, panel_period(panel, split->origin_label), result, part, row);
    score_add(score, row, n, &result->history[part->series], result->n_levels, result->level);
    return 0;
}

static int score_all(const struct panel *panel, const struct backtest_split *split, const unsigned char *chosen, struct backtest_result *r)
{
    int origin = panel_period(panel, split->origin_label), rc = 0;
    struct score score = { 0 };
    for (size_t s = 0; rc == 0 && s < r->n_series; s++) {
        struct backtest_part whole = { s, 1, r->horizon };
        r->history[s] = (struct score_history){ NAN, NAN };
        if (!r->known[s] || (chosen != NULL && !chosen[s]))
            continue;
        rc = history_of(panel, s, origin, &r->history[s]);
        if (rc == 0)
            rc = backtest_add(panel, split, r, &whole, &score);
    }
    r->figures = score_figures(&score);
    return rc;
}

static int keep_verdicts(const struct model *model, struct backtest_result *r)
{
    const struct driver_verdict *v;
    r->driver = calloc(model->n_series * (size_t)model->plan.n_drivers + 1, sizeof *r->driver);
    for (size_t s = 0; r->driver != NULL && s < model->n_series; s++)
        for (int d = 0; d < model->plan.n_drivers; d++) {
            v = model_verdict(model, s, d);
            if (v == NULL || v->state == DRIVER_UNTESTED)
                continue;
            struct backtest_driver *to = &r->driver[r->n_drivers++];
            *to = (struct backtest_driver){ .series = s, .verdict = *v };
            memcpy(to->name, model->plan.driver[d].name, GNM_ID);
        }
    return r->driver == NULL ? -ENOMEM : 0;
}

static int predict(const struct model *model, const struct panel *panel, int origin, struct backtest_result *r)
{
    struct panel *view = NULL;
    int rc = model_view(model, &model->plan, panel, origin, &view);
    for (size_t s = 0; rc == 0 && s < r->n_series; s++) {
        r->known[s] = (unsigned char)is_known(panel, s, origin);
        rc = model_view_predict(model, &model->plan, panel, view, s, origin, r->horizon, NULL, &r->cell[s * (size_t)r->horizon]);
    }
    panel_view_free(view);
    rc = rc == 0 ? keep_verdicts(model, r) : rc;
    r->lambda = model->has_ridge ? model->lambda : NAN;
    r->mu = model->has_ridge ? model->mu : NAN;
    r->kappa = model->has_ridge ? model->kappa : NAN;
    r->blend = model->blend;
    r->frugal = model->frugal;
    r->columns = model->plan.n_columns;
    return rc;
}

static int learn(const struct panel *panel, const struct learner_options *options, int64_t origin_label, struct learner **ret, struct gnm_why *why)
{
    int rc = learner_begin(panel, options, origin_label, ret, why);
    if (rc < 0)
        return rc;
    rc = learner_step(*ret, SIZE_MAX, why);
    if (rc < 0)
        learner_free(*ret);
    return rc;
}

int backtest_run(const struct panel *panel, const struct learner_options *options, const struct backtest_split *split, const unsigned char *chosen,
                 struct backtest_result *ret, struct gnm_why *why)
{
    struct learner *learner;
    struct learner_options with = *options;
    with.horizon = split->horizon;
    if (with.n_levels == 0) {
        with.n_levels = GNM_LEVELS;
        memcpy(with.level, gnm_levels, sizeof gnm_levels);
    }
    int rc = learn(panel, &with, split->origin_label, &learner, why);
    if (rc < 0)
        return rc;
    struct backtest_result r = { .n_series = panel_series_count(panel), .horizon = split->horizon, .n_levels = with.n_levels };
    memcpy(r.level, with.level, sizeof r.level);
    r.history = calloc(r.n_series, sizeof *r.history);
    r.cell = calloc(r.n_series * (size_t)r.horizon, sizeof *r.cell);
    r.known = calloc(r.n_series, 1);
    rc = r.cell == NULL || r.known == NULL || r.history == NULL ? -ENOMEM : predict(learner_result(learner), panel, panel_period(panel, split->origin_label), &r);
    learner_free(learner);
    if (rc == 0)
        rc = score_all(panel, split, chosen, &r);
    if (rc < 0) {
        backtest_free(&r);
        return gnm_fail(why, rc, "no memory for the forecasts of %zu series", panel_series_count(panel));
    }
    *ret = r;
    return 0;
}

void backtest_free(struct backtest_result *result)
{
    free(result->cell);
    free(result->known);
    free(result->history);
    free(result->driver);
    memset(result, 0, sizeof *result);
}
