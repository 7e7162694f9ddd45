/* Asking a model: one row with several trees on the way at once, many rows by asking every node of a tree at once; for few rows see
 * boost_few.c. */
#include <string.h>

#include "forecast/boost_loss.h"
#include "forecast/boost_model.h"

/* ---- one row ---- */

enum { TOGETHER = 8, WALKERS = 7 };

/* boost_below() in several columns at once: each halving waits for the one before, but not for those of other columns. */
static void below_columns(const struct boost_cuts *c, size_t column, size_t columns, const float *x, uint32_t *ret)
{
    const float *cut[TOGETHER];
    float value[TOGETHER];
    unsigned low[TOGETHER] = { 0 }, n[TOGETHER], rest = 0;
    for (size_t k = 0; k < TOGETHER; k++) {
        size_t one = column + (k < columns ? k : 0);
        cut[k] = c->cut + c->first[one];
        n[k] = c->first[one + 1] - c->first[one];
        rest |= n[k];
        value[k] = x[k < columns ? k : 0];
    }
    for (; rest != 0; rest >>= 1) {
#pragma GCC unroll 8
        for (int k = 0; k < TOGETHER; k++) {
            unsigned half = (n[k] + 1) / 2;
            low[k] += half & -(unsigned)(cut[k][low[k] + half - (half != 0)] < value[k]);
            n[k] -= half;
        }
    }
    for (size_t k = 0; k < columns; k++)
        ret[k] = (1 + low[k]) & -(unsigned)!boost_is_missing(value[k]);
}

/* ret[2 * column]: the bin, ret[2 * column + 1]: the same with missing above all. */
static void spread(const struct boost_cuts *c, const float *x, uint32_t *ret)
{
    const unsigned char *level = c->level;
    for (size_t at = 0; at < c->columns; at += TOGETHER) {
        size_t n = c->columns - at < TOGETHER ? c->columns - at : TOGETHER;
        uint32_t bin[TOGETHER];
        below_columns(c, at, n, x + at, bin);
        for (size_t k = 0; k < n; k++) {
            if (c->kind[at + k] == CUTS_CATEGORICAL) {
                bin[k] = boost_bin(c, at + k, level, x[at + k]);
                level += BOOST_LEVELS;
            }
            ret[2 * (at + k)] = bin[k] << STEP_BIN;
            ret[2 * (at + k) + 1] = (bin[k] == 0 ? 255 : bin[k]) << STEP_BIN;
        }
    }
}

static inline unsigned goes_right(const struct boost_model *m, size_t at, const uint32_t *row, int categories)
{
    const union boost_step *s = &m->step[at];
    if (categories && s->word & STEP_CATEGORICAL)
        return !boost_set_has(&m->forest->set[m->end[at].set], row[s->word & ~STEP_CATEGORICAL] >> STEP_BIN);
    return row[s->word] > s->test;
}

/* Trees tree..tree + n, each a step at a time: their loads overlap, and one branch serves them all. */
static inline __attribute__((always_inline)) void some_trees(const struct boost_model *m, const struct boost_tree *tree, size_t n, const uint32_t *row,
                                                             int categories, double *sum)
{
    const union boost_step *step = m->step;
    size_t at[WALKERS];
    size_t moved;
    for (size_t k = 0; k < WALKERS; k++)
        at[k] = boost_step_first(&tree[k < n ? k : 0]);
    do {
        moved = 0;
#pragma GCC unroll 8
        for (int k = 0; k < WALKERS; k++) {
            size_t ahead = step[at[k]].ahead;
            moved |= ahead;
            at[k] += ahead + goes_right(m, at[k], row, categories);
        }
    } while (moved != 0);
    for (size_t k = 0; k < n; k++)
        *sum += (double)m->end[at[k]].leaf;
}

static double all_trees(const struct boost_model *m, const uint32_t *row)
{
    double sum = m->base;
    size_t trees = m->forest->trees;
    for (size_t t = 0; t < trees; t += WALKERS) {
        size_t n = trees - t < WALKERS ? trees - t : WALKERS;
        if (m->has_categories)
            some_trees(m, m->forest->tree + t, n, row, 1, &sum);
        else
            some_trees(m, m->forest->tree + t, n, row, 0, &sum);
    }
    return sum;
}

double boost_predict(const struct boost_model *m, const float *x)
{
    uint32_t row[2 * BOOST_COLUMNS_MAX];
    spread(m->cuts, x, row);
    return boost_answer(m->loss, all_trees(m, row));
}

