/* A price index as published at one origin, and how it goes on. Pure.
 *
 * Months not yet published, and the future, continue at the mean monthly rate of the last three published ones. */
#ifndef FEATURES_PRICE_H
#define FEATURES_PRICE_H

#include "features/panel_period.h"

enum { PRICE_MONTHS = 180 };

struct price {
    int month, first, last;       /* month of log_index[0] since 1970-01; first and last published, as indices */
    double log_index[PRICE_MONTHS];
    double rate;                  /* of a month, logarithm */
    double yearly_ratio;          /* rise over the twelve months before the last release */
    double origin;                /* logarithm at the origin */
};

/* The first driver of the role price that says something of the series. -ENODATA with fewer than 13 months published. */
int price_read(const struct panel *panel, size_t series, int origin, struct price *ret);
/* Prices of the period relative to those of the origin. */
double price_ratio(const struct price *price, const struct panel *panel, int period);
/* Root mean square error of the continuation so far ahead of the last release, of the logarithm, from the index' own past; 0 when it is too short. */
double price_error(const struct price *price, const struct panel *panel, int period);

#endif
