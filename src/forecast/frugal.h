/* Which class of models is worth its energy: the cheapest whose error at past origins is within a tolerance of the best, and the numbers behind it. Pure.
 *
 * Classes build on each other: the ridge's is the best choice among naive, smoothing members and ridge. Work is in units of about a nanosecond of a core; since
 * all classes run on the same processor, what they cost in joules stands in the same ratio. */
#ifndef FORECAST_FRUGAL_H
#define FORECAST_FRUGAL_H

#include <stddef.h>
#include <stdint.h>

enum frugal_class { FRUGAL_NAIVE, FRUGAL_SMOOTH, FRUGAL_RIDGE, FRUGAL_TREES, FRUGAL_CLASSES };
extern const char *const frugal_names[FRUGAL_CLASSES];

struct frugal {
    int chosen;                   /* the class that serves; -1: nothing to choose by */
    double error[FRUGAL_CLASSES]; /* geometric mean of the series' WAPE at past origins with the members up to this class; NaN: not compared */
    double total[FRUGAL_CLASSES]; /* the same over all values at once, so that the largest series are not outvoted */
    double unsure[FRUGAL_CLASSES];/* standard error, over past windows, of how much worse (a logarithm) the class is than the best one */
    double units[FRUGAL_CLASSES]; /* work of the class alone: training, and its answers at past origins */
    int64_t tried_label;          /* newest period of the training that tried all classes */
    int wait_days;                /* until rejected classes are tried again */
};

enum { FRUGAL_WAIT_MIN = 28, FRUGAL_WAIT_MAX = 112, FRUGAL_TEXT = 280 };

void frugal_begin(struct frugal *ret);
/* Fills `chosen` from the tolerance (.01: one per cent), which both errors must keep by more than chance: nobody needs a frugal wrong forecast. */
void frugal_choose(struct frugal *frugal, double tolerance);
/* "ridge kept: 12 % better than smooth for 8 times the joules; trees rejected: 0.4 % better for 9 times the joules, tried again after 56 days". Empty when
 * nothing was compared. */
void frugal_say(const struct frugal *frugal, char ret[FRUGAL_TEXT]);

#endif
