/* The inside of a training, shared by the files that make it. */
#ifndef FORECAST_BOOST_STATE_H
#define FORECAST_BOOST_STATE_H

#include "forecast/boost_cuts.h"
#include "forecast/boost_forest.h"
#include "forecast/boost_kernel.h"

enum boost_phase {
    PHASE_CUTS, PHASE_KEPT, PHASE_BINS, PHASE_REPLAY, PHASE_GRADIENT, PHASE_SAMPLE, PHASE_HISTOGRAM, PHASE_SCAN, PHASE_OWN, PHASE_PARTITION, PHASE_RENEW,
    PHASE_UPDATE, PHASE_OUTSIDE, PHASE_PRUNE, PHASE_DONE
};

/* Columns whose bins of a row lie side by side. */
struct boost_group {
    size_t offset;                /* within a row */
    int width, stride;
    size_t entry;                 /* where its tables begin in a histogram */
};

/* Some columns of one stride, wherever they lie: what a tree that may not see all columns counts. */
struct boost_pick {
    size_t at[BOOST_PICKS];       /* in a row */
    int stride;
    size_t entry;
};

struct boost_column {
    uint8_t *bins;                /* of row r at bins[r * pitch]; NULL when nothing can be told apart */
    const uint8_t *own;           /* of the training rows, side by side; NULL: not yet, see boost_work_own() */
    size_t parted;                /* rows by its splits so far */
    size_t offset, entry;
    int n_bins;
    unsigned char categorical, used;      /* not used: no two values */
    signed char monotone;
};

struct boost_split {
    double gain;                  /* of loss, <= 0: none */
    uint32_t column;
    int bin;                      /* bins up to it go left, missing ones too unless missing_right */
    int missing_right, categorical;
    uint64_t gradient;            /* packed sums of the left side */
    uint32_t weight, count;       /* of it */
    uint32_t set[8];              /* categorical: bins that go left */
};

struct boost_leaf {
    uint32_t start, count;        /* rows index[start..start + count) */
    int slot;                     /* of its histogram, -1 none */
    int parent, side, depth;      /* the node above, in the tree being built; -1 none */
    int32_t gradient;
    uint32_t weight;
    struct boost_split split;
    float score;                  /* of the split among numeric columns, as the kernel ranks */
};

enum { BOOST_RENEW_ROWS = 1 << 16, BOOST_RENEW_READINGS = 3 };

/* The quantile of a large leaf, being found. */
struct boost_renewal {
    int reading;                  /* of BOOST_RENEW_READINGS; that many: done */
    uint32_t prefix;              /* of the ordered bits, known so far */
    double want;                  /* weight up to the quantile among the rows with that prefix */
    double mass[1 << 11];         /* weight of those rows by their next digit */
};

struct boost {
    struct boost_options options;
    int *categorical;             /* own copies of what options point to */
    signed char *monotone;
    struct boost_data data;
    const struct boost_kernels *kernels;
    enum boost_phase phase;
    size_t cursor, column_cursor; /* within the phase */
    uint64_t units;

    /* rows that take part, oldest first: those that train, then the hold-out */
    size_t rows, train;
    uint32_t *source;             /* their numbers in data, NULL when all take part */
    float *target, *score;        /* less `base`; padded to 8 */
    float *weight;                /* NULL: all 1 */
    double base, huber, weight_sum;
    uint64_t hash;                /* of targets, weights and options */
    uint64_t bins_hash;

    /* binning */
    struct boost_cuts *cuts;
    int cuts_given;
    struct boost_cuts *warm_cuts; /* of the warm model: they must stay cuts */
    uint32_t *key, *spare;
    float *gathered;              /* some columns of the sample */
    size_t gathered_from;         /* the first of them, plus 1 */
    size_t sample;                /* rows that cuts are found in */
    float *found;                 /* cuts of all columns, columns x 256, while they are found */
    uint32_t *seen;               /* columns x 256: training rows per bin */
    uint64_t rows_hash;           /* of the matrix so far; only when bins are kept, or were */
    double drift;                 /* of the cuts that were given */
    int taken;                    /* the matrix has been read */

