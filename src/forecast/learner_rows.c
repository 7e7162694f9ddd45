/* The rows that a learner's trees learn from, drawn from pseudo-origins, and the past origins at which a fit ends. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "features/christmas.h"
#include "forecast/learner_state.h"

enum { CLOSE_STEP = 3, PAIR_ROWS = 4, KEEP_ROUNDS = 8 };
#define HALF_LIFE_MIN 1.0
#define NOISE_FLOOR 0.03

static int origin_at(const struct learner *l, int i)
{
    return l->origin - (l->trees.n_origins - i) * l->trees.origin_step;
}

size_t learner_tree_columns(const struct learner *l)
{
    return (size_t)(l->model.plan.n_wide - l->model.plan.tree_first);
}

static int has_history(const struct learner *l, size_t s, int origin)
{
    int first, last;
    return panel_series_range(l->panel, s, &first, &last) && origin - first >= l->cadence->history;
}

/* A series that begins after the origin must not change what is drawn of the others. */
double learner_rows_series(const struct learner *l)
{
    double n = 0;
    for (size_t s = 0; s < l->n_series; s++)
        n += has_history(l, s, l->origin);
    return n;
}

static double rows_of_all(const struct learner *l)
{
    return learner_rows_series(l) * l->trees.n_origins * l->options.horizon;
}

static int origins_every(const struct learner *l, int step)
{
    int last = l->origin - step, usable = l->oldest + l->cadence->history, n = last < usable ? 0 : (last - usable) / step + 1;
    int most = l->settings.boost.origins * l->cadence->origin_step / step;
    return n > most ? most : n;
}

/* Whole weeks apart, origins stand on the weekday of the forecast; a history too short to fill the rows that way takes others too. */
static void find_origins(struct learner *l)
{
    struct learner_boost *t = &l->trees;
    t->origin_step = l->cadence->origin_step;
    t->n_origins = origins_every(l, t->origin_step);
    if (l->cadence->phases == 1 || rows_of_all(l) >= l->settings.boost.rows)
        return;
    t->origin_step = CLOSE_STEP;
    t->n_origins = origins_every(l, t->origin_step);
}

/* Cuts stand at past origins; the fit of a cut speaks at that origin and the newer ones up to the next cut. */
static void find_cuts(struct learner *l)
{
    struct learner_boost *t = &l->trees;
    int cuts = l->settings.boost.cuts;
    t->n_cuts = 0;
    for (int i = 0; i < cuts; i++) {
        int end = l->n_past * (cuts - i) / cuts;
        if (end == 0 || (t->n_cuts > 0 && end == t->first_past[t->n_cuts - 1]))
            continue;
        t->first_past[t->n_cuts] = end;
        t->cut[t->n_cuts++] = l->past[end - 1];
    }
    t->first_past[t->n_cuts] = 0;
}

static int allocate_rows(struct learner *l, size_t cap)
{
    struct learner_boost *t = &l->trees;
    t->cap = cap;
    t->x = malloc(cap * learner_tree_columns(l) * sizeof *t->x);
    t->z = malloc(cap * sizeof *t->z);
    t->weight = malloc(cap * sizeof *t->weight);
    t->fit_weight = malloc(cap * sizeof *t->fit_weight);
    t->target = malloc(cap * sizeof *t->target);
    t->fit_z = malloc(cap * sizeof *t->fit_z);
    t->events = calloc(cap * ((size_t)t->n_cuts + 1), sizeof *t->events);
    t->cut_beta = calloc(l->n_series * (size_t)t->n_cuts * ((size_t)l->model.plan.n_columns + 1) + 1, sizeof *t->cut_beta);
    t->keep = calloc(l->n_series, sizeof *t->keep);
    size_t cells = l->n_series * (size_t)l->n_past * (size_t)l->options.horizon;
    t->said = malloc((cells + 1) * sizeof *t->said);
    for (size_t i = 0; t->said != NULL && i < cells; i++)
        t->said[i] = NAN;
    if (t->said == NULL || t->keep == NULL || t->fit_z == NULL || t->events == NULL || t->cut_beta == NULL)
        return -ENOMEM;
    return t->x != NULL && t->z != NULL && t->weight != NULL && t->fit_weight != NULL && t->target != NULL ? 0 : -ENOMEM;
}

