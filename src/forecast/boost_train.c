#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "forecast/boost_loss.h"
#include "forecast/boost_model.h"

static void free_options(struct boost *b)
{
    free(b->categorical);
    free(b->monotone);
}

static void free_binning(struct boost *b)
{
    boost_cuts_free(b->cuts);
    boost_cuts_free(b->warm_cuts);
    free(b->key);
    free(b->spare);
    free(b->found);
    free(b->gathered);
    free(b->seen);
    free(b->source);
    free(b->bins);
    free(b->own);
    free(b->block_bins);
    free(b->group);
    free(b->pick);
    free(b->column);
}

void boost_free(struct boost *b)
{
    if (b == NULL)
        return;
    free_options(b);
    free_binning(b);
    free(b->target);
    free(b->score);
    free(b->weight);
    free(b->gradient);
    free(b->heavy);
    free(b->index);
    free(b->spare_index);
    free(b->drawn);
    free(b->histogram);
    free(b->carried);
    free(b->histogram_heavy);
    free(b->slot_used);
    free(b->leaf);
    free(b->pair);
    free(b->renewal);
    free(b->new_gain);
    boost_forest_free(b->forest);
    boost_forest_free(b->pruned);
    free(b);
}

/* ---- begin ---- */

static int check_data(const struct boost_data *d, struct gnm_why *why)
{
    if (d->rows == 0)
        return gnm_fail(why, -ENODATA, "there are no rows to learn from");
    if (d->rows > BOOST_ROWS_MAX)
        return gnm_fail(why, -EINVAL, "%zu rows are too many", d->rows);
    if (d->x == NULL || (d->target == NULL) == (d->target_double == NULL))
        return gnm_fail(why, -EINVAL, "a matrix and one kind of target are needed");
    return d->stride < d->columns ? gnm_fail(why, -EINVAL, "a row of %zu columns cannot have a stride of %zu", d->columns, d->stride) : 0;
}

static int copy_options(struct boost *b, const struct boost_options *o)
{
    size_t columns = b->data.columns;
    b->options = *o;
    b->options.categorical = NULL;
    b->options.monotone = NULL;
    if (o->n_categorical > 0) {
        b->categorical = malloc(o->n_categorical * sizeof *b->categorical);
        if (b->categorical == NULL)
            return -ENOMEM;
        memcpy(b->categorical, o->categorical, o->n_categorical * sizeof *b->categorical);
    }
    if (o->monotone != NULL) {
        b->monotone = malloc(columns);
        if (b->monotone == NULL)
            return -ENOMEM;
        memcpy(b->monotone, o->monotone, columns);
    }
    return 0;
}

static int cuts_fit(const struct boost *b, const struct boost_cuts *cuts)
{
    if (cuts->columns != b->data.columns)
        return 0;
    for (size_t c = 0; c < cuts->columns; c++)
        if (cuts->kind[c] != b->cuts->kind[c])
            return 0;
    return 1;
}

static int begin_cuts(struct boost *b, const struct boost_cuts *cuts, const struct boost_cuts *warm, struct gnm_why *why)
{
    if (boost_cuts_new(b->data.columns, 0, b->options.n_categorical, &b->cuts) < 0)
        return gnm_fail(why, -ENOMEM, "no memory for %zu columns", b->data.columns);
    for (size_t i = 0; i < b->options.n_categorical; i++)
        b->cuts->kind[b->categorical[i]] = CUTS_CATEGORICAL;
    const struct boost_cuts *known = warm != NULL ? warm : cuts;
    if (known == NULL)
        return 0;
    if (!cuts_fit(b, known))
        return gnm_fail(why, -EINVAL, "the given cuts are of other columns");
    struct boost_cuts *copy;
    if (boost_cuts_copy(known, &copy) < 0)
        return gnm_fail(why, -ENOMEM, "no memory for cuts");
    if (warm != NULL) {
        b->warm_cuts = copy;
        return 0;
    }
    boost_cuts_free(b->cuts);
    b->cuts = copy;
    b->cuts_given = 1;
    return 0;
}

