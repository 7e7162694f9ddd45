/* Gradients of the training rows, made whole so that sums are exact, and the rows and columns of the next tree. */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "forecast/boost_loss.h"

enum { PIECE = 8192 };                         /* rows summed as one, whatever the steps: sums of doubles must not depend on pauses */

static double weight_at(const struct boost *b, size_t row)
{
    return b->weight == NULL ? 1 : (double)b->weight[row];
}

double boost_pull(const struct boost *b, double y, double score)
{
    double r = y - score;
    switch (b->options.loss) {
    case BOOST_HUBER:
        return r > b->huber ? b->huber : r < -b->huber ? -b->huber : r;
    case BOOST_POISSON:
        return y - exact_exp(score);
    case BOOST_PINBALL:
        return r >= 0 ? b->options.quantile : b->options.quantile - 1;
    default:
        return r;
    }
}

/* Returns the sum of sizes. */
static double any_gradient(struct boost *b, size_t from, size_t to)
{
    double sum = 0;
    for (size_t i = from; i < to; i++) {
        double g = boost_pull(b, (double)b->target[i], (double)b->score[i]) * weight_at(b, i);
        b->gradient[i] = (float)g;
        sum += fabs(g);
    }
    return sum;
}

static double hessian_at(const struct boost *b, size_t row)
{
    double h = weight_at(b, row);
    return b->options.loss == BOOST_POISSON ? h * exact_exp((double)b->score[row]) : h;
}

static double hessian_sum(const struct boost *b, size_t from, size_t to)
{
    double sum = 0;
    for (size_t i = from; i < to; i++)
        sum += hessian_at(b, i);
    return sum;
}

static size_t padded(size_t n)
{
    return (n + 7) / 8 * 8;
}

static void measure(struct boost *b, size_t from, size_t to)
{
    if (from == 0)
        b->gradient_sum = b->hessian_sum = b->excess = 0;
    if (b->heavy != NULL)
        b->hessian_sum += hessian_sum(b, from, to);
    if (b->options.loss == BOOST_SQUARED && b->weight == NULL) {
        size_t even = from + (to - from) / 8 * 8;
        b->gradient_sum += b->kernels->difference(b->target + from, b->score + from, b->gradient + from, even - from);
        from = even;
    }
    b->gradient_sum += any_gradient(b, from, to);
}

#define STEP_BITS 0x1p-17          /* of a mean size: a leaf of at most some dozen mean sizes can be told in whole units from its float */

/* The greatest whole sums that still fit 31 bits however the rounding falls. */
static void choose_units(struct boost *b)
{
    double room = 2.147e9 - 1.5 * (double)b->train, least = b->gradient_sum / (double)b->train * STEP_BITS;
    b->gradient_unit = b->gradient_sum > 0 ? b->gradient_sum / (b->whole ? room / 2 : room) : 0;
    b->gradient_unit = b->whole && b->gradient_unit < least ? least : b->gradient_unit;
    b->weight_unit = b->heavy == NULL ? 1 : b->hessian_sum > 0 ? b->hessian_sum / room : 1;
}

/* A residual this many mean sizes long is no guide: rows like it would get leaves of their own wherever they lie, and whatever lies beyond them with
 * them. What is cut off is shared by all rows, so the mean stays right; a true effect of that size is learned over some more trees. */
#define OUTLIER 12.0

static float outlier(const struct boost *b)
{
    double top = OUTLIER * b->gradient_sum / b->weight_sum;
    return b->options.loss == BOOST_SQUARED && !b->whole && top < 3e38 ? (float)top : INFINITY;
}

static double cut_weighted(struct boost *b, size_t from, size_t to)
{
    double cut = 0, top = (double)outlier(b);
    for (size_t i = from; i < to; i++) {
        double limit = top * (double)b->weight[i], g = (double)b->gradient[i], kept = g > limit ? limit : g < -limit ? -limit : g;
        cut += g - kept;
        b->gradient[i] = (float)kept;
    }
    return cut;
}

static void make_whole(struct boost *b, size_t from, size_t to)
{
    float scale = b->gradient_unit > 0 ? (float)(1 / b->gradient_unit) : 0, top = b->weight == NULL ? outlier(b) : INFINITY;
    if (b->weight != NULL && b->options.loss == BOOST_SQUARED)
        b->excess += cut_weighted(b, from, to);
    b->excess += b->kernels->quantise(b->gradient + from, top, isfinite(scale) ? scale : 0, b->quantum + from, padded(to - from));
    for (size_t i = from; b->heavy != NULL && i < to; i++) {
        double q = hessian_at(b, i) / b->weight_unit + .5;
        b->heavy[i] = q < 1 ? 1 : (uint32_t)q;
    }
}

/* ---- residuals that stay whole ---- */

static double sizes(const int32_t *q, size_t from, size_t to)
{
    int64_t sum = 0;
    for (size_t i = from; i < to; i++)
        sum += q[i] < 0 ? -(int64_t)q[i] : q[i];
    return (double)sum;
}

#define WHOLE_MAX 2.147e9

