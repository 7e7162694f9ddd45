/* One row of the design matrix: what is known at an origin about a target period. Pure. */
#ifndef FEATURES_ROW_H
#define FEATURES_ROW_H

#include "features/level.h"

/* Fills plan->n_columns values and the year-ago offset (0 when there is none): how far the target stood from its level a year before. */
void row_fill(const struct plan *plan, const struct panel *panel, size_t series, const struct level *level, int h, float *x, float *offset);

#endif