    /* training */
    size_t groups, entries;       /* entries of one histogram */
    struct boost_group *group;
    size_t picks;                 /* of this tree; unused while every tree sees all columns */
    struct boost_pick *pick;
    struct boost_column *column;
    uint8_t *bins;                /* rows x pitch: a row lies together, so that a row far from the last costs one line of memory, not one a group */
    size_t pitch;                 /* bytes from a row to the next: the widths of all groups */
    uint8_t *own;                 /* own_room columns of the training rows; own_columns are filled */
    size_t own_room, own_columns;
    float *gradient;              /* of each training row, float, then */
    int32_t *quantum;             /* whole (the same memory) */
    uint32_t *heavy;              /* whole weights, NULL when all 1 */
    double gradient_sum, hessian_sum;
    double excess;                /* sum of what outliers' gradients were shortened by */
    double gradient_unit, weight_unit;    /* value of one */
    /* Squared loss without weights and samples: residuals stay whole. Leaves are whole multiples of the unit, so the histogram of the next tree's root
     * follows from those of this tree's leaves, exactly. */
    int whole;                    /* can be; then `quantum` lasts from tree to tree */
    int begun;                    /* `quantum` is there */
    int32_t top;                  /* gradients beyond it are cut off; INT32_MAX: they are already */
    size_t cut_off;               /* rows beyond it, in spare_index until the root is counted */
    uint64_t *carried;            /* sums for all rows, nothing cut off; NULL: rather counted anew for each tree */
    int carried_valid;
    int32_t new_step[BOOST_LEAVES_MAX + 1];       /* new_leaf in units */
    uint32_t *index, *spare_index;
    size_t bag;                   /* rows of index that build this tree; the others follow */
    unsigned char *drawn;         /* columns of this tree */
    int slots;
    uint64_t *histogram;          /* slots x entries */
    uint32_t *histogram_heavy;
    unsigned char *slot_used;
    uint8_t *block_bins;          /* of a block of rows, when all bins do not stay in the cache */
    const uint8_t *block_row[BOOST_BLOCK];
    uint64_t block_gradient[BOOST_BLOCK];
    uint32_t block_weight[BOOST_BLOCK];
    unsigned char goes_left[BOOST_LEVELS];

    struct boost_leaf *leaf;
    int leaves;
    int small, large;             /* the two leaves being made ready, -1 none */
    int counting;                 /* the one whose histogram is being built */
    int small_is_left, small_slot;        /* of the leaf being split: the side with fewer rows, and where they are counted, -1 nowhere */
    int new_sets;                 /* of the tree being built */
    double *new_gain;             /* per column */
    float new_leaf[BOOST_LEAVES_MAX + 1];
    int splitting;                /* the leaf being split */
    size_t partition_left, partition_right, partition_counted;    /* of the smaller side */
    int renewing;
    struct renew_pair *pair;      /* BOOST_RENEW_ROWS at most */
    struct boost_renewal *renewal;
    struct boost_forest *forest;  /* all trees, the restored and warm ones first */
    int warm_trees;
    size_t replayed;              /* trees of a warm model or a checkpoint that the score holds */
    int restored;
    uint64_t restored_bins;       /* what bins_hash must be */
    int unjudged;                 /* the newest restored tree has not met the hold-out yet */
    int attempts, barren;         /* trees tried; tried in a row without a split */
    int best_trees;               /* of the forest */
    double best_loss;             /* of the hold-out, a sum; below 0: not known yet */
    double holdout_sum;

    /* pruning, over the hold-out */
    struct boost_forest *pruned;  /* NULL: not wanted */
    size_t pruning;               /* the tree */
    int stage;                    /* what is being done with it */
    double pruned_base;           /* of trees that became a constant */
    double pruned_loss;           /* a sum */
    double leaf_pull[BOOST_LEAVES_MAX + 1], leaf_mass[BOOST_LEAVES_MAX + 1];      /* sums of gradients and hessians of the leaf's rows */
    float leaf_move[BOOST_LEAVES_MAX + 1];
};

/* Work of each phase: does at most about `units`, returns what it did, moves the phase on. Negative errno on failure. */
int64_t boost_work_cuts(struct boost *b, size_t units, struct gnm_why *why);
int64_t boost_work_kept(struct boost *b, size_t units);
int64_t boost_work_bins(struct boost *b, size_t units, struct gnm_why *why);
int64_t boost_work_replay(struct boost *b, size_t units, struct gnm_why *why);
int64_t boost_work_gradient(struct boost *b, size_t units);
int64_t boost_work_sample(struct boost *b, size_t units);
int64_t boost_work_histogram(struct boost *b, size_t units);
int64_t boost_work_scan(struct boost *b, size_t units);
int64_t boost_work_own(struct boost *b, size_t units);
int64_t boost_work_partition(struct boost *b, size_t units);
int64_t boost_work_renew(struct boost *b, size_t units);
int64_t boost_work_update(struct boost *b, size_t units);
int64_t boost_work_outside(struct boost *b, size_t units, struct gnm_why *why);