static uint64_t hash_options(const struct boost *b)
{
    const struct boost_options *o = &b->options;
    double number[] = { o->quantile, o->huber, o->rate, o->l2, o->min_gain, o->column_ratio, o->row_ratio, o->holdout_ratio };
    int64_t whole[] = { o->loss, o->leaves, o->depth, o->bins, o->min_leaf, o->patience, (int64_t)o->seed, (int64_t)b->rows, (int64_t)b->data.columns, b->cuts_given,
                        b->warm_trees };
    uint64_t hash = hash_bytes(b->hash, number, sizeof number);
    hash = hash_bytes(hash, whole, sizeof whole);
    hash = hash_bytes(hash, b->cuts->kind, b->data.columns);
    hash = hash_bytes(hash, b->cuts->first, b->data.columns * sizeof *b->cuts->first);
    hash = hash_bytes(hash, b->cuts->cut, b->cuts->first[b->data.columns] * sizeof *b->cuts->cut);
    return b->monotone == NULL ? hash : hash_bytes(hash, b->monotone, b->data.columns);
}

static int begin_forest(struct boost *b, const struct boost_model *warm, struct gnm_why *why)
{
    size_t columns = b->data.columns;
    b->new_gain = calloc(columns, sizeof *b->new_gain);
    if (b->new_gain == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for %zu columns", columns);
    if (warm == NULL)
        return boost_forest_new(columns, &b->forest) < 0 ? gnm_fail(why, -ENOMEM, "no memory for trees") : 0;
    b->warm_trees = b->best_trees = boost_model_trees(warm);
    return boost_forest_copy(warm->forest, warm->forest->trees, &b->forest) < 0 ? gnm_fail(why, -ENOMEM, "no memory for trees") : 0;
}

/* The score of a warm model goes on from the model's own start. */
static void move_base(struct boost *b, double base)
{
    if (b->options.loss == BOOST_POISSON) {
        for (size_t i = 0; i < b->rows; i++)
            b->score[i] = (float)base;
    } else {
        for (size_t i = 0; i < b->rows; i++)
            b->target[i] = (float)((double)b->target[i] + (b->base - base));
    }
    b->base = base;
}

static int begin(struct boost *b, const struct boost_options *options, const struct boost_cuts *cuts, const struct boost_model *warm, struct gnm_why *why)
{
    int r = check_data(&b->data, why);
    if (r == 0)
        r = boost_check(options, b->data.columns, why);
    if (r == 0 && copy_options(b, options) < 0)
        r = gnm_fail(why, -ENOMEM, "no memory for options");
    if (r == 0 && warm != NULL && warm->loss != options->loss)
        r = gnm_fail(why, -EINVAL, "the model to go on from has another loss");
    if (r == 0)
        r = begin_cuts(b, cuts, warm == NULL ? NULL : warm->cuts, why);
    if (r == 0)
        r = begin_forest(b, warm, why);
    if (r == 0)
        r = boost_targets(b, why);
    if (r == 0 && warm != NULL)
        move_base(b, warm->base);
    if (r == 0 && options->loss == BOOST_PINBALL) {
        b->pair = malloc((b->train < BOOST_RENEW_ROWS ? b->train : BOOST_RENEW_ROWS) * sizeof *b->pair);
        b->renewal = calloc(1, sizeof *b->renewal);
        r = b->pair == NULL || b->renewal == NULL ? gnm_fail(why, -ENOMEM, "no memory for quantiles of %zu rows", b->train) : 0;
    }
    if (r == 0)
        b->hash = hash_options(b);
    return r;
}

int boost_begin(const struct boost_data *data, const struct boost_options *options, const struct boost_cuts *cuts, const struct boost_model *warm,
                struct boost **ret, struct gnm_why *why)
{
    struct boost *b = calloc(1, sizeof *b);
    if (b == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for a training");
    b->data = *data;
    b->best_loss = -1;
    b->kernels = boost_kernels(options->plain);
    int r = begin(b, options, cuts, warm, why);
    if (r < 0) {
        boost_free(b);
        return r;
    }
    *ret = b;
    return 0;
}

/* ---- step ---- */

static int64_t work(struct boost *b, size_t units, struct gnm_why *why)
{
    switch (b->phase) {
    case PHASE_CUTS:
        return boost_work_cuts(b, units, why);
    case PHASE_KEPT:
        return boost_work_kept(b, units);
    case PHASE_BINS:
        return boost_work_bins(b, units, why);
    case PHASE_REPLAY:
        return boost_work_replay(b, units, why);
    case PHASE_GRADIENT:
        return boost_work_gradient(b, units);
    case PHASE_SAMPLE:
        return boost_work_sample(b, units);
    case PHASE_HISTOGRAM:
        return boost_work_histogram(b, units);
    case PHASE_SCAN:
        return boost_work_scan(b, units);
    case PHASE_OWN:
        return boost_work_own(b, units);
    case PHASE_PARTITION:
        return boost_work_partition(b, units);
    case PHASE_RENEW:
        return boost_work_renew(b, units);
    case PHASE_UPDATE:
        return boost_work_update(b, units);
    case PHASE_OUTSIDE:
        return boost_work_outside(b, units, why);
    case PHASE_PRUNE:
        return boost_work_prune(b, units, why);
    default:
        return 0;
    }
}

int boost_step(struct boost *b, size_t units, struct gnm_why *why)
{
    size_t done = 0;
    while (b->phase != PHASE_DONE && (done < units || done == 0)) {
        int64_t r = work(b, units - done, why);
        if (r < 0)
            return (int)r;
        done += (size_t)r;
    }
    b->units += done;
    return b->phase == PHASE_DONE ? BOOST_FINISHED : BOOST_CONTINUE;
}

/* ---- what is known ---- */

int boost_binned(const struct boost *b)
{
    return b->taken;
}

double boost_progress(const struct boost *b)
{
    if (b->phase == PHASE_DONE)
        return 1;
    double steps = 1 + b->options.trees;       /* binning costs about a tree */
    if (!b->taken)
        return b->phase == PHASE_CUTS ? .5 * (double)b->cursor / (double)b->data.columns / steps : (.5 + .5 * (double)b->cursor / (double)b->rows) / steps;
    double grown = b->leaves < b->options.leaves ? (double)b->leaves / (double)b->options.leaves : 1;
    double part = b->phase == PHASE_REPLAY || b->phase == PHASE_GRADIENT ? 0 : grown;
    return (1 + b->attempts + .99 * part) / (steps + 1);
}

struct boost_report boost_report(const struct boost *b)
{
    struct boost_report r = { .rows = b->train, .holdout_rows = b->rows - b->train, .units = b->units, .train_loss = NAN, .holdout_loss = NAN };
    r.trees = (int)b->forest->trees - b->warm_trees;
    r.best_trees = b->best_trees;
    for (size_t t = (size_t)b->warm_trees; t < b->forest->trees; t++)
        r.leaves += b->forest->tree[t].leaves;
    if (b->phase > PHASE_REPLAY && b->forest->trees > 0)
        r.train_loss = boost_loss_sum(b, 0, b->train) / b->weight_sum;
    if (b->phase > PHASE_REPLAY && r.holdout_rows > 0) {
        double weights = 0;
        for (size_t i = b->train; i < b->rows; i++)
            weights += b->weight == NULL ? 1 : (double)b->weight[i];
        r.holdout_loss = (b->phase == PHASE_DONE && b->pruned != NULL ? b->pruned_loss : b->best_loss) / weights;
    }
    return r;
}
