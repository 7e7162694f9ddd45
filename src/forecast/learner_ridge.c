/* The rows of the ridge, what its columns look like, and which past origins there are. */
#include "forecast/learner_state.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OUTLIER_MADS (8 * 1.4826)
#define VALID_RATIO 0.2
enum { ROWS_MIN = 100, KEPT_BYTES = 21 << 20, OWN_BYTES = 8 << 20 };

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
    size_t n = l->n_series * learner_order2(l);
    l->refit_own = n * sizeof *l->refit_own <= OWN_BYTES ? malloc(n * sizeof *l->refit_own) : NULL;
    for (size_t s = 0; l->refit_own != NULL && s < l->n_series; s++)
        l->refit_own[s * learner_order2(l)] = NAN;
}

int learner_scratch(struct learner *l, struct gnm_why *why)
{
    if (!l->model.has_ridge)
        return 0;
    size_t rows = matrix_rows_max(&l->range), order = ridge_order(l->model.plan.n_columns);
    l->block_work = malloc(RIDGE_BLOCK * order * sizeof *l->block_work);
    l->solve_work = malloc(learner_width(l) * (learner_width(l) + 2) * sizeof *l->solve_work);
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

int learner_make_rows(struct learner *l, size_t series, int origin_first, struct gnm_why *why)
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
    int rc = learner_make_rows(l, i, INT32_MIN, why);
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
        ret[i] = l->sample[i * learner_width(l) + column];
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
    sorted_sample(l, learner_width(l) - 1, sample);
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
    if (i < learner_width(l) - 1)
        scale_column(l, i, sample);
    else
        scale_target(l, sample);
    free(sample);
    return 0;
}

