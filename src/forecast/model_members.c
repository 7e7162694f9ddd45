/* What each member of a model says about one series at one origin. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "features/christmas.h"
#include "forecast/members.h"
#include "forecast/model.h"

double ridge_value(double scale, double level, double z, int non_negative)
{
    double root = z + level;
    return scale * level_square(non_negative && root < 0 ? 0 : root);
}

static double weighted(const struct blend *blend, const double *point, int from, double least)
{
    double sum = 0, weights = 0;
    for (int m = from; m < MEMBERS; m++) {
        double weight = fmax(blend->weight[m], least);
        if (isnan(point[m]) || weight <= 0)
            continue;
        sum += weight * point[m];
        weights += weight;
    }
    return weights > 0 ? sum / weights : NAN;
}

double blend_point(const struct blend *blend, const double *point, int blind)
{
    int has_weight = blend->weight[MEMBER_RIDGE] > 0 || blend->weight[MEMBER_BOOST] > 0;
    double aware = blind ? weighted(blend, point, MEMBER_RIDGE, has_weight ? 0 : 1) : NAN;
    return isnan(aware) ? weighted(blend, point, 0, 0) : aware;
}

double boost_events(const struct ridge_column *column, const struct plan *plan, const float *beta, const float *x)
{
    double sum = 0;
    for (int j = 0; beta != NULL && j < plan->tree_first; j++)
        if (plan->column[j].driver >= 0 && x[j] != 0)
            sum += (double)beta[j + 1] * (ridge_standard(&column[j], x[j]) - ridge_standard(&column[j], 0));
    return sum;
}

static double ridge_z(const struct model *model, const struct plan *plan, const float *beta, const float *x, double offset)
{
    double z = beta[0] + model->kappa * offset;
    for (int j = 0; j < plan->n_columns; j++)
        z += (double)beta[j + 1] * ridge_standard(&model->column[j], x[j]);
    return z;
}

/* Rows of one series at one origin, asked about together. */
enum { TOGETHER = 32 };
struct asked {
    const struct model *model;
    const struct plan *plan;
    const struct boost_speaker *who;
    struct level level;
    size_t series;
    int n, end;
    struct christmas feast[TOGETHER];
    double ridge[TOGETHER], trees[TOGETHER];      /* what was answered */
    float x[TOGETHER][PLAN_COLUMNS], offset[TOGETHER];
    unsigned char closed[TOGETHER];
};

static void fill_rows(struct asked *a, const struct panel *panel, size_t series, int from)
{
    const struct cadence *c = cadence_of(a->plan->step);
    for (int i = 0; i < a->n; i++) {
        a->closed[i] = a->level.closed >> cadence_phase(c, a->level.origin + from + i) & 1;
        row_fill(a->plan, panel, series, &a->level, from + i, 0, a->end, i > 0 ? a->x[i - 1] : NULL, a->x[i], &a->offset[i]);
        a->feast[i] = christmas_prior(a->plan, panel, &a->level, from + i, NAN, a->model->boost_feast);
    }
}

/* After a driver that no level knows of was hidden: 1 when rows changed. */
static int refill_rows(struct asked *a, const struct panel *panel, size_t series, int driver)
{
    int column[PLAN_COLUMNS], n = 0, changed = 0;
    for (int j = 0; j < a->end; j++)
        if (a->plan->column[j].driver == driver)
            column[n++] = j;
    for (int i = 0; i < a->n && n > 0; i++) {
        float before[PLAN_COLUMNS];
        memcpy(before, a->x[i], sizeof before);
        row_refill(a->plan, panel, series, &a->level, 1 + i, column, n, i > 0 ? a->x[i - 1] : NULL, a->x[i]);
        changed |= memcmp(before, a->x[i], (size_t)a->end * sizeof *before) != 0;
    }
    return changed;
}

static void ask_ridge(const struct asked *a, int non_negative, double *ret)
{
    for (int i = 0; i < a->n; i++)
        ret[i] = a->closed[i] ? 0 : ridge_value(a->level.scale, a->level.level, ridge_z(a->model, a->plan, a->who->beta, a->x[i], a->offset[i]), non_negative);
}

