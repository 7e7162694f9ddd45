/* The trees of a learner: rows, cuts, fits, and what they say at past origins. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "features/christmas.h"
#include "forecast/learner_state.h"

enum { CLOSE_STEP = 3, ROWS_MIN = 300, PAIR_ROWS = 4, UNITS_A_FIT_ROW = 3, BOOST_VARIANTS = 12, FEW_SERIES = 10 };
#define HALF_LIFE_MIN 1.0
#define NOISE_FLOOR 0.03
#define BETTER 0.003              /* of the logarithm of the error */

static int origin_at(const struct learner *l, int i)
{
    return l->origin - (l->trees.n_origins - i) * l->trees.origin_step;
}

static size_t tree_columns(const struct learner *l)
{
    return (size_t)(l->model.plan.n_wide - l->model.plan.tree_first);
}

static int has_history(const struct learner *l, size_t s, int origin)
{
    int first, last;
    return panel_series_range(l->panel, s, &first, &last) && origin - first >= l->cadence->history;
}

/* A series that begins after the origin must not change what is drawn of the others. */
static double rows_of_all(const struct learner *l)
{
    double n = 0;
    for (size_t s = 0; s < l->n_series; s++)
        n += has_history(l, s, l->origin);
    return n * l->trees.n_origins * l->options.horizon;
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
    t->x = malloc(cap * tree_columns(l) * sizeof *t->x);
    t->z = malloc(cap * sizeof *t->z);
    t->weight = malloc(cap * sizeof *t->weight);
    t->fit_weight = malloc(cap * sizeof *t->fit_weight);
    t->target = malloc(cap * sizeof *t->target);
    t->fit_z = malloc(cap * sizeof *t->fit_z);
    t->events = calloc(cap * ((size_t)t->n_cuts + 1), sizeof *t->events);
    t->cut_beta = calloc(l->n_series * (size_t)t->n_cuts * ((size_t)l->model.plan.n_columns + 1) + 1, sizeof *t->cut_beta);
    size_t cells = l->n_series * (size_t)l->n_past * (size_t)l->options.horizon;
    t->said = malloc((cells + 1) * sizeof *t->said);
    for (size_t i = 0; t->said != NULL && i < cells; i++)
        t->said[i] = NAN;
    if (t->said == NULL || t->fit_z == NULL || t->events == NULL || t->cut_beta == NULL)
        return -ENOMEM;
    return t->x != NULL && t->z != NULL && t->weight != NULL && t->fit_weight != NULL && t->target != NULL ? 0 : -ENOMEM;
}

static void plan_search(struct learner *l);

int learner_rows_begin(struct learner *l, struct gnm_why *why)
{
    struct learner_boost *t = &l->trees;
    if (!l->wanted[MEMBER_BOOST])
        return 0;
    find_origins(l);
    find_cuts(l);
    double all = rows_of_all(l), pairs = all / l->options.horizon, budget = l->settings.boost.rows;
    if (all < ROWS_MIN) {
        t->n_origins = 0;
        return 0;
    }
    t->keep_origin = fmin(1, budget / PAIR_ROWS / pairs);
    t->keep_row = fmin(1, budget / (all * t->keep_origin));
    learner_boost_forget(l);
    l->model.boost_takes_events = l->settings.boost.events && l->model.has_ridge;
    l->model.boost_kappa = !l->model.plan.yearly ? 0 : l->cadence->phases > 1 ? l->settings.boost.kappa : l->settings.boost.kappa_week;
    l->model.boost_feast = l->settings.boost.feast;
    plan_search(l);
    if (allocate_rows(l, (size_t)fmin(all, budget * 1.2) + 1) < 0)
        return gnm_fail(why, -ENOMEM, "no memory for %.0f rows", fmin(all, budget));
    return 0;
}

static void free_rows(struct learner_boost *t)
{
    free(t->x);
    free(t->z);
    free(t->weight);
    free(t->fit_weight);
    free(t->target);
    free(t->fit_z);
    free(t->said);
    free(t->events);
    free(t->cut_beta);
    t->x = t->z = t->weight = t->fit_weight = t->fit_z = t->said = t->events = t->cut_beta = NULL;
    t->target = NULL;
}

