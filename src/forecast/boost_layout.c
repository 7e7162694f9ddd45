/* Where bins and histograms lie: columns with few bins beside each other, so that the tables of a group fit the first cache. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/boost_state.h"

static int stride_of(int bins)
{
    return bins <= BOOST_NARROW ? BOOST_NARROW : BOOST_WIDE;
}

/* Columns of one stride, in order; ret[0..n). */
static size_t columns_of(const struct boost *b, int stride, uint16_t *ret)
{
    size_t n = 0;
    for (size_t c = 0; c < b->data.columns; c++)
        if (b->cuts->bins[c] > 1 && stride_of(b->cuts->bins[c]) == stride)
            ret[n++] = (uint16_t)c;
    return n;
}

static void add_group(struct boost *b, int width, int stride, const uint16_t *column, size_t n)
{
    struct boost_group *g = &b->group[b->groups++];
    *g = (struct boost_group){ .offset = b->pitch, .width = width, .stride = stride, .entry = b->entries };
    for (size_t k = 0; k < n; k++) {
        struct boost_column *c = &b->column[column[k]];
        c->offset = g->offset + k;
        c->entry = b->entries + k * (size_t)stride;
        c->used = 1;
    }
    b->entries += (size_t)(width * stride);
    b->pitch += (size_t)width;
}

static void group_columns(struct boost *b, int stride, uint16_t *list)
{
    size_t n = columns_of(b, stride, list);
    for (size_t i = 0; i < n; i += 8) {
        size_t k = n - i < 8 ? n - i : 8;
        add_group(b, k <= 4 ? 4 : 8, stride, list + i, k);
    }
}

static int place_bins(struct boost *b)
{
    b->pitch = (b->pitch + 7) / 8 * 8;
    size_t size = (b->rows * b->pitch + 64) / 64 * 64;
    b->bins = aligned_alloc(64, size);
    if (b->bins == NULL)
        return -ENOMEM;
    memset(b->bins, 0, size);
    for (size_t c = 0; c < b->data.columns; c++)
        b->column[c].bins = b->column[c].used ? b->bins + b->column[c].offset : NULL;
    return 0;
}

static void pick_columns(struct boost *b, int stride)
{
    struct boost_pick *to = NULL;
    int lanes = 0;
    for (size_t c = 0; c < b->data.columns; c++) {
        struct boost_column *column = &b->column[c];
        if (!b->drawn[c] || stride_of(column->n_bins) != stride)
            continue;
        if (lanes == 0) {
            to = &b->pick[b->picks++];
            to->stride = stride;
            to->entry = b->entries;
            for (int k = 0; k < BOOST_PICKS; k++)      /* lanes without a column of their own count the first one's rows once more */
                to->at[k] = column->offset;
            b->entries += (size_t)(BOOST_PICKS * stride);
        }
        to->at[lanes] = column->offset;
        column->entry = to->entry + (size_t)(lanes * stride);
        lanes = (lanes + 1) % BOOST_PICKS;
    }
}

void boost_pick(struct boost *b)
{
    b->entries = b->picks = 0;
    pick_columns(b, BOOST_NARROW);
    pick_columns(b, BOOST_WIDE);
}

int boost_layout(struct boost *b, struct gnm_why *why)
{
    size_t columns = b->data.columns;
    b->column = calloc(columns, sizeof *b->column);
    b->group = calloc(columns / 8 + 3, sizeof *b->group);
    b->pick = calloc(columns / BOOST_PICKS + 3, sizeof *b->pick);
    b->seen = calloc(columns * BOOST_LEVELS, sizeof *b->seen);
    uint16_t *list = calloc(columns, sizeof *list);
    if (b->column == NULL || b->group == NULL || b->pick == NULL || b->seen == NULL || list == NULL) {
        free(list);
        return gnm_fail(why, -ENOMEM, "no memory for %zu columns", columns);
    }
    for (size_t c = 0; c < columns; c++) {
        b->column[c].n_bins = b->cuts->bins[c];
        b->column[c].categorical = b->cuts->kind[c] == CUTS_CATEGORICAL;
        b->column[c].monotone = b->monotone == NULL ? 0 : b->monotone[c];
    }
    group_columns(b, BOOST_NARROW, list);
    group_columns(b, BOOST_WIDE, list);
    free(list);
    if (place_bins(b) < 0)
        return gnm_fail(why, -ENOMEM, "no memory for the bins of %zu rows", b->rows);
    return 0;
}

