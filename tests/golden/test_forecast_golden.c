/* Theta and ridge against an independent implementation (make_forecast.py wrote the figures). */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/text.h"
#include "forecast/ridge.h"
#include "forecast/theta.h"

enum { VALUES = 512, RIDGE_ROWS = 60, RIDGE_COLUMNS = 5, RIDGE_FIRST = 40 };

static void each_row(const char *name, csv_handler *handler, void *ctx)
{
    const char *root = getenv("GNOMON_ROOT");
    char path[512], *data;
    size_t len;
    struct gnm_why why = { .text = "" };
    snprintf(path, sizeof path, "%s/tests/golden/%s", root != NULL ? root : ".", name);
    ck_assert_msg(file_read(path, 1 << 22, &data, &len, &why) == 0, "%s", why.text);
    ck_assert_msg(csv_read(data, len, ',', handler, ctx, &why) == 0, "%s", why.text);
    free(data);
}

struct theta_case { char name[32]; int season, n, horizon; double y[VALUES], f[VALUES]; };
struct theta_cases { struct theta_case list[8]; int n, rows; };

static int theta_row(void *ctx, char **field, size_t n, int line, struct gnm_why *why)
{
    struct theta_cases *cases = ctx;
    (void)line;
    (void)why;
    ck_assert_uint_eq(n, 5);
    if (cases->rows++ == 0)
        return 0;
    if (cases->n == 0 || strcmp(cases->list[cases->n - 1].name, field[0]) != 0)
        snprintf(cases->list[cases->n++].name, 32, "%s", field[0]);
    struct theta_case *one = &cases->list[cases->n - 1];
    double value = NAN;
    if (field[4][0] != '\0')
        ck_assert_int_eq(text_double(field[4], &value), 0);
    one->season = atoi(field[1]);
    if (field[2][0] == 'y')
        one->y[one->n++] = value;
    else
        one->f[one->horizon++] = value;
    return 0;
}

START_TEST(theta_agrees)
{
    static struct theta_cases cases;
    each_row("theta.csv", theta_row, &cases);
    ck_assert_int_eq(cases.n, 4);
    for (int k = 0; k < cases.n; k++) {
        const struct theta_case *one = &cases.list[k];
        double got[VALUES];
        const struct cadence *cadence = cadence_of(one->season == 7 ? GNM_DAY : GNM_WEEK);
        ck_assert_int_eq(cadence->season, one->season);
        ck_assert_int_eq(theta_forecast(cadence, one->y, one->n, one->horizon, got), 0);
        for (int h = 0; h < one->horizon; h++)
            ck_assert_msg(fabs(got[h] - one->f[h]) <= 1e-9 * (1 + fabs(one->f[h])), "%s h %d: %.12g, not %.12g", one->name, h + 1, got[h], one->f[h]);
    }
}
END_TEST

struct ridge_case { double x[RIDGE_ROWS][RIDGE_COLUMNS], z[RIDGE_ROWS], w[RIDGE_ROWS], b[RIDGE_COLUMNS + 1], d[RIDGE_COLUMNS + 1]; int rows; };

static int ridge_row(void *ctx, char **field, size_t n, int line, struct gnm_why *why)
{
    struct ridge_case *one = ctx;
    (void)line;
    (void)why;
    double value;
    ck_assert_uint_eq(n, 4);
    if (one->rows++ == 0)
        return 0;
    int i = atoi(field[1]), j = atoi(field[2]);
    ck_assert_int_eq(text_double(field[3], &value), 0);
    ck_assert(i < RIDGE_ROWS && j <= RIDGE_COLUMNS);
    double *at = field[0][0] == 'x' ? &one->x[i][j] : field[0][0] == 'z' ? &one->z[i] : field[0][0] == 'w' ? &one->w[i] : field[0][0] == 'b' ? &one->b[j] : &one->d[j];
    *at = value;
    return 0;
}

START_TEST(ridge_agrees)
{
    static struct ridge_case one;
    each_row("ridge.csv", ridge_row, &one);
    float x[RIDGE_ROWS * RIDGE_COLUMNS];
    struct matrix_row row[RIDGE_ROWS] = { { .h = 0 } };
    unsigned char block[RIDGE_ROWS];
    struct ridge_column column[RIDGE_COLUMNS];
    struct ridge_target target = { 0, 0, 1e6f };
    enum { ORDER = RIDGE_COLUMNS + 3 };
    double gram[2][ORDER * ORDER] = { { 0 } }, work[RIDGE_BLOCK * ORDER], solve[64], beta[RIDGE_COLUMNS + 1], delta[RIDGE_COLUMNS + 1];
    for (int i = 0; i < RIDGE_ROWS; i++) {
        for (int j = 0; j < RIDGE_COLUMNS; j++)
            x[i * RIDGE_COLUMNS + j] = (float)one.x[i][j];
        row[i].z = (float)one.z[i];
        row[i].weight = (float)one.w[i];
        block[i] = i >= RIDGE_FIRST;
    }
    for (int j = 0; j < RIDGE_COLUMNS; j++)
        column[j] = (struct ridge_column){ -10, 10, 0, 1 };
    struct matrix matrix = { RIDGE_COLUMNS, RIDGE_ROWS, RIDGE_ROWS, x, row };
    for (int b = 0; b < 2; b++)
        ridge_gram(&matrix, column, &target, block, b, gram[b], work);
    ck_assert_int_eq(ridge_solve(gram[0], RIDGE_COLUMNS, .03, 0, solve, beta), 0);
    ck_assert_int_eq(ridge_deviate(gram[1], RIDGE_COLUMNS, .3, 0, beta, solve, delta), 0);
    for (int j = 0; j <= RIDGE_COLUMNS; j++) {
        ck_assert_double_eq_tol(beta[j], one.b[j], 1e-6);
        ck_assert_double_eq_tol(delta[j], one.d[j], 1e-6);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("golden forecast");
    TCase *tc = tcase_create("golden forecast");
    tcase_set_timeout(tc, 20);
    tcase_add_test(tc, theta_agrees);
    tcase_add_test(tc, ridge_agrees);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
