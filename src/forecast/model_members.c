/* What each member of a model says about one series at one origin. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/members.h"
#include "forecast/model.h"

double ridge_value(double scale, double level, double z, int non_negative)
{
    double root = z + level;
    return scale * level_square(non_negative && root < 0 ? 0 : root);
}

double blend_point(const struct blend *blend, const double *point)
{
    double sum = 0, weights = 0;
    for (int m = 0; m < MEMBERS; m++) {
        if (isnan(point[m]) || blend->weight[m] <= 0)
            continue;
        sum += blend->weight[m] * point[m];
        weights += blend->weight[m];
    }
    return weights > 0 ? sum / weights : NAN;
}

static int ridge_predict(const struct model *model, const struct plan *plan, const float *delta, const struct panel *panel, size_t series, int origin, int horizon,
                         double *ret)
{
    const struct cadence *c = cadence_of(plan->step);
    struct level level;
    int rc = level_read(plan, panel, series, origin, &level);
    if (rc < 0)
        return rc;
    double sum[PLAN_COLUMNS + 1];
    float row[2][PLAN_COLUMNS], x[PLAN_COLUMNS], offset;
    for (int j = 0; j <= plan->n_columns; j++)
        sum[j] = model->beta[j] + (delta != NULL ? (double)delta[j] : 0);
    for (int h = 1; h <= horizon; h++) {
        row_fill(plan, panel, series, &level, h, 0, plan->n_columns, h > 1 ? row[(h - 1) & 1] : NULL, row[h & 1], &offset);
        for (int j = 0; j < plan->n_columns; j++)
            x[j] = ridge_standard(&model->column[j], row[h & 1][j]);
        double z = ridge_dot(sum, x, plan->n_columns) + model->kappa * offset;
        int closed = level.closed >> cadence_phase(c, origin + h) & 1;
        ret[h - 1] = closed ? 0 : ridge_value(level.scale, level.level, z, panel_series_non_negative(panel, series));
    }
    return 0;
}

int boost_member_predict(struct boost_model *const *boost, int n_boost, double kappa, const struct plan *plan, const struct panel *panel, size_t series, int id,
                         int origin, int horizon, double *ret)
{
    const struct cadence *c = cadence_of(plan->step);
    struct level level;
    int rc = level_read(plan, panel, series, origin, &level), at = plan->n_wide - 1 - plan->tree_first;      /* the series' own column is the last */
    if (rc < 0)
        return rc;
    float row[2][PLAN_COLUMNS], offset;
    for (int h = 1; h <= horizon; h++) {
        float *x = row[h & 1];
        row_fill(plan, panel, series, &level, h, plan->tree_first, plan->n_wide, h > 1 ? row[(h - 1) & 1] : NULL, x, &offset);
        x[at] = id >= 0 && id < BOOST_LEVELS ? (float)id : NAN;
        double z = kappa * offset, sum = 0;
        for (int i = 0; i < n_boost; i++)
            sum += boost_predict(boost[i], x);
        int closed = level.closed >> cadence_phase(c, origin + h) & 1;
        ret[h - 1] = closed ? 0 : ridge_value(level.scale, level.level, z + sum / n_boost, panel_series_non_negative(panel, series));
    }
    return 0;
}

/* The series' place in the model, -1 for a stranger. */
int model_find_series(const struct model *model, const struct panel *panel, size_t series)
{
    const char *name = panel_series_name(panel, series);
    for (size_t i = 0; i < model->n_series; i++) {
        size_t k = (series + i) % model->n_series;      /* usually the same place */
        if (strcmp(model->series[k].name, name) == 0)
            return (int)k;
    }
    return -1;
}

int model_member_predict(const struct model *model, const struct plan *plan, enum member member, const struct panel *panel, size_t series, int origin,
                         int horizon, double *ret)
{
    if (member != MEMBER_RIDGE && member != MEMBER_BOOST)
        return member_forecast(panel, series, origin, member, horizon, ret);
    int at = model_find_series(model, panel, series);
    if (member == MEMBER_BOOST)
        return model->n_boost == 0 ? -ENODATA
                                   : boost_member_predict(model->boost, model->n_boost, model->boost_kappa, plan, panel, series, at, origin, horizon, ret);
    const float *delta = at >= 0 && model->has_ridge ? &model->delta[(size_t)at * ((size_t)plan->n_columns + 1)] : NULL;
    return model->has_ridge ? ridge_predict(model, plan, delta, panel, series, origin, horizon, ret) : -ENODATA;
}

void model_clear(struct model *model)
{
    for (int i = 0; i < model->n_boost; i++)
        boost_model_free(model->boost[i]);
    free(model->series);
    free(model->delta);
    model->n_boost = 0;
    model->series = NULL;
    model->delta = NULL;
}
