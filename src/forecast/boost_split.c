/* The best split of a leaf in one numeric column: the kernel ranks in float, the winner is computed again in double from the whole sums. */
#include <string.h>

#include "forecast/boost_state.h"

void boost_split_table(const struct boost *b, const struct boost_split *split, unsigned char *left)
{
    (void)b;
    for (int k = 0; k < BOOST_LEVELS; k++)
        left[k] = split->categorical ? split->set[k / 32] >> k % 32 & 1 : k <= split->bin;
    if (!split->categorical && split->missing_right > 0)
        left[0] = 0;
}

/* What lies left of a place: bins up to `bin`, without the missing ones if these go right. */
static struct boost_part part_at(const struct boost_scan *s, int bin, int missing_right)
{
    struct boost_part p = { boost_packed_gradient(s->entry[bin]), s->heavy == NULL ? 0 : s->heavy[bin], boost_packed_count(s->entry[bin]) };
    if (missing_right) {
        p.gradient -= s->missing_gradient;
        p.count -= s->missing_count;
        p.weight -= s->missing_weight;
    }
    if (s->heavy == NULL)
        p.weight = p.count;
    return p;
}

static int allowed(const struct boost_scan *s, const struct boost_part *p)
{
    return p->count >= s->min_leaf && s->count - p->count >= s->min_leaf;
}

static void take(struct boost_leaf *leaf, size_t column, int bin, int missing_right, const struct boost_part *p, double gain)
{
    leaf->split = (struct boost_split){ .gain = gain, .column = (uint32_t)column, .bin = bin, .missing_right = missing_right };
    leaf->split.gradient = (uint64_t)p->gradient << 32;
    leaf->split.weight = (uint32_t)p->weight;
    leaf->split.count = (uint32_t)p->count;
}

static struct boost_scan scan_of(const struct boost *b, const struct boost_leaf *leaf, size_t c, const uint64_t *entry, const uint32_t *heavy)
{
    double l2 = b->options.l2 / b->weight_unit, weight = (double)leaf->weight + 2 * l2;
    return (struct boost_scan){
        .entry = entry, .heavy = heavy, .bins = b->column[c].n_bins, .count = (int32_t)leaf->count, .min_leaf = b->options.min_leaf,
        .missing_count = boost_packed_count(entry[0]), .missing_gradient = boost_packed_gradient(entry[0]),
        .missing_weight = heavy == NULL ? boost_packed_count(entry[0]) : (int32_t)heavy[0],
        .weight = (float)weight, .centre = (float)(leaf->gradient / weight), .l2 = (float)l2,
    };
}

/* The first bin with the score the kernel found. */
static int find_bin(const struct boost_scan *s, float score, int missing_right, struct boost_part *ret)
{
    for (int bin = 0; bin < s->bins; bin++) {
        struct boost_part p = part_at(s, bin, missing_right);
        if (allowed(s, &p) && boost_score((float)(int32_t)p.gradient, (float)(int32_t)p.weight, s) >= score) {
            *ret = p;
            return bin;
        }
    }
    return -1;
}

/* A constrained column is searched in double: values of the children must stand in the right order. */
static int in_order(const struct boost *b, const struct boost_leaf *leaf, size_t c, const struct boost_part *p)
{
    double l2 = b->options.l2 / b->weight_unit;
    double left = (double)p->gradient / ((double)p->weight + l2), right = (double)(leaf->gradient - p->gradient) / ((double)(leaf->weight - p->weight) + l2);
    return b->column[c].monotone > 0 ? left <= right : left >= right;
}

static void scan_ordered(const struct boost *b, struct boost_leaf *leaf, size_t c, const struct boost_scan *s)
{
    for (int right = 0; right <= (s->missing_count > 0); right++) {
        for (int bin = 0; bin < s->bins; bin++) {
            struct boost_part p = part_at(s, bin, right);
            if (!allowed(s, &p) || !in_order(b, leaf, c, &p))
                continue;
            double gain = boost_gain(b, leaf, &p);
            if (gain > leaf->split.gain && gain > b->options.min_gain)
                take(leaf, c, bin, s->missing_count > 0 ? right : -1, &p, gain);
        }
    }
}

void boost_split_scan(struct boost *b, struct boost_leaf *leaf, size_t c, const uint64_t *entry, const uint32_t *heavy)
{
    if (b->column[c].categorical) {
        boost_category_scan(b, leaf, c, entry, heavy);
        return;
    }
    struct boost_scan s = scan_of(b, leaf, c, entry, heavy);
    if (b->column[c].monotone != 0) {
        scan_ordered(b, leaf, c, &s);
        return;
    }
    struct boost_best best = b->kernels->scan(&s);
    int right = best.missing_right > best.missing_left;
    float score = right ? best.missing_right : best.missing_left;
    if (!(score > leaf->score))
        return;
    struct boost_part p;
    int bin = find_bin(&s, score, right, &p);
    double gain = bin < 0 ? 0 : boost_gain(b, leaf, &p);
    leaf->score = score;
    if (gain > leaf->split.gain && gain > b->options.min_gain)
        take(leaf, c, bin, s.missing_count > 0 ? right : -1, &p, gain);
}
