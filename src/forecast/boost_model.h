/* A finished model, inside the boosting: only the cuts its nodes use, trees with nodes level by level, leaves as they are in the file. */
#ifndef FORECAST_BOOST_MODEL_H
#define FORECAST_BOOST_MODEL_H

#include "forecast/boost_cuts.h"
#include "forecast/boost_forest.h"

/* A node or leaf as prediction reads it, level by level: the children of a node stand side by side, a leaf is its own
 * left child and sends nothing right. A row is spread to two
 * bytes a column: missing is 0 in the first and 255 in the second. */
struct boost_step {
    uint16_t at;                  /* byte of the spread row; for categories the column's first */
    uint16_t ahead;               /* how many places its left child stands behind it, 0 for a leaf; the right child follows */
    uint8_t bin, categorical;
    uint16_t number;              /* of the node in its tree; of a leaf: of the leaf */
};

struct boost_model {
    enum boost_loss loss;
    double base;
    float leaf_unit;              /* leaves are whole multiples of it; 0: they are floats */
    struct boost_facts facts;
    struct boost_cuts *cuts;
    struct boost_forest *forest;
    struct boost_step *step;      /* nodes and leaves of each tree, which begins at its nodes' plus its leaves' place */
    int has_categories;           /* some node asks one */
};

static inline size_t boost_step_first(const struct boost_tree *tree)
{
    return (size_t)tree->node + tree->leaf;
}

/* Makes the steps from the forest. -ENOMEM. */
int boost_model_ready(struct boost_model *model);
/* Puts the nodes and leaves of one tree level by level, children in order: a tree has one form only. */
void boost_forest_by_level(struct boost_forest *forest, size_t tree);
/* Sets in the order of their nodes. -ENOMEM. */
int boost_forest_order_sets(struct boost_forest *forest);
/* Bins of the forest from one set of cuts to another that has all the cuts the forest uses. */
void boost_forest_rebin(struct boost_forest *forest, const struct boost_cuts *from, const struct boost_cuts *to);

#endif
