/* Folding what the hold-out does not need, one tree at a time: a branch becomes the mean of its leaves unless that raises the hold-out's loss, judged
 * to second order, which is exact for squared error. */
#include <errno.h>
#include <string.h>

#include "forecast/boost_loss.h"
#include "forecast/boost_model.h"

enum { STAGE_START, STAGE_REPLAY, STAGE_SUMS, STAGE_MOVE };

static double weight_at(const struct boost *b, size_t row)
{
    return b->weight == NULL ? 1 : (double)b->weight[row];
}

/* ---- what folding costs ---- */

/* Sums over the leaves below a node: of pull p and mass h with the leaf's value v. */
struct below { double p, h, vp, vh, vvh, cost, value; };

static struct below leaf_below(const struct boost *b, const struct boost_tree *t, size_t leaf)
{
    double v = (double)b->forest->leaf[t->leaf + leaf], p = b->leaf_pull[leaf], h = b->leaf_mass[leaf];
    return (struct below){ p, h, v * p, v * h, v * v * h, 0, v };
}

static struct below join(const struct below *l, const struct below *r, double share)
{
    return (struct below){ l->p + r->p, l->h + r->h, l->vp + r->vp, l->vh + r->vh, l->vvh + r->vvh, l->cost + r->cost, share * l->value + (1 - share) * r->value };
}

/* What the loss changes by when all leaves below say the node's value. */
static double fold_cost(const struct below *s)
{
    return s->vp - s->value * s->p + (s->vvh - 2 * s->value * s->vh + s->value * s->value * s->h) / 2;
}

struct plan { unsigned char folded[BOOST_LEAVES_MAX]; double value[BOOST_LEAVES_MAX]; };

static void make_plan(const struct boost *b, const struct boost_tree *t, struct plan *plan)
{
    struct below sum[BOOST_LEAVES_MAX];
    for (int i = t->leaves - 2; i >= 0; i--) {
        const struct boost_node *n = &b->forest->node[t->node + (size_t)i];
        struct below l = n->left >= 0 ? sum[n->left] : leaf_below(b, t, (size_t)(-1 - n->left));
        struct below r = n->right >= 0 ? sum[n->right] : leaf_below(b, t, (size_t)(-1 - n->right));
        sum[i] = join(&l, &r, (double)n->share / 255);
        double cost = fold_cost(&sum[i]);
        plan->folded[i] = cost <= sum[i].cost;
        plan->value[i] = sum[i].value;
        if (plan->folded[i])
            sum[i].cost = cost;
    }
}

/* ---- the new tree ---- */

/* How far each leaf moves: to the value of the highest folded node above it. */
static void move_leaves(struct boost *b, const struct boost_tree *t, const struct plan *plan)
{
    int above[BOOST_LEAVES_MAX];
    above[0] = plan->folded[0] ? 0 : -1;
    for (int i = 0; i + 1 < t->leaves; i++) {
        const struct boost_node *n = &b->forest->node[t->node + (size_t)i];
        const int16_t child[2] = { n->left, n->right };
        for (int k = 0; k < 2; k++) {
            if (child[k] >= 0) {
                above[child[k]] = above[i] >= 0 ? above[i] : plan->folded[child[k]] ? child[k] : -1;
                continue;
            }
            size_t leaf = (size_t)(-1 - child[k]);
            b->leaf_move[leaf] = above[i] >= 0 ? (float)(plan->value[above[i]] - (double)b->forest->leaf[t->leaf + leaf]) : 0;
        }
    }
}

static void copy_node(struct boost *b, const struct boost_node *from, struct boost_node *to)
{
    struct boost_forest *p = b->pruned;
    *to = *from;
    if (!(from->flags & NODE_CATEGORICAL))
        return;
    p->set[p->sets] = b->forest->set[boost_node_set(from)];
    to->set_low = (uint16_t)p->sets;
    to->set_high = (uint8_t)(p->sets >> 16);
    p->sets++;
}

