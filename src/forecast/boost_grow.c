/* Growing one tree leaf by leaf: histogram of the smaller child, the larger by subtraction, the best split of each, partition of the best leaf. */
#include <errno.h>
#include <string.h>

#include "forecast/boost_loss.h"

static void choose_leaf(struct boost *b);

/* ---- slots of histograms ---- */

static uint64_t *slot_entries(const struct boost *b, int slot)
{
    return b->histogram + (size_t)slot * b->entries;
}

static uint32_t *slot_heavy(const struct boost *b, int slot)
{
    return b->heavy == NULL ? NULL : b->histogram_heavy + (size_t)slot * b->entries;
}

static void give_back(struct boost *b, struct boost_leaf *leaf)
{
    if (leaf->slot >= 0)
        b->slot_used[leaf->slot] = 0;
    leaf->slot = -1;
}

/* A free slot; when there is none, that of the leaf least likely to be split, whose children will then be counted both. */
static int take_slot(struct boost *b)
{
    int poorest = -1;
    for (int s = 0; s < b->slots; s++) {
        if (!b->slot_used[s]) {
            b->slot_used[s] = 1;
            return s;
        }
    }
    for (int l = 0; l < b->leaves; l++)
        if (l != b->small && l != b->large && l != b->splitting && b->leaf[l].slot >= 0 && (poorest < 0 || b->leaf[l].split.gain < b->leaf[poorest].split.gain))
            poorest = l;
    int slot = b->leaf[poorest].slot;
    b->leaf[poorest].slot = -1;
    return slot;
}

/* ---- histograms ---- */

static void clear_slot(struct boost *b, int slot)
{
    b->kernels->clear(slot_entries(b, slot), b->entries);
    if (b->heavy != NULL)
        memset(slot_heavy(b, slot), 0, b->entries * sizeof *b->histogram_heavy);
}

/* Bins that do not stay in the cache are worth asking for early. */
static int is_far(const struct boost *b)
{
    return b->rows * b->pitch > (size_t)2 << 20;
}

static void add_to(const struct boost *b, int slot, size_t entry, struct boost_add *work)
{
    work->entry = slot_entries(b, slot) + entry;
    work->heavy = b->heavy == NULL ? NULL : slot_heavy(b, slot) + entry;
    b->kernels->add(work);
}

static void add_groups(const struct boost *b, int slot, struct boost_add *work)
{
    for (size_t g = 0; g < b->groups; g++) {
        work->offset = b->group[g].offset;
        work->width = b->group[g].width;
        work->stride = b->group[g].stride;
        add_to(b, slot, b->group[g].entry, work);
    }
}

static void add_picks(const struct boost *b, int slot, struct boost_add *work)
{
    for (size_t i = 0; i < b->picks; i++) {
        work->pick = b->pick[i].at;
        work->stride = b->pick[i].stride;
        add_to(b, slot, b->pick[i].entry, work);
    }
}

static int32_t within(int32_t q, int32_t top)
{
    return q > top ? top : q < -top ? -top : q;
}

/* All groups take the block while it is in the cache. */
static void add_gathered(struct boost *b, int slot, const uint32_t *row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        b->block_row[i] = b->bins + (size_t)row[i] * b->pitch;
    for (size_t i = 0; b->heavy != NULL && i < n; i++)
        b->block_weight[i] = b->heavy[row[i]];
    struct boost_add work = { .row = b->block_row, .gradient = b->block_gradient, .weight = b->heavy == NULL ? NULL : b->block_weight, .n = n };
    for (size_t i = 0; is_far(b) && i < n; i++)
        for (size_t k = 0; k < b->pitch; k += 64)
            __builtin_prefetch(b->block_row[i] + k);
    if (b->options.column_ratio < 1)
        add_picks(b, slot, &work);
    else
        add_groups(b, slot, &work);
}

static void add_block(struct boost *b, int slot, const uint32_t *row, size_t n, int32_t top)
{
    for (size_t i = 0; i < n; i++)
        b->block_gradient[i] = ((uint64_t)(int64_t)within(b->quantum[row[i]], top) << 32) + 1;
    add_gathered(b, slot, row, n);
}

static void to_prefix(struct boost *b, int slot)
{
    for (size_t c = 0; c < b->data.columns; c++) {
        const struct boost_column *col = &b->column[c];
        if (b->drawn[c])
            b->kernels->prefix(slot_entries(b, slot) + col->entry, b->heavy == NULL ? NULL : slot_heavy(b, slot) + col->entry, col->n_bins);
    }
}

static void take_away(struct boost *b, int from, int what)
{
    b->kernels->subtract(slot_entries(b, from), slot_entries(b, what), b->entries);
    if (b->heavy != NULL)
        b->kernels->subtract_heavy(slot_heavy(b, from), slot_heavy(b, what), b->entries);
}

/* The root's sums stand in the last entry of any column. */
static void sum_root(struct boost *b)
{
    struct boost_leaf *root = &b->leaf[0];
    for (size_t c = 0; c < b->data.columns; c++) {
        const struct boost_column *col = &b->column[c];
        if (!b->drawn[c])
            continue;
        size_t last = col->entry + (size_t)col->n_bins - 1;
        root->gradient = boost_packed_gradient(slot_entries(b, root->slot)[last]);
        root->weight = b->heavy == NULL ? root->count : slot_heavy(b, root->slot)[last];
        return;
    }
}

