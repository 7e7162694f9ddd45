/* Gradient boosted trees for one small CPU: histogram trees grown leaf by leaf on integer gradients. Pure; no state but the objects.
 *
 * begin, step until finished, finish. Pausing is not calling. A step does about `units` work units, at most twice as much. A unit is about one row in
 * one column of a histogram, a nanosecond; a level of a tree may be split over steps. The smallest piece is BOOST_PIECE units, the cuts of a column;
 * while trees grow it is far less. boost_begin() reads targets and weights at once. Checkpoint and resume give the same model bytes as an unbroken
 * run, and with squared, Huber and pinball loss the bytes do not depend on compiler or processor: sums are whole numbers. With squared loss, no
 * weights and no samples residuals stay whole from tree to tree, and only the smaller side of each split is counted, never the root.
 *
 * Input is the design matrix itself, row-major float32; NaN and infinities are missing values. Categorical columns hold whole numbers 0..255; negative
 * ones are missing, greater or broken ones refused. Of 256 different levels the rarest shares the bin of missing values.
 * A row whose target is not finite or whose weight is not above zero takes no part. Rows are in order of time: the hold-out is the newest part. */
#ifndef FORECAST_BOOST_H
#define FORECAST_BOOST_H

#include <stddef.h>
#include <stdint.h>

#include "gnomon/why.h"

enum boost_loss { BOOST_SQUARED, BOOST_HUBER, BOOST_POISSON, BOOST_PINBALL };

enum {
    BOOST_COLUMNS_MAX = 4096, BOOST_LEAVES_MAX = 255, BOOST_TREES_MAX = 20000, BOOST_BINS_MIN = 15, BOOST_BINS_MAX = 255, BOOST_LEVELS = 256,
    BOOST_PIECE = 1 << 22
};
#define BOOST_ROWS_MAX ((size_t)1 << 30)

/* A pinball training is one quantile. Several from one structure (grown for the squared error, leaves renewed for each quantile) were tried and not
 * built: the pinball loss at 0.9 fell by 1.6 % on the generated workload, but rose by 5 % and 10 % on two real sets. */
struct boost_options {
    enum boost_loss loss;
    double quantile;              /* of BOOST_PINBALL, between 0 and 1 */
    double huber;                 /* residuals beyond it pull no harder, in units of the target; 0: the 90th percentile of |target - median| */
    int trees, leaves, depth;     /* depth 0: no limit */
    double rate;
    int bins;                     /* of a numeric column, 15..255, the one for missing values not counted */
    int min_leaf;                 /* rows */
    double l2, min_gain;          /* l2 in rows (in weight, when there are weights) */
    double column_ratio, row_ratio;       /* share drawn anew for each tree, 0 < ratio <= 1 */
    uint64_t seed;
    double holdout_ratio;         /* 0: none; the newest rows judge, and the trees after the best are dropped */
    int patience;                 /* trees without a better hold-out before training stops; 0: never stop early */
    int prune;                    /* with a hold-out: fold branches that do not lower its loss (no effect with pinball loss) */
    int keep;                     /* the bins of all rows stay with the cuts that boost_cuts_take() gives: a byte a value */
    int plain;                    /* use no processor extension; the model is the same */
    const int *categorical;       /* column numbers */
    size_t n_categorical;
    const signed char *monotone;  /* one per column: 1 rising, -1 falling, 0 free; NULL: all free */
};

/* Squared loss, 200 trees x 31 leaves, rate 0.1, 63 bins, 20 rows a leaf, everything else off. With squared loss the part of a residual beyond twelve
 * mean sizes shapes no tree and is shared by all rows: single outliers do not get leaves that stand for half the plane. */
struct boost_options boost_defaults(void);
/* -EINVAL with a sentence when an option is out of its range. */
int boost_check(const struct boost_options *options, size_t columns, struct gnm_why *why);

struct boost_data {
    const float *x;
    size_t rows, columns;
    size_t stride;                /* floats from one row to the next */
    const float *target;          /* or */
    const double *target_double;
    size_t target_stride;         /* elements from one target to the next, 0 = 1: a label may stand in the matrix */
    const float *weight;          /* NULL: all 1 */
};

/* Where columns are cut into bins; may be kept for tomorrow's training. With `keep` the bins are kept too, so that a matrix that grew at its end has
 * only its new rows binned: the old ones are compared by a hash, and when one has changed all are binned again. Cuts are stale, and found anew, when
 * more than BOOST_STALE of the rows of some column lie in other bins than when they were found, or when there are BOOST_GROWN times as many rows. The
 * daemon keeps nothing: cuts and bins are an eighth of a training of 20,000 rows x 40, and a byte a value is more memory than it has to spare. */
