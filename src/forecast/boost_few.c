/* Asking about few rows, such as the days ahead of one series: they agree in most columns. A set of rows is a word; for every column and bin stands which
 * rows lie above it, and each node of a tree hands its rows on to its children, all at once. */
#include <errno.h>
#include <string.h>

#include "forecast/boost_loss.h"
#include "forecast/boost_model.h"

enum { COLUMNS = 256, PLACES = 8192 };

struct few {
    size_t rows;
    uint32_t all;
    uint32_t first[COLUMNS];      /* where the column's bins begin in `above` */
    uint32_t missing[COLUMNS];    /* rows; of a categorical column the number of its bins in use */
    uint8_t bin[BOOST_FEW];       /* of the column in hand */
    uint32_t above[PLACES];       /* rows above a bin; of a categorical column the bins in use, each with its rows */
};

static int fits(const struct boost_model *m, size_t rows)
{
    const struct boost_cuts *c = m->cuts;
    size_t places = c->first[c->columns] + 2 * c->columns + 2 * BOOST_FEW * boost_cuts_categorical(c);
    return rows <= BOOST_FEW && c->columns <= COLUMNS && places <= PLACES;
}

static void bin_column(const struct boost_cuts *c, size_t column, const unsigned char *level, const float *x, size_t stride, struct few *f)
{
    uint8_t *bin = f->bin;
    for (size_t r = 0; r < f->rows; r++) {
        int same = r > 0 && memcmp(&x[r * stride + column], &x[(r - 1) * stride + column], sizeof *x) == 0;
        bin[r] = same ? bin[r - 1] : boost_bin(c, column, level, x[r * stride + column]);
    }
}

/* Bins of a numeric column, from the last: what is above each. */
static void rank_column(struct few *f, size_t column, uint32_t bins)
{
    uint32_t *above = f->above + f->first[column], higher = 0;
    memset(above, 0, bins * sizeof *above);
    for (size_t r = 0; r < f->rows; r++)
        above[f->bin[r]] |= UINT32_C(1) << r;
    f->missing[column] = above[0];
    for (uint32_t b = bins; b-- > 0;) {
        uint32_t here = above[b];
        above[b] = higher;
        higher |= here;
    }
}

static uint32_t list_levels(struct few *f, size_t column)
{
    uint32_t *level = f->above + f->first[column], n = 0;
    for (size_t r = 0; r < f->rows; r++) {
        uint32_t k = 0;
        while (k < n && level[2 * k] != f->bin[r])
            k++;
        if (k == n) {
            level[2 * n] = f->bin[r];
            level[2 * n++ + 1] = 0;
        }
        level[2 * k + 1] |= UINT32_C(1) << r;
    }
    return f->missing[column] = n;
}

static void take_rows(const struct boost_model *m, const float *x, size_t stride, struct few *f)
{
    const struct boost_cuts *c = m->cuts;
    const unsigned char *level = c->level;
    uint32_t place = 0;
    for (size_t i = 0; i < c->columns; i++) {
        int categorical = c->kind[i] == CUTS_CATEGORICAL;
        uint32_t bins = c->first[i + 1] - c->first[i] + 2;
        f->first[i] = place;
        bin_column(c, i, categorical ? level : NULL, x, stride, f);
        if (categorical) {
            level += BOOST_LEVELS;
            place += 2 * list_levels(f, i);
        } else {
            rank_column(f, i, bins);
            place += bins;
        }
    }
}

static uint32_t right_by_set(const struct few *f, const struct boost_set *set, size_t column)
{
    const uint32_t *level = f->above + f->first[column];
    uint32_t right = 0;
    for (uint32_t k = 0; k < f->missing[column]; k++)
        right |= boost_set_has(set, level[2 * k]) ? 0 : level[2 * k + 1];
    return right;
}

static uint32_t right_of(const struct boost_model *m, const struct few *f, const struct boost_node *n)
{
    if (n->flags & NODE_CATEGORICAL)
        return right_by_set(f, &m->forest->set[boost_node_set(n)], n->column);
    return f->above[f->first[n->column] + n->bin] | (n->flags & NODE_MISSING_RIGHT ? f->missing[n->column] : 0);
}

/* Rows of one series go few ways: only nodes that some row comes to are asked. */
static void ask(const struct boost_model *m, const struct boost_tree *t, const struct few *f, double *sum)
{
    struct { int node; uint32_t rows; } wait[BOOST_LEAVES_MAX + 1];
    const struct boost_node *node = m->forest->node + t->node;
    int waiting = 0, at = t->leaves > 1 ? 0 : -1;
    for (uint32_t rows = f->all;;) {
        while (at >= 0) {
            uint32_t right = right_of(m, f, &node[at]) & rows, left = rows & ~right;
            wait[waiting].node = node[at].right;
            wait[waiting].rows = right;
            waiting += left != 0 && right != 0;
            at = left != 0 ? node[at].left : node[at].right;
            rows = left != 0 ? left : right;
        }
        for (double leaf = (double)m->forest->leaf[t->leaf + (uint32_t)(-1 - at)]; rows != 0; rows &= rows - 1)
            sum[__builtin_ctz(rows)] += leaf;
        if (waiting-- == 0)
            return;
        at = wait[waiting].node;
        rows = wait[waiting].rows;
    }
}

int boost_predict_few(const struct boost_model *m, const float *x, size_t stride, size_t rows, double *ret)
{
    if (rows == 0 || !fits(m, rows))
        return -E2BIG;
    struct few f;                 /* 43 KiB: filled as far as it is used */
    double sum[BOOST_FEW];
    f.rows = rows;
    f.all = UINT32_MAX >> (BOOST_FEW - rows);
    take_rows(m, x, stride, &f);
    for (size_t r = 0; r < rows; r++)
        sum[r] = m->base;
    for (size_t t = 0; t < m->forest->trees; t++)
        ask(m, &m->forest->tree[t], &f, sum);
    for (size_t r = 0; r < rows; r++)
        ret[r] = boost_answer(m->loss, sum[r]);
    return 0;
}
