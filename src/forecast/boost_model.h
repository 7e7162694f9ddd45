/* A finished model, inside the boosting: only the cuts its nodes use, trees with nodes level by level, leaves as they are in the file. */
#ifndef FORECAST_BOOST_MODEL_H
#define FORECAST_BOOST_MODEL_H

#include "forecast/boost_cuts.h"
#include "forecast/boost_forest.h"
#include "forecast/boost_spread.h"

/* A node or leaf as prediction reads it, level by level: the children of a node stand side by side, a leaf is its own left child and sends nothing
 * right. A row is spread to two words a column, its bin in the highest byte of each: missing is 0 in the first and 255 in the second. So a row goes
 * right where its word is above `test`, whatever stands in the lower bytes of `test`. */
union boost_step {
    uint32_t test;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    struct { uint16_t word; uint8_t ahead, bin; };             /* word of the row; how many places its left child stands behind it, 0 for a leaf */
#else
    struct { uint8_t bin, ahead; uint16_t word; };
#endif
};

union boost_end { float leaf; uint32_t set; };                 /* what belongs to a step: the value of a leaf, the set of a categorical node */

enum { STEP_CATEGORICAL = 0x8000, ROOTS_MORE = 8 };           /* added to `word`; roots behind the last */

struct boost_model {
    enum boost_loss loss;
    double base;
    float leaf_unit;              /* leaves are whole multiples of it; 0: they are floats */
    struct boost_facts facts;
    struct boost_cuts *cuts;
    struct boost_forest *forest;
    union boost_step *step;       /* nodes and leaves of each tree, which begins at its nodes' plus its leaves' place; apart from what belongs to */
    union boost_end *end;         /* them, so that more of them fit the first cache */
    uint32_t *root;               /* where each tree begins; behind the last some more times the first */
    struct boost_spread spread;
    int has_categories;           /* some node asks one */
};

static inline size_t boost_step_first(const struct boost_tree *tree)
{
    return (size_t)tree->node + tree->leaf;
}

/* Answers of up to BOOST_FEW rows; -E2BIG when the model or they are too many: then ask otherwise. */
enum { BOOST_FEW = 32 };
int boost_predict_few(const struct boost_model *model, const float *x, size_t stride, size_t rows, double *ret);
/* Makes the steps from the forest. -ENOMEM. */
int boost_model_ready(struct boost_model *model);
/* Puts the nodes and leaves of one tree level by level, children in order: a tree has one form only. */
void boost_forest_by_level(struct boost_forest *forest, size_t tree);
/* Sets in the order of their nodes. -ENOMEM. */
int boost_forest_order_sets(struct boost_forest *forest);
/* Bins of the forest from one set of cuts to another that has all the cuts the forest uses. */
void boost_forest_rebin(struct boost_forest *forest, const struct boost_cuts *from, const struct boost_cuts *to);

#endif
