#include "forecast/boost_spread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TOGETHER = 4, HALVINGS = 8 };

/* So many halvings tell n cuts apart. */
static unsigned halvings_of(const struct boost_cuts *c, size_t column)
{
    unsigned n = c->first[column + 1] - c->first[column], halvings = 0;
    for (; n > 0; n /= 2)
        halvings++;
    return halvings;
}

static void add_columns(const struct boost_cuts *c, const unsigned char *used, unsigned halvings, struct boost_spread *s)
{
    for (size_t i = 0; i < c->columns; i++)
        if (used[i] && c->kind[i] != CUTS_CATEGORICAL && halvings_of(c, i) == halvings)
            s->column[s->numeric++] = (struct boost_spread_column){ .column = (uint16_t)i };
}

static void add_categories(const struct boost_cuts *c, const unsigned char *used, struct boost_spread *s)
{
    uint32_t level = 0;
    for (size_t i = 0; i < c->columns; i++) {
        if (c->kind[i] != CUTS_CATEGORICAL)
            continue;
        if (used[i])
            s->column[s->numeric + s->categorical++] = (struct boost_spread_column){ .first = level, .column = (uint16_t)i };
        level += BOOST_LEVELS;
    }
}

/* Each four columns get as many halvings as the first of them needs. Returns how many keys they have. */
static size_t place_keys(const struct boost_cuts *c, struct boost_spread *s)
{
    size_t keys = 0;
    for (size_t i = 0; i < s->numeric; i++) {
        struct boost_spread_column *one = &s->column[i];
        one->halvings = i % TOGETHER == 0 ? (uint16_t)halvings_of(c, one->column) : s->column[i - 1].halvings;
        one->first = (uint32_t)keys;
        keys += ((size_t)1 << one->halvings) - 1;
    }
    return keys;
}

static void fill_keys(const struct boost_cuts *c, const struct boost_spread *s)
{
    for (size_t i = 0; i < s->numeric; i++) {
        const struct boost_spread_column *one = &s->column[i];
        const float *cut = c->cut + c->first[one->column];
        uint32_t *key = s->key + one->first;
        size_t n = c->first[one->column + 1] - c->first[one->column], room = ((size_t)1 << one->halvings) - 1;
        for (size_t k = 0; k < n; k++)
            key[k] = boost_key(cut[k]);
        memset(key + n, 0xFF, (room - n) * sizeof *key);
    }
}

int boost_spread_make(const struct boost_cuts *c, const unsigned char *used, struct boost_spread *s)
{
    boost_spread_clear(s);
    s->column = calloc(c->columns + TOGETHER, sizeof *s->column);
    if (s->column == NULL)
        return -ENOMEM;
    for (int halvings = HALVINGS; halvings >= 0; halvings--)
        add_columns(c, used, (unsigned)halvings, s);
    for (; s->numeric % TOGETHER != 0; s->numeric++)
        s->column[s->numeric] = s->column[s->numeric - 1];
    add_categories(c, used, s);
    s->key = malloc((place_keys(c, s) + 1) * sizeof *s->key);
    if (s->key == NULL)
        return -ENOMEM;
    fill_keys(c, s);
    s->level = c->level;
    return 0;
}

void boost_spread_clear(struct boost_spread *s)
{
    free(s->column);
    free(s->key);
    *s = (struct boost_spread){ 0 };
}

/* A broken level counts as missing. */
static uint8_t level_of(const struct boost_spread *s, const struct boost_spread_column *one, float x)
{
    int l = boost_level(x);
    return l < 0 ? 0 : s->level[one->first + (unsigned)l];
}

/* Four columns at once: each halving waits for the one before, but not for those of other columns. */
static void spread_four(const struct boost_spread *s, const struct boost_spread_column *four, const float *x, uint32_t *ret)
{
    const uint32_t *at[TOGETHER];
    uint32_t value[TOGETHER];
#pragma GCC unroll 4
    for (int k = 0; k < TOGETHER; k++) {
        at[k] = s->key + four[k].first;
        value[k] = boost_key(x[four[k].column]);
    }
    for (size_t half = (size_t)1 << four->halvings >> 1; half > 0; half >>= 1) {
#pragma GCC unroll 4
        for (int k = 0; k < TOGETHER; k++)
            at[k] += half & -(size_t)(at[k][half - 1] < value[k]);     /* no branch: nobody could foretell it */
    }
#pragma GCC unroll 4
    for (int k = 0; k < TOGETHER; k++) {
        uint32_t missing = -(uint32_t)boost_is_missing(x[four[k].column]), *word = ret + 2 * four[k].column;
        uint32_t bin = (uint32_t)(at[k] - s->key - four[k].first + 1) & ~missing;
        word[0] = bin << SPREAD_BIN;
        word[1] = (bin | (missing & 255)) << SPREAD_BIN;
    }
}

void boost_spread_row(const struct boost_spread *s, const float *x, uint32_t *ret)
{
    ret[0] = 0;                                /* leaves look there, whether a node does or not */
    for (size_t i = 0; i < s->numeric; i += TOGETHER)
        spread_four(s, s->column + i, x, ret);
    for (size_t i = s->numeric; i < s->numeric + s->categorical; i++) {
        uint32_t *word = ret + 2 * s->column[i].column;
        word[0] = (uint32_t)level_of(s, &s->column[i], x[s->column[i].column]) << SPREAD_BIN;
        word[1] = word[0];                     /* sets know the missing ones as bin 0 */
    }
}

static void below_rows(const uint32_t *key, unsigned halvings, const float *x, uint8_t *ret)
{
    uint32_t low[SPREAD_LANES] = { 0 }, value[SPREAD_LANES];
    for (int r = 0; r < SPREAD_LANES; r++)
        value[r] = boost_key(x[r]);
    for (uint32_t half = UINT32_C(1) << halvings >> 1; half > 0; half >>= 1) {
        const uint32_t *middle = key + half - 1;
#pragma GCC unroll 4
        for (int r = 0; r < SPREAD_LANES; r++)
            low[r] += half & -(uint32_t)(middle[low[r]] < value[r]);
    }
    for (int r = 0; r < SPREAD_LANES; r++)
        ret[r] = (uint8_t)((1 + low[r]) & -(uint32_t)!boost_is_missing(x[r]));
}

void boost_spread_rows(const struct boost_spread *s, const float *x, size_t stride, size_t rows, uint8_t *ret)
{
    for (size_t i = 0; i < s->numeric + s->categorical; i++) {
        const struct boost_spread_column *one = &s->column[i];
        uint8_t *low = ret + (size_t)2 * one->column * SPREAD_LANES, *high = low + SPREAD_LANES;
        float value[SPREAD_LANES];
        for (size_t r = 0; r < SPREAD_LANES; r++)
            value[r] = x[(r < rows ? r : 0) * stride + one->column];
        if (i < s->numeric)
            below_rows(s->key + one->first, one->halvings, value, low);
        for (size_t r = 0; i >= s->numeric && r < SPREAD_LANES; r++)
            low[r] = level_of(s, one, value[r]);
        for (size_t r = 0; r < SPREAD_LANES; r++)
            high[r] = low[r] == 0 ? 255 : low[r];
    }
}
