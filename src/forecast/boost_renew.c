/* Leaves of the pinball loss: the quantile of the residuals of each leaf's rows. A small leaf is gathered and selected from at once. A large one is
 * read three times, each reading counts the weight by the next digit of the residual's ordered bits: that can pause after any row, and needs no room. */
#include <string.h>

#include "forecast/boost_loss.h"

enum { GATHER_UNITS = 8, READ_UNITS = 8, READ_PIECE = 4096 };

struct digit { int shift, bits; };
static const struct digit digits[BOOST_RENEW_READINGS] = { { 21, 11 }, { 10, 11 }, { 0, 10 } };

static double weight_at(const struct boost *b, uint32_t row)
{
    return b->weight == NULL ? 1 : (double)b->weight[row];
}

static void keep(struct boost *b, double quantile)
{
    b->new_leaf[b->renewing++] = (float)(quantile * b->options.rate);
    b->cursor = 0;
}

static size_t gather_leaf(struct boost *b, const struct boost_leaf *leaf)
{
    for (size_t i = 0; i < leaf->count; i++) {
        uint32_t row = b->index[leaf->start + i];
        b->pair[i] = (struct renew_pair){ b->target[row] - b->score[row], (float)weight_at(b, row) };
    }
    keep(b, leaf->count == 0 ? 0 : (double)boost_quantile(b->pair, leaf->count, b->options.quantile));
    return (size_t)leaf->count * GATHER_UNITS;
}

/* ---- large leaves ---- */

static void read_rows(struct boost *b, const struct boost_leaf *leaf, size_t from, size_t to)
{
    struct boost_renewal *r = b->renewal;
    const struct digit *d = &digits[r->reading];
    uint32_t mask = (UINT32_C(1) << d->bits) - 1;
    for (size_t i = from; i < to; i++) {
        uint32_t row = b->index[leaf->start + i], key = boost_key(b->target[row] - b->score[row]);
        if (r->reading == 0 || key >> d->shift >> d->bits == r->prefix)
            r->mass[key >> d->shift & mask] += weight_at(b, row);
    }
}

/* The digit at which the weight so far reaches what is wanted. Rounding may leave a crumb too little: then the last one that has any. */
static void choose_digit(const struct boost *b)
{
    struct boost_renewal *r = b->renewal;
    int n = 1 << digits[r->reading].bits, last = 0;
    double all = 0, below = 0;
    for (int k = 0; k < n; k++) {
        all += r->mass[k];
        last = r->mass[k] > 0 ? k : last;
    }
    if (r->reading == 0)
        r->want = b->options.quantile * all;
    int k = 0;
    for (; k < last && below + r->mass[k] < r->want; k++)
        below += r->mass[k];
    while (k < last && !(r->mass[k] > 0))
        k++;
    r->want -= below;
    r->prefix = r->prefix << digits[r->reading].bits | (uint32_t)k;
    r->reading++;
}

static size_t read_leaf(struct boost *b, const struct boost_leaf *leaf)
{
    struct boost_renewal *r = b->renewal;
    size_t from = b->cursor, to = leaf->count - from < READ_PIECE ? leaf->count : from + READ_PIECE;
    if (from == 0) {
        memset(r->mass, 0, sizeof r->mass);
        if (r->reading >= BOOST_RENEW_READINGS)
            r->reading = 0;
        if (r->reading == 0)
            r->prefix = 0;
    }
    read_rows(b, leaf, from, to);
    b->cursor = to;
    if (to == leaf->count) {
        choose_digit(b);
        b->cursor = 0;
        if (r->reading == BOOST_RENEW_READINGS)
            keep(b, (double)boost_unkey(r->prefix));
    }
    return (to - from) * READ_UNITS;
}

int64_t boost_work_renew(struct boost *b, size_t units)
{
    size_t done = 0;
    while (b->renewing < b->leaves && b->leaves > 1 && done < units) {
        const struct boost_leaf *leaf = &b->leaf[b->renewing];
        done += leaf->count > BOOST_RENEW_ROWS ? read_leaf(b, leaf) : gather_leaf(b, leaf);
    }
    if (b->leaves == 1 || b->renewing == b->leaves) {
        b->phase = PHASE_UPDATE;
        b->cursor = 0;
        b->renewing = 0;
    }
    return (int64_t)done + 1;
}
