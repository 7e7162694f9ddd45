/* Parting the rows of a leaf, stably, and counting those of the smaller side while they are in the cache. */
#include <string.h>

#include "forecast/boost_state.h"

enum { PARTITION_UNITS = 4, COPIES_A_UNIT = 4, OWN_UNITS = 3, OWN_NEAR = 1 << 20 };

/* ---- columns of their own ---- */

/* A column that parts many rows lies once more side by side: a row is then a byte in the cache, not a line of memory. */
static int wants_own(struct boost *b, struct boost_column *column, size_t rows)
{
    column->parted += rows;
    return column->own == NULL && b->own_columns < b->own_room && column->parted >= 2 * b->train;
}

void boost_partition_begin(struct boost *b)
{
    const struct boost_leaf *leaf = &b->leaf[b->splitting];
    b->phase = wants_own(b, &b->column[leaf->split.column], leaf->count) ? PHASE_OWN : PHASE_PARTITION;
    b->cursor = b->partition_left = b->partition_right = b->partition_counted = 0;
    boost_split_table(b, &leaf->split, b->goes_left);
}

int64_t boost_work_own(struct boost *b, size_t units)
{
    struct boost_column *column = &b->column[b->leaf[b->splitting].split.column];
    uint8_t *own = b->own + b->own_columns * b->train;
    size_t from = b->cursor, most = units / OWN_UNITS + 1, to = b->train - from < most ? b->train : from + most;
    for (size_t row = from; row < to; row++)
        own[row] = column->bins[row * b->pitch];
    b->cursor = to;
    if (to == b->train) {
        column->own = own;
        b->own_columns++;
        b->cursor = 0;
        b->phase = PHASE_PARTITION;
    }
    return (int64_t)(to - from) * OWN_UNITS + 1;
}

/* ---- rows ---- */

/* Rows of the right side come back behind those of the left. */
static size_t copy_back(struct boost *b, const struct boost_leaf *leaf, size_t most)
{
    size_t done = b->cursor - leaf->count, n = b->partition_right - done < most ? b->partition_right - done : most;
    memcpy(b->index + leaf->start + b->partition_left + done, b->spare_index + done, n * sizeof *b->index);
    b->cursor += n;
    return n;
}

/* Counts rows of the smaller side, in whole blocks until the last one is parted: a block fetches all tables into the first cache. Returns the work. */
static size_t count_parted(struct boost *b, const struct boost_leaf *leaf)
{
    const uint32_t *row = b->small_is_left ? b->index + leaf->start : b->spare_index;
    size_t parted = b->small_is_left ? b->partition_left : b->partition_right, before = b->partition_counted;
    while (parted - b->partition_counted >= BOOST_BLOCK || (b->cursor == leaf->count && b->partition_counted < parted)) {
        size_t rest = parted - b->partition_counted, n = rest < BOOST_BLOCK ? rest : BOOST_BLOCK;
        boost_slot_add(b, b->small_slot, row + b->partition_counted, n, b->top);
        b->partition_counted += n;
    }
    return (b->partition_counted - before) * boost_row_units(b);
}

/* Parts the next rows of the leaf. Returns the work. */
static size_t part_block(struct boost *b, const struct boost_leaf *leaf)
{
    size_t n = leaf->count - b->cursor < BOOST_BLOCK ? leaf->count - b->cursor : BOOST_BLOCK;
    const struct boost_column *col = &b->column[leaf->split.column];
    struct boost_part_work work = { .bins = col->bins, .pitch = b->pitch, .left = b->goes_left, .row = b->index + leaf->start + b->cursor, .n = n,
                                    .to_left = b->index + leaf->start + b->partition_left, .to_right = b->spare_index + b->partition_right, .far = boost_is_far(b) };
    if (col->own != NULL) {
        work.bins = col->own;
        work.pitch = 1;
        work.far = b->train > OWN_NEAR;
    }
    size_t lefts = b->kernels->partition(&work);
    b->partition_left += lefts;
    b->partition_right += n - lefts;
    b->cursor += n;
    return n * PARTITION_UNITS + (b->small_slot < 0 ? 0 : count_parted(b, leaf));
}

size_t boost_part_rows(struct boost *b, size_t units)
{
    const struct boost_leaf *leaf = &b->leaf[b->splitting];
    size_t done = 0;
    while (b->cursor < leaf->count && done < units)
        done += part_block(b, leaf);
    if (b->cursor < leaf->count)
        return done;
    size_t copied = copy_back(b, leaf, (units - (done < units ? done : units) + 1) * COPIES_A_UNIT);
    return done + copied / COPIES_A_UNIT;
}