#define BOOST_STALE 0.1
#define BOOST_GROWN 1.1
struct boost_cuts;
/* Without the bins of rows. `*ret` is free()d. */
int boost_cuts_save(const struct boost_cuts *cuts, void **ret, size_t *len, struct gnm_why *why);
int boost_cuts_load(const void *data, size_t len, struct boost_cuts **ret, struct gnm_why *why);
void boost_cuts_free(struct boost_cuts *cuts);

struct boost;
struct boost_model;

enum { BOOST_FINISHED = 0, BOOST_CONTINUE = 1 };

/* `options` is copied. `data` and what it points to must stay until boost_binned(). `cuts` and `warm` may be NULL and may be freed afterwards: `cuts`
 * saves the search for cuts unless they are stale; `warm` is a model whose trees come first (its cuts and its start are kept, so `cuts` is then ignored), `trees` counts
 * the new ones. -EINVAL for bad options, -ENODATA without a usable row, -ENOMEM. */
int boost_begin(const struct boost_data *data, const struct boost_options *options, const struct boost_cuts *cuts, const struct boost_model *warm,
                struct boost **ret, struct gnm_why *why);
/* BOOST_CONTINUE, BOOST_FINISHED or a negative errno: -EINVAL for a broken category, -ESTALE when a restored checkpoint belongs to other data. */
int boost_step(struct boost *boost, size_t units, struct gnm_why *why);
/* The model made so far, which before the end is the model of fewer trees; -EAGAIN before boost_binned(). */
int boost_finish(const struct boost *boost, struct boost_model **ret, struct gnm_why *why);
void boost_free(struct boost *boost);

int boost_binned(const struct boost *boost);                     /* 1: the matrix is no longer needed */
double boost_progress(const struct boost *boost);                /* 0..1 */
/* A copy of the cuts in use; -EAGAIN before boost_binned(). */
int boost_cuts_take(const struct boost *boost, struct boost_cuts **ret, struct gnm_why *why);
/* How far the rows had moved since the given cuts were found: the greatest share of a column's rows that changed bins. */
double boost_cuts_drift(const struct boost *boost);

struct boost_report {
    size_t rows, holdout_rows;    /* that take part */
    int trees, leaves;            /* built by this training */
    int best_trees;               /* kept: all, or those up to the best hold-out */
    double train_loss;            /* mean per row (weight): squared error, Huber's, Poisson deviance / 2, pinball; NaN before the first tree */
    double holdout_loss;          /* of the kept trees; NaN without a hold-out */
    uint64_t units;               /* spent so far */
};
struct boost_report boost_report(const struct boost *boost);

/* A checkpoint holds the trees built so far and is bound to options and data. Restore into a fresh boost_begin() of the same data and options;
 * -ESTALE when it belongs to others, -EBADMSG when damaged; the boost is as before on failure. `*ret` is free()d. */
int boost_checkpoint(const struct boost *boost, void **ret, size_t *len, struct gnm_why *why);
int boost_restore(struct boost *boost, const void *data, size_t len, struct gnm_why *why);

/* What the owner of a model may write into it; the trees do not look at it. */
struct boost_facts {
    uint64_t names_hash;          /* of the columns, so that a model is never asked with other ones */
    int64_t first_label, last_label;
    uint64_t rows;                /* filled by boost_finish */
    double holdout_loss;          /* filled by boost_finish, NaN without one */
    double energy_j;              /* NaN when not measured */
};
struct boost_facts *boost_facts(struct boost_model *model);

int boost_model_save(const struct boost_model *model, void **ret, size_t *len, struct gnm_why *why);  /* `*ret` is free()d */
/* -EBADMSG with the reason for anything that boost_model_save() cannot have written. */
int boost_model_load(const void *data, size_t len, struct boost_model **ret, struct gnm_why *why);
void boost_model_free(struct boost_model *model);

size_t boost_model_columns(const struct boost_model *model);
int boost_model_trees(const struct boost_model *model);
int boost_model_leaves(const struct boost_model *model);         /* of all trees */

/* x: one row of boost_model_columns() floats. With Poisson loss the mean, else the value or quantile. */
double boost_predict(const struct boost_model *model, const float *x);
/* The same for many rows; ret[0..rows). */
void boost_predict_rows(const struct boost_model *model, const float *x, size_t stride, size_t rows, double *ret);

/* Additive contributions by path: every split on the row's way gives its column the change of the mean training value from node to child (Saabas's
 * rule, not Shapley values). ret[column], and ret[columns] the mean over the training rows: their sum is the prediction, with Poisson loss its logarithm. */
void boost_explain(const struct boost_model *model, const float *x, double *ret);
/* ret[column]: the share of the training loss its splits took away; the sum is 1, or 0 without a split. */
void boost_importance(const struct boost_model *model, double *ret);

#endif
