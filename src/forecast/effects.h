/* What each driver adds to the forecasts of a series. Pure.
 *
 * The drivers a series' model reads are hidden from it one after the other, the one that gained most in its test first; the effect of each is what the median
 * loses at that step. So the effects and the forecast that knows none of these drivers add up to the median that is served. */
#ifndef FORECAST_EFFECTS_H
#define FORECAST_EFFECTS_H

#include "features/panel_period.h"

enum { EFFECTS_MAX = 6 };         /* drivers of a series looked at; whatever comes after them gained next to nothing */

struct effects_row { size_t series; char driver[GNM_ID]; };      /* series: of the panel */
struct effects {
    struct effects_row *row;      /* by series, in the order of hiding */
    double *value;                /* of row i for 1..horizon from value[i * horizon] on; NaN where the model has no median */
    size_t n;
    int horizon;
};

/* NULL when the driver was not looked at. */
const double *effects_of(const struct effects *effects, size_t series, const char *driver);
void effects_free(struct effects *effects);

#endif