/* What is beyond the top, taken from a histogram of nothing. */
static void add_cut_off(struct boost *b, int slot)
{
    clear_slot(b, slot);
    for (size_t from = 0; from < b->cut_off; from += BOOST_BLOCK) {
        size_t n = b->cut_off - from < BOOST_BLOCK ? b->cut_off - from : BOOST_BLOCK;
        const uint32_t *row = b->spare_index + from;
        for (size_t i = 0; i < n; i++)
            b->block_gradient[i] = (uint64_t)(int64_t)(within(b->quantum[row[i]], b->top) - b->quantum[row[i]]) << 32;
        add_gathered(b, slot, row, n);
    }
    to_prefix(b, slot);
}

/* The sums of all rows are kept for the next trees; this one's are those within the top. */
static void carry_root(struct boost *b, int slot)
{
    uint64_t *root = slot_entries(b, slot);
    if (!b->carried_valid) {
        to_prefix(b, slot);
        memcpy(b->carried, root, b->entries * sizeof *root);
        b->carried_valid = 1;
    }
    add_cut_off(b, slot);
    for (size_t e = 0; e < b->entries; e++)
        root[e] += b->carried[e];
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
        carry_root(b, leaf->slot);
    else
        to_prefix(b, leaf->slot);
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
        take_away(b, large->slot, leaf->slot);
    }
    if (b->leaves < b->options.leaves)
        scan_begin(b);
    else
        choose_leaf(b);
}

/* Work of a row in all its columns. */
static size_t count_units(const struct boost *b)
{
    return (b->options.column_ratio < 1 ? b->picks * BOOST_PICKS : b->groups * 8) + 2;
}

int64_t boost_work_histogram(struct boost *b, size_t units)
{
    struct boost_leaf *leaf = counted(b);
    size_t per_row = count_units(b), done = 0;
    int32_t top = b->leaves == 1 && b->carried != NULL ? INT32_MAX : b->top;
    if (leaf->slot < 0) {
        leaf->slot = take_slot(b);
        clear_slot(b, leaf->slot);
    }
    while (b->cursor < leaf->count && done * per_row < units) {
        size_t n = leaf->count - b->cursor < BOOST_BLOCK ? leaf->count - b->cursor : BOOST_BLOCK;
        add_block(b, leaf->slot, b->index + leaf->start + b->cursor, n, top);
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
        b->small_slot = take_slot(b);
        clear_slot(b, b->small_slot);
    }
    b->phase = PHASE_PARTITION;
    b->cursor = b->partition_left = b->partition_right = 0;
    boost_split_table(b, &leaf->split, b->goes_left);
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
            give_back(b, &b->leaf[pair[i]]);
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
            boost_split_scan(b, leaf, c, slot_entries(b, leaf->slot) + b->column[c].entry, b->heavy == NULL ? NULL : slot_heavy(b, leaf->slot) + b->column[c].entry);
            done += (size_t)b->column[c].n_bins * 2;
        }
    }
    if (b->column_cursor == b->data.columns)
        scan_end(b);
    return (int64_t)done + 1;
}

/* ---- partition ---- */

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
        give_back(b, &b->leaf[b->large]);
        choose_leaf(b);
    }
}

/* Rows of the right side come back behind those of the left. */
static size_t copy_back(struct boost *b, const struct boost_leaf *leaf, size_t most)
{
    size_t done = b->cursor - leaf->count, n = b->partition_right - done < most ? b->partition_right - done : most;
    memcpy(b->index + leaf->start + b->partition_left + done, b->spare_index + done, n * sizeof *b->index);
    b->cursor += n;
    return n;
}

enum { PARTITION_UNITS = 4, COPIES_A_UNIT = 4 };

/* Parts the next rows of the leaf and counts those of the smaller side. Returns the work. */
static size_t part_block(struct boost *b, const struct boost_leaf *leaf)
{
    size_t n = leaf->count - b->cursor < BOOST_BLOCK ? leaf->count - b->cursor : BOOST_BLOCK;
    uint32_t *row = b->index + leaf->start, *left = row + b->partition_left, *right = b->spare_index + b->partition_right;
    size_t lefts = b->kernels->partition(b->column[leaf->split.column].bins, b->pitch, b->goes_left, row + b->cursor, n, left, right, is_far(b));
    size_t counted = b->small_is_left ? lefts : n - lefts;
    b->partition_left += lefts;
    b->partition_right += n - lefts;
    b->cursor += n;
    if (b->small_slot < 0)
        return n * PARTITION_UNITS;
    add_block(b, b->small_slot, b->small_is_left ? left : right, counted, b->top);
    return n * PARTITION_UNITS + counted * count_units(b);
}

/* The cursor runs over the leaf's rows, then over those to copy back. */
int64_t boost_work_partition(struct boost *b, size_t units)
{
    const struct boost_leaf *leaf = &b->leaf[b->splitting];
    size_t done = 0;
    while (b->cursor < leaf->count && done < units)
        done += part_block(b, leaf);
    if (b->cursor < leaf->count)
        return (int64_t)done + 1;
    size_t copied = copy_back(b, leaf, (units - (done < units ? done : units) + 1) * COPIES_A_UNIT);
    if (b->cursor == leaf->count + b->partition_right)
        make_children(b, (uint32_t)b->partition_left);
    return (int64_t)(done + copied / COPIES_A_UNIT + b->entries / 2) + 1;
}
