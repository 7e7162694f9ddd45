/* The past of feeds, asked for once: slices of a few months going back from the first regular answer to the first activity, one at a time and minutes apart.
 *
 * Which slices were asked stands with the feed's state, so that a restart goes on where it was. Feeds whose request does not depend on dates, and those that
 * no model reads, have no history. */
#ifndef DAEMON_FETCH_HISTORY_H
#define DAEMON_FETCH_HISTORY_H

#include "daemon/state.h"

struct history_slice { size_t slot; int64_t from_day, to_day; uint64_t url_hash; };

/* Wall time of the next slice; GNM_NEVER when there is nothing left to ask. */
int64_t history_due_s(struct daemon *d);
/* The slice that is due; 0 when there is none. */
int history_pick(struct daemon *d, struct history_slice *ret);
/* After its answer: `status` is HTTP's, 0 for none; `why` the error or NULL. */
void history_done(struct daemon *d, const struct history_slice *slice, int status, int64_t retry_after_s, const char *error);

#endif