static double noise_weight(const struct learner *l, double spread)
{
    return pow(sqrt(spread * spread + NOISE_FLOOR * NOISE_FLOOR), -l->settings.boost.noise_power);
}

/* Rows are drawn by the weight of their series, so that what weighs most is seen best: the dearest few of many noisy ones may be seen whole. */
static void find_keep(struct learner *l)
{
    struct learner_boost *t = &l->trees;
    double n = learner_rows_series(l), times = 0;
    struct level level;
    for (size_t s = 0; s < l->n_series; s++)
        t->keep[s] = noise_weight(l, level_read(&l->model.plan, l->panel, s, l->origin, &level) < 0 ? 1 : level.spread);
    for (int round = 0; t->keep_row < 1 && round < KEEP_ROUNDS; round++) {
        double whole = 0, sum = 0;
        for (size_t s = 0; s < l->n_series; s++) {
            if (!has_history(l, s, l->origin))
                continue;
            whole += times * t->keep[s] >= 1;
            sum += times * t->keep[s] >= 1 ? 0 : t->keep[s];
        }
        times = sum > 0 ? fmax(t->keep_row * n - whole, 0) / sum : times;
    }
    for (size_t s = 0; s < l->n_series; s++)
        t->keep[s] = t->keep_row < 1 && times * t->keep[s] < 1 ? times * t->keep[s] : 1;
}

int learner_rows_begin(struct learner *l, struct gnm_why *why)
{
    struct learner_boost *t = &l->trees;
    if (!l->wanted[MEMBER_BOOST])
        return 0;
    find_origins(l);
    find_cuts(l);
    double all = rows_of_all(l), pairs = all / l->options.horizon, budget = l->settings.boost.rows;
    if (all < LEARNER_ROWS_MIN) {
        t->n_origins = 0;
        return 0;
    }
    t->keep_origin = fmin(1, budget / PAIR_ROWS / pairs);
    t->keep_row = fmin(1, budget / (all * t->keep_origin));
    l->model.boost_takes_events = l->settings.boost.events && l->model.has_ridge;
    l->model.boost_kappa = !l->model.plan.yearly ? 0 : l->cadence->phases > 1 ? l->settings.boost.kappa : l->settings.boost.kappa_week;
    l->model.boost_feast = l->settings.boost.feast;
    if (allocate_rows(l, (size_t)fmin(all, budget * 1.2) + 1) < 0)
        return gnm_fail(why, -ENOMEM, "no memory for %.0f rows", fmin(all, budget));
    find_keep(l);
    return 0;
}

void learner_rows_end(struct learner *l)
{
    struct learner_boost *t = &l->trees;
    free(t->x);
    free(t->z);
    free(t->weight);
    free(t->fit_weight);
    free(t->target);
    free(t->fit_z);
    free(t->said);
    free(t->events);
    free(t->cut_beta);
    free(t->keep);
    t->x = t->z = t->weight = t->fit_weight = t->fit_z = t->said = t->events = t->cut_beta = NULL;
    t->target = NULL;
    t->keep = NULL;
}

size_t learner_rows_count(const struct learner *l)
{
    return (size_t)l->trees.n_origins;
}

static double row_weight(const struct learner *l, const struct level *level, int target)
{
    double age_days = (l->origin - target) * l->cadence->days;
    return exp2(-age_days / fmax(l->settings.boost.half_life_days, HALF_LIFE_MIN)) * noise_weight(l, level->spread);
}

