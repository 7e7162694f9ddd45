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

enum { TOGETHER = 8 };

static int next_category(const struct boost_model *m, const struct boost_step *s, const uint8_t *row)
{
    const struct boost_node *node = &m->forest->node[s - m->step];
    return s->child[!boost_set_has(&m->forest->set[boost_node_set(node)], row[s->at])];
}

/* Trees tree..tree + n, each a step at a time: their loads overlap, and one branch serves them all. */
static void some_trees(const struct boost_model *m, size_t tree, size_t n, const uint8_t *row, double *sum)
{
    const struct boost_step *first[TOGETHER];
    int at[TOGETHER] = { 0 }, all;
    for (size_t k = 0; k < TOGETHER; k++)
        first[k] = m->step + m->forest->tree[tree + (k < n ? k : 0)].node;
    do {
        all = -1;
        for (int k = 0; k < TOGETHER; k++) {
            const struct boost_step *s = first[k] + (at[k] & ~(at[k] >> 31));
            int next = s->categorical ? next_category(m, s, row) : s->child[row[s->at] > s->bin];
            at[k] = at[k] < 0 ? at[k] : next;
            all &= at[k];
        }
    } while (all >= 0);
    for (size_t k = 0; k < n; k++)
        *sum += (double)m->forest->leaf[m->forest->tree[tree + k].leaf + (size_t)(-1 - at[k])];
}

double boost_predict(const struct boost_model *m, const float *x)
{
    uint8_t row[2 * BOOST_COLUMNS_MAX];
    double sum = m->base;
    spread(m->cuts, x, row);
    for (size_t t = 0; t < m->forest->trees; t += TOGETHER)
        some_trees(m, t, m->forest->trees - t < TOGETHER ? m->forest->trees - t : TOGETHER, row, &sum);
    return boost_answer(m->loss, sum);
}

/* ---- many rows ---- */

enum { LANES = 32, COLUMNS_TOGETHER = 512, FEW_ROWS = 6 };

typedef uint8_t lanes __attribute__((vector_size(LANES)));

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
static inline void ask(const struct boost_model *m, const struct boost_step *s, const uint8_t *row, lanes *ret)
{
    lanes bin;
    memcpy(&bin, row + (size_t)s->at * LANES, sizeof bin);
    *ret = (lanes)(bin > s->bin);
    if (!s->categorical)
        return;
    const struct boost_set *set = &m->forest->set[boost_node_set(&m->forest->node[s - m->step])];
    for (int r = 0; r < LANES; r++)
        (*ret)[r] = boost_set_has(set, bin[r]) ? 0 : 255;
}

/* From the last node up: which leaf would a row that stood here come to. After the root every row has its leaf. */
static void ask_tree(const struct boost_model *m, const struct boost_tree *t, const uint8_t *row, double *sum)
{
    lanes leaf[BOOST_LEAVES_MAX], right;
    for (int i = t->leaves - 2; i >= 0; i--) {
        const struct boost_step *s = &m->step[t->node + (size_t)i];
        lanes child[2];
        for (int k = 0; k < 2; k++)
            child[k] = s->child[k] >= 0 ? leaf[s->child[k]] : (lanes){ 0 } + (uint8_t)(-1 - s->child[k]);
        ask(m, s, row, &right);
        leaf[i] = (child[0] & ~right) | (child[1] & right);
    }
    const float *value = m->forest->leaf + t->leaf;
    for (int r = 0; r < LANES; r++)
        sum[r] += (double)value[leaf[0][r]];
}

static void predict_lanes(const struct boost_model *m, const float *x, size_t stride, size_t rows, double *ret)
{
    uint8_t row[2 * COLUMNS_TOGETHER * LANES];
    double sum[LANES];
    spread_rows(m, x, stride, rows, row);
    for (size_t r = 0; r < LANES; r++)
        sum[r] = m->base;
    for (size_t t = 0; t < m->forest->trees; t++)
        ask_tree(m, &m->forest->tree[t], row, sum);
    for (size_t r = 0; r < rows; r++)
        ret[r] = boost_answer(m->loss, sum[r]);
}

void boost_predict_rows(const struct boost_model *m, const float *x, size_t stride, size_t rows, double *ret)
{
    size_t at = 0, n;
    for (; m->forest->columns <= COLUMNS_TOGETHER && rows - at >= FEW_ROWS; at += n) {
        n = rows - at < LANES ? rows - at : LANES;
        predict_lanes(m, x + at * stride, stride, n, ret + at);
    }
    for (; at < rows; at++)
        ret[at] = boost_predict(m, x + at * stride);
}
