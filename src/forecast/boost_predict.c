/* Asking a model: one row with several trees on the way at once, many rows by asking every node of a tree at once. */
#include <string.h>

#include "forecast/boost_loss.h"
#include "forecast/boost_model.h"

/* ---- rows to bins ---- */

static uint8_t bin_of(const struct boost_cuts *c, size_t column, const unsigned char *level, float x)
{
    if (level != NULL) {
        int l = boost_level(x);
        return l < 0 ? 0 : level[l];           /* a broken level counts as missing */
    }
    if (boost_is_missing(x))
        return 0;
    return (uint8_t)(1 + boost_below(c->cut + c->first[column], c->first[column + 1] - c->first[column], x));
}

/* ret[2 * column]: the bin, ret[2 * column + 1]: the same with missing above all. */
static void spread(const struct boost_cuts *c, const float *x, uint8_t *ret)
{
    const unsigned char *level = c->level;
    for (size_t i = 0; i < c->columns; i++) {
        int categorical = c->kind[i] == CUTS_CATEGORICAL;
        uint8_t bin = bin_of(c, i, categorical ? level : NULL, x[i]);
        level += categorical ? BOOST_LEVELS : 0;
        ret[2 * i] = bin;
        ret[2 * i + 1] = bin == 0 ? 255 : bin;
    }
}

/* ---- one row ---- */

enum { TOGETHER = 4 };

static inline unsigned goes_right(const struct boost_model *m, const struct boost_node *node, const struct boost_step *s, const uint8_t *row, int categories)
{
    if (categories && s->categorical)
        return !boost_set_has(&m->forest->set[boost_node_set(&node[s->number])], row[s->at]);
    return row[s->at] > s->bin;
}

/* Trees tree..tree + n, each a step at a time: their loads overlap, and one branch serves them all. */
static inline __attribute__((always_inline)) void some_trees(const struct boost_model *m, const struct boost_tree *tree, size_t n, const uint8_t *row,
                                                             int categories, double *sum)
{
    const struct boost_step *at[TOGETHER];
    const struct boost_node *node[TOGETHER];
    unsigned moved;
    for (size_t k = 0; k < TOGETHER; k++) {
        const struct boost_tree *t = &tree[k < n ? k : 0];
        at[k] = m->step + boost_step_first(t);
        node[k] = m->forest->node + t->node;
    }
    do {
        moved = 0;
#pragma GCC unroll 8
        for (int k = 0; k < TOGETHER; k++) {
            moved |= at[k]->ahead;
            at[k] += at[k]->ahead + goes_right(m, node[k], at[k], row, categories);
        }
    } while (moved != 0);
    for (size_t k = 0; k < n; k++)
        *sum += (double)m->forest->leaf[tree[k].leaf + at[k]->number];
}

static double all_trees(const struct boost_model *m, const uint8_t *row)
{
    double sum = m->base;
    size_t trees = m->forest->trees;
    for (size_t t = 0; t < trees; t += TOGETHER) {
        size_t n = trees - t < TOGETHER ? trees - t : TOGETHER;
        if (m->has_categories)
            some_trees(m, m->forest->tree + t, n, row, 1, &sum);
        else
            some_trees(m, m->forest->tree + t, n, row, 0, &sum);
    }
    return sum;
}

double boost_predict(const struct boost_model *m, const float *x)
{
    uint8_t row[2 * BOOST_COLUMNS_MAX];
    spread(m->cuts, x, row);
    return boost_answer(m->loss, all_trees(m, row));
}

/* ---- many rows ---- */

enum { LANES = 64, PART = 16, PARTS = LANES / PART, COLUMNS_TOGETHER = 256, FEW_ROWS = 10 };

typedef uint8_t part __attribute__((vector_size(PART)));       /* what every processor has */
struct lanes { part p[PARTS]; };

/* Leaf numbers, each in all lanes, then what the nodes of a tree come to. */
struct answers { struct lanes leaf[BOOST_LEAVES_MAX + 1], node[BOOST_LEAVES_MAX]; };

