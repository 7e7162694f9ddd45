#include "forecast/boost_cuts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void boost_cuts_free(struct boost_cuts *cuts)
{
    if (cuts == NULL)
        return;
    free(cuts->first);
    free(cuts->cut);
    free(cuts->kind);
    free(cuts->level);
    free(cuts->bins);
    free(cuts->share);
    free(cuts->kept);
    free(cuts);
}

int boost_cuts_new(size_t columns, size_t cuts, size_t categorical, struct boost_cuts **ret)
{
    struct boost_cuts *c = calloc(1, sizeof *c);
    if (c == NULL)
        return -ENOMEM;
    c->columns = columns;
    c->first = calloc(columns + 1, sizeof *c->first);
    c->cut = calloc(cuts + 1, sizeof *c->cut);
    c->kind = calloc(columns + 1, 1);
    c->level = calloc(categorical + 1, BOOST_LEVELS);
    c->bins = calloc(columns + 1, sizeof *c->bins);
    if (c->first == NULL || c->cut == NULL || c->kind == NULL || c->level == NULL || c->bins == NULL) {
        boost_cuts_free(c);
        return -ENOMEM;
    }
    *ret = c;
    return 0;
}

size_t boost_cuts_categorical(const struct boost_cuts *cuts)
{
    size_t n = 0;
    for (size_t c = 0; c < cuts->columns; c++)
        n += cuts->kind[c] == CUTS_CATEGORICAL;
    return n;
}

/* NULL gives NULL. */
static int copy(const void *from, size_t len, void **ret)
{
    *ret = from == NULL ? NULL : malloc(len);
    if (*ret != NULL)
        memcpy(*ret, from, len);
    return from != NULL && *ret == NULL ? -ENOMEM : 0;
}

int boost_cuts_copy(const struct boost_cuts *cuts, struct boost_cuts **ret)
{
    size_t n = cuts->first[cuts->columns], categorical = boost_cuts_categorical(cuts);
    struct boost_cuts *c;
    if (boost_cuts_new(cuts->columns, n, categorical, &c) < 0)
        return -ENOMEM;
    memcpy(c->first, cuts->first, (cuts->columns + 1) * sizeof *c->first);
    memcpy(c->cut, cuts->cut, n * sizeof *c->cut);
    memcpy(c->kind, cuts->kind, cuts->columns);
    memcpy(c->level, cuts->level, categorical * BOOST_LEVELS);
    memcpy(c->bins, cuts->bins, cuts->columns * sizeof *c->bins);
    c->rows = cuts->rows;
    c->kept_rows = cuts->kept_rows;
    c->kept_pitch = cuts->kept_pitch;
    c->kept_hash = cuts->kept_hash;
    if (copy(cuts->share, cuts->columns * BOOST_LEVELS * sizeof *c->share, (void **)&c->share) < 0 ||
        copy(cuts->kept, cuts->kept_rows * cuts->kept_pitch, (void **)&c->kept) < 0) {
        boost_cuts_free(c);
        return -ENOMEM;
    }
    *ret = c;
    return 0;
}

float boost_unkey(uint32_t key)
{
    uint32_t bits = key ^ (key >> 31 ? UINT32_C(1) << 31 : UINT32_MAX);
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

enum { DIGIT = 11, DIGITS = 1 << DIGIT };

static void sort_digit(const uint32_t *from, uint32_t *to, size_t n, int shift)
{
    uint32_t at[DIGITS] = { 0 }, sum = 0;
    for (size_t i = 0; i < n; i++)
        at[from[i] >> shift & (DIGITS - 1)]++;
    for (int d = 0; d < DIGITS; d++) {
        uint32_t count = at[d];
        at[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[at[from[i] >> shift & (DIGITS - 1)]++] = from[i];
}

/* The result is in `spare`: three digits, an odd number of turns. */
static void sort_keys(uint32_t *keys, uint32_t *spare, size_t n)
{
    sort_digit(keys, spare, n, 0);
    sort_digit(spare, keys, n, DIGIT);
    sort_digit(keys, spare, n, 2 * DIGIT);
}

/* sorted[0..n) to values with counts; returns how many. `value` may be `sorted`. */
static size_t count_values(const uint32_t *sorted, size_t n, uint32_t *value, uint32_t *count)
{
    size_t values = 0;
    for (size_t i = 0; i < n; values++) {
        size_t from = i;
        uint32_t key = sorted[i];
        while (i < n && sorted[i] == key)
            i++;
        value[values] = key;
        count[values] = (uint32_t)(i - from);
    }
    return values;
}

/* A float with low <= it < high, in the middle when there is one. */
static float between(uint32_t low, uint32_t high)
{
    float a = boost_unkey(low), b = boost_unkey(high), middle = a / 2 + b / 2;
    return middle >= a && middle < b ? middle : a;
}

/* Rows that a bin should still get when `bins` of them share what is left. */
struct share { double rows; long bins; };

static double fair(const struct share *s)
{
    return s->bins > 0 ? s->rows / (double)s->bins : s->rows;
}

enum { BIN_ROWS = 3 };

size_t boost_cuts_find(uint32_t *keys, uint32_t *spare, size_t n, int bins, float *cut)
{
    sort_keys(keys, spare, n);
    uint32_t *value = spare, *count = keys;
    size_t values = count_values(spare, n, value, count), cuts = 0;
    size_t wanted = n / BIN_ROWS < (size_t)bins ? n / BIN_ROWS : (size_t)bins;
    if (values < 2 || wanted < 2)
        return 0;
    double big = (double)n / (double)wanted;
    struct share left = { (double)n, (long)wanted };
    for (size_t i = 0; i < values; i++) {
        if (count[i] >= big) {
            left.rows -= count[i];
            left.bins--;
        }
    }
    int all = values <= (size_t)bins;              /* few values: a bin each, if only it has its rows */
    double rows = 0, target = fair(&left);
    for (size_t i = 0; i + 1 < values && cuts + 1 < wanted; i++) {
        int own = count[i] >= big, next_own = count[i + 1] >= big;
        rows += count[i];
        if (!own)
            left.rows -= count[i];
        if (all ? rows < BIN_ROWS : !own && !(next_own ? rows >= target / 2 : rows + count[i + 1] / 2.0 >= target))
            continue;                          /* to the nearest */
        cut[cuts++] = between(value[i], value[i + 1]);
        if (!own) {
            left.bins--;
            target = fair(&left) + (next_own ? 0 : target - rows);        /* what this bin lacks the next one gets */
        }
        rows = 0;
    }
    return cuts;
}
