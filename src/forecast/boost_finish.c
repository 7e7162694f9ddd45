/* From a training to a model: trees up to the best, cuts that nodes use, leaves in 16 bits where that costs nothing. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/boost_model.h"
#include "forecast/boost_state.h"

/* Which cuts of each column some node asks; used[first[column] + k]. */
static size_t mark_used(const struct boost_forest *f, const struct boost_cuts *c, unsigned char *used)
{
    size_t n = 0;
    for (size_t i = 0; i < f->nodes; i++) {
        const struct boost_node *node = &f->node[i];
        if (node->flags & NODE_CATEGORICAL || node->bin == 0 || node->bin > c->first[node->column + 1] - c->first[node->column])
            continue;
        unsigned char *one = &used[c->first[node->column] + node->bin - 1];
        n += !*one;
        *one = 1;
    }
    return n;
}

static int used_cuts(const struct boost_forest *f, const struct boost_cuts *c, struct boost_cuts **ret)
{
    unsigned char *used = calloc(c->first[c->columns] + 1, 1);
    struct boost_cuts *d = NULL;
    if (used == NULL || boost_cuts_new(c->columns, mark_used(f, c, used), boost_cuts_categorical(c), &d) < 0) {
        free(used);
        return -ENOMEM;
    }
    memcpy(d->kind, c->kind, c->columns);
    memcpy(d->level, c->level, boost_cuts_categorical(c) * BOOST_LEVELS);
    uint32_t n = 0;
    for (size_t i = 0; i < c->columns; i++) {
        d->first[i] = n;
        for (uint32_t k = c->first[i]; k < c->first[i + 1]; k++)
            if (used[k])
                d->cut[n++] = c->cut[k];
        d->bins[i] = (uint16_t)(c->kind[i] == CUTS_CATEGORICAL ? c->bins[i] : n - d->first[i] + 2);
    }
    d->first[c->columns] = n;
    free(used);
    *ret = d;
    return 0;
}

/* The error that 16 bits add is that of so many roundings; it must vanish beside the error the model has anyway. */
static float leaf_unit(const struct boost *b, const struct boost_forest *f)
{
    double top = 0, error = 0;
    for (size_t i = 0; i < f->leaves; i++)
        top = fabs((double)f->leaf[i]) > top ? fabs((double)f->leaf[i]) : top;
    for (size_t i = 0; i < b->train; i++)
        error += fabs((double)b->target[i] - (double)b->score[i]) / (double)b->train;
    double unit = top / 32767, rounding = unit * sqrt((double)f->trees / 12), limit = b->options.loss == BOOST_POISSON ? 2e-4 : 5e-4 * error;
    return rounding <= limit && unit > 1e-30 ? (float)unit : 0;
}

static void round_leaves(struct boost_forest *f, float unit)
{
    for (size_t i = 0; unit > 0 && i < f->leaves; i++) {
        double q = floor((double)f->leaf[i] / (double)unit + .5);
        f->leaf[i] = (float)((q > 32767 ? 32767 : q < -32767 ? -32767 : q) * (double)unit);
    }
}

static int make(const struct boost *b, struct boost_model *m)
{
    const struct boost_forest *from = b->pruned != NULL && b->phase == PHASE_DONE ? b->pruned : b->forest;
    size_t trees = from == b->pruned ? from->trees : (size_t)(b->rows > b->train ? b->best_trees : (int)b->forest->trees);
    if (boost_forest_copy(from, trees, &m->forest) < 0 || used_cuts(m->forest, b->cuts, &m->cuts) < 0)
        return -ENOMEM;
    boost_forest_rebin(m->forest, b->cuts, m->cuts);
    if (boost_forest_order_sets(m->forest) < 0)
        return -ENOMEM;
    m->leaf_unit = leaf_unit(b, m->forest);
    round_leaves(m->forest, m->leaf_unit);
    return boost_model_ready(m);
}

int boost_finish(const struct boost *b, struct boost_model **ret, struct gnm_why *why)
{
    if (b->phase <= PHASE_REPLAY)
        return gnm_fail(why, -EAGAIN, "the training has not come to its first tree yet");
    struct boost_model *m = calloc(1, sizeof *m);
    if (m == NULL || make(b, m) < 0) {
        boost_model_free(m);
        return gnm_fail(why, -ENOMEM, "no memory for a model of %zu trees", b->forest->trees);
    }
    m->loss = b->options.loss;
    m->base = b->base + (b->pruned != NULL && b->phase == PHASE_DONE ? b->pruned_base : 0);
    m->facts = (struct boost_facts){ .rows = b->train, .holdout_loss = boost_report(b).holdout_loss, .energy_j = NAN };
    *ret = m;
    return 0;
}
