/* From a label day to the half-open period it names. Private to this folder; pure. */
#ifndef STORE_PERIOD_H
#define STORE_PERIOD_H

#include "almanac/zone.h"
#include "gnomon/types.h"

struct period { int64_t start_s, end_s, date; };   /* `date`: the label as a local day number */

struct period period_of(enum gnm_step step, int64_t label, const struct zone *zone);
/* How many periods of `step` lie from label `first` to label `last`, both counted. */
int64_t period_count(enum gnm_step step, int64_t first, int64_t last);

#endif
