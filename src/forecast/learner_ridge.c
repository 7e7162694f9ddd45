#include "forecast/learner_state.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double lambdas[LEARNER_LAMBDAS] = { .001, .003, .01, .03, .1, .3, 1 };
static const double mus[LEARNER_MUS] = { .03, .1, .3, 1, 3, 30 };
#define DEFAULT_LAMBDA 0.1
#define DEFAULT_MU 1.0
#define OWN_MU_BETTER .94
#define OUTLIER_MADS (8 * 1.4826)
#define VALID_RATIO 0.2
#define PAST_SHARE 0.5            /* a past fit on less than this share of today's rows says little about today's fit */
enum { ROWS_MIN = 100, SCORED_MIN = 50, KEPT_BYTES = 21 << 20, OWN_BYTES = 8 << 20 };

static size_t order2(const struct learner *l)
{
    size_t order = ridge_order(l->model.plan.n_columns);
    return order * order;
}

static size_t width(const struct learner *l)
{
    return (size_t)l->model.plan.n_columns + 1;
}

static int by_number(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Past origins stand on the grid of pseudo-origins, each with its whole window ended by now. */
void learner_make_past(struct learner *l)
{
    int step = l->cadence->origin_step, windows = (l->options.horizon + step - 1) / step;
    for (int i = 0; i < l->options.origins; i++) {
        int past = l->origin - (windows + i) * step;
        if (past - l->oldest >= (l->cadence->phases > 1 ? 14 : 4))
            l->past[l->n_past++] = past;
    }
    int origins = l->model.has_ridge ? (l->range.origin_last - l->range.origin_first) / step + 1 : 0;
    l->valid_from = l->range.origin_last - (int)(VALID_RATIO * origins) * step;
    memcpy(l->bound, l->past, (size_t)l->n_past * sizeof *l->bound);
    l->bound[l->n_past] = l->valid_from;
    qsort(l->bound, (size_t)l->n_past + 1, sizeof *l->bound, by_number);
    l->n_bounds = 0;
    for (int i = 0; i <= l->n_past; i++)
        if (l->n_bounds == 0 || l->bound[i] != l->bound[l->n_bounds - 1])
            l->bound[l->n_bounds++] = l->bound[i];
    l->n_kappas = l->cadence->phases > 1 && l->model.plan.yearly ? 3 : 1;
    l->kappa[0] = l->cadence->phases > 1 ? 0 : 0.8;
    l->kappa[1] = 0.2;
    l->kappa[2] = 0.4;
}

/* The sums of a series that a refit made once; without memory for them they are made again. */
static void keep_own_begin(struct learner *l)
{
    size_t n = l->n_series * order2(l);
    l->refit_own = n * sizeof *l->refit_own <= OWN_BYTES ? malloc(n * sizeof *l->refit_own) : NULL;
    for (size_t s = 0; l->refit_own != NULL && s < l->n_series; s++)
        l->refit_own[s * order2(l)] = NAN;
}

int learner_scratch(struct learner *l, struct gnm_why *why)
{
    if (!l->model.has_ridge)
        return 0;
    size_t rows = matrix_rows_max(&l->range), order = ridge_order(l->model.plan.n_columns);
    l->block_work = malloc(RIDGE_BLOCK * order * sizeof *l->block_work);
    l->solve_work = malloc(width(l) * (width(l) + 2) * sizeof *l->solve_work);
    l->block_of = malloc(rows + 1);
    l->kept = calloc(l->n_series, sizeof *l->kept);
    if (l->refit)
        keep_own_begin(l);
    if (l->kept == NULL || l->block_work == NULL || l->solve_work == NULL || l->block_of == NULL)
        return gnm_fail(why, -ENOMEM, "no memory to learn %zu rows", rows);
    return 0;
}

/* Rows are asked for five times; what fits is kept. */
static void keep_rows(struct learner *l, size_t series)
{
    struct matrix *m = &l->kept[series];
    size_t cells = l->made.n * (size_t)l->made.columns, bytes = cells * sizeof *m->x + l->made.n * sizeof *m->row;
    if (l->kept_bytes + bytes > KEPT_BYTES || bytes == 0)
        return;
    m->x = malloc(cells * sizeof *m->x);
    m->row = malloc(l->made.n * sizeof *m->row);
    if (m->x == NULL || m->row == NULL) {
        matrix_free(m);
        return;
    }
    memcpy(m->x, l->made.x, cells * sizeof *m->x);
    memcpy(m->row, l->made.row, l->made.n * sizeof *m->row);
    m->n = l->made.n;
    m->columns = l->made.columns;
    l->kept_bytes += bytes;
}

static int make_rows(struct learner *l, size_t series, int origin_first, struct gnm_why *why)
{
    if (l->kept[series].n == 0) {
        if (matrix_series(&l->model.plan, l->panel, series, &l->range, &l->made) < 0)
            return gnm_fail(why, -ENOMEM, "no memory for the rows of '%s'", panel_series_name(l->panel, series));
        if (l->refit_own == NULL)
            keep_rows(l, series);
    }
    l->matrix = l->kept[series].n > 0 ? l->kept[series] : l->made;
    size_t skip = 0;
    while (skip < l->matrix.n && l->matrix.row[skip].origin < origin_first)
        skip++;
    l->matrix.x += skip * (size_t)l->matrix.columns;
    l->matrix.row += skip;
    l->matrix.n -= skip;
    return 0;
}

void learner_drop_rows(struct learner *l)
{
    for (size_t s = 0; l->kept != NULL && s < l->n_series; s++)
        matrix_free(&l->kept[s]);
    matrix_free(&l->made);
    l->kept_bytes = 0;
}

/* A sample of rows that does not depend on how the work was cut: reservoir with a seeded generator. */
static void keep_sample(struct learner *l, const struct matrix *m, size_t i)
{
    size_t p = (size_t)m->columns, slot = l->n_sample;
    if (l->n_sample < LEARNER_SAMPLE)
        l->n_sample++;
    else
        slot = (size_t)random_below(&l->random, (uint64_t)l->rows);
    if (slot >= LEARNER_SAMPLE)
        return;
    memcpy(&l->sample[slot * (p + 1)], &m->x[i * p], p * sizeof *m->x);
    l->sample[slot * (p + 1) + p] = m->row[i].z - (float)l->kappa[0] * m->row[i].offset;
}

int learner_stats_task(struct learner *l, size_t i, struct gnm_why *why)
{
    int rc = make_rows(l, i, INT32_MIN, why);
    if (rc < 0)
        return rc;
    const struct matrix *m = &l->matrix;
    for (size_t r = 0; r < m->n; r++) {
        const float *x = &m->x[r * (size_t)m->columns];
        for (int j = 0; j < m->columns; j++) {
            struct learner_sum *s = &l->sum[j];
            s->sum += x[j];
            s->square += (double)x[j] * x[j];
            s->low = l->rows == 0 || x[j] < s->low ? x[j] : s->low;
            s->high = l->rows == 0 || x[j] > s->high ? x[j] : s->high;
        }
        l->rows++;
        keep_sample(l, m, r);
    }
    return 0;
}

static int by_float(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Values of one sample column in order; `column` = columns is the target. */
static float *sorted_sample(const struct learner *l, size_t column, float *ret)
{
    for (size_t i = 0; i < l->n_sample; i++)
        ret[i] = l->sample[i * width(l) + column];
    qsort(ret, l->n_sample, sizeof *ret, by_float);
    return ret;
}

static int is_indicator(enum column_kind kind)
{
    return kind == COLUMN_WEEKDAY || kind == COLUMN_YEAR_KNOWN || kind == COLUMN_YEAR_EVENT || (kind >= COLUMN_EVENT && kind <= COLUMN_EVENT_LEVEL)
           || kind >= COLUMN_HOLIDAY_WEEKDAY;
}

static void scale_column(struct learner *l, size_t j, float *sample)
{
    const struct learner_sum *s = &l->sum[j];
    struct ridge_column *column = &l->model.column[j];
    double mean = s->sum / l->rows, variance = s->square / l->rows - mean * mean, sd = variance > 0 ? sqrt(variance) : 0;
    *column = (struct ridge_column){ .low = (float)s->low, .high = (float)s->high, .mean = (float)mean };
    column->scale = sd < 1e-6 ? 0 : (float)(1 / sd);
    if (is_indicator(l->model.plan.column[j].kind))
        return;
    sorted_sample(l, j, sample);
    size_t edge = l->n_sample / 200;
    column->low = sample[edge];
    column->high = sample[l->n_sample - 1 - edge];
}

static void scale_target(struct learner *l, float *sample)
{
    sorted_sample(l, width(l) - 1, sample);
    float middle = sample[l->n_sample / 2];
    for (size_t i = 0; i < l->n_sample; i++)
        sample[i] = fabsf(sample[i] - middle);
    qsort(sample, l->n_sample, sizeof *sample, by_float);
    float mad = sample[l->n_sample / 2];
    l->target = l->model.target = (struct ridge_target){ .kappa = (float)l->kappa[0], .middle = middle, .cut = (float)OUTLIER_MADS * (mad > 1e-3f ? mad : 1e-3f) };
}

void learner_scale_begin(struct learner *l)
{
    /* Without rows there is nothing to scale, to fit or to choose: the ridge is left out. */
    if (l->rows >= ROWS_MIN)
        return;
    l->model.has_ridge = 0;
    l->phase = PHASE_ROWS;
}

int learner_scale_task(struct learner *l, size_t i, struct gnm_why *why)
{
    float *sample = malloc((l->n_sample + 1) * sizeof *sample);
    if (sample == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for percentiles");
    if (i < width(l) - 1)
        scale_column(l, i, sample);
    else
        scale_target(l, sample);
    free(sample);
    return 0;
}

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
    memset(l->own, 0, ((size_t)l->n_bounds + 1) * order2(l) * sizeof *l->own);
    mark_blocks(l);
    for (int b = 0; b <= l->n_bounds; b++) {
        double *own = &l->own[(size_t)b * order2(l)];
        ridge_gram(&l->matrix, l->model.column, &l->target, l->block_of, b, own, l->block_work);
        if (cumulate && b > 0)
            ridge_add(l->model.plan.n_columns, own - order2(l), own);
    }
}

int learner_gram_task(struct learner *l, size_t i, struct gnm_why *why)
{
    int rc = make_rows(l, i, INT32_MIN, why);
    if (rc < 0)
        return rc;
    own_grams(l, 0);
    for (int b = 0; b <= l->n_bounds; b++)
        ridge_add(l->model.plan.n_columns, &l->own[(size_t)b * order2(l)], &l->gram[(size_t)b * order2(l)]);
    for (size_t r = 0; r < l->matrix.n; r++)
        l->block_rows[l->block_of[r]]++;
    if (l->refit_own != NULL)
        memcpy(&l->refit_own[i * order2(l)], l->own, order2(l) * sizeof *l->own);
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
    return l->block_rows[b] >= ROWS_MIN && l->block_rows[b] >= 2.0 * (double)width(l);
}

/* Grams become cumulative; candidates are solved on what lay before the validation rows. */
void learner_choose_begin(struct learner *l)
{
    for (int b = 1; b <= l->n_bounds; b++) {
        double *gram = &l->gram[(size_t)b * order2(l)];
        ridge_add(l->model.plan.n_columns, gram - order2(l), gram);
        l->block_rows[b] += l->block_rows[b - 1];
    }
    int b = block_at(l, l->valid_from);
    for (int i = 0; i < LEARNER_LAMBDAS * l->n_kappas; i++) {
        double *beta = &l->candidate[(size_t)i * width(l)];
        if (!enough_rows(l, b)
            || ridge_solve(&l->gram[(size_t)b * order2(l)], l->model.plan.n_columns, lambdas[i % LEARNER_LAMBDAS], l->kappa[i / LEARNER_LAMBDAS],
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
    int rc = make_rows(l, i, l->valid_from, why);
    if (rc < 0)
        return rc;
    float x[PLAN_COLUMNS];
    for (size_t r = 0; r < l->matrix.n; r++) {
        const struct matrix_row *row = &l->matrix.row[r];
        standardise(l, &l->matrix.x[r * (size_t)l->matrix.columns], x);
        for (int k = 0; k < LEARNER_LAMBDAS * l->n_kappas; k++)
            l->error[k] += miss(row, ridge_dot(&l->candidate[(size_t)k * width(l)], x, l->matrix.columns) + l->kappa[k / LEARNER_LAMBDAS] * row->offset);
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
        memmove(l->candidate, &l->candidate[(size_t)best * width(l)], width(l) * sizeof *l->candidate);
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
    for (size_t j = 0; j < width(l); j++)
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
    int rc = make_rows(l, series, INT32_MIN, why);
    if (rc < 0)
        return rc;
    own_grams(l, 1);
    const double *own = &l->own[(size_t)block_at(l, l->valid_from) * order2(l)];
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
    if (ridge_solve(&l->gram[(size_t)l->n_bounds * order2(l)], p, l->model.lambda, l->model.kappa, l->solve_work, l->model.beta) < 0)
        l->model.has_ridge = 0;
    for (int o = 0; o < l->n_past; o++) {
        int b = block_at(l, l->past[o]);
        l->usable_past[o] = enough_rows(l, b) && l->block_rows[b] >= PAST_SHARE * l->block_rows[l->n_bounds]
                            && ridge_solve(&l->gram[(size_t)b * order2(l)], p, l->model.lambda, l->model.kappa, l->solve_work,
                                           &l->beta_past[(size_t)o * width(l)]) == 0;
    }
}

static void deviate(struct learner *l, size_t series, int b, const double *beta, double *ret)
{
    if (l->n_series < 2
        || ridge_deviate(&l->own[(size_t)b * order2(l)], l->model.plan.n_columns, l->model.series[series].mu, l->model.kappa, beta, l->solve_work, ret) < 0)
        memset(ret, 0, width(l) * sizeof *ret);
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
    const double *kept = l->refit_own != NULL ? &l->refit_own[series * order2(l)] : NULL;
    if (kept != NULL && !isnan(kept[0])) {
        memcpy(l->own, kept, order2(l) * sizeof *l->own);
        return 0;
    }
    int rc = make_rows(l, series, INT32_MIN, why);
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
    for (size_t j = 0; j < width(l); j++)
        l->model.delta[i * width(l) + j] = (float)delta[j];
    for (int o = 0; o < l->n_past; o++) {
        const double *beta = &l->beta_past[(size_t)o * width(l)];
        if (!l->usable_past[o])
            continue;
        deviate(l, i, block_at(l, l->past[o]), beta, delta);
        for (size_t j = 0; j < width(l); j++)
            delta[j] += beta[j];
        learner_keep_cut(l, i, o, delta);
        past_rows(l, i, o, delta);
    }
    return 0;
}
