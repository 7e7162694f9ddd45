#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "features/level.h"
#include "forecast/members.h"
#include "forecast/model.h"
#include "forecast/restart.h"

#define STRANGER_SPREAD 2.0       /* a series the model has never seen gets a band twice as wide */
#define FALLBACK_SPREAD 0.35      /* of roots, without any past error to go by */

enum { STALE_MAX = 16 };

struct question { const struct plan *plan; const struct panel *panel; size_t series; int origin, horizon; };

struct answer {                   /* one series' points and how they came about */
    double *point;
    const char *model;
    enum gnm_quality quality;
    double spread, bias, scale;
};

/* The recent mean of all series, 0 without any: the same for each that asks. */
static double find_usual(const struct panel *panel, int origin, struct members_memo *memo)
{
    double sum = 0;
    int n = 0, observed;
    if (memo != NULL && memo->has_usual)
        return memo->usual;
    for (size_t s = 0; s < panel_series_count(panel); s++) {
        double scale = member_scale(panel, s, origin, &observed);
        sum += observed > 0 ? scale : 0;
        n += observed > 0;
    }
    double usual = n > 0 ? sum / n : 0;
    if (memo != NULL) {
        memo->has_usual = 1;
        memo->usual = usual;
    }
    return usual;
}

/* The rungs below: seasonal baseline, then the recent mean of the other series, then zero. */
static void fall_back(const struct panel *panel, size_t series, int origin, int horizon, struct members_memo *memo, struct answer *a)
{
    a->quality = GNM_FALLBACK;
    a->model = "naive";
    if (member_forecast(NULL, panel, series, origin, MEMBER_NAIVE, horizon, a->point) == 0)
        return;
    a->model = "climatology";
    double usual = find_usual(panel, origin, memo);
    for (int h = 0; h < horizon; h++)
        a->point[h] = usual;
}

/* What is served is named after its only member, or "mean". */
static const char *name_of(const struct blend *blend, const double *first)
{
    int n = 0;
    enum member only = MEMBER_NAIVE;
    for (int m = 0; m < MEMBERS; m++)
        if (blend->weight[m] > 0 && !isnan(first[m])) {
            only = (enum member)m;
            n++;
        }
    return n == 1 ? model_kind_names[kind_of_member(only)] : "mean";
}

/* The members that learn nothing: asked once where only drivers differ between two questions. Those of no weight are not asked. */
static void ask_plain(const struct plan *plan, const struct blend *blend, const struct panel *panel, size_t series, int origin, int horizon, struct members_memo *memo,
                      double *point)
{
    size_t size = (size_t)horizon * MEMBER_RIDGE * sizeof *point;
    if (memo != NULL && memo->filled) {
        memcpy(point, memo->point, size);
        return;
    }
    for (int m = 0; m < MEMBER_RIDGE; m++)
        if (blend->weight[m] > 0 && member_forecast(plan, panel, series, origin, (enum member)m, horizon, &point[(size_t)m * (size_t)horizon]) < 0)
            for (int h = 0; h < horizon; h++)
                point[(size_t)m * (size_t)horizon + (size_t)h] = NAN;
    if (memo != NULL) {
        memcpy(memo->point, point, size);
        memo->filled = 1;
    }
}

