/* --matrix DIR: what a model saw, for other programs. SPLIT.train.csv and SPLIT.test.csv, label first; empty = not observed. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/backtest.h"

static FILE *open_part(const struct backtest_args *args, const char *split, const char *part, const struct plan *plan, struct gnm_why *why)
{
    char path[512];
    if (strchr(split, '/') != NULL || snprintf(path, sizeof path, "%s/%s.%s.csv", args->matrix, split, part) >= (int)sizeof path) {
        gnm_fail(why, -EINVAL, "split '%s' cannot name a file", split);
        return NULL;
    }
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        gnm_fail(why, -errno, "%s: %s", path, strerror(errno));
        return NULL;
    }
    fprintf(file, "label,weight,offset,scale,level");
    for (int j = 0; j < plan->n_columns; j++)
        fprintf(file, ",%s", plan->column[j].name);
    fprintf(file, "\n");
    return file;
}

static void write_row(FILE *file, double label, double weight, double offset, double scale, double level, const float *x, int columns)
{
    if (!isnan(label))
        fprintf(file, "%.9g", label);
    fprintf(file, ",%.9g,%.9g,%.9g,%.9g", weight, offset, scale, level);
    for (int j = 0; j < columns; j++)
        fprintf(file, ",%.9g", x[j]);
    fprintf(file, "\n");
}

static int write_train(FILE *file, const struct panel *panel, const struct plan *plan, const struct matrix_range *range, struct gnm_why *why)
{
    struct matrix matrix = { 0 };
    int rc = 0;
    for (size_t s = 0; rc == 0 && s < panel_series_count(panel); s++) {
        rc = matrix_series(plan, panel, s, range, &matrix);
        if (rc < 0)
            gnm_fail(why, rc, "no memory for a matrix");
        for (size_t i = 0; rc == 0 && i < matrix.n; i++)
            write_row(file, matrix.row[i].z, matrix.row[i].weight, matrix.row[i].offset, matrix.row[i].scale, matrix.row[i].level,
                      &matrix.x[i * (size_t)matrix.columns], matrix.columns);
    }
    matrix_free(&matrix);
    return rc;
}

static void write_test(FILE *file, const struct backtest_data *data, const struct plan *plan, int origin, int horizon)
{
    for (size_t s = 0; s < panel_series_count(data->panel); s++) {
        struct level level;
        if (!data->chosen[s] || level_read(plan, data->panel, s, origin, &level) < 0)
            continue;
        for (int h = 1; h <= horizon; h++) {
            float x[PLAN_COLUMNS], offset;
            double y;
            panel_window(data->panel, s, origin + h, 1, GNM_NEVER, &y);
            row_fill(plan, data->panel, s, &level, h, 0, plan->n_columns, NULL, x, &offset);
            write_row(file, level_root(y / level.scale) - level.level, 1, offset, level.scale, level.level, x, plan->n_columns);
        }
    }
}

static int write_case(const struct backtest_args *args, const struct backtest_data *data, const struct backtest_case *one, struct plan *plan,
                      struct gnm_why *why)
{
    const struct cadence *c = cadence_of(panel_step(data->panel));
    int origin = panel_period(data->panel, one->split.origin_label), last = origin - c->origin_step;
    struct matrix_range range = { origin, one->split.horizon, last - (c->origins - 1) * c->origin_step, last, c->origin_step };
    plan_make(data->panel, origin, plan);
    FILE *train = open_part(args, one->name, "train", plan, why), *test = train == NULL ? NULL : open_part(args, one->name, "test", plan, why);
    int rc = test == NULL ? -EIO : write_train(train, data->panel, plan, &range, why);
    if (rc == 0)
        write_test(test, data, plan, origin, one->split.horizon);
    int bad = train != NULL && fclose(train) != 0;
    if (test != NULL && fclose(test) != 0)
        bad = 1;
    return rc == 0 && bad ? gnm_fail(why, -EIO, "%s: writing failed", args->matrix) : rc;
}

int backtest_matrix(const struct backtest_args *args, const struct backtest_data *data, struct gnm_why *why)
{
    struct plan *plan = calloc(1, sizeof *plan);
    int rc = plan == NULL ? gnm_fail(why, -ENOMEM, "no memory for a plan") : file_mkdir(args->matrix, 0777, why);
    for (size_t i = 0; rc == 0 && i < data->n_cases; i++)
        rc = write_case(args, data, &data->cases[i], plan, why);
    free(plan);
    return rc;
}
