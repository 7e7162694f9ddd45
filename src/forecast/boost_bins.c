/* From the design matrix to bins: cuts column by column, then bins row by row. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/boost_model.h"
#include "forecast/boost_state.h"

enum { CUT_UNITS = 32, BIN_UNITS = 24 };       /* work per sampled value, per value */
enum { SAMPLE_MAX = 1 << 17, GATHERED = 8 };   /* rows that cuts are found in; columns fetched at once */

/* The i-th of the rows that cuts are found in: all of them, or one at a hashed place of each stretch (a plain step would beat with the panel). */
static size_t sample_row(const struct boost *b, size_t i)
{
    if (b->sample == b->train)
        return i;
    uint64_t hash = (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    hash ^= hash >> 31;
    return (size_t)(((double)i + (double)(hash >> 44) * 0x1p-20) * (double)b->train / (double)b->sample);
}

/* Values of the next few columns, so that each line of the matrix is fetched once for all of them. */
static void gather_columns(struct boost *b, size_t column)
{
    size_t n = b->data.columns - column < GATHERED ? b->data.columns - column : GATHERED;
    for (size_t i = 0; i < b->sample; i++) {
        const float *row = boost_matrix_row(b, sample_row(b, i)) + column;
        for (size_t k = 0; k < n; k++)
            b->gathered[k * b->sample + i] = row[k];
    }
}

static const float *sampled(const struct boost *b, size_t column)
{
    return b->gathered + column % GATHERED * b->sample;
}

static size_t gather_keys(struct boost *b, size_t column)
{
    const float *x = sampled(b, column);
    size_t n = 0;
    for (size_t i = 0; i < b->sample; i++) {
        b->key[n] = boost_key(x[i]);
        n += !boost_is_missing(x[i]);
    }
    return n;
}

/* Ascending union of cuts that must stay and cuts that may be added; at most BOOST_BINS_MAX - 1. */
static size_t merge_cuts(const float *must, size_t n_must, const float *may, size_t n_may, float *ret)
{
    size_t i = 0, n = 0, room = BOOST_BINS_MAX - 1 - n_must, credit = 0;
    for (size_t j = 0; j < n_may; j++) {
        while (i < n_must && must[i] < may[j])
            ret[n++] = must[i++];
        credit += room < n_may ? room : n_may;     /* too many: an even choice */
        if (credit < n_may)
            continue;
        credit -= n_may;
        if (!(i < n_must && must[i] <= may[j]))
            ret[n++] = may[j];
    }
    while (i < n_must)
        ret[n++] = must[i++];
    return n;
}

static void find_numeric(struct boost *b, size_t column)
{
    size_t valid = gather_keys(b, column);
    float *cut = b->found + column * BOOST_LEVELS, fresh[BOOST_LEVELS];
    size_t n = boost_cuts_find(b->key, b->spare, valid, b->options.bins, fresh);
    const struct boost_cuts *warm = b->warm_cuts;
    if (warm != NULL)
        n = merge_cuts(warm->cut + warm->first[column], warm->first[column + 1] - warm->first[column], fresh, n, cut);
    else
        memcpy(cut, fresh, n * sizeof *cut);
    b->cuts->bins[column] = (uint16_t)(n + 2);
    if (n == 0 && b->sample == b->train && (valid == 0 || valid == b->train))
        b->cuts->bins[column] = 1;             /* nothing to tell apart */
}

static unsigned char *level_map(const struct boost_cuts *cuts, size_t column)
{
    size_t n = 0;
    for (size_t c = 0; c < column; c++)
        n += cuts->kind[c] == CUTS_CATEGORICAL;
    return cuts->level + n * BOOST_LEVELS;
}

/* The commonest level gets bin 1; ties by number. A warm model's levels keep their bins. */
static int find_levels(struct boost *b, size_t column, struct gnm_why *why)
{
    size_t count[BOOST_LEVELS] = { 0 };
    unsigned char *map = level_map(b->cuts, column);
    int bins = 1;
    for (size_t i = 0; i < b->sample; i++) {
        float x = sampled(b, column)[i];
        int level = boost_level(x);
        if (level == -2)
            return gnm_fail(why, -EINVAL, "column %zu, row %zu: %g is no category (whole numbers 0 to %d)", column,
                            boost_source(b, sample_row(b, i)), (double)x, BOOST_LEVELS - 1);
        if (level >= 0)
            count[level]++;
    }
    if (b->warm_cuts != NULL) {
        memcpy(map, level_map(b->warm_cuts, column), BOOST_LEVELS);
        bins = b->warm_cuts->bins[column];
    }
    for (; bins < BOOST_LEVELS; bins++) {
        int best = -1;
        for (int l = 0; l < BOOST_LEVELS; l++)
            if (map[l] == 0 && count[l] > 0 && (best < 0 || count[l] > count[best]))
                best = l;
        if (best < 0)
            break;
        map[best] = (unsigned char)bins;
    }
    b->cuts->bins[column] = (uint16_t)bins;
    return 0;
}

/* The parts of all columns into one array. */
static int pack_cuts(struct boost *b)
{
    struct boost_cuts *c = b->cuts;
    size_t n = 0;
    for (size_t i = 0; i < c->columns; i++) {
        c->first[i] = (uint32_t)n;
        n += c->kind[i] == CUTS_NUMERIC && c->bins[i] > 2 ? (size_t)c->bins[i] - 2 : 0;
    }
    c->first[c->columns] = (uint32_t)n;
    float *cut = reallocarray(c->cut, n + 1, sizeof *cut);
    if (cut == NULL)
        return -ENOMEM;
    c->cut = cut;
    for (size_t i = 0; i < c->columns; i++)
        memcpy(cut + c->first[i], b->found + i * BOOST_LEVELS, (c->first[i + 1] - c->first[i]) * sizeof *cut);
    free(b->found);
    free(b->key);
    free(b->spare);
    free(b->gathered);
    b->found = b->gathered = NULL;
    b->key = b->spare = NULL;
    return 0;
}

static int cuts_room(struct boost *b)
{
    b->sample = b->train < SAMPLE_MAX ? b->train : SAMPLE_MAX;
    b->found = malloc(b->data.columns * BOOST_LEVELS * sizeof *b->found);
    b->key = malloc((b->sample + 1) * sizeof *b->key);
    b->spare = malloc((b->sample + 1) * sizeof *b->spare);
    b->gathered = malloc((b->sample + 1) * GATHERED * sizeof *b->gathered);
    return b->found == NULL || b->key == NULL || b->spare == NULL || b->gathered == NULL ? -ENOMEM : 0;
}

static int64_t cuts_done(struct boost *b, struct gnm_why *why)
{
    if (b->warm_cuts != NULL && !b->restored)
        boost_forest_rebin(b->forest, b->warm_cuts, b->cuts);
    int r = boost_layout(b, why);
    b->phase = PHASE_KEPT;
    b->cursor = 0;
    return r < 0 ? r : 1;
}

int64_t boost_work_cuts(struct boost *b, size_t units, struct gnm_why *why)
{
    (void)units;                               /* a column is a piece */
    if (b->cuts_given)
        return cuts_done(b, why);
    if (b->found == NULL && cuts_room(b) < 0)
        return gnm_fail(why, -ENOMEM, "no memory to find cuts in %zu rows", b->sample);
    if (b->cursor == b->data.columns)
        return pack_cuts(b) < 0 ? gnm_fail(why, -ENOMEM, "no memory for cuts") : cuts_done(b, why);
    size_t column = b->cursor;
    if (column % GATHERED == 0 && b->gathered_from != column + 1) {
        gather_columns(b, column);
        b->gathered_from = column + 1;
        return (int64_t)(b->sample * CUT_UNITS / 2);
    }
    b->cursor++;
    if (b->cuts->kind[column] == CUTS_CATEGORICAL) {
        int r = find_levels(b, column, why);
        if (r < 0)
            return r;
    } else {
        find_numeric(b, column);
    }
    return (int64_t)(b->sample * CUT_UNITS);
}

/* What binning one column needs: levels, or cuts as keys, filled up with the greatest to one less than a power of two. */
struct binner {
    uint32_t key[BOOST_LEVELS];
    const unsigned char *level;
    unsigned half;                /* of that power */
};

static void make_binner(const struct boost *b, size_t column, struct binner *n)
{
    const struct boost_cuts *c = b->cuts;
    unsigned cuts = c->first[column + 1] - c->first[column];
    n->level = c->kind[column] == CUTS_CATEGORICAL ? level_map(c, column) : NULL;
    n->half = 0;
    while (cuts > 0 && n->half * 2 <= cuts)
        n->half = n->half == 0 ? 1 : n->half * 2;
    for (unsigned k = 0; k < BOOST_LEVELS; k++)
        n->key[k] = k < cuts ? boost_key(c->cut[c->first[column] + k]) : UINT32_MAX;
}

enum { TOGETHER = 8 };

/* Several rows: each halving waits for the one before, but not for those of other rows, and no branch asks what nobody could foretell. */
static void bins_of(const struct binner *n, const float *x, int *ret)
{
    const uint32_t *at[TOGETHER];
    uint32_t key[TOGETHER];
#pragma GCC unroll 8
    for (int k = 0; k < TOGETHER; k++) {
        at[k] = n->key;
        key[k] = boost_key(x[k]);
    }
    for (size_t half = n->half; half > 0; half /= 2) {
#pragma GCC unroll 8
        for (int k = 0; k < TOGETHER; k++)
            at[k] += half & -(size_t)(at[k][half - 1] < key[k]);
    }
#pragma GCC unroll 8
    for (int k = 0; k < TOGETHER; k++)
        ret[k] = (int)(at[k] - n->key + 1) & -!boost_is_missing(x[k]);
}

static void levels_of(const struct binner *n, const float *x, int *ret)
{
    for (int k = 0; k < TOGETHER; k++) {
        int level = boost_level(x[k]);
        ret[k] = level == -2 ? -1 : level < 0 ? 0 : n->level[level];
    }
}

static int broken_level(const struct boost *b, size_t row, size_t column, struct gnm_why *why)
{
    return gnm_fail(why, -EINVAL, "column %zu, row %zu: %g is no category (whole numbers 0 to %d)", column, boost_source(b, row),
                    (double)boost_matrix_row(b, row)[column], BOOST_LEVELS - 1);
}

/* One column of some rows: its cuts stay in registers and cache. */
static int bin_column(struct boost *b, size_t column, size_t from, size_t to, struct gnm_why *why)
{
    struct boost_column *col = &b->column[column];
    struct binner n;
    make_binner(b, column, &n);
    uint32_t *seen = b->seen + column * BOOST_LEVELS;
    for (size_t row = from; row < to; row += TOGETHER) {
        float x[TOGETHER];
        int bin[TOGETHER];
        for (size_t k = 0; k < TOGETHER; k++)
            x[k] = boost_matrix_row(b, row + k < to ? row + k : row)[column];
        if (n.level == NULL)
            bins_of(&n, x, bin);
        else
            levels_of(&n, x, bin);
        for (size_t k = 0; k < TOGETHER && row + k < to; k++) {
            if (bin[k] < 0)
                return broken_level(b, row + k, column, why);
            if (col->bins != NULL)
                col->bins[(row + k) * b->pitch] = (uint8_t)bin[k];
            seen[bin[k]] += row + k < b->train;
        }
    }
    return 0;
}

enum { BIN_ROWS = 512 };                       /* a block of the matrix that stays in cache while its columns are binned */

static int cut_again(struct boost *b, struct gnm_why *why)
{
    return boost_cuts_again(b) < 0 ? gnm_fail(why, -ENOMEM, "no memory for %zu columns", b->data.columns) : 0;
}

int64_t boost_work_bins(struct boost *b, size_t units, struct gnm_why *why)
{
    size_t done = 0, columns = b->data.columns;
    while (b->cursor < b->rows && done * columns * BIN_UNITS < units) {
        size_t to = b->cursor + BIN_ROWS < b->rows ? b->cursor + BIN_ROWS : b->rows;
        for (size_t c = 0; c < columns; c++) {
            int r = bin_column(b, c, b->cursor, to, why);
            if (r < 0)
                return r;
        }
        boost_hash_rows(b, b->cursor, to);
        boost_hash_bins(b, b->cursor, to);
        done += to - b->cursor;
        b->cursor = to;
    }
    if (b->cursor == b->rows) {
        int r = boost_cuts_stale(b) ? cut_again(b, why) : boost_room(b, why);
        if (r < 0)
            return r;
    }
    return (int64_t)(done * columns * BIN_UNITS) + 1;
}
