#include <string.h>

#include "forecast/boost_loss.h"
#include "forecast/boost_model.h"

/* Mean value below each node, from the shares of rows that went left; leaves by their own value. */
static void node_values(const struct boost_forest *f, const struct boost_tree *t, double *value)
{
    for (int i = t->leaves - 2; i >= 0; i--) {
        const struct boost_node *n = &f->node[t->node + (size_t)i];
        double left = n->left >= 0 ? value[n->left] : (double)f->leaf[t->leaf + (size_t)(-1 - n->left)];
        double right = n->right >= 0 ? value[n->right] : (double)f->leaf[t->leaf + (size_t)(-1 - n->right)];
        double share = (double)n->share / 255;
        value[i] = share * left + (1 - share) * right;
    }
}

static uint8_t bin_of(const struct boost_cuts *c, const unsigned char *level, size_t column, float x)
{
    if (c->kind[column] == CUTS_CATEGORICAL) {
        int l = boost_level(x);
        return l < 0 ? 0 : level[l];
    }
    return boost_is_missing(x) ? 0 : (uint8_t)(1 + boost_below(c->cut + c->first[column], c->first[column + 1] - c->first[column], x));
}

static void explain_tree(const struct boost_forest *f, const struct boost_tree *t, const uint8_t *bin, double *ret)
{
    double value[BOOST_LEAVES_MAX];
    node_values(f, t, value);
    ret[f->columns] += value[0];
    for (int at = 0; at >= 0; ) {
        const struct boost_node *n = &f->node[t->node + (size_t)at];
        int next = boost_node_left(f, n, bin[n->column]) ? n->left : n->right;
        double below = next >= 0 ? value[next] : (double)f->leaf[t->leaf + (size_t)(-1 - next)];
        ret[n->column] += below - value[at];
        at = next;
    }
}

void boost_explain(const struct boost_model *m, const float *x, double *ret)
{
    uint8_t bin[BOOST_COLUMNS_MAX];
    const struct boost_cuts *c = m->cuts;
    const unsigned char *level = c->level;
    for (size_t i = 0; i < c->columns; i++) {
        bin[i] = bin_of(c, level, i, x[i]);
        level += c->kind[i] == CUTS_CATEGORICAL ? BOOST_LEVELS : 0;
    }
    memset(ret, 0, (c->columns + 1) * sizeof *ret);
    ret[c->columns] = m->base;
    for (size_t t = 0; t < m->forest->trees; t++)
        explain_tree(m->forest, &m->forest->tree[t], bin, ret);
}

void boost_importance(const struct boost_model *m, double *ret)
{
    double sum = 0;
    for (size_t c = 0; c < m->forest->columns; c++)
        sum += m->forest->gain[c];
    for (size_t c = 0; c < m->forest->columns; c++)
        ret[c] = sum > 0 ? m->forest->gain[c] / sum : 0;
}
