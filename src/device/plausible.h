/* Limits of physics for a 12 V plant, after the map's own ranges: a field that cannot be true is refused, the others are kept. Pure. */
#ifndef DEVICE_PLAUSIBLE_H
#define DEVICE_PLAUSIBLE_H

#include "gnomon/types.h"

struct plausible {                /* what has to be remembered from sample to sample; zero it to start */
    double last_v, pending_v;
    int64_t last_ms;
    int has_last, has_pending;
};

/* What a value of this field can be at all. */
void plausible_limits(enum gnm_field field, double *low, double *high);
/* Refuses fields of `r` (NaN, counted in r->rejected). Uses r->mono_ms. */
void plausible_apply(struct plausible *p, struct gnm_reading *r);
/* Two samples taken shortly after one another can be of the same plant: sun may change, a battery cannot. */
int plausible_agree(const struct gnm_reading *a, const struct gnm_reading *b);

#endif
