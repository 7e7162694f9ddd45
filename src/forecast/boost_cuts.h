/* Cuts of columns into bins, inside the boosting. Bin 0 is for missing values, bin 1 + k for values above k cuts; a categorical column maps levels. */
#ifndef FORECAST_BOOST_CUTS_H
#define FORECAST_BOOST_CUTS_H

#include <string.h>

#include "forecast/boost.h"

enum { CUTS_NUMERIC, CUTS_CATEGORICAL };

struct boost_cuts {
    size_t columns;
    uint32_t *first;              /* columns + 1: where the column's part of `cut` begins */
    float *cut;                   /* ascending within a column; none for categorical ones */
    unsigned char *kind;
    unsigned char *level;         /* BOOST_LEVELS for each categorical column, in their order: its bin, 0 when it has none */
    uint16_t *bins;               /* all bins of the column, that of missing values included */
    float *share;                 /* columns x 256: of the rows in each bin when the cuts were found; NULL when not known */
    size_t rows;                  /* they were found in; 0 when not known */
    uint8_t *kept;                /* bins of the first rows of a matrix, row by row as the training lays them; NULL: none. Not in the file. */
    size_t kept_rows, kept_pitch;
    uint64_t kept_hash;           /* of those rows of the matrix */
};

int boost_cuts_new(size_t columns, size_t cuts, size_t categorical, struct boost_cuts **ret);
size_t boost_cuts_categorical(const struct boost_cuts *cuts);
int boost_cuts_copy(const struct boost_cuts *cuts, struct boost_cuts **ret);

/* Finds at most `bins` bins in n keys by equal counts; a value more frequent than a bin gets one of its own. Keys are ordered with BOOST_KEY and are
 * overwritten, `spare` is as long. Returns the number of cuts written, at most bins - 1. */
size_t boost_cuts_find(uint32_t *keys, uint32_t *spare, size_t n, int bins, float *cut);
float boost_unkey(uint32_t key);

/* Orders like x; x finite. */
static inline uint32_t boost_key(float x)
{
    uint32_t bits;
    x += 0.0F;                         /* the two zeros are one value */
    memcpy(&bits, &x, sizeof bits);
    return bits ^ (-(bits >> 31) | UINT32_C(1) << 31);
}

static inline int boost_is_missing(float x)
{
    return !(x <= 3.40282347e+38F && x >= -3.40282347e+38F);
}

/* A level from a categorical column: -1 missing, -2 broken. */
static inline int boost_level(float x)
{
    if (boost_is_missing(x) || x < 0)
        return -1;
    return x < BOOST_LEVELS && x == (float)(int)x ? (int)x : -2;
}

/* How many of n ascending cuts lie below x. */
static inline unsigned boost_below(const float *cut, unsigned n, float x)
{
    unsigned low = 0;
    while (n > 0) {
        unsigned half = (n + 1) / 2;
        low += (unsigned)(cut[low + half - 1] < x) * half;     /* no branch: nobody could foretell it */
        n -= half;
    }
    return low;
}

/* `level`: of a categorical column, NULL for numeric ones. A broken level counts as missing. */
static inline uint8_t boost_bin(const struct boost_cuts *c, size_t column, const unsigned char *level, float x)
{
    int l = level != NULL ? boost_level(x) : 0;
    if (level != NULL)
        return l < 0 ? 0 : level[l];
    if (boost_is_missing(x))
        return 0;
    return (uint8_t)(1 + boost_below(c->cut + c->first[column], c->first[column + 1] - c->first[column], x));
}

#endif