/* Bins of LANES rows, column by column: two vectors a column. */
static void spread_rows(const struct boost_model *m, const float *x, size_t stride, size_t rows, uint8_t *ret)
{
    const struct boost_cuts *c = m->cuts;
    const unsigned char *level = c->level;
    for (size_t i = 0; i < c->columns; i++) {
        int categorical = c->kind[i] == CUTS_CATEGORICAL;
        uint8_t *low = ret + 2 * i * LANES, *high = low + LANES;
        for (size_t r = 0; r < LANES; r++) {
            uint8_t bin = bin_of(c, i, categorical ? level : NULL, x[(r < rows ? r : 0) * stride + i]);
            low[r] = bin;
            high[r] = bin == 0 ? 255 : bin;
        }
        level += categorical ? BOOST_LEVELS : 0;
    }
}

/* Which rows go right, as bytes of ones. */
static void ask_category(const struct boost_set *set, const uint8_t *bin, struct lanes *ret)
{
    uint8_t right[LANES];
    for (int r = 0; r < LANES; r++)
        right[r] = boost_set_has(set, bin[r]) ? 0 : 255;
    memcpy(ret, right, sizeof right);
}

static inline void ask_node(const struct boost_model *m, const struct boost_node *n, const uint8_t *row, struct answers *a, struct lanes *ret)
{
    const struct lanes *left = n->left >= 0 ? &a->node[n->left] : &a->leaf[-1 - n->left];
    const struct lanes *right = n->right >= 0 ? &a->node[n->right] : &a->leaf[-1 - n->right];
    const uint8_t *bin = row + (size_t)(n->column * 2 + (n->flags & NODE_MISSING_RIGHT ? 1 : 0)) * LANES;
    struct lanes goes;
    if (n->flags & NODE_CATEGORICAL)
        ask_category(&m->forest->set[boost_node_set(n)], bin, &goes);
#pragma GCC unroll 4
    for (int k = 0; k < PARTS; k++) {
        part b, g;
        memcpy(&b, bin + k * PART, sizeof b);
        g = n->flags & NODE_CATEGORICAL ? goes.p[k] : (part)(b > n->bin);
        ret->p[k] = (left->p[k] & ~g) | (right->p[k] & g);
    }
}

/* From the last node up: which leaf would a row that stood here come to. After the root every row has its leaf. */
static void ask_tree(const struct boost_model *m, const struct boost_tree *t, const uint8_t *row, struct answers *a, double *sum)
{
    const struct boost_node *node = m->forest->node + t->node;
    for (int i = t->leaves - 2; i >= 0; i--)
        ask_node(m, &node[i], row, a, &a->node[i]);
    const float *value = m->forest->leaf + t->leaf;
    uint8_t at[LANES];
    memcpy(at, a->node, sizeof at);
    for (int r = 0; r < LANES; r++)
        sum[r] += (double)value[at[r]];
}

static void predict_lanes(const struct boost_model *m, const float *x, size_t stride, size_t rows, struct answers *a, double *ret)
{
    uint8_t row[2 * COLUMNS_TOGETHER * LANES];
    double sum[LANES];
    spread_rows(m, x, stride, rows, row);
    for (size_t r = 0; r < LANES; r++)
        sum[r] = m->base;
    for (size_t t = 0; t < m->forest->trees; t++)
        ask_tree(m, &m->forest->tree[t], row, a, sum);
    for (size_t r = 0; r < rows; r++)
        ret[r] = boost_answer(m->loss, sum[r]);
}

void boost_predict_rows(const struct boost_model *m, const float *x, size_t stride, size_t rows, double *ret)
{
    struct answers a;
    size_t at = 0, n;
    for (int l = 0; l < BOOST_LEAVES_MAX; l++)
        memset(&a.leaf[l], l, sizeof a.leaf[l]);
    for (; m->forest->columns <= COLUMNS_TOGETHER && rows - at >= FEW_ROWS; at += n) {
        n = rows - at < LANES ? rows - at : LANES;
        predict_lanes(m, x + at * stride, stride, n, &a, ret + at);
    }
    for (; at < rows; at++)
        ret[at] = boost_predict(m, x + at * stride);
}