/* ---- many rows ---- */

enum { LANES = 64, COLUMNS_TOGETHER = 256, FEW_ROWS = 10 };

struct lanes { uint8_t at[LANES]; };

/* Leaf numbers, each in all lanes, then what the nodes of a tree come to. */
struct answers { struct lanes leaf[BOOST_LEAVES_MAX + 1], node[BOOST_LEAVES_MAX]; };

/* boost_below() for all lanes, a halving at a time: each halving waits for the one before, but not for those of other rows. */
static void below_rows(const float *cut, unsigned n, const float *x, uint8_t *ret)
{
    unsigned low[LANES] = { 0 };
    while (n > 0) {
        unsigned half = (n + 1) / 2;
        const float *middle = cut + half - 1;
#pragma GCC unroll 4
        for (int r = 0; r < LANES; r++)
            low[r] += half & -(unsigned)(middle[low[r]] < x[r]);
        n -= half;
    }
    for (int r = 0; r < LANES; r++)
        ret[r] = (uint8_t)((1 + low[r]) & -(unsigned)!boost_is_missing(x[r]));
}

/* Bins of LANES rows, column by column: two vectors a column. */
static void spread_rows(const struct boost_model *m, const float *x, size_t stride, size_t rows, uint8_t *ret)
{
    const struct boost_cuts *c = m->cuts;
    const unsigned char *level = c->level;
    for (size_t i = 0; i < c->columns; i++) {
        uint8_t *low = ret + 2 * i * LANES, *high = low + LANES;
        float value[LANES];
        for (size_t r = 0; r < LANES; r++)
            value[r] = x[(r < rows ? r : 0) * stride + i];
        if (c->kind[i] == CUTS_CATEGORICAL) {
            for (size_t r = 0; r < LANES; r++)
                low[r] = boost_bin(c, i, level, value[r]);
            level += BOOST_LEVELS;
        } else {
            below_rows(c->cut + c->first[i], c->first[i + 1] - c->first[i], value, low);
        }
        for (size_t r = 0; r < LANES; r++)
            high[r] = low[r] == 0 ? 255 : low[r];
    }
}

typedef uint8_t part16 __attribute__((vector_size(16)));       /* what every processor has */
typedef uint8_t part32 __attribute__((vector_size(32)));

#define BODY static inline __attribute__((always_inline))

/* Bits of a set's word, from bin w on, that stand for bins. */
static inline uint32_t used_bits(unsigned bins, unsigned w)
{
    return bins - w >= 32 ? UINT32_MAX : (UINT32_C(1) << (bins - w)) - 1;
}

static inline unsigned lefts_of(const struct boost_set *set, unsigned bins)
{
    unsigned n = 0;
    for (unsigned w = 0; w < bins; w += 32)
        n += (unsigned)__builtin_popcount(set->bits[w / 32] & used_bits(bins, w));
    return n;
}

