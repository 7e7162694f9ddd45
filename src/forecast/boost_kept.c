/* Bins from one training to the next: rows that were binned before, and when cuts are too old for them. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/boost_state.h"

/* ---- which rows, which bins ---- */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

void boost_hash_bins(struct boost *b, size_t from, size_t to)
{
    for (size_t i = from * b->pitch; i < to * b->pitch; i += 8) {
        uint64_t word;
        memcpy(&word, b->bins + i, sizeof word);
        b->bins_hash = mix(b->bins_hash, word);
    }
}

void boost_hash_rows(struct boost *b, size_t from, size_t to)
{
    size_t columns = b->data.columns;
    if (!b->options.keep && b->cuts->kept == NULL)
        return;
    for (size_t row = from; row < to; row++) {
        const float *x = boost_matrix_row(b, row);
        for (size_t c = 0; c < columns; c += 2) {
            uint64_t word = 0;
            memcpy(&word, x + c, (columns - c < 2 ? 1 : 2) * sizeof *x);
            b->rows_hash = mix(b->rows_hash, word);
        }
    }
}

/* ---- rows that were binned before ---- */

/* Of a column that has no bins because nothing could be told apart: missing or not. */
static int idle_bin(const struct boost *b, size_t column, size_t row)
{
    return b->cuts->kind[column] == CUTS_NUMERIC && !boost_is_missing(boost_matrix_row(b, row)[column]);
}

static void take_block(struct boost *b, size_t from, size_t to)
{
    memcpy(b->bins + from * b->pitch, b->cuts->kept + from * b->pitch, (to - from) * b->pitch);
    boost_hash_rows(b, from, to);
    boost_hash_bins(b, from, to);
    for (size_t c = 0; c < b->data.columns; c++) {
        const uint8_t *bins = b->column[c].bins;
        for (size_t row = from; row < to && row < b->train; row++)
            b->seen[c * BOOST_LEVELS + (bins != NULL ? bins[row * b->pitch] : (size_t)idle_bin(b, c, row))]++;
    }
}

static void start_over(struct boost *b)
{
    memset(b->seen, 0, b->data.columns * BOOST_LEVELS * sizeof *b->seen);
    b->cursor = 0;
    b->bins_hash = b->rows_hash = 0;
}

enum { KEPT_ROWS = 512, KEPT_UNITS = 2 };

int64_t boost_work_kept(struct boost *b, size_t units)
{
    struct boost_cuts *c = b->cuts;
    size_t rows = c->kept != NULL && c->kept_rows <= b->rows && c->kept_pitch == b->pitch ? c->kept_rows : 0, per_row = b->data.columns * KEPT_UNITS, done = 0;
    for (; b->cursor < rows && done * per_row < units; done += KEPT_ROWS) {
        size_t to = b->cursor + KEPT_ROWS < rows ? b->cursor + KEPT_ROWS : rows;
        take_block(b, b->cursor, to);
        b->cursor = to;
    }
    if (b->cursor == rows) {
        if (rows > 0 && b->rows_hash != c->kept_hash)
            start_over(b);
        free(c->kept);
        c->kept = NULL;
        c->kept_rows = 0;
        b->phase = PHASE_BINS;
    }
    return (int64_t)(done * per_row) + 1;
}

int boost_cuts_take(const struct boost *b, struct boost_cuts **ret, struct gnm_why *why)
{
    struct boost_cuts *c = NULL;
    if (!b->taken)
        return gnm_fail(why, -EAGAIN, "the matrix is not binned yet");
    if (boost_cuts_copy(b->cuts, &c) < 0)
        return gnm_fail(why, -ENOMEM, "no memory for cuts");
    if (b->options.keep) {
        c->kept = malloc(b->rows * b->pitch + 1);
        if (c->kept == NULL) {
            boost_cuts_free(c);
            return gnm_fail(why, -ENOMEM, "no memory for the bins of %zu rows", b->rows);
        }
        memcpy(c->kept, b->bins, b->rows * b->pitch);
        c->kept_rows = b->rows;
        c->kept_pitch = b->pitch;
        c->kept_hash = b->rows_hash;
    }
    *ret = c;
    return 0;
}

/* ---- cuts that are too old ---- */

static double drift(const struct boost *b)
{
    double worst = 0;
    for (size_t c = 0; b->cuts->share != NULL && c < b->data.columns; c++) {
        double moved = 0;
        for (size_t k = c * BOOST_LEVELS; k < (c + 1) * BOOST_LEVELS; k++)
            moved += fabs((double)b->seen[k] / (double)b->train - (double)b->cuts->share[k]) / 2;
        worst = moved > worst ? moved : worst;
    }
    return worst;
}

int boost_cuts_stale(struct boost *b)
{
    int grown = b->cuts->rows > 0 && (double)b->train > (double)b->cuts->rows * BOOST_GROWN;
    if (!b->cuts_given || b->cuts->share == NULL)
        return 0;
    b->drift = drift(b);
    return grown || b->drift > BOOST_STALE;
}

int boost_cuts_again(struct boost *b)
{
    struct boost_cuts *c;
    if (boost_cuts_new(b->data.columns, 0, boost_cuts_categorical(b->cuts), &c) < 0)
        return -ENOMEM;
    memcpy(c->kind, b->cuts->kind, b->data.columns);
    boost_cuts_free(b->cuts);
    b->cuts = c;
    b->cuts_given = 0;
    free(b->bins);
    free(b->group);
    free(b->pick);
    free(b->column);
    free(b->seen);
    b->bins = NULL;
    b->group = NULL;
    b->pick = NULL;
    b->column = NULL;
    b->seen = NULL;
    b->groups = b->entries = b->pitch = b->cursor = 0;
    b->bins_hash = b->rows_hash = 0;
    b->phase = PHASE_CUTS;
    return 0;
}

double boost_cuts_drift(const struct boost *b)
{
    return b->drift;
}