static int blend_members(const struct model *model, const struct plan *plan, const struct blend *blend, const struct panel *panel, size_t series, int origin,
                         int horizon, struct members_memo *memo, struct answer *a)
{
    double *point = calloc((size_t)horizon * MEMBERS, sizeof *point), one[MEMBERS];
    if (point == NULL)
        return -ENOMEM;
    int64_t decision_s = panel_period_end_s(panel, origin);
    int any = 0, alone = blend->weight[model->kind >= MODEL_NAIVE ? model->kind - MODEL_NAIVE : 0] >= 1 && model->kind >= MODEL_NAIVE;
    for (int h = 1; !alone && h <= horizon && !any; h++)
        any = member_is_blind(plan, panel, series, origin + h, decision_s);
    double *ridge = &point[(size_t)MEMBER_RIDGE * (size_t)horizon], *trees = &point[(size_t)MEMBER_BOOST * (size_t)horizon];
    for (int i = 0; i < horizon * MEMBERS; i++)
        point[i] = NAN;
    ask_plain(plan, blend, panel, series, origin, horizon, memo, point);
    int aware = blend->weight[MEMBER_RIDGE] > 0 || blend->weight[MEMBER_BOOST] > 0;
    model_learned_predict(model, plan, panel, series, origin, horizon, memo, blend->weight[MEMBER_RIDGE] > 0 || (any && !aware) ? ridge : NULL,
                          blend->weight[MEMBER_BOOST] > 0 || (any && !aware) ? trees : NULL);
    for (int h = horizon - 1; h >= 0; h--) {
        for (int m = 0; m < MEMBERS; m++)
            one[m] = point[(size_t)m * (size_t)horizon + (size_t)h];
        a->point[h] = blend_point(blend, one, any && member_is_blind(plan, panel, series, origin + h + 1, decision_s));
    }
    a->model = name_of(blend, one);
    free(point);
    return 0;
}

/* Nothing was observed for two weeks, four weeks or three months: whoever stopped reporting gets an answer, not a good one. */
static int is_stale(const struct panel *panel, size_t series, int origin)
{
    double y[STALE_MAX];
    int n = cadence_of(panel_step(panel))->scale / 4;
    panel_window(panel, series, origin - n + 1, n, panel_period_end_s(panel, origin), y);
    for (int i = 0; i < n; i++)
        if (!isnan(y[i]))
            return 0;
    return 1;
}

static int find_points(const struct model *model, const struct plan *plan, const struct panel *panel, size_t series, int origin, int horizon,
                       struct members_memo *memo, struct answer *a)
{
    a->quality = is_stale(panel, series, origin) ? GNM_DEGRADED : GNM_OK;
    if (model == NULL) {
        fall_back(panel, series, origin, horizon, memo, a);
        return 0;
    }
    int at = model_find_series(model, panel, series);
    int rc = blend_members(model, plan, at >= 0 ? &model->series[at].blend : &model->blend, panel, series, origin, horizon, memo, a);
    if (rc == 0 && isnan(a->point[0]))
        fall_back(panel, series, origin, horizon, memo, a);
    return rc;
}

static void find_spread(const struct model *model, const struct panel *panel, size_t series, struct answer *a)
{
    a->bias = 1;
    a->spread = FALLBACK_SPREAD;
    if (isnan(a->scale))
        a->scale = a->point[0] > 0 ? a->point[0] : 1;
    if (model == NULL)
        return;
    int at = model_find_series(model, panel, series);
    const struct model_series *known = at >= 0 ? &model->series[at] : NULL;
    a->spread = known != NULL ? known->spread : STRANGER_SPREAD * model->bands.spread;
    a->bias = known != NULL ? known->bias : model->bias;
    if (a->quality == GNM_FALLBACK)
        a->spread = fmax(a->spread * STRANGER_SPREAD, FALLBACK_SPREAD);
}

