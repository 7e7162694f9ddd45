#include "forecast/driver_fit.h"

#include <cblas.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#define LAMBDA 0.01

/* ---- sums ---- */

static double cell(const struct driver_fit *t, int row, int k)
{
    return k == 0 ? 1 : k <= t->p ? (double)t->x[(size_t)row * (size_t)t->p + (size_t)k - 1] : (double)t->z[row];
}

/* One fold's sums of columns first .. first + n - 1 with all, row by row of the fold; `row0`, `row1`: its rows. */
static void fold_sums(struct driver_fit *t, int fold, int row0, int row1, int first, int n, float *block, float *sums)
{
    int w = (int)driver_order(t), rows = row1 - row0;
    for (int i = 0; i < rows; i++)
        for (int k = 0; k < w; k++)
            block[(size_t)i * (size_t)w + (size_t)k] = (float)cell(t, row0 + i, k);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n, w, rows, 1, block + first, w, block, w, 0, sums, w);
    for (int a = 0; a < n; a++)
        for (int b = 0; b < w; b++) {
            double one = (double)sums[(size_t)a * (size_t)w + (size_t)b];
            t->gram[((size_t)fold * driver_order(t) + (size_t)(first + a)) * driver_order(t) + (size_t)b] = one;
            t->gram[((size_t)fold * driver_order(t) + (size_t)b) * driver_order(t) + (size_t)(first + a)] = one;
        }
}

void driver_sums(struct driver_fit *t, int first, int n)
{
    size_t w = driver_order(t);
    int row = 0;
    for (int f = 0; f < DRIVER_FOLDS; f++) {
        int begin = row;
        while (row < t->n && t->fold[row] == f)
            row++;
        fold_sums(t, f, begin, row, first, n, t->block, t->block + (size_t)(t->n / DRIVER_FOLDS + 2) * w);
    }
    for (int a = first; a < first + n; a++)
        for (size_t b = 0; b < w; b++) {
            double sum = 0;
            for (size_t f = 0; f < DRIVER_FOLDS; f++)
                sum += t->gram[(f * w + (size_t)a) * w + b];
            t->gram[(DRIVER_FOLDS * w + (size_t)a) * w + b] = t->gram[(DRIVER_FOLDS * w + b) * w + (size_t)a] = sum;
        }
}

/* ---- fits ---- */

/* Sum over the rows outside a fold of the product of two of 1, columns and z. */
static double outside(const struct driver_fit *t, int fold, size_t i, size_t j)
{
    size_t w = driver_order(t);
    return t->gram[((size_t)DRIVER_FOLDS * w + i) * w + j] - t->gram[((size_t)fold * w + i) * w + j];
}

/* The same about the means. */
static double centred(const struct driver_fit *t, int fold, size_t i, size_t j)
{
    return outside(t, fold, i, j) - outside(t, fold, 0, i) / outside(t, fold, 0, 0) * outside(t, fold, 0, j);
}

static size_t used(const struct driver_fit *t, int k)
{
    return (size_t)t->use[k] + 1;
}

/* What all candidates share: of each fold's training sums of the columns in the model the root of A = L L' and L^-1 r. */
static void factor_fold(struct driver_fit *t, int fold)
{
    size_t n = (size_t)t->n_use;
    double *l = &t->root[(size_t)fold * n * n], *u = &t->half[(size_t)fold * n];
    for (int a = 0; a < t->n_use; a++) {
        for (int b = 0; b <= a; b++)
            l[(size_t)a * n + (size_t)b] = centred(t, fold, used(t, a), used(t, b));
        l[(size_t)a * n + (size_t)a] += LAMBDA * outside(t, fold, 0, 0);
        u[a] = centred(t, fold, used(t, a), driver_order(t) - 1);
    }
    t->sound[fold] = outside(t, fold, 0, 0) > 0 && ridge_root(t->n_use, l) == 0;
    if (t->sound[fold])
        cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, t->n_use, l, t->n_use, u, 1);
}

void driver_factor(struct driver_fit *t)
{
    t->n_use = 0;
    for (int j = 0; j < t->p; j++)
        if (t->in[j])
            t->use[t->n_use++] = j;
    for (int f = 0; f < DRIVER_FOLDS; f++)
        factor_fold(t, f);
}

