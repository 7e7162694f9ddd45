/* The search for better settings of the trees: trials and seeds that spare energy buys. */
#include <math.h>
#include <string.h>

#include "forecast/learner_state.h"

enum { UNITS_A_FIT_ROW = 3, VARIANTS = 12, FEW_SERIES = 10 };
#define BETTER 0.003              /* of the logarithm of the error */
#define ALIKE 0.02                /* chance gives away as much between two fits */

size_t learner_fit_units(const struct learner *l)
{
    size_t rows = (size_t)fmin((double)l->trees.n_origins * (double)l->n_series * l->options.horizon, l->settings.boost.rows);
    return rows * learner_tree_columns(l) * ((size_t)l->settings.boost.trees * UNITS_A_FIT_ROW + 20);
}

size_t learner_ask_units(const struct learner *l, int pasts)
{
    return (size_t)pasts * (size_t)l->options.horizon * (learner_tree_columns(l) * 20 + 20 * (size_t)l->settings.boost.trees);
}

/* Two fits of a few series differ by some per cent; where many are forecast those differences average out, and every seed takes time. */
static int usual_seeds(const struct learner *l)
{
    const struct settings_boost *s = &l->settings.boost;
    return learner_rows_series(l) > FEW_SERIES || s->seeds_few < s->seeds ? s->seeds : s->seeds_few;
}

/* What the units of a search buy, settled beforehand so that runs repeat: two thirds go to trials of other settings, one third to more seeds. */
void learner_search_begin(struct learner *l)
{
    struct learner_boost *t = &l->trees;
    double trial = (double)t->n_cuts * (double)learner_fit_units(l) + (double)l->n_series * (double)learner_ask_units(l, l->n_past), units = (double)l->options.search_units;
    int trials = t->n_cuts > 0 ? (int)fmin(units * 2 / 3 / trial, VARIANTS) : 0;
    int seeds = (int)fmin((units - trials * trial) / (double)learner_fit_units(l), MODEL_BAG);
    t->trials = 1 + trials;
    t->seeds = usual_seeds(l) + seeds > MODEL_BAG ? MODEL_BAG : usual_seeds(l) + seeds;
    t->with = t->best = l->settings.boost;
    t->best_error = INFINITY;
    for (int i = 0; i < LEARNER_RANKS; i++)
        t->rank_error[i] = INFINITY;
}

/* Settings that are as good as the best but for chance make forests that err apart: their mean is better than any of them. */
const struct settings_boost *learner_search_kept(const struct learner *l, int seed)
{
    const struct learner_boost *t = &l->trees;
    int n = 0;
    while (n < LEARNER_RANKS && t->rank_error[n] < t->rank_error[0] + ALIKE)
        n++;
    return n > 0 ? &t->rank[seed % n] : &t->best;
}

static void put_rank(struct learner_boost *t, double error)
{
    int at = LEARNER_RANKS;
    while (at > 0 && error < t->rank_error[at - 1])
        at--;
    for (int i = LEARNER_RANKS - 1; i > at; i--) {
        t->rank[i] = t->rank[i - 1];
        t->rank_error[i] = t->rank_error[i - 1];
    }
    if (at < LEARNER_RANKS) {
        t->rank[at] = t->with;
        t->rank_error[at] = error;
    }
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
    case 2: v.leaves = (v.leaves + 1) / 2; v.leaves_week = (v.leaves_week + 1) / 2; break;
    case 3: v.row_ratio = .6; break;
    case 4: v.leaves = v.leaves < 64 ? v.leaves * 2 : v.leaves; v.leaves_week *= 2; break;
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
void learner_search_judge(struct learner *l, int trial)
{
    struct learner_boost *t = &l->trees;
    double error = trial_error(l, t->said);
    put_rank(t, error);
    if (trial == 0 || error < t->best_error - BETTER) {
        size_t cells = l->n_series * (size_t)l->n_past * (size_t)l->options.horizon;
        memcpy(l->past_point[MEMBER_BOOST], t->said, cells * sizeof *t->said);
        t->best_error = error;
        t->best = t->with;
    }
    t->with = variant_of(&t->best, trial % VARIANTS);
    for (size_t i = 0, cells = l->n_series * (size_t)l->n_past * (size_t)l->options.horizon; i < cells; i++)
        t->said[i] = NAN;
}