/* Only what the daemon serves: a member asked for by name speaks for itself. */
static void restart_level(const struct model *model, const struct panel *panel, size_t series, int origin, int horizon, struct answer *a)
{
    struct restart r;
    if ((model != NULL && model->kind > MODEL_MEAN) || restart_read(panel, series, origin, horizon, &r, a->point) < 0)
        return;
    a->spread *= r.wider;
    if (r.serves)
        a->model = "restart";
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

/* The size of a series, its baseline and behind it what the year before says; none reads a driver. */
static int find_baseline(const struct panel *panel, size_t series, int origin, int horizon, struct members_memo *memo, struct answer *a, double *baseline)
{
    int observed, known = memo != NULL && memo->based;
    size_t size = 2 * (size_t)horizon * sizeof *baseline;
    a->scale = known ? memo->scale : member_scale(panel, series, origin, &observed);
    if (known) {
        memcpy(baseline, memo->baseline, size);
        return memo->has_baseline;
    }
    int ret = member_forecast(NULL, panel, series, origin, MEMBER_NAIVE, horizon, baseline) == 0
              && member_forecast(NULL, panel, series, origin, MEMBER_YEARAGO, horizon, baseline + horizon) == 0;
    if (memo != NULL) {
        memo->based = 1;
        memo->has_baseline = ret;
        memo->scale = a->scale;
        memcpy(memo->baseline, baseline, size);
    }
    return ret;
}

/* How much wider than the others of its series the band of this forecast is; `baseline` as find_baseline leaves it. */
static double tilt_of(const struct model *model, const struct question *q, const struct answer *a, int h, const double *baseline)
{
    int period = q->origin + h;
    int64_t decision_s = panel_period_end_s(q->panel, q->origin);
    struct bands_cell cell = { .root = level_root(a->point[h - 1] / a->scale), .phase = cadence_phase(cadence_of(panel_step(q->panel)), period), .h = h };
    cell.apart = baselines_apart(model->kind, cell.root, level_root(baseline[h - 1] / a->scale), level_root(baseline[q->horizon + h - 1] / a->scale));
    cell.beside = member_is_blind(q->plan, q->panel, q->series, period - 1, decision_s) || member_is_blind(q->plan, q->panel, q->series, period + 1, decision_s);
    return bands_tilt(&model->bands, a->spread, &cell);
}

static int series_predict(const struct model *model, const struct plan *plan, const struct panel *panel, size_t series, int origin, int horizon,
                          struct members_memo *memo, struct cell *ret)
{
    int non_negative = panel_series_non_negative(panel, series);
    struct answer a = { .point = calloc(3 * (size_t)horizon, sizeof(double)) };
    if (a.point == NULL || find_points(model, plan, panel, series, origin, horizon, memo, &a) < 0) {
        free(a.point);
        return -ENOMEM;
    }
    struct bands plain;
    const struct bands *bands = model != NULL ? &model->bands : &plain;
    plain_bands(&plain);
    double *baseline = a.point + horizon;
    int has_baseline = find_baseline(panel, series, origin, horizon, memo, &a, baseline);
    find_spread(model, panel, series, &a);
    restart_level(model, panel, series, origin, horizon, &a);
    const struct question question = { plan, panel, series, origin, horizon };
    for (int h = 1; h <= horizon; h++) {
        struct cell *cell = &ret[h - 1];
        double point = non_negative && a.point[h - 1] < 0 ? 0 : a.point[h - 1];
        *cell = (struct cell){ .point = point, .mean = point * a.bias, .model = a.model, .quality = a.quality };
        cell->baseline = !has_baseline || isnan(baseline[h - 1]) ? point : baseline[h - 1];
        bands_apply(bands, a.spread * (model != NULL && has_baseline ? tilt_of(model, &question, &a, h, baseline) : 1), a.scale, point, h, non_negative, cell->q);
    }
    free(a.point);
    return 0;
}

int model_series_predict(const struct model *model, const struct plan *plan, const struct panel *panel, size_t series, int origin, int horizon,
                         struct cell *ret)
{
    return series_predict(model, plan, panel, series, origin, horizon, NULL, ret);
}

/* Closed by rule is certain. */
static void close_days(const struct panel *panel, size_t series, int origin, int horizon, struct cell *cell)
{
    int64_t decision_s = panel_period_end_s(panel, origin);
    for (int h = 1; h <= horizon; h++)
        if (panel_is_closed(panel, series, origin + h, decision_s)) {
            cell[h - 1].point = cell[h - 1].mean = cell[h - 1].baseline = 0;
            memset(cell[h - 1].q, 0, sizeof cell[h - 1].q);
        }
}

int model_view_predict(const struct model *model, const struct plan *plan, const struct panel *panel, const struct panel *view, size_t series, int origin, int horizon,
                       struct members_memo *memo, struct cell *ret)
{
    int rc = series_predict(model, plan, view, series, origin, horizon, memo, ret);
    if (rc == 0 && model != NULL && model_is_deflated(model, panel, series))
        model_inflate(panel, series, origin, horizon, model->bands.n_levels, model->bands.level, ret);
    if (rc == 0)
        close_days(panel, series, origin, horizon, ret);
    return rc;
}