/* Coefficients of the candidate's columns, from what the others leave of them: (D - W'W) g = r - W'u with W = L^-1 B; `w` is left as W. */
static int solve_candidate(struct driver_fit *t, int fold, struct driver_span s, double *w, double *ret)
{
    size_t n = (size_t)t->n_use, m = (size_t)s.n, first = (size_t)s.first + 1;
    double *rest = w + n * m;
    const double *u = &t->half[(size_t)fold * n];
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < m; b++)
            w[a * m + b] = centred(t, fold, used(t, (int)a), first + b);
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, t->n_use, s.n, 1, &t->root[(size_t)fold * n * n], t->n_use, w, s.n);
    for (size_t a = 0; a < m; a++) {
        for (size_t b = 0; b < m; b++)
            rest[a * m + b] = centred(t, fold, first + a, first + b) + (a == b ? LAMBDA * outside(t, fold, 0, 0) : 0)
                              - cblas_ddot(t->n_use, w + a, s.n, w + b, s.n);
        ret[a] = centred(t, fold, first + a, driver_order(t) - 1) - cblas_ddot(t->n_use, w + a, s.n, u, 1);
    }
    return ridge_cholesky(s.n, rest, ret);
}

/* Coefficients of the fit without fold `f`, by column: those in the model and, when it has any, the candidate's. */
static int solve(struct driver_fit *t, int fold, struct driver_span s, float *beta, double *constant)
{
    size_t n = (size_t)t->n_use;
    double own[PLAN_COLUMNS], *w = t->work, *v = t->work + n * (size_t)s.n + (size_t)s.n * (size_t)s.n, count = outside(t, fold, 0, 0);
    if (!t->sound[fold] || (s.n > 0 && solve_candidate(t, fold, s, w, own) < 0))
        return -EDOM;
    memcpy(v, &t->half[(size_t)fold * n], n * sizeof *v);
    if (s.n > 0)
        cblas_dgemv(CblasRowMajor, CblasNoTrans, t->n_use, s.n, -1, w, s.n, own, 1, 1, v, 1);
    cblas_dtrsv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, t->n_use, &t->root[(size_t)fold * n * n], t->n_use, v, 1);
    *constant = outside(t, fold, 0, driver_order(t) - 1) / count;
    for (int k = 0; k < t->n_use + s.n; k++) {
        int column = k < t->n_use ? t->use[k] : s.first + k - t->n_use;
        double one = k < t->n_use ? v[k] : own[k - t->n_use];
        beta[column] = (float)one;
        *constant -= one * outside(t, fold, 0, (size_t)column + 1) / count;
    }
    return 0;
}

/* What the fit without fold `f` says of its rows begin..end: into t->said. Columns that are not used count nothing, so that the rows are read in one go. */
static void ask_fold(struct driver_fit *t, int f, int begin, int end, struct driver_span s)
{
    float beta[PLAN_COLUMNS] = { 0 };
    double constant = 0;
    int ok = solve(t, f, s, beta, &constant) == 0, p = t->p;
    for (int i = begin; i < end; i++)
        t->said[i] = ok ? (float)constant : 0;
    if (ok)
        cblas_sgemv(CblasRowMajor, CblasNoTrans, end - begin, p, 1, &t->x[(size_t)begin * (size_t)p], p, beta, 1, 1, &t->said[begin], 1);
}

struct driver_errors driver_score(struct driver_fit *t, struct driver_span s, const unsigned char *mark)
{
    struct driver_errors e = { 0, 0, 0 };
    for (int f = 0, begin = 0, end = 0; f < DRIVER_FOLDS; f++, begin = end) {
        while (end < t->n && t->fold[end] == f)
            end++;
        ask_fold(t, f, begin, end, s);
    }
    for (int i = 0; i < t->n; i++) {
        double miss = fabs((double)t->said[i] - (double)t->z[i]);
        e.all += miss;
        e.own += mark != NULL && mark[i] ? miss : 0;
        e.n_own += mark != NULL && mark[i];
    }
    return e;
}