/* Without a share of its own, the cuts take this training's as what is usual. */
static int note_shares(struct boost *b)
{
    if (b->cuts->share != NULL)
        return 0;
    size_t n = b->data.columns * BOOST_LEVELS;
    b->cuts->share = malloc(n * sizeof *b->cuts->share);
    if (b->cuts->share == NULL)
        return -ENOMEM;
    b->cuts->rows = b->train;
    for (size_t i = 0; i < n; i++)
        b->cuts->share[i] = (float)b->seen[i] / (float)b->train;
    return 0;
}

static void drop_constant(struct boost *b)
{
    for (size_t c = 0; c < b->data.columns; c++) {
        int filled = 0;
        for (int k = 0; k < BOOST_LEVELS; k++)
            filled += b->seen[c * BOOST_LEVELS + (size_t)k] > 0;
        if (filled < 2)
            b->column[c].used = 0;
    }
}

static int slots_for(const struct boost *b)
{
    size_t one = b->entries * (sizeof *b->histogram + (b->weight != NULL || b->options.loss == BOOST_POISSON ? sizeof *b->histogram_heavy : 0));
    size_t fit = one == 0 ? 3 : ((size_t)96 << 20) / one, want = (size_t)b->options.leaves + 1;
    return (int)(fit < 3 ? 3 : fit < want ? fit : want);
}

/* Taking the steps of all leaves from the sums costs about half an entry of each, counting the rows anew all their columns. */
static int carry_pays(const struct boost *b)
{
    return b->train * b->data.columns > (size_t)b->options.leaves * b->entries / 2;
}

/* For blocks of rows, and for a third of the bins once more. */
static int far_room(struct boost *b)
{
    if (!boost_is_far(b))
        return 0;
    b->own_room = b->pitch / 3;
    b->own = malloc(b->own_room * b->train);
    b->block_bins = aligned_alloc(64, BOOST_BLOCK * b->pitch);
    return b->own == NULL || b->block_bins == NULL ? -ENOMEM : 0;
}

int boost_room(struct boost *b, struct gnm_why *why)
{
    size_t padded = (b->train + 7) / 8 * 8 + 8;
    int weighted = b->weight != NULL || b->options.loss == BOOST_POISSON;
    drop_constant(b);
    b->slots = slots_for(b);
    b->gradient = calloc(padded, sizeof *b->gradient);
    b->index = calloc(padded, sizeof *b->index);
    b->spare_index = calloc(padded, sizeof *b->spare_index);
    b->drawn = calloc(b->data.columns, 1);
    b->leaf = calloc((size_t)b->options.leaves + 1, sizeof *b->leaf);
    b->histogram = malloc((size_t)b->slots * b->entries * sizeof *b->histogram + 64);
    b->slot_used = calloc((size_t)b->slots, 1);
    b->top = INT32_MAX;
    b->whole = b->options.loss == BOOST_SQUARED && !weighted && b->options.row_ratio >= 1 && b->options.column_ratio >= 1;
    if (b->whole && b->slots > b->options.leaves && carry_pays(b) && (b->carried = malloc((b->entries + 8) * sizeof *b->carried)) == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for the sums of %zu rows", b->train);
    if (weighted) {
        b->heavy = calloc(padded, sizeof *b->heavy);
        b->histogram_heavy = malloc((size_t)b->slots * b->entries * sizeof *b->histogram_heavy + 64);
    }
    if (far_room(b) < 0 || note_shares(b) < 0 || b->gradient == NULL || b->index == NULL || b->spare_index == NULL || b->drawn == NULL || b->leaf == NULL || b->histogram == NULL ||
        b->slot_used == NULL || (weighted && (b->heavy == NULL || b->histogram_heavy == NULL)))
        return gnm_fail(why, -ENOMEM, "no memory for trees over %zu rows", b->train);
    b->quantum = (int32_t *)b->gradient;
    b->taken = 1;
    b->phase = PHASE_REPLAY;
    b->cursor = b->column_cursor = 0;
    return 0;
}
