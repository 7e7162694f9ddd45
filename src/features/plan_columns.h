/* The columns of a plan whose drivers are settled. Pure. Inside this folder only. */
#ifndef FEATURES_PLAN_COLUMNS_H
#define FEATURES_PLAN_COLUMNS_H

#include "features/plan.h"

void plan_add_columns(struct plan *plan, const struct cadence *c, int two_years);   /* for every member; sets n_columns */
void plan_add_wide(struct plan *plan, const struct cadence *c);      /* for trees alone, after the seen drivers and the notes are known */

#endif
