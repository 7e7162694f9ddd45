/* Targets and weights of the rows that take part, and where the score begins. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "forecast/boost_loss.h"

#define TARGET_MAX 1e30

static double target_at(const struct boost_data *d, size_t i)
{
    size_t at = i * (d->target_stride == 0 ? 1 : d->target_stride);
    return d->target_double != NULL ? d->target_double[at] : (double)d->target[at];
}

static int takes_part(const struct boost_data *d, size_t i)
{
    return isfinite(target_at(d, i)) && (d->weight == NULL || (d->weight[i] > 0 && isfinite(d->weight[i])));
}

static int check_target(const struct boost *b, size_t i, struct gnm_why *why)
{
    double y = target_at(&b->data, i);
    if (fabs(y) > TARGET_MAX)
        return gnm_fail(why, -EINVAL, "target of row %zu is beyond 1e30 (%g)", i, y);
    if (b->options.loss == BOOST_POISSON && y < 0)
        return gnm_fail(why, -EINVAL, "target of row %zu is %g, but Poisson loss takes no negative ones", i, y);
    return 0;
}

static int count_rows(struct boost *b, struct gnm_why *why)
{
    size_t n = 0;
    for (size_t i = 0; i < b->data.rows; i++) {
        if (!takes_part(&b->data, i))
            continue;
        int r = check_target(b, i, why);
        if (r < 0)
            return r;
        n++;
    }
    b->rows = n;
    b->train = n - (size_t)((double)n * b->options.holdout_ratio);
    return n == 0 ? gnm_fail(why, -ENODATA, "none of %zu rows has both a target and a weight above 0", b->data.rows) : 0;
}

static int make_room(struct boost *b)
{
    size_t padded = (b->rows + 7) / 8 * 8 + 8;
    b->target = calloc(padded, sizeof *b->target);
    b->score = calloc(padded, sizeof *b->score);
    if (b->data.weight != NULL)
        b->weight = calloc(padded, sizeof *b->weight);
    if (b->rows < b->data.rows)
        b->source = calloc(b->rows, sizeof *b->source);
    return b->target == NULL || b->score == NULL || (b->data.weight != NULL && b->weight == NULL) || (b->rows < b->data.rows && b->source == NULL) ? -ENOMEM : 0;
}

static void gather_rows(struct boost *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->data.rows; i++) {
        if (!takes_part(&b->data, i))
            continue;
        if (b->source != NULL)
            b->source[n] = (uint32_t)i;
        if (b->weight != NULL)
            b->weight[n] = b->data.weight[i];
        n++;
    }
}

static double weight_at(const struct boost *b, size_t row)
{
    return b->weight == NULL ? 1 : (double)b->weight[row];
}

/* A quantile over the training rows of what is in `score` just now. */
static int quantile_of_score(const struct boost *b, double quantile, double *ret)
{
    struct renew_pair *pair = malloc(b->train * sizeof *pair);
    if (pair == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < b->train; i++)
        pair[i] = (struct renew_pair){ .r = b->score[i], .w = (float)weight_at(b, i) };
    *ret = (double)boost_quantile(pair, b->train, quantile);
    free(pair);
    return 0;
}

static double mean_target(const struct boost *b)
{
    double sum = 0, weights = 0;
    for (size_t i = 0; i < b->train; i++) {
        sum += weight_at(b, i) * target_at(&b->data, boost_source(b, i));
        weights += weight_at(b, i);
    }
    return sum / weights;
}

static int find_base(struct boost *b)
{
    b->base = mean_target(b);
    if (b->options.loss == BOOST_POISSON)
        b->base = b->base > 1e-9 ? exact_log(b->base) : exact_log(1e-9);
    if (b->options.loss != BOOST_HUBER && b->options.loss != BOOST_PINBALL)
        return 0;
    double mean = b->base, shift = 0;
    for (size_t i = 0; i < b->train; i++)
        b->score[i] = (float)(target_at(&b->data, boost_source(b, i)) - mean);
    int r = quantile_of_score(b, b->options.loss == BOOST_PINBALL ? b->options.quantile : .5, &shift);
    b->base = mean + shift;
    return r;
}

static int find_huber(struct boost *b)
{
    b->huber = b->options.huber;
    if (b->options.loss != BOOST_HUBER || b->huber > 0)
        return 0;
    for (size_t i = 0; i < b->train; i++)
        b->score[i] = fabsf(b->target[i]);
    return quantile_of_score(b, .9, &b->huber);
}

/* Differences to the base are taken in double: counts above 2^24 would lose their last digits as floats. */
static void set_targets(struct boost *b)
{
    double shift = b->options.loss == BOOST_POISSON ? 0 : b->base;
    for (size_t i = 0; i < b->rows; i++)
        b->target[i] = (float)(target_at(&b->data, boost_source(b, i)) - shift);
}

int boost_targets(struct boost *b, struct gnm_why *why)
{
    int r = count_rows(b, why);
    if (r < 0)
        return r;
    if (make_room(b) < 0)
        return gnm_fail(why, -ENOMEM, "no memory for the targets of %zu rows", b->rows);
    gather_rows(b);
    r = find_base(b);
    set_targets(b);
    if (r == 0)
        r = find_huber(b);
    if (r < 0)
        return gnm_fail(why, r, "no memory for the quantiles of %zu targets", b->train);
    for (size_t i = 0; i < b->rows; i++)
        b->score[i] = b->options.loss == BOOST_POISSON ? (float)b->base : 0;
    for (size_t i = 0; i < b->train; i++)
        b->weight_sum += weight_at(b, i);
    b->hash = hash_bytes(HASH_START, b->target, b->rows * sizeof *b->target);
    if (b->weight != NULL)
        b->hash = hash_bytes(b->hash, b->weight, b->rows * sizeof *b->weight);
    b->hash = hash_bytes(b->hash, &b->base, sizeof b->base);
    return 0;
}
