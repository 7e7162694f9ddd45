/* Trees in bin space, inside the boosting. Children of a node lie behind it; a negative child is leaf number -1 - child of the tree. */
#ifndef FORECAST_BOOST_FOREST_H
#define FORECAST_BOOST_FOREST_H

#include <stddef.h>
#include <stdint.h>

enum { NODE_CATEGORICAL = 1, NODE_MISSING_RIGHT = 2 };

struct boost_node {
    uint16_t column;
    uint8_t bin, flags;           /* numeric: bins up to `bin` go left; bin 0 is that of missing values */
    int16_t left, right;
    uint16_t set_low;             /* unused by numeric nodes */
    uint8_t share;                /* of the rows that went left, in 255ths: for explanations */
    uint8_t set_high;
};

struct boost_tree { uint32_t node, leaf; uint16_t leaves; };     /* where its nodes and leaves begin */

struct boost_set { uint32_t bits[8]; };                          /* bins that go left */

struct boost_forest {
    size_t columns, trees, nodes, leaves, sets;                  /* of finished trees */
    size_t cap_trees, cap_sets;
    size_t cap_nodes, cap_leaves;
    struct boost_tree *tree;
    struct boost_node *node;
    float *leaf;
    struct boost_set *set;
    double *gain;                 /* per column, sum over all splits */
};

int boost_forest_new(size_t columns, struct boost_forest **ret);
int boost_forest_copy(const struct boost_forest *forest, size_t trees, struct boost_forest **ret);
void boost_forest_free(struct boost_forest *forest);
/* Room for one more tree of so many leaves behind what there is. -ENOMEM. */
int boost_forest_room(struct boost_forest *forest, size_t leaves);
/* Drops all trees from number `trees` on. */
void boost_forest_cut(struct boost_forest *forest, size_t trees);

static inline uint32_t boost_node_set(const struct boost_node *node)
{
    return node->set_low | (uint32_t)node->set_high << 16;
}

static inline int boost_set_has(const struct boost_set *set, unsigned bin)
{
    return (int)(set->bits[bin / 32] >> bin % 32 & 1);
}

static inline int boost_node_left(const struct boost_forest *forest, const struct boost_node *node, uint8_t bin)
{
    if (node->flags & NODE_CATEGORICAL)
        return boost_set_has(&forest->set[boost_node_set(node)], bin);
    return bin <= node->bin && !(bin == 0 && node->flags & NODE_MISSING_RIGHT);
}

#endif
