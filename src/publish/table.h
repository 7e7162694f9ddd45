/* Forecasts as a plain text table for terminals. Pure. */
#ifndef PUBLISH_TABLE_H
#define PUBLISH_TABLE_H

#include "base/text.h"
#include "gnomon/types.h"

/* One line a row in the order given: series, date, p10, p50, p90, baseline, quality. A series' name stands on its first line only; numbers of one series have the same
 * decimals, enough for the smallest value that matters. No colour, no control characters. */
int table_forecasts(const struct gnm_forecast *row, size_t n, struct text *ret);

#endif
