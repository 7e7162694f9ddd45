/* A panel as one model sees it: drivers hidden from series they do not move, drivers shifted in time for tests, values in constant prices. Pure.
 *
 * A view shares the values of the panel it was made from, which must outlive it, and is read like any panel. */
#ifndef FEATURES_PANEL_VIEW_H
#define FEATURES_PANEL_VIEW_H

#include "features/panel_period.h"

int panel_view_new(const struct panel *of, struct panel **ret);       /* -ENOMEM */
void panel_view_free(struct panel *view);
/* The series knows nothing of the driver any more, not even what is common to all. */
void panel_view_hide(struct panel *view, size_t driver, size_t series);
/* The driver is read this many periods earlier: a copy that must explain nothing. 0 puts it back. */
void panel_view_shift(struct panel *view, size_t driver, int periods);
/* Divides the series' value of period p by divisor[p - first]; `n` divisors from `first` on cover all its periods. Once a series. -ENOMEM. */
int panel_view_divide(struct panel *view, size_t series, int first, int n, const double *divisor);

#endif