/* The coefficients that speak for rare events in the fit of a cut (t->n_cuts: the kept ones). */
const float *learner_events_beta(const struct learner *l, int fit, size_t s, float *scratch)
{
    size_t width = (size_t)l->model.plan.n_columns + 1;
    if (!l->model.boost_takes_events || !l->model.has_ridge)
        return NULL;
    if (fit < l->trees.n_cuts)
        return &l->trees.cut_beta[(s * (size_t)l->trees.n_cuts + (size_t)fit) * width];
    for (size_t j = 0; j < width; j++)
        scratch[j] = (float)l->model.beta[j] + l->model.delta[s * width + j];
    return scratch;
}

static void keep_row(struct learner *l, size_t s, const float *x, double events_share)
{
    struct learner_boost *t = &l->trees;
    float scratch[PLAN_COLUMNS + 1];
    int first = l->model.plan.tree_first, all = l->model.boost_takes_events;
    memcpy(&t->x[t->rows * learner_tree_columns(l)], all ? x + first : x, learner_tree_columns(l) * sizeof *t->x);
    for (int fit = 0; all && fit <= t->n_cuts; fit++)
        t->events[t->rows * ((size_t)t->n_cuts + 1) + (size_t)fit] =
            (float)(events_share * boost_events(l->model.column, &l->model.plan, learner_events_beta(l, fit, s, scratch), x));
}

/* The ridge that a cut's fit may lean on: its own past origin's. */
void learner_keep_cut(struct learner *l, size_t s, int past, const double *sum)
{
    struct learner_boost *t = &l->trees;
    size_t width = (size_t)l->model.plan.n_columns + 1;
    for (int fit = 0; t->cut_beta != NULL && fit < t->n_cuts; fit++)
        for (size_t j = 0; past == t->first_past[fit] - 1 && j < width; j++)
            t->cut_beta[(s * (size_t)t->n_cuts + (size_t)fit) * width + j] = (float)sum[j];
}

static void gather_series(struct learner *l, size_t s, int origin, int64_t decision_s)
{
    struct learner_boost *t = &l->trees;
    const struct plan *plan = &l->model.plan;
    struct level level;
    float row[2][PLAN_COLUMNS], *sibling = NULL, offset;
    if (level_read(plan, l->panel, s, origin, &level) < 0)
        return;
    if (plan->step == GNM_DAY)
        level_years(l->panel, s, l->options.horizon, &level);
    int non_negative = panel_series_non_negative(l->panel, s);
    for (int h = 1; h <= l->options.horizon && origin + h <= l->origin; h++) {
        int target = origin + h, drawn = t->keep[s] >= 1 || random_unit(&t->random) < t->keep[s];
        double y;
        panel_window(l->panel, s, target, 1, decision_s, &y);
        if (!drawn || t->rows == t->cap || isnan(y) || (level.closed >> cadence_phase(l->cadence, target) & 1) != 0)
            continue;
        float *x = row[h & 1] == sibling ? row[!(h & 1)] : row[h & 1];
        row_fill(plan, l->panel, s, &level, h, l->model.boost_takes_events ? 0 : plan->tree_first, plan->n_wide, sibling, x, &offset);
        sibling = x;
        double z = level_root((non_negative && y < 0 ? 0 : y) / level.scale) - level.level;
        struct christmas feast = christmas_prior(plan, l->panel, &level, h, z, l->model.boost_feast);
        keep_row(l, s, x, 1 - feast.share);
        t->z[t->rows] = (float)(z - l->model.boost_kappa * offset - feast.start);
        t->weight[t->rows] = (float)(row_weight(l, &level, target) / t->keep[s]);
        t->target[t->rows++] = target;
    }
}

/* All series at one origin, so that rows lie in order of time. */
int learner_rows_task(struct learner *l, size_t i, struct gnm_why *why)
{
    struct learner_boost *t = &l->trees;
    int64_t decision_s = panel_period_end_s(l->panel, l->origin);
    int origin = origin_at(l, (int)i);
    (void)why;
    for (size_t s = 0; s < l->n_series; s++)
        if (has_history(l, s, origin) && (t->keep_origin >= 1 || random_unit(&t->random) < t->keep_origin))
            gather_series(l, s, origin, decision_s);
    return 0;
}