static void ask_trees(struct asked *a, int non_negative, double *ret)
{
    const struct plan *plan = a->plan;
    double sum[TOGETHER] = { 0 }, one[TOGETHER];
    for (int i = 0; i < a->n; i++)        /* the series' own column is the last */
        a->x[i][plan->n_wide - 1] = a->who->id >= 0 && a->who->id < BOOST_LEVELS ? (float)a->who->id : NAN;
    for (int k = 0; k < a->who->n_boost; k++) {
        boost_predict_rows(a->who->boost[k], a->x[0] + plan->tree_first, PLAN_COLUMNS, (size_t)a->n, one);
        for (int i = 0; i < a->n; i++)
            sum[i] += one[i];
    }
    for (int i = 0; i < a->n; i++) {
        double events = boost_events(a->model->column, plan, a->model->boost_takes_events ? a->who->beta : NULL, a->x[i]);
        double z = sum[i] / a->who->n_boost + a->model->boost_kappa * a->offset[i] + a->feast[i].start + (1 - a->feast[i].share) * events;
        ret[i] = a->closed[i] ? 0 : ridge_value(a->level.scale, a->level.level, z, non_negative);
    }
}

static void ask(struct asked *a, const struct panel *panel, size_t series, int ridge, int trees)
{
    int non_negative = panel_series_non_negative(panel, series);
    if (ridge)
        ask_ridge(a, non_negative, a->ridge);
    if (trees)
        ask_trees(a, non_negative, a->trees);
}

static void tell(const struct asked *a, int h, double *ridge, double *trees)
{
    if (ridge != NULL)
        memcpy(ridge + h - 1, a->ridge, (size_t)a->n * sizeof *ridge);
    if (trees != NULL)
        memcpy(trees + h - 1, a->trees, (size_t)a->n * sizeof *trees);
}

int model_rows_predict(const struct model *model, const struct plan *plan, const struct boost_speaker *who, const struct panel *panel, size_t series, int origin,
                       int horizon, struct members_memo *memo, double *ridge, double *trees)
{
    struct asked own, *a = memo != NULL ? memo->asked : &own;
    int rc = 0, end = trees != NULL ? plan->n_wide : plan->n_columns;
    a->model = model;
    a->plan = plan;
    a->who = who;
    if (memo != NULL && memo->hidden >= 0 && a->series == series && a->n == horizon && a->end == end) {
        if (refill_rows(a, panel, series, memo->hidden))
            ask(a, panel, series, ridge != NULL, trees != NULL);
        tell(a, 1, ridge, trees);
        return 0;
    }
    a->series = series;
    a->end = end;
    a->n = 0;
    rc = level_read(plan, panel, series, origin, &a->level);
    if (rc == 0 && trees != NULL && plan->step == GNM_DAY)
        level_years(panel, series, horizon, &a->level);
    for (int h = 1; rc == 0 && h <= horizon; h += a->n) {
        a->n = horizon - h + 1 < TOGETHER ? horizon - h + 1 : TOGETHER;
        fill_rows(a, panel, series, h);
        ask(a, panel, series, ridge != NULL, trees != NULL);
        tell(a, h, ridge, trees);
    }
    return rc;
}

struct asked *asked_new(void)
{
    return calloc(1, sizeof(struct asked));
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

void model_learned_predict(const struct model *model, const struct plan *plan, const struct panel *panel, size_t series, int origin, int horizon,
                           struct members_memo *memo, double *ridge, double *trees)
{
    int at = model_find_series(model, panel, series);
    const float *delta = at >= 0 && model->has_ridge ? &model->delta[(size_t)at * ((size_t)plan->n_columns + 1)] : NULL;
    float beta[PLAN_COLUMNS + 1];
    for (int j = 0; j <= plan->n_columns; j++)
        beta[j] = (float)(model->beta[j] + (delta != NULL ? (double)delta[j] : 0));
    struct boost_speaker who = { model->boost, model->n_boost, model->has_ridge ? beta : NULL, at };
    double *of_ridge = model->has_ridge ? ridge : NULL, *of_trees = model->n_boost > 0 ? trees : NULL;
    int rc = of_ridge == NULL && of_trees == NULL ? -ENODATA : model_rows_predict(model, plan, &who, panel, series, origin, horizon, memo, of_ridge, of_trees);
    for (int h = 0; h < horizon; h++) {
        if (ridge != NULL && (rc < 0 || of_ridge == NULL))
            ridge[h] = NAN;
        if (trees != NULL && (rc < 0 || of_trees == NULL))
            trees[h] = NAN;
    }
}

void model_clear(struct model *model)
{
    for (int i = 0; i < model->n_boost; i++)
        boost_model_free(model->boost[i]);
    free(model->series);
    free(model->delta);
    free(model->verdict);
    model->n_boost = 0;
    model->series = NULL;
    model->delta = NULL;
    model->verdict = NULL;
}
