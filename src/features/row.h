/* One row of the design matrix: what is known at an origin about a target period. Pure. */
#ifndef FEATURES_ROW_H
#define FEATURES_ROW_H

#include "features/level.h"

/* Fills the plan's columns first..end - 1 into x[0..end - first) and the year-ago offset (0 when there is none): how far the target stood from its
 * level a year before. `sibling`: a row of the same level already filled, whose horizon-free columns are copied; NULL without one. */
void row_fill(const struct plan *plan, const struct panel *panel, size_t series, const struct level *level, int h, int first, int end, const float *sibling, float *x,
              float *offset);
/* Fills again the n `column`s of a row x of all columns, each of a driver. */
void row_refill(const struct plan *plan, const struct panel *panel, size_t series, const struct level *level, int h, const int *column, int n, const float *sibling, float *x);

#endif
