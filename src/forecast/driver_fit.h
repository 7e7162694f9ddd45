/* The rows of one series in which its drivers are tested, and ridge fits of them with each tenth left out in turn. Pure; owned by the test.
 *
 * What a candidate changes is little beside what stays: sums are kept per fold, the columns in the model have their root, a candidate's are solved beside it. */
#ifndef FORECAST_DRIVER_FIT_H
#define FORECAST_DRIVER_FIT_H

#include "features/level.h"
#include "features/panel_view.h"
#include "features/row.h"
#include "forecast/ridge.h"

enum { DRIVER_FOLDS = 10 };

struct driver_fit {
    const struct plan *plan;
    struct panel *view;
    size_t series;
    int64_t decision_s;
    int n, p;                     /* rows, columns */
    float *x;                     /* n x p, standardised */
    int *level_of, *target;       /* per row */
    struct level *level;          /* per origin */
    int n_levels;
    unsigned char *fold;
    float *z, *said;
    struct ridge_column *column;
    double *gram;                 /* (DRIVER_FOLDS + 1) x order^2, full symmetric: 1, x, z; the last is the sum of all */
    double *work;
    double *root, *half;          /* per fold, of the columns in the model: see factor_fold */
    unsigned char sound[DRIVER_FOLDS];   /* it has a root */
    int use[PLAN_COLUMNS], n_use;
    float *block;                 /* rows of one fold with 1 and z, then their sums */
    unsigned char *in;            /* columns in the model */
};

struct driver_span { int first, n; };     /* columns */
struct driver_errors { double all, own; int n_own; };   /* sums of absolute misses; own: of the marked rows, and how many there were */

/* Sums of columns first..first + n - 1 of (1, columns, z) with all: only what a shifted copy changes is made again. */
void driver_sums(struct driver_fit *fit, int first, int n);
/* After driver_sums: makes the roots for the columns in `in`. */
void driver_factor(struct driver_fit *fit);
/* Out-of-fold errors of the model with a candidate's columns beside it (none: n = 0); `mark`: rows of a rare event, or NULL. */
struct driver_errors driver_score(struct driver_fit *fit, struct driver_span candidate, const unsigned char *mark);

/* Of the sums: 1, columns, z. */
static inline size_t driver_order(const struct driver_fit *fit)
{
    return (size_t)fit->p + 2;
}

#endif