/* Targets and weights into the boost, the start of the score. */
int boost_targets(struct boost *b, struct gnm_why *why);
int boost_layout(struct boost *b, struct gnm_why *why);          /* groups, after the cuts */
void boost_hash_rows(struct boost *b, size_t from, size_t to);   /* into rows_hash */
void boost_hash_bins(struct boost *b, size_t from, size_t to);   /* into bins_hash */
int boost_cuts_stale(struct boost *b);                           /* after the bins */
int boost_cuts_again(struct boost *b);                           /* forgets cuts and bins; -ENOMEM */
int boost_room(struct boost *b, struct gnm_why *why);            /* memory for trees, after the bins */
void boost_pick(struct boost *b);                                /* tables of the drawn columns alone, for the tree that begins */
void boost_tree_begin(struct boost *b);
void boost_partition_begin(struct boost *b);                     /* of the leaf `splitting` */
/* Parts the next rows: the cursor runs over those of the leaf, then over those of the right side, which come back behind the left. Returns the work. */
size_t boost_part_rows(struct boost *b, size_t units);
int boost_slot_take(struct boost *b);
void boost_slot_clear(struct boost *b, int slot);
void boost_slot_add(struct boost *b, int slot, const uint32_t *row, size_t n, int32_t top);   /* at most BOOST_BLOCK rows */
void boost_slot_prefix(struct boost *b, int slot);
void boost_slot_subtract(struct boost *b, int from, int what);
/* The sums of all rows are kept for the next trees; the slot gets this tree's, which are those within the top. */
void boost_slot_carry(struct boost *b, int slot);
/* Improves leaf->split by what column `c` offers. */
void boost_split_scan(struct boost *b, struct boost_leaf *leaf, size_t c, const uint64_t *entry, const uint32_t *heavy);
void boost_category_scan(struct boost *b, struct boost_leaf *leaf, size_t c, const uint64_t *entry, const uint32_t *heavy);
/* Which bins go left. */
void boost_split_table(const struct boost *b, const struct boost_split *split, unsigned char *left);
/* Sums of the left side; heavy counts where there are no weights. */
struct boost_part { int64_t gradient, weight, count; };
double boost_gain(const struct boost *b, const struct boost_leaf *leaf, const struct boost_part *left);
/* Values of the leaves of the tree being built, before rate and renewal. */
void boost_tree_values(struct boost *b);
void boost_tree_monotone(struct boost *b);
int64_t boost_work_prune(struct boost *b, size_t units, struct gnm_why *why);
/* The leaf that a row of the training comes to in a finished tree. */
size_t boost_tree_leaf(const struct boost *b, size_t tree, size_t row);
double boost_holdout_loss(const struct boost *b);
/* How the loss of one row changes with its score: negative gradient, and hessian without the weight. */
double boost_pull(const struct boost *b, double y, double score);
double boost_loss_sum(const struct boost *b, size_t from, size_t to);

static inline size_t boost_source(const struct boost *b, size_t row)
{
    return b->source == NULL ? row : b->source[row];
}

static inline uint64_t *boost_slot_entries(const struct boost *b, int slot)
{
    return b->histogram + (size_t)slot * b->entries;
}

static inline uint32_t *boost_slot_heavy(const struct boost *b, int slot)
{
    return b->heavy == NULL ? NULL : b->histogram_heavy + (size_t)slot * b->entries;
}

static inline void boost_slot_give(struct boost *b, struct boost_leaf *leaf)
{
    if (leaf->slot >= 0)
        b->slot_used[leaf->slot] = 0;
    leaf->slot = -1;
}

/* Work of counting a row in all its columns. */
static inline size_t boost_row_units(const struct boost *b)
{
    return (b->options.column_ratio < 1 ? b->picks * BOOST_PICKS : b->groups * 8) + 2;
}

/* Bins that do not stay in the cache. */
static inline int boost_is_far(const struct boost *b)
{
    return b->rows * b->pitch > (size_t)2 << 20;
}

static inline const float *boost_matrix_row(const struct boost *b, size_t row)
{
    return b->data.x + boost_source(b, row) * b->data.stride;
}

static inline int32_t boost_packed_gradient(uint64_t packed)
{
    return (int32_t)(packed >> 32);
}

static inline int32_t boost_packed_count(uint64_t packed)
{
    return (int32_t)(packed & UINT32_MAX);
}

#endif
