/* Rows of drivers for panels: what feeds delivered and the holidays by rule, for the series they concern.
 *
 * A value concerns the series at the places its request was made for ([series] place), narrowed by the feed's `places` and `tags`. Of each value the last
 * vintage of each local day is handed over: decisions fall on ends of days, so none of them can tell the difference. Where several feeds know the same
 * driver, the first by rank that knows a day speaks for it: feeds in the order of their [feed] sections, then by name; observations last. */
#ifndef DAEMON_DRIVERS_H
#define DAEMON_DRIVERS_H

#include "daemon/state.h"
#include "features/panel.h"

enum { DRIVERS_STEPS = GNM_MONTH + 1 };

/* Adds to the unsealed panels, one by step or NULL; `first_day` to `last_day` are the days with activity. What was imported under the name of a driver stays as it is.
 * `from_s` not 0: what no decision from then on can know may be left out. */
int drivers_fill(struct daemon *d, struct panel *const panel[DRIVERS_STEPS], int64_t first_day, int64_t last_day, int64_t from_s, struct gnm_why *why);

#endif
