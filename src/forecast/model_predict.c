#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/learner.h"
#include "forecast/members.h"
#include "forecast/model.h"

#define STRANGER_SPREAD 2.0       /* a series the model has never seen gets a band twice as wide */
#define FALLBACK_SPREAD 0.35      /* of roots, without any past error to go by */

double ridge_value(double scale, double level, double z, int non_negative)
{
    double root = z + level;
    return scale * level_square(non_negative && root < 0 ? 0 : root);
}

double blend_point(const struct blend *blend, double theta, double ridge)
{
    return isnan(ridge) ? theta : isnan(theta) ? ridge : blend->theta * theta + blend->ridge * ridge;
}

int ridge_predict(const struct model *model, const struct plan *plan, const double *beta, const float *delta, const struct panel *panel, size_t series,
                  int origin, int horizon, double *ret)
{
    const struct cadence *c = cadence_of(plan->step);
    struct level level;
    int rc = level_read(plan, panel, series, origin, &level);
    if (rc < 0)
        return rc;
    double sum[PLAN_COLUMNS + 1];
    for (int j = 0; j <= plan->n_columns; j++)
        sum[j] = beta[j] + (delta != NULL ? (double)delta[j] : 0);
    for (int h = 1; h <= horizon; h++) {
        float x[PLAN_COLUMNS], offset;
        row_fill(plan, panel, series, &level, h, x, &offset);
        for (int j = 0; j < plan->n_columns; j++)
            x[j] = ridge_standard(&model->column[j], x[j]);
        double z = ridge_dot(sum, x, plan->n_columns) + model->kappa * offset;
        int closed = level.closed >> cadence_phase(c, origin + h) & 1;
        ret[h - 1] = closed ? 0 : ridge_value(level.scale, level.level, z, panel_series_non_negative(panel, series));
    }
    return 0;
}

static const struct model_series *find_series(const struct model *model, const struct panel *panel, size_t series, size_t *at)
{
    const char *name = panel_series_name(panel, series);
    for (size_t i = 0; i < model->n_series; i++) {
        size_t k = (series + i) % model->n_series;      /* usually the same place */
        if (strcmp(model->series[k].name, name) != 0)
            continue;
        *at = k;
        return &model->series[k];
    }
    return NULL;
}

struct answer {                   /* one series' points and how they came about */
    double *point;
    const char *model;
    enum gnm_quality quality;
    double spread, bias, scale;
};

/* Points of the wanted kind; NaN filled where a member cannot say anything. */
static void member_or_nan(const struct panel *panel, size_t series, int origin, enum model_kind kind, int horizon, double *ret)
{
    if (member_forecast(panel, series, origin, kind, horizon, ret) == 0)
        return;
    for (int h = 0; h < horizon; h++)
        ret[h] = NAN;
}

static void ridge_or_nan(const struct model *model, const struct plan *plan, const struct panel *panel, size_t series, int origin, int horizon,
                         double *ret)
{
    size_t at = 0;
    const struct model_series *known = model->has_ridge ? find_series(model, panel, series, &at) : NULL;
    const float *delta = known != NULL ? &model->delta[at * ((size_t)plan->n_columns + 1)] : NULL;
    if (model->has_ridge && ridge_predict(model, plan, model->beta, delta, panel, series, origin, horizon, ret) == 0)
        return;
    for (int h = 0; h < horizon; h++)
        ret[h] = NAN;
}

/* The rungs below: seasonal baseline, then the recent mean of the other series, then zero. */
static void fall_back(const struct panel *panel, size_t series, int origin, int horizon, struct answer *a)
{
    a->quality = GNM_FALLBACK;
    a->model = "naive";
    if (member_forecast(panel, series, origin, MODEL_NAIVE, horizon, a->point) == 0)
        return;
    double sum = 0;
    int n = 0, observed;
    for (size_t s = 0; s < panel_series_count(panel); s++) {
        double scale = member_scale(panel, s, origin, &observed);
        sum += observed > 0 ? scale : 0;
        n += observed > 0;
    }
    a->model = "climatology";
    for (int h = 0; h < horizon; h++)
        a->point[h] = n > 0 ? sum / n : 0;
}

static void served_points(const struct model *model, const struct plan *plan, const struct panel *panel, size_t series, int origin, int horizon,
                          double *ridge, struct answer *a)
{
    member_or_nan(panel, series, origin, MODEL_THETA, horizon, a->point);
    ridge_or_nan(model, plan, panel, series, origin, horizon, ridge);
    size_t at;
    const struct model_series *known = find_series(model, panel, series, &at);
    const struct blend *blend = known != NULL ? &known->blend : &model->blend;
    int has_theta = !isnan(a->point[0]) && blend->theta > 0, has_ridge = !isnan(ridge[0]) && blend->ridge > 0;
    for (int h = 0; h < horizon; h++)
        a->point[h] = blend_point(blend, a->point[h], ridge[h]);
    a->model = has_theta && has_ridge ? "mean" : isnan(ridge[0]) || !has_ridge ? "theta" : "ridge";
}