/* Level by level again, with folded nodes as leaves. */
static void copy_tree(struct boost *b, const struct boost_tree *t, const struct plan *plan)
{
    struct boost_forest *p = b->pruned;
    int16_t from[BOOST_LEAVES_MAX];
    int nodes = 1, leaves = 0;
    if (plan->folded[0]) {
        b->pruned_base += plan->value[0];
        return;
    }
    from[0] = 0;
    for (int i = 0; i < nodes; i++) {
        struct boost_node *to = &p->node[p->nodes + (size_t)i];
        copy_node(b, &b->forest->node[t->node + (size_t)from[i]], to);
        int16_t *child[2] = { &to->left, &to->right };
        for (int k = 0; k < 2; k++) {
            if (*child[k] >= 0 && !plan->folded[*child[k]]) {
                from[nodes] = *child[k];
                *child[k] = (int16_t)nodes++;
                continue;
            }
            p->leaf[p->leaves + (size_t)leaves] = *child[k] >= 0 ? (float)plan->value[*child[k]] : b->forest->leaf[t->leaf + (size_t)(-1 - *child[k])];
            *child[k] = (int16_t)(-1 - leaves++);
        }
    }
    p->tree[p->trees++] = (struct boost_tree){ (uint32_t)p->nodes, (uint32_t)p->leaves, (uint16_t)leaves };
    p->nodes += (size_t)nodes;
    p->leaves += (size_t)leaves;
}

/* ---- in pieces ---- */

static void add_sums(struct boost *b, size_t from, size_t to)
{
    for (size_t row = from; row < to; row++) {
        size_t leaf = boost_tree_leaf(b, b->pruning, row);
        double score = (double)b->score[row], w = weight_at(b, row), h = b->options.loss == BOOST_POISSON ? exact_exp(score) : 1;
        b->leaf_pull[leaf] += w * boost_pull(b, (double)b->target[row], score);
        b->leaf_mass[leaf] += w * h;
    }
}

static int fold(struct boost *b)
{
    const struct boost_tree *t = &b->forest->tree[b->pruning];
    struct plan plan = { { 0 }, { 0 } };
    if (boost_forest_room(b->pruned, t->leaves) < 0)
        return -ENOMEM;
    make_plan(b, t, &plan);
    move_leaves(b, t, &plan);
    copy_tree(b, t, &plan);
    return 0;
}

static int start(struct boost *b)
{
    boost_forest_free(b->pruned);
    b->pruned = NULL;
    b->pruned_base = 0;
    if (boost_forest_new(b->forest->columns, &b->pruned) < 0)
        return -ENOMEM;
    memcpy(b->pruned->gain, b->forest->gain, b->forest->columns * sizeof *b->forest->gain);
    for (size_t row = b->train; row < b->rows; row++)
        b->score[row] = b->options.loss == BOOST_POISSON ? (float)b->base : 0;
    return 0;
}

static void stage_begin(struct boost *b, int stage)
{
    b->stage = stage;
    b->cursor = b->train;
    if (stage != STAGE_SUMS)
        return;
    memset(b->leaf_pull, 0, sizeof b->leaf_pull);
    memset(b->leaf_mass, 0, sizeof b->leaf_mass);
}

/* After the last row of a stage. */
static int stage_end(struct boost *b)
{
    size_t trees = (size_t)b->best_trees;
    if (b->stage == STAGE_SUMS) {
        stage_begin(b, STAGE_MOVE);
        return fold(b);
    }
    int replay = b->stage == STAGE_REPLAY;
    if (++b->pruning < trees) {
        stage_begin(b, replay ? STAGE_REPLAY : STAGE_SUMS);
    } else if (replay) {
        b->pruning = 0;
        stage_begin(b, STAGE_SUMS);
    } else {
        b->pruned_loss = boost_holdout_loss(b);
        b->phase = PHASE_DONE;
    }
    return 0;
}

static void work_rows(struct boost *b, size_t from, size_t to)
{
    if (b->stage == STAGE_SUMS) {
        add_sums(b, from, to);
        return;
    }
    const float *value = b->stage == STAGE_REPLAY ? b->forest->leaf + b->forest->tree[b->pruning].leaf : b->leaf_move;
    for (size_t row = from; row < to; row++)
        b->score[row] += value[boost_tree_leaf(b, b->pruning, row)];
}

int64_t boost_work_prune(struct boost *b, size_t units, struct gnm_why *why)
{
    size_t done = 0;
    if (b->stage == STAGE_START) {
        if (start(b) < 0)
            return gnm_fail(why, -ENOMEM, "no memory to prune trees");
        b->pruning = 0;
        stage_begin(b, STAGE_REPLAY);
        if (b->best_trees == 0) {
            b->pruned_loss = b->best_loss;
            b->phase = PHASE_DONE;
        }
    }
    while (b->phase == PHASE_PRUNE && done < units) {
        size_t n = (units - done) / 10 + 1, to = b->rows - b->cursor < n ? b->rows : b->cursor + n;
        work_rows(b, b->cursor, to);
        done += (to - b->cursor) * 10;
        b->cursor = to;
        if (to == b->rows && stage_end(b) < 0)
            return gnm_fail(why, -ENOMEM, "no memory to prune trees");
    }
    return (int64_t)done + 1;
}
