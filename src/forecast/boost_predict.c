/* Asking a model: one row with several trees on the way at once, many rows by asking every node of a tree at once; for few rows see
 * boost_few.c. */
#include <string.h>

#include "forecast/boost_loss.h"
#include "forecast/boost_model.h"

/* ---- one row ---- */

/* The sum is written so that the comparison's carry is added in one instruction. */
static inline __attribute__((always_inline)) size_t next_place(const struct boost_model *m, size_t at, const uint32_t *row, int categories)
{
    const union boost_step *s = &m->step[at];
    if (categories && s->word & STEP_CATEGORICAL)
        return at + s->ahead + !boost_set_has(&m->forest->set[m->end[at].set], row[s->word & ~STEP_CATEGORICAL] >> SPREAD_BIN);
    return at + s->ahead + (row[s->word] > s->test);
}

/* One step of some walks; a walk that has come to a leaf stays there. */
static inline __attribute__((always_inline)) void step_all(const struct boost_model *m, const uint32_t *row, int categories, size_t *at, int walks)
{
#pragma GCC unroll 8
    for (int k = 0; k < walks; k++)
        at[k] = next_place(m, at[k], row, categories);
}

enum { BLOCK = 256, FIRST = 8, FIRST_STEPS = 5, LATER = 6, LATER_STEPS = 3 };      /* trees; of them walked together, and how far */

/* Where the walk through each tree of a block stands, and the trees whose walks go on. */
struct walks { uint32_t at[BLOCK + FIRST]; uint16_t going[BLOCK + LATER]; };

/* Walks are independent, so their loads overlap; there is no branch on what a node says, which nobody could foretell. Returns how many go on. */
static inline __attribute__((always_inline)) size_t walk_first(const struct boost_model *m, const uint32_t *root, size_t n, const uint32_t *row, int categories,
                                                               struct walks *w)
{
    size_t more = 0;
    for (size_t t = 0; t < n; t += FIRST) {
        size_t at[FIRST];
#pragma GCC unroll 8
        for (size_t k = 0; k < FIRST; k++)
            at[k] = root[t + k];
#pragma GCC unroll 1
        for (int s = 0; s < FIRST_STEPS; s++)
            step_all(m, row, categories, at, FIRST);
#pragma GCC unroll 8
        for (size_t k = 0; k < FIRST; k++)
            w->at[t + k] = (uint32_t)at[k];
    }
    for (size_t t = 0; t < n; t++) {
        w->going[more] = (uint16_t)t;
        more += m->step[w->at[t]].ahead != 0;
    }
    return more;
}

static inline __attribute__((always_inline)) size_t walk_on(const struct boost_model *m, size_t n, const uint32_t *row, int categories, struct walks *w)
{
    size_t more = 0;
    for (size_t k = n; k < n + LATER; k++)
        w->going[k] = w->going[n - 1];
    for (size_t i = 0; i < n; i += LATER) {
        size_t at[LATER];
#pragma GCC unroll 8
        for (size_t k = 0; k < LATER; k++)
            at[k] = w->at[w->going[i + k]];
#pragma GCC unroll 1
        for (int s = 0; s < LATER_STEPS; s++)
            step_all(m, row, categories, at, LATER);
#pragma GCC unroll 8
        for (size_t k = 0; k < LATER; k++)
            w->at[w->going[i + k]] = (uint32_t)at[k];
    }
    for (size_t i = 0; i < n; i++) {
        uint16_t tree = w->going[i];
        w->going[more] = tree;
        more += m->step[w->at[tree]].ahead != 0;
    }
    return more;
}

static inline __attribute__((always_inline)) double walk_block(const struct boost_model *m, size_t first, size_t n, const uint32_t *row, int categories,
                                                               double sum)
{
    struct walks w;
    size_t more = walk_first(m, m->root + first, n, row, categories, &w);
    while (more > 0)
        more = walk_on(m, more, row, categories, &w);
    for (size_t t = 0; t < n; t++)
        sum += (double)m->end[w.at[t]].leaf;
    return sum;
}

static double all_trees(const struct boost_model *m, const uint32_t *row)
{
    double sum = m->base;
    for (size_t t = 0; t < m->forest->trees; t += BLOCK) {
        size_t n = m->forest->trees - t < BLOCK ? m->forest->trees - t : BLOCK;
        sum = m->has_categories ? walk_block(m, t, n, row, 1, sum) : walk_block(m, t, n, row, 0, sum);
    }
    return sum;
}

double boost_predict(const struct boost_model *m, const float *x)
{
    uint32_t row[2 * BOOST_COLUMNS_MAX];
    boost_spread_row(&m->spread, x, row);
    return boost_answer(m->loss, all_trees(m, row));
}

/* ---- many rows ---- */

enum { LANES = SPREAD_LANES, COLUMNS_TOGETHER = 256, FEW_ROWS = 10 };

struct lanes { uint8_t at[LANES]; };

/* Leaf numbers, each in all lanes, then what the nodes of a tree come to. */
struct answers { struct lanes leaf[BOOST_LEAVES_MAX + 1], node[BOOST_LEAVES_MAX]; };

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
    boost_spread_rows(&m->spread, x, stride, rows, row);
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
