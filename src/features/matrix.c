#include "features/matrix.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HALF_LIFE_DAYS 365.0
#define NOISE_FLOOR 0.03          /* of roots: below this a series counts no more */
#define NOISE_USUAL 0.1

void matrix_free(struct matrix *matrix)
{
    free(matrix->x);
    free(matrix->row);
    memset(matrix, 0, sizeof *matrix);
}

size_t matrix_rows_max(const struct matrix_range *range)
{
    if (range->origin_last < range->origin_first)
        return 0;
    return (size_t)((range->origin_last - range->origin_first) / range->origin_step + 1) * (size_t)range->horizon;
}

static int reserve(struct matrix *matrix, size_t rows, int columns)
{
    if (rows <= matrix->cap && columns == matrix->columns)
        return 0;
    matrix_free(matrix);
    matrix->x = reallocarray(NULL, rows * (size_t)columns + 1, sizeof *matrix->x);
    matrix->row = reallocarray(NULL, rows + 1, sizeof *matrix->row);
    if (matrix->x == NULL || matrix->row == NULL) {
        matrix_free(matrix);
        return -ENOMEM;
    }
    matrix->cap = rows;
    matrix->columns = columns;
    return 0;
}

/* First period whose value was known at the decision. */
static int first_known(const struct panel *panel, size_t series, int last, int64_t decision_s, int *ret)
{
    int first, end;
    if (!panel_series_range(panel, series, &first, &end))
        return 0;
    for (int p = first; p <= last && p <= end; p++) {
        double value;
        panel_window(panel, series, p, 1, decision_s, &value);
        if (isnan(value))
            continue;
        *ret = p;
        return 1;
    }
    return 0;
}

static void add_rows(const struct plan *plan, const struct panel *panel, size_t series, const struct level *level, const struct matrix_range *range,
                     int64_t decision_s, struct matrix *matrix)
{
    const struct cadence *c = cadence_of(plan->step);
    int non_negative = panel_series_non_negative(panel, series);
    const float *sibling = NULL;
    for (int h = 1; h <= range->horizon && level->origin + h <= range->last; h++) {
        int target = level->origin + h;
        double y;
        panel_window(panel, series, target, 1, decision_s, &y);
        if (isnan(y) || (level->closed >> cadence_phase(c, target) & 1) != 0)
            continue;
        y = non_negative && y < 0 ? 0 : y;
        struct matrix_row *row = &matrix->row[matrix->n];
        *row = (struct matrix_row){ .origin = level->origin, .target = target, .h = h, .scale = (float)level->scale, .level = (float)level->level };
        row->z = (float)(level_root(y / level->scale) - level->level);
        row->weight = (float)exp2(-(range->last - target) * c->days / HALF_LIFE_DAYS);
        float *x = &matrix->x[matrix->n * (size_t)matrix->columns];
        row_fill(plan, panel, series, level, h, 0, matrix->columns, sibling, x, &row->offset);
        sibling = x;
        matrix->n++;
    }
}

static void weigh(struct matrix *matrix, double spread)
{
    double noise = sqrt(spread * spread + NOISE_FLOOR * NOISE_FLOOR);
    for (size_t i = 0; i < matrix->n; i++) {
        matrix->row[i].noise = (float)noise;
        matrix->row[i].weight *= (float)(NOISE_USUAL * NOISE_USUAL / (noise * noise));
    }
}

int matrix_series(const struct plan *plan, const struct panel *panel, size_t series, const struct matrix_range *range, struct matrix *ret)
{
    if (reserve(ret, matrix_rows_max(range), plan->n_columns) < 0)
        return -ENOMEM;
    ret->n = 0;
    int64_t decision_s = panel_period_end_s(panel, range->last);
    int first;
    if (!first_known(panel, series, range->last, decision_s, &first))
        return 0;
    double square = 0, levels = 0;
    int oldest = first + cadence_of(plan->step)->history;
    oldest = oldest < range->origin_first ? range->origin_first : oldest;
    int steps = range->origin_last < oldest ? -1 : (range->origin_last - oldest) / range->origin_step;
    for (int i = steps; i >= 0; i--) {
        struct level level;
        if (level_read(plan, panel, series, range->origin_last - i * range->origin_step, &level) < 0)
            continue;
        add_rows(plan, panel, series, &level, range, decision_s, ret);
        square += level.spread * level.spread;
        levels++;
    }
    weigh(ret, levels > 0 ? sqrt(square / levels) : 1);
    return 0;
}
