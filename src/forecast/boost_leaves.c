/* From a grown tree to a better score: values of leaves, rows in the tree and rows outside it. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "forecast/boost_loss.h"
#include "forecast/boost_model.h"

void boost_tree_values(struct boost *b)
{
    double shared = b->excess / b->weight_sum;
    for (int l = 0; l < b->leaves; l++) {
        const struct boost_leaf *leaf = &b->leaf[l];
        double mass = (double)leaf->weight * b->weight_unit, h = mass + b->options.l2;
        double value = h > 0 ? ((double)leaf->gradient * b->gradient_unit + mass * shared) / h : 0;
        if (b->options.loss == BOOST_POISSON)      /* a Newton step may leave the reach of the exponential */
            value = value > 3 ? 3 : value < -3 ? -3 : value;
        b->new_leaf[l] = (float)(value * b->options.rate);
    }
}

/* ---- a finished tree ---- */

/* Counts the tree's parts in, or forgets it when it is only a root. */
static void keep_tree(struct boost *b)
{
    struct boost_forest *f = b->forest;
    b->attempts++;
    b->barren = b->leaves < 2 ? b->barren + 1 : 0;
    if (b->leaves >= 2) {
        f->tree[f->trees++] = (struct boost_tree){ (uint32_t)f->nodes, (uint32_t)f->leaves, (uint16_t)b->leaves };
        memcpy(f->leaf + f->leaves, b->new_leaf, (size_t)b->leaves * sizeof *f->leaf);
        f->nodes += (size_t)b->leaves - 1;
        f->leaves += (size_t)b->leaves;
        f->sets += (size_t)b->new_sets;
        boost_forest_by_level(f, f->trees - 1);
        for (size_t c = 0; c < f->columns; c++)
            f->gain[c] += b->new_gain[c];
        b->replayed = f->trees;
    }
    b->cursor = b->bag;
    b->holdout_sum = 0;
    b->phase = PHASE_OUTSIDE;
}

/* The leaves of a forged checkpoint may be of any size; those of a training never come near the ends. */
static int32_t whole_step(const struct boost *b, float value)
{
    double steps = b->gradient_unit > 0 ? floor((double)value / b->gradient_unit + .5) : 0;
    return (int32_t)fmin(fmax(steps, INT32_MIN), INT32_MAX);
}

static int32_t less_step(int32_t quantum, int32_t step)
{
    return (int32_t)((uint32_t)quantum - (uint32_t)step);
}

/* Leaves in whole units, and what they do to the sums of all rows. Returns the work. */
static size_t round_leaves(struct boost *b)
{
    for (int l = 0; l < b->leaves; l++) {
        b->new_step[l] = b->leaves > 1 ? whole_step(b, b->new_leaf[l]) : 0;
        b->new_leaf[l] = (float)(b->new_step[l] * b->gradient_unit);
    }
    if (b->carried == NULL || b->leaves < 2)
        return 0;
    for (int l = 0; l < b->leaves; l++)
        b->kernels->take_steps(b->carried, b->histogram + (size_t)b->leaf[l].slot * b->entries, (uint32_t)b->new_step[l], b->entries);
    return (size_t)b->leaves * b->entries / 2;
}

int64_t boost_work_update(struct boost *b, size_t units)
{
    size_t done = 0, rounded = 0;
    if (b->renewing == 0 && b->cursor == 0) {  /* once: some rows follow in this very step */
        boost_tree_monotone(b);
        rounded = b->whole ? round_leaves(b) : 0;
    }
    while (b->renewing < b->leaves && done < units) {
        const struct boost_leaf *leaf = &b->leaf[b->renewing];
        size_t to = leaf->count - b->cursor < units - done ? leaf->count : b->cursor + (units - done);
        float value = b->leaves > 1 ? b->new_leaf[b->renewing] : 0;
        const uint32_t *row = b->index + leaf->start;
        for (size_t i = b->cursor; i < to; i++)
            b->score[row[i]] += value;
        for (size_t i = b->cursor; b->whole && i < to; i++)
            b->quantum[row[i]] -= b->new_step[b->renewing];
        done += to - b->cursor;
        b->cursor = to;
        if (to == leaf->count) {
            b->renewing++;
            b->cursor = 0;
        }
    }
    if (b->renewing == b->leaves)
        keep_tree(b);
    return (int64_t)(done + rounded) + 1;
}

/* ---- rows outside the tree ---- */

size_t boost_tree_leaf(const struct boost *b, size_t tree, size_t row)
{
    const struct boost_forest *f = b->forest;
    const struct boost_tree *t = &f->tree[tree];
    int at = 0;
    do {
        const struct boost_node *node = &f->node[t->node + (size_t)at];
        const struct boost_column *col = &b->column[node->column];
        uint8_t bin = col->bins == NULL ? 0 : col->bins[row * b->pitch];
        at = boost_node_left(f, node, bin) ? node->left : node->right;
    } while (at >= 0);
    return (size_t)(-1 - at);
}

