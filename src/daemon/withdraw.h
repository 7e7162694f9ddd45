/* Events that a provider no longer lists: a match moved to another day leaves a value behind that nobody takes back.
 *
 * A schedule or calendar speaks of its whole range, so a day inside it without a value is a withdrawal: NaN, known from now on. */
#ifndef DAEMON_WITHDRAW_H
#define DAEMON_WITHDRAW_H

#include "feeds/feed.h"
#include "store/store.h"

/* Appends the withdrawals to `yield` (its array grows). Does nothing for observations and forecasts. */
int withdraw_missing(struct store *store, const struct feed *feed, const char *place, int64_t now_s, struct feed_yield *yield, struct gnm_why *why);

#endif
