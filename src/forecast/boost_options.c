#include "forecast/boost.h"

#include <errno.h>
#include <math.h>

struct boost_options boost_defaults(void)
{
    return (struct boost_options){
        .loss = BOOST_SQUARED, .quantile = .5, .trees = 200, .leaves = 31, .rate = .1, .bins = 63, .min_leaf = 20, .column_ratio = 1, .row_ratio = 1, .seed = 1,
    };
}

static int outside(double x, double low, double high)
{
    return !(x >= low && x <= high);
}

static int check_columns(const struct boost_options *o, size_t columns, struct gnm_why *why)
{
    if (columns < 1 || columns > BOOST_COLUMNS_MAX)
        return gnm_fail(why, -EINVAL, "boosting takes 1 to %d columns, not %zu", BOOST_COLUMNS_MAX, columns);
    if (o->n_categorical > 0 && o->categorical == NULL)
        return gnm_fail(why, -EINVAL, "%zu categorical columns are promised, but not named", o->n_categorical);
    for (size_t i = 0; i < o->n_categorical; i++) {
        int c = o->categorical[i];
        if (c < 0 || (size_t)c >= columns)
            return gnm_fail(why, -EINVAL, "categorical column %d does not exist, there are %zu", c, columns);
        if (o->monotone != NULL && o->monotone[c] != 0)
            return gnm_fail(why, -EINVAL, "column %d cannot be both categorical and monotone", c);
    }
    for (size_t c = 0; o->monotone != NULL && c < columns; c++)
        if (o->monotone[c] < -1 || o->monotone[c] > 1)
            return gnm_fail(why, -EINVAL, "monotone constraint of column %zu must be -1, 0 or 1, not %d", c, o->monotone[c]);
    return 0;
}

static int check_tree(const struct boost_options *o, struct gnm_why *why)
{
    if (o->trees < 0 || o->trees > BOOST_TREES_MAX)
        return gnm_fail(why, -EINVAL, "trees must be 0 to %d, not %d", BOOST_TREES_MAX, o->trees);
    if (o->leaves < 2 || o->leaves > BOOST_LEAVES_MAX)
        return gnm_fail(why, -EINVAL, "leaves must be 2 to %d, not %d", BOOST_LEAVES_MAX, o->leaves);
    if (o->depth < 0)
        return gnm_fail(why, -EINVAL, "depth must be 0 (no limit) or more, not %d", o->depth);
    if (outside(o->rate, 1e-6, 1))
        return gnm_fail(why, -EINVAL, "rate must be above 0 and at most 1, not %g", o->rate);
    if (o->bins < BOOST_BINS_MIN || o->bins > BOOST_BINS_MAX)
        return gnm_fail(why, -EINVAL, "bins must be %d to %d, not %d", BOOST_BINS_MIN, BOOST_BINS_MAX, o->bins);
    if (o->min_leaf < 1 || o->min_leaf > 1 << 28)
        return gnm_fail(why, -EINVAL, "rows of a leaf must be at least 1, not %d", o->min_leaf);
    if (outside(o->l2, 0, 1e9) || outside(o->min_gain, 0, HUGE_VAL))
        return gnm_fail(why, -EINVAL, "l2 and the smallest gain must not be negative (%g, %g)", o->l2, o->min_gain);
    return 0;
}

int boost_check(const struct boost_options *o, size_t columns, struct gnm_why *why)
{
    if (o->loss < BOOST_SQUARED || o->loss > BOOST_PINBALL)
        return gnm_fail(why, -EINVAL, "loss %d is unknown", (int)o->loss);
    if (o->loss == BOOST_PINBALL && outside(o->quantile, 1e-6, 1 - 1e-6))
        return gnm_fail(why, -EINVAL, "the quantile must lie between 0 and 1, not %g", o->quantile);
    if (outside(o->huber, 0, 1e30))
        return gnm_fail(why, -EINVAL, "the bend of Huber's loss must not be negative (%g)", o->huber);
    if (outside(o->column_ratio, 1e-6, 1) || outside(o->row_ratio, 1e-6, 1))
        return gnm_fail(why, -EINVAL, "shares of columns and rows must be above 0 and at most 1 (%g, %g)", o->column_ratio, o->row_ratio);
    if (outside(o->holdout_ratio, 0, .9))
        return gnm_fail(why, -EINVAL, "the hold-out must be 0 to 0.9 of the rows, not %g", o->holdout_ratio);
    if (o->patience < 0 || (o->patience > 0 && !(o->holdout_ratio > 0)))
        return gnm_fail(why, -EINVAL, "patience (%d) needs a hold-out to judge by", o->patience);
    int r = check_tree(o, why);
    return r < 0 ? r : check_columns(o, columns, why);
}
