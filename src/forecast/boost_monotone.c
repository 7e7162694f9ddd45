/* Order among the leaves of a finished tree. Two rows that differ in one column only part at a node of that column; so it is enough that at every
 * node of a constrained column all leaves of one side stay at or below a value and all of the other side at or above it. */
#include "forecast/boost_state.h"

struct bounds { float low, high; };

/* Rows and their sum of values below a child, for the value between the two sides. */
struct mass { double sum, rows; };

static struct mass mass_below(const struct boost *b, int child)
{
    struct mass m = { 0 };
    if (child < 0) {
        int leaf = -1 - child;
        m.rows = b->leaf[leaf].count;
        m.sum = m.rows * (double)b->new_leaf[leaf];
        return m;
    }
    const struct boost_node *node = &b->forest->node[b->forest->nodes + (size_t)child];
    struct mass left = mass_below(b, node->left), right = mass_below(b, node->right);
    return (struct mass){ left.sum + right.sum, left.rows + right.rows };
}

static float clamp(double x, const struct bounds *bounds)
{
    return x < (double)bounds->low ? bounds->low : x > (double)bounds->high ? bounds->high : (float)x;
}

static void bound(struct boost *b, int child, struct bounds bounds)
{
    if (child < 0) {
        float *value = &b->new_leaf[-1 - child];
        *value = clamp((double)*value, &bounds);
        return;
    }
    const struct boost_node *node = &b->forest->node[b->forest->nodes + (size_t)child];
    int order = b->column[node->column].monotone;
    struct bounds left = bounds, right = bounds;
    if (order != 0) {
        struct mass l = mass_below(b, node->left), r = mass_below(b, node->right);
        float middle = clamp((l.sum / l.rows + r.sum / r.rows) / 2, &bounds);
        if (order > 0)
            left.high = right.low = middle;
        else
            left.low = right.high = middle;
    }
    bound(b, node->left, left);
    bound(b, node->right, right);
}

void boost_tree_monotone(struct boost *b)
{
    if (b->monotone != NULL && b->leaves > 1)
        bound(b, 0, (struct bounds){ -3e38F, 3e38F });
}
