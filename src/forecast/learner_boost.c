/* The trees of a learner: their fits, and what they say at past origins. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/learner_state.h"

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
        learner_search_begin(l);
}

int learner_boost_begin(struct learner *l, struct gnm_why *why)
{
    int rc = learner_rows_begin(l, why);
    if (rc == 0)
        learner_boost_forget(l);
    return rc;
}

void learner_boost_free(struct learner *l)
{
    learner_boost_forget(l);
    learner_rows_end(l);
}

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

size_t learner_boost_units(const struct learner *l, size_t i)
{
    size_t series;
    int trial, fit = fit_of(l, i, &series, &trial);
    return series > 0 ? learner_ask_units(l, l->trees.first_past[fit] - l->trees.first_past[fit + 1]) : learner_fit_units(l);
}

int learner_boost_grows(const struct learner *l, size_t i)
{
    size_t series;
    int trial;
    fit_of(l, i, &series, &trial);
    return series == 0;
}

static int begin_fit(struct learner *l, int fit, struct gnm_why *why)
{
    struct learner_boost *t = &l->trees;
    const struct settings_boost *s = fit < t->n_cuts ? &t->with : learner_search_kept(l, fit - t->n_cuts);
    const struct plan *plan = &l->model.plan;
    struct boost_options o = boost_defaults();
    o.loss = BOOST_PINBALL;
    o.trees = s->trees;
    o.leaves = l->cadence->phases > 1 ? s->leaves : s->leaves_week;
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
    struct boost_data data = { .x = t->x, .rows = t->rows, .columns = learner_tree_columns(l), .stride = learner_tree_columns(l), .target = t->fit_z, .weight = t->fit_weight };
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
        if (rows_until(t, fit < t->n_cuts ? t->cut[fit] : INT32_MAX) < LEARNER_ROWS_MIN)
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
    struct boost_speaker who = { &t->model, 1, learner_events_beta(l, fit, s, scratch), (int)s };
    for (int o = t->first_past[fit] - 1; o >= t->first_past[fit + 1]; o--)
        learner_keep_actual(l, s, o);
    for (int o = t->first_past[fit] - 1; t->model != NULL && o >= t->first_past[fit + 1]; o--)
        if (model_rows_predict(&l->model, &l->model.plan, &who, l->panel, s, l->past[o], l->options.horizon, NULL, NULL, point) == 0)
            for (int h = 1; h <= l->options.horizon; h++)
                t->said[learner_past_at(l, s, o, h)] = (float)point[h - 1];
}

int learner_boost_task(struct learner *l, size_t i, size_t units, struct gnm_why *why)
{
    size_t series;
    int trial, fit = fit_of(l, i, &series, &trial);
    if (series == 0)
        return train(l, fit, units, why);
    ask(l, fit, series - 1);
    if ((i + 1) % trial_tasks(l) == 0)
        learner_search_judge(l, trial);
    return 0;
}

void learner_boost_end(struct learner *l)
{
    learner_rows_end(l);
    boost_model_free(l->trees.model);
    l->trees.model = NULL;
}
