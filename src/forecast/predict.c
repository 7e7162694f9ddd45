/* Forecasts of every series of a panel, as rows. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/effects.h"
#include "forecast/learner.h"
#include "forecast/model.h"

static void to_forecast(const struct panel *panel, size_t series, int origin, int h, const struct cell *cell, const struct bands *bands,
                        struct gnm_forecast *ret)
{
    memset(ret, 0, sizeof *ret);
    memcpy(ret->series, panel_series_name(panel, series), GNM_ID);
    strncpy(ret->model, cell->model, GNM_ID - 1);
    ret->step = panel_step(panel);
    ret->origin = panel_label(panel, origin);
    ret->target = panel_label(panel, origin + h);
    ret->horizon = h;
    ret->mean = cell->mean;
    ret->baseline = cell->baseline;
    ret->quality = cell->quality;
    int same = bands == NULL || (bands->n_levels == GNM_LEVELS && memcmp(bands->level, gnm_levels, sizeof gnm_levels) == 0);
    for (int i = 0; i < GNM_LEVELS; i++)
        ret->q[i] = same ? cell->q[i] : NAN;
}

static int by_series(const void *a, const void *b)
{
    const struct gnm_forecast *x = a, *y = b;
    int order = strcmp(x->series, y->series);
    return order != 0 ? order : (x->horizon > y->horizon) - (x->horizon < y->horizon);
}

/* All that a prediction takes; `view` and `search` may be NULL. */
struct asking {
    const struct model *model;
    const struct panel *panel;
    struct plan *plan;
    struct panel *view;
    struct effects_search *search;
    struct cell *cell;
    int origin, horizon;
};

static int predict_all(struct asking *a, struct gnm_forecast *ret)
{
    const struct panel *view = a->view != NULL ? a->view : a->panel;
    for (size_t s = 0; s < panel_series_count(a->panel); s++) {
        struct members_memo *memo = a->search != NULL ? effects_memo(a->search) : NULL;
        int rc = model_view_predict(a->model, a->plan, a->panel, view, s, a->origin, a->horizon, memo, a->cell);
        for (int h = 1; rc == 0 && h <= a->horizon; h++)
            to_forecast(a->panel, s, a->origin, h, &a->cell[h - 1], a->model != NULL ? &a->model->bands : NULL, &ret[s * (size_t)a->horizon + (size_t)h - 1]);
        if (rc == 0 && a->search != NULL)
            rc = effects_add(a->search, s, a->cell);
        if (rc < 0)
            return rc;
    }
    qsort(ret, panel_series_count(a->panel) * (size_t)a->horizon, sizeof *ret, by_series);
    return 0;
}

static int open_model(struct asking *a, struct effects *effects, struct gnm_why *why)
{
    *a->plan = a->model->plan;
    int rc = plan_bind(a->plan, a->panel, why);
    if (rc < 0)
        return rc;
    rc = model_view(a->model, a->plan, a->panel, a->origin, &a->view);
    if (rc == 0 && effects != NULL && a->plan->n_drivers > 0)
        rc = effects_begin(a->model, a->plan, a->panel, a->view, a->origin, effects, &a->search);
    return rc < 0 ? gnm_fail(why, rc, "no memory for a view of the panel") : 0;
}

static void close_model(struct asking *a)
{
    effects_end(a->search);
    panel_view_free(a->view);
    free(a->plan);
    free(a->cell);
}

int model_predict_why(const struct model *model, const struct panel *panel, int64_t origin_label, int horizon, struct gnm_forecast **ret, size_t *n, struct effects *effects,
                      struct gnm_why *why)
{
    if (horizon < 1 || horizon > MODEL_HORIZON_MAX)
        return gnm_fail(why, -EINVAL, "a horizon of %d periods is outside 1..%d", horizon, MODEL_HORIZON_MAX);
    size_t count = panel_series_count(panel) * (size_t)horizon;
    struct effects found = { .horizon = horizon };
    struct asking a = { .model = model, .panel = panel, .origin = panel_period(panel, origin_label), .horizon = horizon };
    a.plan = calloc(1, sizeof *a.plan);
    a.cell = calloc((size_t)horizon, sizeof *a.cell);
    struct gnm_forecast *row = calloc(count + 1, sizeof *row);
    int rc = a.plan == NULL || a.cell == NULL || row == NULL ? gnm_fail(why, -ENOMEM, "no memory for %zu forecasts", count) : 0;
    if (rc == 0 && model != NULL)
        rc = open_model(&a, effects != NULL ? &found : NULL, why);
    if (rc == 0 && predict_all(&a, row) < 0)
        rc = gnm_fail(why, -ENOMEM, "no memory to forecast");
    close_model(&a);
    if (rc < 0) {
        effects_free(&found);
        free(row);
        return rc;
    }
    if (effects != NULL)
        *effects = found;
    *ret = row;
    *n = count;
    return 0;
}

int model_predict(const struct model *model, const struct panel *panel, int64_t origin_label, int horizon, struct gnm_forecast **ret, size_t *n,
                  struct gnm_why *why)
{
    return model_predict_why(model, panel, origin_label, horizon, ret, n, NULL, why);
}
