/* Money in constant prices: which series are modelled so, and into what. Pure.
 *
 * Below 10 % of yearly inflation at the last release none is. From 20 % on a series declared as money is; between, and where nobody said what it counts, past
 * origins decide: plain forecasters are asked with and without the index as it was published then. Counts never are. */
#ifndef FORECAST_MONEY_H
#define FORECAST_MONEY_H

#include "features/panel_view.h"

int money_is_deflated(const struct panel *panel, size_t series, int origin, int horizon);
/* The series in prices of the origin. -ENOMEM; a series without an index stays as it is. */
int money_deflate(const struct panel *panel, size_t series, int origin, struct panel *view);

#endif
