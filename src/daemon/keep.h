/* What the yield of an answer becomes in state.db: signals, events, or a company's activity; and what is held back. */
#ifndef DAEMON_KEEP_H
#define DAEMON_KEEP_H

#include "daemon/state.h"

/* Stores what is new in one transaction; `*added` counts it. `past`: the answer is a slice of history, which says nothing of days it does not list and is
 * not compared with today's values. -EBADMSG: the values jumped as if their unit had changed, nothing is stored (feed_suspect); other errors are the
 * store's. Consumes nothing: free the yield. */
int keep_yield(struct daemon *d, const struct feed_slot *slot, struct feed_yield *yield, int past, size_t *added, struct gnm_why *why);

#endif