void learner_boost_forget(struct learner *l)
{
    struct learner_boost *t = &l->trees;
    boost_free(t->boost);
    boost_model_free(t->model);
    free(t->saved);
    while (l->model.n_boost > 0)
        boost_model_free(l->model.boost[--l->model.n_boost]);
    t->boost = NULL;
    t->model = NULL;
    t->saved = NULL;
    t->rows = 0;
    random_seed(&t->random, l->options.seed ^ 0x7ee5);
    if (t->n_origins > 0)
        plan_search(l);
}

void learner_boost_free(struct learner *l)
{
    learner_boost_forget(l);
    free_rows(&l->trees);
}

size_t learner_rows_count(const struct learner *l)
{
    return (size_t)l->trees.n_origins;
}

static double row_weight(const struct learner *l, const struct level *level, int target)
{
    double age_days = (l->origin - target) * l->cadence->days, noise = sqrt(level->spread * level->spread + NOISE_FLOOR * NOISE_FLOOR);
    return exp2(-age_days / fmax(l->settings.boost.half_life_days, HALF_LIFE_MIN)) * pow(noise, -l->settings.boost.noise_power);
}

/* The coefficients that speak for rare events in the fit of a cut (t->n_cuts: the kept ones). */
static const float *events_beta(const struct learner *l, int fit, size_t s, float *scratch)
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
    memcpy(&t->x[t->rows * tree_columns(l)], all ? x + first : x, tree_columns(l) * sizeof *t->x);
    for (int fit = 0; all && fit <= t->n_cuts; fit++)
        t->events[t->rows * ((size_t)t->n_cuts + 1) + (size_t)fit] =
            (float)(events_share * boost_events(l->model.column, &l->model.plan, events_beta(l, fit, s, scratch), x));
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
    int non_negative = panel_series_non_negative(l->panel, s);
    for (int h = 1; h <= l->options.horizon && origin + h <= l->origin; h++) {
        int target = origin + h, drawn = t->keep_row >= 1 || random_unit(&t->random) < t->keep_row;
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
        t->weight[t->rows] = (float)row_weight(l, &level, target);
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

/* ---- fits ---- */

/* Without search there is one trial, of the settings as they are. A trial makes the fit of every cut and asks it about every series; the kept fits come last
 * and need not be asked. */
static size_t trial_tasks(const struct learner *l)
{
    return (size_t)l->trees.n_cuts * (1 + l->n_series);
}

size_t learner_boost_count(const struct learner *l)
{
    return l->trees.n_origins == 0 ? 0 : (size_t)l->trees.trials * trial_tasks(l) + (size_t)l->trees.seeds;
}

static int fit_of(const struct learner *l, size_t i, size_t *series, int *trial)
{
    size_t asked = (size_t)l->trees.trials * trial_tasks(l);
    *series = i < asked ? i % (1 + l->n_series) : 0;
    *trial = i < asked ? (int)(i / trial_tasks(l)) : l->trees.trials;
    return (int)(i < asked ? i % trial_tasks(l) / (1 + l->n_series) : (size_t)l->trees.n_cuts + i - asked);
}

static size_t fit_units(const struct learner *l)
{
    size_t rows = (size_t)fmin((double)l->trees.n_origins * (double)l->n_series * l->options.horizon, l->settings.boost.rows);
    return rows * tree_columns(l) * ((size_t)l->settings.boost.trees * UNITS_A_FIT_ROW + 20);
}

static size_t ask_units(const struct learner *l, int pasts)
{
    return (size_t)pasts * (size_t)l->options.horizon * (tree_columns(l) * 20 + 20 * (size_t)l->settings.boost.trees);
}

size_t learner_boost_units(const struct learner *l, size_t i)
{
    size_t series;
    int trial, fit = fit_of(l, i, &series, &trial);
    return series > 0 ? ask_units(l, l->trees.first_past[fit] - l->trees.first_past[fit + 1]) : fit_units(l);
}

int learner_boost_grows(const struct learner *l, size_t i)
{
    size_t series;
    int trial;
    fit_of(l, i, &series, &trial);
    return series == 0;
}

/* Two fits of a few series differ by some per cent; where many are forecast those differences average out, and every seed takes time. */
static int usual_seeds(const struct learner *l)
{
    const struct settings_boost *s = &l->settings.boost;
    double series = rows_of_all(l) / ((double)l->trees.n_origins * l->options.horizon);
    return series > FEW_SERIES || s->seeds_few < s->seeds ? s->seeds : s->seeds_few;
}

/* What the units of a search buy, settled beforehand so that runs repeat: two thirds go to trials of other settings, one third to more seeds. */
static void plan_search(struct learner *l)
{
    struct learner_boost *t = &l->trees;
    double trial = (double)t->n_cuts * (double)fit_units(l) + (double)l->n_series * (double)ask_units(l, l->n_past), units = (double)l->options.search_units;
    int trials = t->n_cuts > 0 ? (int)fmin(units * 2 / 3 / trial, BOOST_VARIANTS) : 0;
    int seeds = (int)fmin((units - trials * trial) / (double)fit_units(l), MODEL_BAG);
    t->trials = 1 + trials;
    t->seeds = usual_seeds(l) + seeds > MODEL_BAG ? MODEL_BAG : usual_seeds(l) + seeds;
    t->with = t->best = l->settings.boost;
    t->best_error = INFINITY;
}

static int begin_fit(struct learner *l, int fit, struct gnm_why *why)
{
    struct learner_boost *t = &l->trees;
    const struct settings_boost *s = fit < t->n_cuts ? &t->with : &t->best;
    const struct plan *plan = &l->model.plan;
    struct boost_options o = boost_defaults();
    o.loss = BOOST_PINBALL;
    o.trees = s->trees;
    o.leaves = s->leaves;
    o.min_leaf = s->min_leaf;
    o.bins = s->bins;
    o.rate = s->rate;
    o.l2 = s->l2;
    o.column_ratio = s->column_ratio;
    o.row_ratio = s->row_ratio;
    o.seed = l->options.seed + (uint64_t)(fit < t->n_cuts ? 0 : fit - t->n_cuts);
    for (int i = plan->tree_first; i < plan->n_wide; i++)
        if (column_is_category(plan, &plan->column[i]))
            t->categorical[o.n_categorical++] = i - plan->tree_first;
    o.categorical = t->categorical;
    int cut = fit < t->n_cuts ? t->cut[fit] : INT32_MAX;
    size_t events = (size_t)(fit < t->n_cuts ? fit : t->n_cuts);
    for (size_t i = 0; i < t->rows; i++) {
        t->fit_weight[i] = t->target[i] <= cut ? t->weight[i] : 0;
        t->fit_z[i] = t->z[i] - t->events[i * ((size_t)t->n_cuts + 1) + events];
    }
    struct boost_data data = { .x = t->x, .rows = t->rows, .columns = tree_columns(l), .stride = tree_columns(l), .target = t->fit_z, .weight = t->fit_weight };
    int rc = boost_begin(&data, &o, NULL, NULL, &t->boost, why);
    if (rc == 0 && t->saved != NULL)
        boost_restore(t->boost, t->saved, t->saved_len, NULL);     /* refused: the fit starts anew, which costs time only */
    free(t->saved);
    t->saved = NULL;
    return rc;
}

static size_t rows_until(const struct learner_boost *t, int cut)
{
    size_t n = 0;
    for (size_t i = 0; i < t->rows; i++)
        n += t->target[i] <= cut;
    return n;
}

/* A cut with too little behind it stays without a word; too few rows at all: no trees. */
static int train(struct learner *l, int fit, size_t units, struct gnm_why *why)
{
    struct learner_boost *t = &l->trees;
    boost_model_free(t->model);
    t->model = NULL;
    if (t->boost == NULL) {
        if (rows_until(t, fit < t->n_cuts ? t->cut[fit] : INT32_MAX) < ROWS_MIN)
            return 0;
        int rc = begin_fit(l, fit, why);
        if (rc < 0)
            return rc;
    }
    int rc = boost_step(t->boost, units, why);
    t->done = rc == BOOST_FINISHED ? 0 : boost_progress(t->boost);
    if (rc != BOOST_FINISHED)
        return rc < 0 ? rc : LEARNER_CONTINUE;
    struct boost_model *made;
    rc = boost_finish(t->boost, &made, why);
    boost_free(t->boost);
    t->boost = NULL;
    if (rc < 0)
        return rc;
    if (fit < t->n_cuts)
        t->model = made;
    else
        l->model.boost[l->model.n_boost++] = made;
    return 0;
}

static void ask(struct learner *l, int fit, size_t s)
{
    struct learner_boost *t = &l->trees;
    double point[MODEL_HORIZON_MAX];
    float scratch[PLAN_COLUMNS + 1];
    struct boost_speaker who = { &t->model, 1, events_beta(l, fit, s, scratch), (int)s };
    for (int o = t->first_past[fit] - 1; o >= t->first_past[fit + 1]; o--)
        learner_keep_actual(l, s, o);
    for (int o = t->first_past[fit] - 1; t->model != NULL && o >= t->first_past[fit + 1]; o--)
        if (model_rows_predict(&l->model, &l->model.plan, &who, l->panel, s, l->past[o], l->options.horizon, NULL, NULL, point) == 0)
            for (int h = 1; h <= l->options.horizon; h++)
                t->said[learner_past_at(l, s, o, h)] = (float)point[h - 1];
}

/* Mean over series of the logarithm of the error at past origins, of what this trial said. */
static double trial_error(const struct learner *l, const float *said)
{
    double sum = 0, count = 0;
    for (size_t s = 0; s < l->n_series; s++) {
        double error = 0, size = 0, n = 0;
        for (size_t i = learner_past_at(l, s, 0, 1), end = i + (size_t)l->n_past * (size_t)l->options.horizon; i < end; i++) {
            if (isnan(l->past_actual[i]) || isnan(said[i]))
                continue;
            error += fabs((double)said[i] - l->past_actual[i]);
            size += fabs((double)l->past_actual[i]);
            n++;
        }
        sum += n > 0 && size > 0 ? log(fmax(error / size, 1e-3)) : 0;
        count += n > 0 && size > 0;
    }
    return count > 0 ? sum / count : INFINITY;
}

/* One thing is changed at a time, from the best so far. */
static struct settings_boost variant_of(const struct settings_boost *best, int which)
{
    struct settings_boost v = *best;
    switch (which) {
    case 0: v.rate /= 2; v.trees *= 2; break;
    case 1: v.column_ratio /= 2; break;
    case 2: v.leaves = v.leaves > 8 ? v.leaves / 2 : v.leaves; break;
    case 3: v.row_ratio = .6; break;
    case 4: v.leaves = v.leaves < 64 ? v.leaves * 2 : v.leaves; break;
    case 5: v.min_leaf *= 2; break;
    case 6: v.half_life_days = 540; break;
    case 7: v.column_ratio = fmin(1, v.column_ratio * 2); break;
    case 8: v.min_leaf = v.min_leaf > 8 ? v.min_leaf / 2 : v.min_leaf; break;
    case 9: v.l2 *= 5; break;
    case 10: v.bins = v.bins < 127 ? v.bins * 2 + 1 : v.bins; break;
    default: v.trees += v.trees / 2; break;
    }
    return v;
}

/* A trial is over: it is kept when it was better by more than chance gives away, and the next one is drawn up. */
static void end_trial(struct learner *l, int trial)
{
    struct learner_boost *t = &l->trees;
    double error = trial_error(l, t->said);
    if (trial == 0 || error < t->best_error - BETTER) {
        size_t cells = l->n_series * (size_t)l->n_past * (size_t)l->options.horizon;
        memcpy(l->past_point[MEMBER_BOOST], t->said, cells * sizeof *t->said);
        t->best_error = error;
        t->best = t->with;
    }
    t->with = variant_of(&t->best, trial % BOOST_VARIANTS);
    for (size_t i = 0, cells = l->n_series * (size_t)l->n_past * (size_t)l->options.horizon; i < cells; i++)
        t->said[i] = NAN;
}

int learner_boost_task(struct learner *l, size_t i, size_t units, struct gnm_why *why)
{
    size_t series;
    int trial, fit = fit_of(l, i, &series, &trial);
    if (series == 0)
        return train(l, fit, units, why);
    ask(l, fit, series - 1);
    if ((i + 1) % trial_tasks(l) == 0)
        end_trial(l, trial);
    return 0;
}

void learner_boost_end(struct learner *l)
{
    free_rows(&l->trees);
    boost_model_free(l->trees.model);
    l->trees.model = NULL;
}