static float value_of(const struct boost *b, size_t tree, size_t row)
{
    return b->forest->leaf[b->forest->tree[tree].leaf + boost_tree_leaf(b, tree, row)];
}

static void next_tree(struct boost *b)
{
    int trees = (int)b->forest->trees, random = b->options.column_ratio < 1 || b->options.row_ratio < 1;
    int stalled = b->options.patience > 0 && trees - b->best_trees >= b->options.patience;
    b->cursor = 0;
    if (b->attempts >= b->options.trees || stalled || b->barren > (random ? 20 : 0)) {
        b->phase = b->options.prune && b->rows > b->train && b->options.loss != BOOST_PINBALL ? PHASE_PRUNE : PHASE_DONE;
        return;
    }
    b->new_sets = 0;
    memset(b->new_gain, 0, b->forest->columns * sizeof *b->new_gain);
    b->phase = PHASE_GRADIENT;
}

static void judge(struct boost *b)
{
    int trees = (int)b->forest->trees;
    if (b->rows == b->train) {
        b->best_trees = trees;
    } else if (b->holdout_sum < b->best_loss) {
        b->best_loss = b->holdout_sum;
        b->best_trees = trees;
    }
}

enum { PIECE = 4096 };                         /* rows of the hold-out whose loss is one sum */

/* The cursor runs over the rows of the bag's rest, then over the hold-out. */
int64_t boost_work_outside(struct boost *b, size_t units, struct gnm_why *why)
{
    size_t done = 0, tree = b->forest->trees - 1;
    int grown = b->leaves >= 2;
    for (; b->cursor < b->train && done < units; b->cursor++, done += 8)
        if (grown)
            b->score[b->index[b->cursor]] += value_of(b, tree, b->index[b->cursor]);
    while (b->cursor >= b->train && b->cursor < b->rows && done < units) {
        size_t to = b->rows - b->cursor < PIECE ? b->rows : b->cursor + PIECE;
        for (size_t row = b->cursor; grown && row < to; row++)
            b->score[row] += value_of(b, tree, row);
        b->holdout_sum += boost_loss_sum(b, b->cursor, to);
        done += (to - b->cursor) * 10;
        b->cursor = to;
    }
    if (b->cursor < b->rows)
        return (int64_t)done + 1;
    judge(b);
    next_tree(b);
    if (b->phase == PHASE_GRADIENT && boost_forest_room(b->forest, (size_t)b->options.leaves) < 0)
        return gnm_fail(why, -ENOMEM, "no memory for trees");
    return (int64_t)done + 1;
}

/* ---- trees that were there before ---- */

double boost_holdout_loss(const struct boost *b)
{
    double sum = 0;
    for (size_t row = b->train; row < b->rows; row += PIECE)
        sum += boost_loss_sum(b, row, b->rows - row < PIECE ? b->rows : row + PIECE);
    return sum;
}

static void replayed(struct boost *b)
{
    if (!b->restored)
        b->best_loss = boost_holdout_loss(b);
    if (!b->unjudged) {
        next_tree(b);
        return;
    }
    b->unjudged = 0;
    b->leaves = 1;                             /* its rows are played already, only the judgement is missing */
    b->cursor = b->bag = b->train;
    b->holdout_sum = 0;
    b->phase = PHASE_OUTSIDE;
}

int64_t boost_work_replay(struct boost *b, size_t units, struct gnm_why *why)
{
    size_t done = 0;
    if (b->restored && b->restored_bins != b->bins_hash)
        return gnm_fail(why, -ESTALE, "the checkpoint belongs to other data");
    while (b->replayed < b->forest->trees && done < units) {
        if (b->whole && !b->begun && b->replayed == (size_t)b->warm_trees) {
            b->phase = PHASE_GRADIENT;
            return (int64_t)done + 1;
        }
        size_t to = b->rows - b->cursor < (units - done) / 8 + 1 ? b->rows : b->cursor + (units - done) / 8 + 1;
        for (size_t row = b->cursor; row < to; row++) {
            float value = value_of(b, b->replayed, row);
            b->score[row] += value;
            if (b->begun && row < b->train)
                b->quantum[row] = less_step(b->quantum[row], whole_step(b, value));
        }
        done += (to - b->cursor) * 8;
        b->cursor = to;
        if (to == b->rows) {
            b->cursor = 0;
            b->replayed++;
            if (b->begun && b->replayed < b->forest->trees) {
                b->phase = PHASE_GRADIENT;     /* as it was between these trees */
                return (int64_t)done + 1;
            }
        }
    }
    if (b->replayed < b->forest->trees)
        return (int64_t)done + 1;
    if (boost_forest_room(b->forest, (size_t)b->options.leaves) < 0)
        return gnm_fail(why, -ENOMEM, "no memory for trees");
    replayed(b);
    return (int64_t)done + 1;
}
