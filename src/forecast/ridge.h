/* The algebra of the hierarchical ridge: weighted Gram matrices, the pooled solution and one series' deviation from it. Pure.
 *
 * A Gram has the columns [1, x_1..x_p, offset, z]; grams of disjoint rows add up. Columns are standardised and clamped to what training saw, in
 * training and at prediction. The year-ago offset enters with a fixed coefficient kappa, so that shrinkage pulls towards it and not to zero. */
#ifndef FORECAST_RIDGE_H
#define FORECAST_RIDGE_H

#include <stddef.h>

#include "features/matrix.h"
#include "gnomon/why.h"

struct ridge_column { float low, high, mean, scale; };   /* scale: 1 / sd, 0 drops the column */

struct ridge_target { float kappa, middle, cut; };       /* z - kappa offset is clipped to middle +- cut before fitting */

static inline size_t ridge_order(int columns)
{
    return (size_t)columns + 3;
}

static inline float ridge_standard(const struct ridge_column *c, float x)
{
    float v = x < c->low ? c->low : x > c->high ? c->high : x;
    return (v - c->mean) * c->scale;
}

/* Adds the rows of `matrix` whose block[i] == b to gram (upper triangle). `work`: RIDGE_BLOCK x order doubles. */
enum { RIDGE_BLOCK = 512 };
void ridge_gram(const struct matrix *matrix, const struct ridge_column *column, const struct ridge_target *target, const unsigned char *block, int b,
                double *gram, double *work);
void ridge_add(int columns, const double *from, double *to);
double ridge_weight(const double *gram);                 /* sum of weights */

/* beta: columns + 1 with the intercept first. `work`: columns^2 doubles. -EDOM when the system cannot be solved. */
int ridge_solve(const double *gram, int columns, double lambda, double kappa, double *work, double *beta);
/* delta: columns + 1, around beta. `work`: (columns + 1)^2 doubles. */
int ridge_deviate(const double *gram, int columns, double mu, double kappa, const double *beta, double *work, double *delta);

/* beta[0] + x beta; `x` already standardised. */
double ridge_dot(const double *beta, const float *x, int columns);

/* The lower root of a symmetric matrix, in place, and the solution of a x = b in `b` (`a` is overwritten); -EDOM when it is not positive. */
int ridge_root(int n, double *a);
int ridge_cholesky(int n, double *a, double *b);

#endif
