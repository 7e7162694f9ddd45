/* Growing one tree leaf by leaf: histogram of the smaller child, the larger by subtraction, the best split of each, partition of the best leaf. */
#include <errno.h>
#include <string.h>

#include "forecast/boost_loss.h"

static void choose_leaf(struct boost *b);

/* ---- histograms ---- */

/* The root's sums stand in the last entry of any column. */
static void sum_root(struct boost *b)
{
    struct boost_leaf *root = &b->leaf[0];
    for (size_t c = 0; c < b->data.columns; c++) {
        const struct boost_column *col = &b->column[c];
        if (!b->drawn[c])
            continue;
        size_t last = col->entry + (size_t)col->n_bins - 1;
        root->gradient = boost_packed_gradient(boost_slot_entries(b, root->slot)[last]);
        root->weight = b->heavy == NULL ? root->count : boost_slot_heavy(b, root->slot)[last];
        return;
    }
}

static void scan_begin(struct boost *b)
{
    b->phase = PHASE_SCAN;
    b->cursor = b->column_cursor = 0;
}

/* The leaf whose rows are to be counted now: the smaller child, then the larger if its parent had no histogram. */
static struct boost_leaf *counted(struct boost *b)
{
    return &b->leaf[b->counting];
}

static void histogram_end(struct boost *b)
{
    struct boost_leaf *leaf = counted(b);
    if (b->leaves == 1 && b->carried != NULL)
        boost_slot_carry(b, leaf->slot);
    else
        boost_slot_prefix(b, leaf->slot);
    b->cursor = 0;
    if (b->leaves == 1)
        sum_root(b);
    if (b->counting == b->small && b->large >= 0) {
        struct boost_leaf *large = &b->leaf[b->large];
        if (large->slot < 0) {
            b->counting = b->large;
            b->phase = PHASE_HISTOGRAM;
            return;
        }
        boost_slot_subtract(b, large->slot, leaf->slot);
    }
    if (b->leaves < b->options.leaves)
        scan_begin(b);
    else
        choose_leaf(b);
}

int64_t boost_work_histogram(struct boost *b, size_t units)
{
    struct boost_leaf *leaf = counted(b);
    size_t per_row = boost_row_units(b), done = 0;
    int32_t top = b->leaves == 1 && b->carried != NULL ? INT32_MAX : b->top;
    if (leaf->slot < 0) {
        leaf->slot = boost_slot_take(b);
        boost_slot_clear(b, leaf->slot);
    }
    while (b->cursor < leaf->count && done * per_row < units) {
        size_t n = leaf->count - b->cursor < BOOST_BLOCK ? leaf->count - b->cursor : BOOST_BLOCK;
        boost_slot_add(b, leaf->slot, b->index + leaf->start + b->cursor, n, top);
        b->cursor += n;
        done += n;
    }
    if (b->cursor == leaf->count)
        histogram_end(b);
    return (int64_t)(done * per_row + b->entries / 2) + 1;
}

/* ---- leaves ---- */

static int may_split(const struct boost *b, uint32_t count, int depth)
{
    return count / 2 >= (uint32_t)b->options.min_leaf && (b->options.depth == 0 || depth < b->options.depth);
}

static void leaves_end(struct boost *b)
{
    b->phase = b->options.loss == BOOST_PINBALL ? PHASE_RENEW : PHASE_UPDATE;
    b->cursor = 0;
    b->renewing = 0;
    boost_tree_values(b);
}

/* The smaller side is counted while its rows are parted and in the cache, unless nobody will want to know. */
static void split_begin(struct boost *b, int l)
{
    const struct boost_leaf *leaf = &b->leaf[l];
    uint32_t lefts = leaf->split.count, larger = lefts * 2 > leaf->count ? lefts : leaf->count - lefts;
    b->splitting = l;
    b->small = b->large = -1;
    b->small_is_left = lefts * 2 <= leaf->count;
    b->small_slot = -1;
    if (b->carried != NULL || (b->leaves + 1 < b->options.leaves && may_split(b, larger, leaf->depth + 1))) {
        b->small_slot = boost_slot_take(b);
        boost_slot_clear(b, b->small_slot);
    }
    boost_partition_begin(b);
}

/* The best leaf is split next, or the tree is grown. */
static void choose_leaf(struct boost *b)
{
    int best = -1;
    for (int l = 0; l < b->leaves && b->leaves < b->options.leaves; l++)
        if (b->leaf[l].split.gain > 0 && (best < 0 || b->leaf[l].split.gain > b->leaf[best].split.gain))
            best = l;
    if (best < 0) {
        leaves_end(b);
        return;
    }
    split_begin(b, best);
}

