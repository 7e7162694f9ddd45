/* Rows to bins, inside the boosting: only columns that some node asks, and cuts as whole numbers that order like the floats, filled up so that several
 * columns halve in step. */
#ifndef FORECAST_BOOST_SPREAD_H
#define FORECAST_BOOST_SPREAD_H

#include "forecast/boost_cuts.h"

enum { SPREAD_BIN = 24, SPREAD_LANES = 64 };   /* where a bin stands in a word of the row; rows spread together */

struct boost_spread_column {
    uint32_t first;               /* of its keys; categorical: of its levels */
    uint16_t column;
    uint16_t halvings;
};

struct boost_spread {
    size_t numeric, categorical;  /* numeric ones first, most cuts first, a multiple of four: the last one may be repeated */
    struct boost_spread_column *column;
    uint32_t *key;
    const unsigned char *level;   /* of the cuts, which must stay */
};

/* used: per column. -ENOMEM. */
int boost_spread_make(const struct boost_cuts *cuts, const unsigned char *used, struct boost_spread *ret);
void boost_spread_clear(struct boost_spread *spread);
/* ret[2 * column]: the bin in the highest byte, ret[2 * column + 1]: the same with missing above all. */
void boost_spread_row(const struct boost_spread *spread, const float *x, uint32_t *ret);
/* The same for SPREAD_LANES rows at most (behind the last the first again) in bytes: ret[(2 * column [+ 1]) * SPREAD_LANES + row]. */
void boost_spread_rows(const struct boost_spread *spread, const float *x, size_t stride, size_t rows, uint8_t *ret);

#endif
