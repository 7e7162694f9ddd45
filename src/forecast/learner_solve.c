/* The ridge itself: sums, shrinkage chosen on the newest rows, coefficients of now and of past origins. */
#include "forecast/learner_state.h"

#include <math.h>
#include <string.h>

static const double lambdas[LEARNER_LAMBDAS] = { .001, .003, .01, .03, .1, .3, 1 };
static const double mus[LEARNER_MUS] = { .03, .1, .3, 1, 3, 30 };
#define DEFAULT_LAMBDA 0.1
#define DEFAULT_MU 1.0
#define OWN_MU_BETTER .94
#define PAST_SHARE 0.5            /* a past fit on less than this share of today's rows says little about today's fit */
enum { ROWS_MIN = 100, SCORED_MIN = 50 };

static void mark_blocks(struct learner *l)
{
    for (size_t r = 0; r < l->matrix.n; r++) {
        int b = 0;
        while (b < l->n_bounds && l->matrix.row[r].target > l->bound[b])
            b++;
        l->block_of[r] = (unsigned char)b;
    }
}

/* The series' own grams, accumulated: own[b] then holds all targets up to bound[b]. */
static void own_grams(struct learner *l, int cumulate)
{
    memset(l->own, 0, ((size_t)l->n_bounds + 1) * learner_order2(l) * sizeof *l->own);
    mark_blocks(l);
    for (int b = 0; b <= l->n_bounds; b++) {
        double *own = &l->own[(size_t)b * learner_order2(l)];
        ridge_gram(&l->matrix, l->model.column, &l->target, l->block_of, b, own, l->block_work);
        if (cumulate && b > 0)
            ridge_add(l->model.plan.n_columns, own - learner_order2(l), own);
    }
}

int learner_gram_task(struct learner *l, size_t i, struct gnm_why *why)
{
    int rc = learner_make_rows(l, i, INT32_MIN, why);
    if (rc < 0)
        return rc;
    own_grams(l, 0);
    for (int b = 0; b <= l->n_bounds; b++)
        ridge_add(l->model.plan.n_columns, &l->own[(size_t)b * learner_order2(l)], &l->gram[(size_t)b * learner_order2(l)]);
    for (size_t r = 0; r < l->matrix.n; r++)
        l->block_rows[l->block_of[r]]++;
    if (l->refit_own != NULL)
        memcpy(&l->refit_own[i * learner_order2(l)], l->own, learner_order2(l) * sizeof *l->own);
    return 0;
}

/* Block whose end is `bound`. */
static int block_at(const struct learner *l, int bound)
{
    int b = 0;
    while (b < l->n_bounds && l->bound[b] != bound)
        b++;
    return b;
}

static int enough_rows(const struct learner *l, int b)
{
    return l->block_rows[b] >= ROWS_MIN && l->block_rows[b] >= 2.0 * (double)learner_width(l);
}

/* Grams become cumulative; candidates are solved on what lay before the validation rows. */
void learner_choose_begin(struct learner *l)
{
    for (int b = 1; b <= l->n_bounds; b++) {
        double *gram = &l->gram[(size_t)b * learner_order2(l)];
        ridge_add(l->model.plan.n_columns, gram - learner_order2(l), gram);
        l->block_rows[b] += l->block_rows[b - 1];
    }
    int b = block_at(l, l->valid_from);
    for (int i = 0; i < LEARNER_LAMBDAS * l->n_kappas; i++) {
        double *beta = &l->candidate[(size_t)i * learner_width(l)];
        if (!enough_rows(l, b)
            || ridge_solve(&l->gram[(size_t)b * learner_order2(l)], l->model.plan.n_columns, lambdas[i % LEARNER_LAMBDAS], l->kappa[i / LEARNER_LAMBDAS],
                           l->solve_work, beta) < 0)
            beta[0] = NAN;
    }
}

static void standardise(const struct learner *l, const float *x, float *ret)
{
    for (int j = 0; j < l->model.plan.n_columns; j++)
        ret[j] = ridge_standard(&l->model.column[j], x[j]);
}