void boost_tree_begin(struct boost *b)
{
    memset(b->slot_used, 0, (size_t)b->slots);
    b->leaves = 1;
    b->leaf[0] = (struct boost_leaf){ .count = (uint32_t)b->bag, .slot = -1, .parent = -1 };
    b->counting = b->small = 0;
    b->large = b->splitting = -1;
    if (!may_split(b, b->leaf[0].count, 0) || b->entries == 0 || !(b->gradient_sum > 0)) {
        leaves_end(b);
        return;
    }
    b->cursor = b->carried_valid ? b->bag : 0;
    b->phase = PHASE_HISTOGRAM;
}

/* ---- scan ---- */

static void scan_end(struct boost *b)
{
    int pair[2] = { b->small, b->large };
    for (int i = 0; i < 2; i++)
        if (b->carried == NULL && pair[i] >= 0 && !(b->leaf[pair[i]].split.gain > 0))
            boost_slot_give(b, &b->leaf[pair[i]]);
    choose_leaf(b);
}

int64_t boost_work_scan(struct boost *b, size_t units)
{
    size_t done = 0;
    int pair[2] = { b->small, b->large };
    while (b->column_cursor < b->data.columns && done < units) {
        size_t c = b->column_cursor++;
        for (int i = 0; b->drawn[c] && i < 2; i++) {
            struct boost_leaf *leaf = pair[i] < 0 ? NULL : &b->leaf[pair[i]];
            if (leaf == NULL || !may_split(b, leaf->count, leaf->depth))
                continue;
            boost_split_scan(b, leaf, c, boost_slot_entries(b, leaf->slot) + b->column[c].entry, b->heavy == NULL ? NULL : boost_slot_heavy(b, leaf->slot) + b->column[c].entry);
            done += (size_t)b->column[c].n_bins * 2;
        }
    }
    if (b->column_cursor == b->data.columns)
        scan_end(b);
    return (int64_t)done + 1;
}

/* ---- children ---- */

static void link_leaf(struct boost *b, const struct boost_leaf *leaf, int node)
{
    if (leaf->parent < 0)
        return;
    struct boost_node *above = &b->forest->node[b->forest->nodes + (size_t)leaf->parent];
    if (leaf->side == 0)
        above->left = (int16_t)node;
    else
        above->right = (int16_t)node;
}

/* The node goes behind those of finished trees; boost_work_update counts it in when the tree is done. */
static void add_node(struct boost *b, struct boost_leaf *leaf, uint32_t lefts, int right)
{
    const struct boost_split *s = &leaf->split;
    struct boost_forest *f = b->forest;
    int number = b->leaves - 1, left = b->splitting;
    struct boost_node *node = &f->node[f->nodes + (size_t)number];
    *node = (struct boost_node){ .column = (uint16_t)s->column, .bin = (uint8_t)s->bin, .left = (int16_t)(-1 - left), .right = (int16_t)(-1 - right) };
    int missing_right = s->missing_right < 0 ? lefts * 2 < leaf->count : s->missing_right;    /* none seen: with the larger part */
    node->flags = (uint8_t)((s->categorical ? NODE_CATEGORICAL : 0) | (!s->categorical && missing_right ? NODE_MISSING_RIGHT : 0));
    node->share = (uint8_t)((double)lefts * 255 / leaf->count + .5);
    if (s->categorical) {
        size_t set = f->sets + (size_t)b->new_sets++;
        memcpy(f->set[set].bits, s->set, sizeof s->set);
        node->set_low = (uint16_t)set;
        node->set_high = (uint8_t)(set >> 16);
    }
    link_leaf(b, leaf, number);
}

static void make_children(struct boost *b, uint32_t lefts)
{
    int l = b->splitting, r = b->leaves;
    struct boost_leaf *left = &b->leaf[l], *right = &b->leaf[r], old = *left;
    add_node(b, left, lefts, r);
    b->new_gain[old.split.column] += old.split.gain;
    *left = (struct boost_leaf){ .start = old.start, .count = lefts, .slot = -1, .parent = r - 1, .side = 0, .depth = old.depth + 1 };
    *right = *left;
    right->start += lefts;
    right->count = old.count - lefts;
    right->side = 1;
    left->gradient = boost_packed_gradient(old.split.gradient);
    right->gradient = old.gradient - left->gradient;
    left->weight = b->heavy == NULL ? lefts : old.split.weight;
    right->weight = old.weight - left->weight;
    b->leaves++;
    b->counting = b->small = b->small_is_left ? l : r;
    b->large = l + r - b->small;
    b->leaf[b->small].slot = b->small_slot;
    b->leaf[b->large].slot = old.slot;
    if (b->small_slot >= 0) {
        histogram_end(b);
    } else {
        boost_slot_give(b, &b->leaf[b->large]);
        choose_leaf(b);
    }
}

int64_t boost_work_partition(struct boost *b, size_t units)
{
    size_t rows = b->leaf[b->splitting].count, done = boost_part_rows(b, units);
    if (b->cursor < rows + b->partition_right)
        return (int64_t)done + 1;
    make_children(b, (uint32_t)b->partition_left);
    return (int64_t)(done + b->entries / 2) + 1;
}