/* From the last node up: which leaf would a row that stood here come to. After the root every row has its leaf. Written for a width, see the kernels. */
#define ASK(PART)                                                                                                                             \
    BODY void ask_numeric##PART(const struct lanes *left, const struct lanes *right, const uint8_t *bin, uint8_t limit, struct lanes *ret)    \
    {                                                                                                                                         \
        for (size_t k = 0; k < LANES; k += sizeof(part##PART)) {                                                                              \
            part##PART b, l, r;                                                                                                               \
            memcpy(&b, bin + k, sizeof b);                                                                                                    \
            memcpy(&l, left->at + k, sizeof l);                                                                                               \
            memcpy(&r, right->at + k, sizeof r);                                                                                              \
            part##PART goes = (part##PART)(b > limit);                                                                                        \
            l = (l & ~goes) | (r & goes);                                                                                                     \
            memcpy(ret->at + k, &l, sizeof l);                                                                                                \
        }                                                                                                                                     \
    }                                                                                                                                         \
    BODY void ask_category##PART(const struct boost_set *set, unsigned bins, const uint8_t *bin, struct lanes *ret)                           \
    {                                                                                                                                         \
        uint8_t listed = lefts_of(set, bins) * 2 <= bins ? 0 : 255;        /* the shorter side is gone through */                             \
        memset(ret->at, ~listed, LANES);                                                                                                      \
        for (unsigned w = 0; w < bins; w += 32) {                                                                                             \
            uint32_t rest = (set->bits[w / 32] ^ (listed ? UINT32_MAX : 0)) & used_bits(bins, w);                                             \
            for (; rest != 0; rest &= rest - 1) {                                                                                             \
                uint8_t one = (uint8_t)(w + (unsigned)__builtin_ctz(rest));                                                                   \
                for (size_t k = 0; k < LANES; k += sizeof(part##PART)) {                                                                      \
                    part##PART b, to;                                                                                                         \
                    memcpy(&b, bin + k, sizeof b);                                                                                            \
                    memcpy(&to, ret->at + k, sizeof to);                                                                                      \
                    to ^= (part##PART)(b == one);                                                                                             \
                    memcpy(ret->at + k, &to, sizeof to);                                                                                      \
                }                                                                                                                             \
            }                                                                                                                                 \
        }                                                                                                                                     \
    }                                                                                                                                         \
    BODY void ask_tree##PART(const struct boost_model *m, const struct boost_tree *t, const uint8_t *row, struct answers *a)                  \
    {                                                                                                                                         \
        const struct boost_node *node = m->forest->node + t->node;                                                                            \
        for (int i = t->leaves - 2; i >= 0; i--) {                                                                                            \
            const struct boost_node *n = &node[i];                                                                                            \
            const struct lanes *left = n->left >= 0 ? &a->node[n->left] : &a->leaf[-1 - n->left];                                             \
            const struct lanes *right = n->right >= 0 ? &a->node[n->right] : &a->leaf[-1 - n->right];                                         \
            const uint8_t *bin = row + (size_t)(n->column * 2 + (n->flags & NODE_MISSING_RIGHT ? 1 : 0)) * LANES;                             \
            struct lanes goes;                                                                                                                \
            if (n->flags & NODE_CATEGORICAL) {                                                                                                \
                ask_category##PART(&m->forest->set[boost_node_set(n)], m->cuts->bins[n->column], bin, &goes);                                                             \
                ask_numeric##PART(left, right, goes.at, 0, &a->node[i]);                                                                      \
            } else {                                                                                                                          \
                ask_numeric##PART(left, right, bin, n->bin, &a->node[i]);                                                                     \
            }                                                                                                                                 \
        }                                                                                                                                     \
    }

ASK(16)

static void ask_tree_plain(const struct boost_model *m, const struct boost_tree *t, const uint8_t *row, struct answers *a)
{
    ask_tree16(m, t, row, a);
}

#if defined __x86_64__
ASK(32)
__attribute__((target("avx2"))) static void ask_tree_avx2(const struct boost_model *m, const struct boost_tree *t, const uint8_t *row, struct answers *a)
{
    ask_tree32(m, t, row, a);
}
#endif

typedef void (*ask_tree)(const struct boost_model *m, const struct boost_tree *t, const uint8_t *row, struct answers *a);

static ask_tree ask_for(void)
{
#if defined __x86_64__
    if (__builtin_cpu_supports("avx2"))
        return ask_tree_avx2;
#endif
    return ask_tree_plain;
}

static void predict_lanes(const struct boost_model *m, const float *x, size_t stride, size_t rows, struct answers *a, ask_tree ask, double *ret)
{
    uint8_t row[2 * COLUMNS_TOGETHER * LANES];
    double sum[LANES];
    spread_rows(m, x, stride, rows, row);
    for (size_t r = 0; r < LANES; r++)
        sum[r] = m->base;
    for (size_t t = 0; t < m->forest->trees; t++) {
        const struct boost_tree *tree = &m->forest->tree[t];
        const float *value = m->forest->leaf + tree->leaf;
        ask(m, tree, row, a);
#pragma GCC unroll 4
        for (int r = 0; r < LANES; r++)
            sum[r] += (double)value[a->node[0].at[r]];
    }
    for (size_t r = 0; r < rows; r++)
        ret[r] = boost_answer(m->loss, sum[r]);
}

void boost_predict_rows(const struct boost_model *m, const float *x, size_t stride, size_t rows, double *ret)
{
    if (rows > 1 && boost_predict_few(m, x, stride, rows, ret) == 0)
        return;
    struct answers a;
    ask_tree ask = ask_for();
    size_t at = 0, n;
    for (int l = 0; l < BOOST_LEAVES_MAX; l++)
        memset(a.leaf[l].at, l, LANES);
    for (; m->forest->columns <= COLUMNS_TOGETHER && rows - at >= FEW_ROWS; at += n) {
        n = rows - at < LANES ? rows - at : LANES;
        predict_lanes(m, x + at * stride, stride, n, &a, ask, ret + at);
    }
    for (; at < rows; at++)
        ret[at] = boost_predict(m, x + at * stride);
}