/* The sum of sizes hardly ever grows while squares shrink. When it does, half the precision makes room; a forged checkpoint may need that many times. */
static void end_sizes(struct boost *b)
{
    while (b->gradient_sum > WHOLE_MAX) {
        for (size_t i = 0; i < b->train; i++)
            b->quantum[i] /= 2;
        b->gradient_sum = sizes(b->quantum, 0, b->train);
        b->gradient_unit *= 2;
        b->carried_valid = 0;
    }
    double top = OUTLIER * b->gradient_sum / (double)b->train + 1;
    b->top = top < INT32_MAX ? (int32_t)top : INT32_MAX;
    b->excess = 0;
    b->cut_off = 0;
}

static double cut_whole(struct boost *b, size_t from, size_t to)
{
    int64_t cut = 0;
    for (size_t i = from; i < to; i++) {
        int32_t q = b->quantum[i], beyond = q > b->top ? q - b->top : q < -b->top ? q + b->top : 0;
        cut += beyond;
        b->spare_index[b->cut_off] = (uint32_t)i;
        b->cut_off += beyond != 0;
    }
    return (double)cut * b->gradient_unit;
}

static size_t work_whole(struct boost *b, size_t units)
{
    size_t done = 0, n = b->train;
    while (b->cursor < 2 * n && done < units) {
        int second = b->cursor >= n;
        size_t from = second ? b->cursor - n : b->cursor, to = from + PIECE < n ? from + PIECE : n;
        if (from == 0 && !second)
            b->gradient_sum = 0;
        if (second)
            b->excess += cut_whole(b, from, to);
        else
            b->gradient_sum += sizes(b->quantum, from, to);
        if (!second && to == n)
            end_sizes(b);
        b->cursor += to - from;
        done += to - from;
    }
    return done;
}

/* What follows the gradients: the next tree, or more trees of a checkpoint. */
static void gradient_end(struct boost *b)
{
    b->phase = b->replayed < b->forest->trees ? PHASE_REPLAY : PHASE_SAMPLE;
    b->cursor = 0;
}

int64_t boost_work_gradient(struct boost *b, size_t units)
{
    if (b->begun) {
        size_t spent = work_whole(b, units);
        if (b->cursor == 2 * b->train)
            gradient_end(b);
        return (int64_t)spent + 1;
    }
    size_t done = 0, n = b->train;
    int per_row = b->options.loss == BOOST_POISSON ? 8 : b->options.loss == BOOST_SQUARED ? 1 : 3;
    while (b->cursor < 2 * n && done < units) {
        int second = b->cursor >= n;
        size_t from = second ? b->cursor - n : b->cursor, to = from + PIECE < n ? from + PIECE : n;
        if (second)
            make_whole(b, from, to);
        else
            measure(b, from, to);
        if (!second && to == n)
            choose_units(b);
        b->cursor += to - from;
        done += (to - from) * (size_t)per_row;
    }
    if (b->cursor == 2 * n) {
        b->begun = b->whole;
        b->cursor = 0;
        if (!b->whole)
            gradient_end(b);
    }
    return (int64_t)done + 1;
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

/* In the bag or not depends on seed, tree and row only, so that a resumed training draws the same. */
static int in_bag(const struct boost *b, size_t row)
{
    uint64_t tree = mix(b->options.seed + (uint64_t)b->attempts * UINT64_C(0x9E3779B97F4A7C15));
    return (double)(mix(tree + row * UINT64_C(0xD1B54A32D192ED03)) >> 11) * 0x1p-53 < b->options.row_ratio;
}

static void draw_columns(struct boost *b)
{
    size_t columns = b->data.columns, usable = 0;
    for (size_t c = 0; c < columns; c++)
        usable += b->drawn[c] = b->column[c].used;
    if (b->options.column_ratio >= 1)
        return;
    struct random random;
    random_seed(&random, b->options.seed ^ mix((uint64_t)b->attempts + 1));
    size_t want = (size_t)ceil((double)usable * b->options.column_ratio);
    for (size_t c = 0; c < columns; c++) {         /* each with the chance that leaves the number right */
        if (!b->drawn[c])
            continue;
        b->drawn[c] = random_below(&random, usable) < want;
        want -= b->drawn[c];
        usable--;
    }
    boost_pick(b);
}

static void sample_rows(struct boost *b, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (in_bag(b, i))
            b->index[b->partition_left++] = (uint32_t)i;
        else
            b->spare_index[b->partition_right++] = (uint32_t)i;
    }
}

static void all_rows(struct boost *b, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        b->index[i] = (uint32_t)i;
    b->partition_left = to;
}

int64_t boost_work_sample(struct boost *b, size_t units)
{
    size_t from = b->cursor, to = b->train - from < units ? b->train : from + units;
    if (from == 0) {
        b->partition_left = b->partition_right = 0;
        draw_columns(b);
    }
    if (b->options.row_ratio < 1)
        sample_rows(b, from, to);
    else
        all_rows(b, from, to);
    b->cursor = to;
    if (to == b->train) {
        memcpy(b->index + b->partition_left, b->spare_index, b->partition_right * sizeof *b->index);
        b->bag = b->partition_left;
        boost_tree_begin(b);
    }
    return (int64_t)(to - from) + 1;
}
