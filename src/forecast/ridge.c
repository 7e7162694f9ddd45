#include "forecast/ridge.h"

#include <cblas.h>
#include <errno.h>
#include <math.h>
#include <string.h>

/* LAPACK's Cholesky root and solve; the last argument is Fortran's hidden length of `uplo`. */
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t len);
void dposv_(const char *uplo, const int *n, const int *nrhs, double *a, const int *lda, double *b, const int *ldb, int *info, size_t len);

static float clipped(const struct matrix_row *row, const struct ridge_target *t)
{
    float prior = t->kappa * row->offset, z = row->z - prior;
    z = z < t->middle - t->cut ? t->middle - t->cut : z > t->middle + t->cut ? t->middle + t->cut : z;
    return z + prior;
}

/* Row i with the root of its weight multiplied in. */
static void fill(const struct matrix *m, size_t i, const struct ridge_column *column, const struct ridge_target *target, double *out)
{
    double w = sqrt(m->row[i].weight);
    const float *x = &m->x[i * (size_t)m->columns];
    *out++ = w;
    for (int j = 0; j < m->columns; j++)
        *out++ = w * ridge_standard(&column[j], x[j]);
    *out++ = w * m->row[i].offset;
    *out = w * clipped(&m->row[i], target);
}

void ridge_gram(const struct matrix *matrix, const struct ridge_column *column, const struct ridge_target *target, const unsigned char *block, int b,
                double *gram, double *work)
{
    int order = (int)ridge_order(matrix->columns), held = 0;
    for (size_t i = 0; i <= matrix->n; i++) {
        if (held == RIDGE_BLOCK || (i == matrix->n && held > 0)) {
            cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, order, held, 1, work, order, 1, gram, order);
            held = 0;
        }
        if (i < matrix->n && block[i] == b)
            fill(matrix, i, column, target, &work[(size_t)held++ * (size_t)order]);
    }
}

void ridge_add(int columns, const double *from, double *to)
{
    size_t n = ridge_order(columns) * ridge_order(columns);
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

double ridge_weight(const double *gram)
{
    return gram[0];
}

static inline double at(const double *gram, size_t order, size_t i, size_t j)
{
    return i <= j ? gram[i * order + j] : gram[j * order + i];
}

int ridge_root(int n, double *a)
{
    int info = 0;
    dpotrf_("U", &n, a, &n, &info, 1);            /* columns first: its upper half is our lower one */
    return info == 0 ? 0 : -EDOM;
}

int ridge_cholesky(int n, double *a, double *b)
{
    int one = 1, info = 0;
    dposv_("L", &n, &one, a, &n, b, &n, &info, 1);
    for (int i = 0; info == 0 && i < n; i++)
        if (!isfinite(b[i]))
            return -EDOM;
    return info == 0 ? 0 : -EDOM;
}

int ridge_solve(const double *gram, int columns, double lambda, double kappa, double *work, double *beta)
{
    size_t p = (size_t)columns, order = ridge_order(columns);
    double n = gram[0];
    if (!(n > 0))
        return -EDOM;
    double target = (gram[p + 2] - kappa * gram[p + 1]) / n;
    for (size_t i = 0; i < p; i++) {
        double mean = gram[i + 1] / n;
        for (size_t j = 0; j < p; j++)
            work[i * p + j] = at(gram, order, i + 1, j + 1) - mean * gram[j + 1];
        work[i * p + i] += lambda * n;
        beta[i + 1] = at(gram, order, i + 1, p + 2) - kappa * at(gram, order, i + 1, p + 1) - mean * n * target;
    }
    int rc = ridge_cholesky(columns, work, beta + 1);
    if (rc < 0)
        return rc;
    beta[0] = target;
    for (size_t i = 0; i < p; i++)
        beta[0] -= beta[i + 1] * gram[i + 1] / n;
    return 0;
}

int ridge_deviate(const double *gram, int columns, double mu, double kappa, const double *beta, double *work, double *delta)
{
    size_t p = (size_t)columns + 1, order = ridge_order(columns);
    double n = gram[0];
    if (!(n > 0))
        return -EDOM;
    for (size_t i = 0; i < p; i++) {
        double fitted = 0;
        for (size_t j = 0; j < p; j++) {
            double g = at(gram, order, i, j);
            work[i * p + j] = g;
            fitted += g * beta[j];
        }
        work[i * p + i] += mu * n;
        delta[i] = at(gram, order, i, p + 1) - kappa * at(gram, order, i, p) - fitted;
    }
    return ridge_cholesky((int)p, work, delta);
}

double ridge_dot(const double *beta, const float *x, int columns)
{
    double sum = beta[0];
    for (int j = 0; j < columns; j++)
        sum += beta[j + 1] * x[j];
    return sum;
}