static int find_points(const struct model *model, const struct plan *plan, const struct panel *panel, size_t series, int origin, int horizon,
                       struct answer *a)
{
    a->quality = GNM_OK;
    if (model == NULL) {
        fall_back(panel, series, origin, horizon, a);
        return 0;
    }
    a->model = model_kind_names[model->kind];
    if (model->kind == MODEL_SERVED) {
        double *ridge = calloc((size_t)horizon, sizeof *ridge);
        if (ridge == NULL)
            return -ENOMEM;
        served_points(model, plan, panel, series, origin, horizon, ridge, a);
        free(ridge);
    } else if (model->kind == MODEL_RIDGE) {
        ridge_or_nan(model, plan, panel, series, origin, horizon, a->point);
    } else {
        member_or_nan(panel, series, origin, model->kind, horizon, a->point);
    }
    if (isnan(a->point[0]))
        fall_back(panel, series, origin, horizon, a);
    return 0;
}

static void find_spread(const struct model *model, const struct panel *panel, size_t series, int origin, struct answer *a)
{
    int observed;
    a->scale = member_scale(panel, series, origin, &observed);
    a->bias = 1;
    a->spread = FALLBACK_SPREAD;
    if (isnan(a->scale))
        a->scale = a->point[0] > 0 ? a->point[0] : 1;
    if (model == NULL)
        return;
    size_t at;
    const struct model_series *known = find_series(model, panel, series, &at);
    a->spread = known != NULL ? known->spread : STRANGER_SPREAD * model->bands.spread;
    a->bias = known != NULL ? known->bias : model->bias;
    if (a->quality == GNM_FALLBACK)
        a->spread = fmax(a->spread * STRANGER_SPREAD, FALLBACK_SPREAD);
}

/* Without a model the band is that of a normal. */
static void plain_bands(struct bands *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->n_levels = GNM_LEVELS;
    ret->bucket_width = MODEL_HORIZON_MAX;
    ret->n_buckets = 1;
    for (int i = 0; i < GNM_LEVELS; i++) {
        ret->level[i] = gnm_levels[i];
        ret->quantile[0][i] = gnm_levels[i] == 0.5 ? 0 : normal_quantile(gnm_levels[i]);
    }
}

int model_series_predict(const struct model *model, const struct plan *plan, const struct panel *panel, size_t series, int origin, int horizon,
                         struct cell *ret)
{
    int non_negative = panel_series_non_negative(panel, series);
    struct answer a = { .point = calloc(2 * (size_t)horizon, sizeof(double)) };
    if (a.point == NULL || find_points(model, plan, panel, series, origin, horizon, &a) < 0) {
        free(a.point);
        return -ENOMEM;
    }
    struct bands plain;
    const struct bands *bands = model != NULL ? &model->bands : &plain;
    plain_bands(&plain);
    find_spread(model, panel, series, origin, &a);
    double *baseline = a.point + horizon;
    member_or_nan(panel, series, origin, MODEL_NAIVE, horizon, baseline);
    for (int h = 1; h <= horizon; h++) {
        struct cell *cell = &ret[h - 1];
        double point = non_negative && a.point[h - 1] < 0 ? 0 : a.point[h - 1];
        *cell = (struct cell){ .point = point, .mean = point * a.bias, .model = a.model, .quality = a.quality };
        cell->baseline = isnan(baseline[h - 1]) ? point : baseline[h - 1];
        bands_apply(bands, a.spread, a.scale, point, h, non_negative, cell->q);
    }
    free(a.point);
    return 0;
}

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

static int predict_all(const struct model *model, const struct plan *plan, const struct panel *panel, int origin, int horizon, struct cell *cell,
                       struct gnm_forecast *ret)
{
    for (size_t s = 0; s < panel_series_count(panel); s++) {
        int rc = model_series_predict(model, plan, panel, s, origin, horizon, cell);
        for (int h = 1; rc == 0 && h <= horizon; h++)
            to_forecast(panel, s, origin, h, &cell[h - 1], model != NULL ? &model->bands : NULL, &ret[s * (size_t)horizon + (size_t)h - 1]);
        if (rc < 0)
            return rc;
    }
    qsort(ret, panel_series_count(panel) * (size_t)horizon, sizeof *ret, by_series);
    return 0;
}

int model_predict(const struct model *model, const struct panel *panel, int64_t origin_label, int horizon, struct gnm_forecast **ret, size_t *n,
                  struct gnm_why *why)
{
    if (horizon < 1 || horizon > MODEL_HORIZON_MAX)
        return gnm_fail(why, -EINVAL, "a horizon of %d periods is outside 1..%d", horizon, MODEL_HORIZON_MAX);
    size_t count = panel_series_count(panel) * (size_t)horizon;
    struct plan *plan = calloc(1, sizeof *plan);
    struct cell *cell = calloc((size_t)horizon, sizeof *cell);
    struct gnm_forecast *row = calloc(count + 1, sizeof *row);
    int rc = plan == NULL || cell == NULL || row == NULL ? gnm_fail(why, -ENOMEM, "no memory for %zu forecasts", count) : 0;
    if (rc == 0 && model != NULL) {
        *plan = model->plan;
        rc = plan_bind(plan, panel, why);
    }
    if (rc == 0 && predict_all(model, plan, panel, panel_period(panel, origin_label), horizon, cell, row) < 0)
        rc = gnm_fail(why, -ENOMEM, "no memory to forecast");
    free(plan);
    free(cell);
    if (rc < 0) {
        free(row);
        return rc;
    }
    *ret = row;
    *n = count;
    return 0;
}