/* Absolute error in units of the series' scale and noise: every series has one voice. */
static double miss(const struct matrix_row *row, double z)
{
    double actual = ridge_value(1, row->level, row->z, 0);
    return row->weight * row->noise * fabs(ridge_value(1, row->level, z, 1) - actual);
}

int learner_choose_task(struct learner *l, size_t i, struct gnm_why *why)
{
    int rc = learner_make_rows(l, i, l->valid_from, why);
    if (rc < 0)
        return rc;
    float x[PLAN_COLUMNS];
    for (size_t r = 0; r < l->matrix.n; r++) {
        const struct matrix_row *row = &l->matrix.row[r];
        standardise(l, &l->matrix.x[r * (size_t)l->matrix.columns], x);
        for (int k = 0; k < LEARNER_LAMBDAS * l->n_kappas; k++)
            l->error[k] += miss(row, ridge_dot(&l->candidate[(size_t)k * learner_width(l)], x, l->matrix.columns) + l->kappa[k / LEARNER_LAMBDAS] * row->offset);
        l->scored++;
    }
    return 0;
}

void learner_choose_end(struct learner *l)
{
    int best = -1;
    for (int k = 0; k < LEARNER_LAMBDAS * l->n_kappas; k++)
        if (isfinite(l->error[k]) && l->scored >= SCORED_MIN && (best < 0 || l->error[k] < l->error[best]))
            best = k;
    l->model.lambda = best < 0 ? DEFAULT_LAMBDA : lambdas[best % LEARNER_LAMBDAS];
    l->model.kappa = l->kappa[best < 0 ? 0 : best / LEARNER_LAMBDAS];
    l->model.mu = DEFAULT_MU;
    l->scored = 0;
    if (best >= 0)
        memmove(l->candidate, &l->candidate[(size_t)best * learner_width(l)], learner_width(l) * sizeof *l->candidate);
    else
        l->candidate[0] = NAN;
}

/* With one series the pooled solution is its own. */
size_t learner_mu_count(const struct learner *l)
{
    if (l->n_series < 2 || l->candidate == NULL || isnan(l->candidate[0]))
        return 0;
    return l->n_series < LEARNER_MU_SERIES ? l->n_series : LEARNER_MU_SERIES;
}

static void score_mu(struct learner *l, size_t i, int k, const double *beta, const double *delta)
{
    double sum[PLAN_COLUMNS + 1];
    float x[PLAN_COLUMNS];
    for (size_t j = 0; j < learner_width(l); j++)
        sum[j] = beta[j] + delta[j];
    for (size_t r = 0; r < l->matrix.n; r++) {
        const struct matrix_row *row = &l->matrix.row[r];
        if (row->origin < l->valid_from)
            continue;
        standardise(l, &l->matrix.x[r * (size_t)l->matrix.columns], x);
        l->error_mu[i][k] += miss(row, ridge_dot(sum, x, l->matrix.columns) + l->model.kappa * row->offset);
        l->scored += k == 0;
    }
}

int learner_mu_task(struct learner *l, size_t i, struct gnm_why *why)
{
    size_t series = i * l->n_series / learner_mu_count(l);
    int rc = learner_make_rows(l, series, INT32_MIN, why);
    if (rc < 0)
        return rc;
    own_grams(l, 1);
    const double *own = &l->own[(size_t)block_at(l, l->valid_from) * learner_order2(l)];
    double delta[PLAN_COLUMNS + 1];
    for (int k = 0; k < LEARNER_MUS; k++) {
        if (ridge_deviate(own, l->model.plan.n_columns, mus[k], l->model.kappa, l->candidate, l->solve_work, delta) < 0)
            memset(delta, 0, sizeof delta);
        score_mu(l, i, k, l->candidate, delta);
    }
    return 0;
}

static int least(const double *error)
{
    int best = 0;
    for (int k = 1; k < LEARNER_MUS; k++)
        best = error[k] < error[best] ? k : best;
    return best;
}

/* What is best for all, but for a series that a looser or tighter bond would have served clearly better: a venue next door moves it alone. Weeks
 * and months have too few windows to tell. */
