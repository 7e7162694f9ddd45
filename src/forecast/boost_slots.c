/* Histograms of leaves: a slot each, filled block by block of rows. */
#include <string.h>

#include "forecast/boost_state.h"

/* A free slot; when there is none, that of the leaf least likely to be split, whose children will then be counted both. */
int boost_slot_take(struct boost *b)
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

void boost_slot_clear(struct boost *b, int slot)
{
    b->kernels->clear(boost_slot_entries(b, slot), b->entries);
    if (b->heavy != NULL)
        memset(boost_slot_heavy(b, slot), 0, b->entries * sizeof *b->histogram_heavy);
}

static void add_to(const struct boost *b, int slot, size_t entry, struct boost_add *work)
{
    work->entry = boost_slot_entries(b, slot) + entry;
    work->heavy = b->heavy == NULL ? NULL : boost_slot_heavy(b, slot) + entry;
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

enum { AHEAD = 24 };                           /* rows whose bins are asked for early: a leaf's rows lie anywhere */

/* Copies side by side are in the cache for all groups; the copying waits for many rows at a time. */
static void gather_bins(struct boost *b, const uint32_t *row, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t *early = b->bins + (size_t)row[i + AHEAD < n ? i + AHEAD : i] * b->pitch;
        for (size_t k = 0; k < b->pitch; k += 64)
            __builtin_prefetch(early + k);
        __builtin_prefetch(early + b->pitch - 1);      /* a row need not begin with a line */
        for (size_t k = 0; k < b->pitch; k += 8)
            memcpy(b->block_bins + i * b->pitch + k, b->bins + (size_t)row[i] * b->pitch + k, 8);
        b->block_row[i] = b->block_bins + i * b->pitch;
    }
}

/* All groups take the block while it is in the cache. */
static void add_gathered(struct boost *b, int slot, const uint32_t *row, size_t n)
{
    if (b->block_bins != NULL)
        gather_bins(b, row, n);
    for (size_t i = 0; b->block_bins == NULL && i < n; i++)
        b->block_row[i] = b->bins + (size_t)row[i] * b->pitch;
    for (size_t i = 0; b->heavy != NULL && i < n; i++)
        b->block_weight[i] = b->heavy[row[i]];
    struct boost_add work = { .row = b->block_row, .gradient = b->block_gradient, .weight = b->heavy == NULL ? NULL : b->block_weight, .n = n };
    if (b->options.column_ratio < 1)
        add_picks(b, slot, &work);
    else
        add_groups(b, slot, &work);
}

void boost_slot_add(struct boost *b, int slot, const uint32_t *row, size_t n, int32_t top)
{
    for (size_t i = 0; i < n; i++)
        b->block_gradient[i] = ((uint64_t)(int64_t)within(b->quantum[row[i]], top) << 32) + 1;
    add_gathered(b, slot, row, n);
}

void boost_slot_prefix(struct boost *b, int slot)
{
    for (size_t c = 0; c < b->data.columns; c++) {
        const struct boost_column *col = &b->column[c];
        if (b->drawn[c])
            b->kernels->prefix(boost_slot_entries(b, slot) + col->entry, b->heavy == NULL ? NULL : boost_slot_heavy(b, slot) + col->entry, col->n_bins);
    }
}

void boost_slot_subtract(struct boost *b, int from, int what)
{
    b->kernels->subtract(boost_slot_entries(b, from), boost_slot_entries(b, what), b->entries);
    if (b->heavy != NULL)
        b->kernels->subtract_heavy(boost_slot_heavy(b, from), boost_slot_heavy(b, what), b->entries);
}

/* What is beyond the top, taken from a histogram of nothing. */
static void add_cut_off(struct boost *b, int slot)
{
    boost_slot_clear(b, slot);
    for (size_t from = 0; from < b->cut_off; from += BOOST_BLOCK) {
        size_t n = b->cut_off - from < BOOST_BLOCK ? b->cut_off - from : BOOST_BLOCK;
        const uint32_t *row = b->spare_index + from;
        for (size_t i = 0; i < n; i++)
            b->block_gradient[i] = (uint64_t)(int64_t)(within(b->quantum[row[i]], b->top) - b->quantum[row[i]]) << 32;
        add_gathered(b, slot, row, n);
    }
    boost_slot_prefix(b, slot);
}

/* The sums of all rows are kept for the next trees; this one's are those within the top. */
void boost_slot_carry(struct boost *b, int slot)
{
    uint64_t *root = boost_slot_entries(b, slot);
    if (!b->carried_valid) {
        boost_slot_prefix(b, slot);
        memcpy(b->carried, root, b->entries * sizeof *root);
        b->carried_valid = 1;
    }
    add_cut_off(b, slot);
    for (size_t e = 0; e < b->entries; e++)
        root[e] += b->carried[e];
}