void learner_mu_end(struct learner *l)
{
    size_t n = learner_mu_count(l);
    double sum[LEARNER_MUS] = { 0 };
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < LEARNER_MUS; k++)
            sum[k] += l->error_mu[i][k];
    int best = least(sum);
    if (l->scored >= SCORED_MIN)
        l->model.mu = mus[best];
    for (size_t s = 0; s < l->n_series; s++)
        l->model.series[s].mu = (float)l->model.mu;
    for (size_t i = 0; i < n && l->scored >= SCORED_MIN && l->cadence->phases > 1; i++) {
        int own = least(l->error_mu[i]);
        if (l->error_mu[i][own] < OWN_MU_BETTER * l->error_mu[i][best])
            l->model.series[i * l->n_series / n].mu = (float)mus[own];
    }
}

/* The final coefficients, and those that each past origin would have had. */
void learner_delta_begin(struct learner *l)
{
    int p = l->model.plan.n_columns;
    if (ridge_solve(&l->gram[(size_t)l->n_bounds * learner_order2(l)], p, l->model.lambda, l->model.kappa, l->solve_work, l->model.beta) < 0)
        l->model.has_ridge = 0;
    for (int o = 0; o < l->n_past; o++) {
        int b = block_at(l, l->past[o]);
        l->usable_past[o] = enough_rows(l, b) && l->block_rows[b] >= PAST_SHARE * l->block_rows[l->n_bounds]
                            && ridge_solve(&l->gram[(size_t)b * learner_order2(l)], p, l->model.lambda, l->model.kappa, l->solve_work,
                                           &l->beta_past[(size_t)o * learner_width(l)]) == 0;
    }
}

static void deviate(struct learner *l, size_t series, int b, const double *beta, double *ret)
{
    if (l->n_series < 2
        || ridge_deviate(&l->own[(size_t)b * learner_order2(l)], l->model.plan.n_columns, l->model.series[series].mu, l->model.kappa, beta, l->solve_work, ret) < 0)
        memset(ret, 0, learner_width(l) * sizeof *ret);
}

static void past_rows(struct learner *l, size_t series, int o, const double *sum)
{
    int non_negative = panel_series_non_negative(l->panel, series);
    float x[PLAN_COLUMNS];
    for (size_t r = 0; r < l->matrix.n; r++) {
        const struct matrix_row *row = &l->matrix.row[r];
        if (row->origin != l->past[o])
            continue;
        standardise(l, &l->matrix.x[r * (size_t)l->matrix.columns], x);
        double z = ridge_dot(sum, x, l->matrix.columns) + l->model.kappa * row->offset;
        l->past_point[MEMBER_RIDGE][learner_past_at(l, series, o, row->h)] = (float)ridge_value(row->scale, row->level, z, non_negative);
    }
}

/* The sums of one series, all targets up to each bound. A refit has one block. */
static int own_of(struct learner *l, size_t series, struct gnm_why *why)
{
    const double *kept = l->refit_own != NULL ? &l->refit_own[series * learner_order2(l)] : NULL;
    if (kept != NULL && !isnan(kept[0])) {
        memcpy(l->own, kept, learner_order2(l) * sizeof *l->own);
        return 0;
    }
    int rc = learner_make_rows(l, series, INT32_MIN, why);
    if (rc == 0)
        own_grams(l, 1);
    return rc;
}

int learner_delta_task(struct learner *l, size_t i, struct gnm_why *why)
{
    int rc = own_of(l, i, why);
    if (rc < 0)
        return rc;
    double delta[PLAN_COLUMNS + 1];
    deviate(l, i, l->n_bounds, l->model.beta, delta);
    for (size_t j = 0; j < learner_width(l); j++)
        l->model.delta[i * learner_width(l) + j] = (float)delta[j];
    for (int o = 0; o < l->n_past; o++) {
        const double *beta = &l->beta_past[(size_t)o * learner_width(l)];
        if (!l->usable_past[o])
            continue;
        deviate(l, i, block_at(l, l->past[o]), beta, delta);
        for (size_t j = 0; j < learner_width(l); j++)
            delta[j] += beta[j];
        learner_keep_cut(l, i, o, delta);
        past_rows(l, i, o, delta);
    }
    return 0;
}
