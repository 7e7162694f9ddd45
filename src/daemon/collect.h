/* Polling the controllers: samples into the battery estimate and minute rows. */
#ifndef DAEMON_COLLECT_H
#define DAEMON_COLLECT_H

#include "daemon/state.h"

/* One call of the loop for controller `i`. */
int64_t collect_poll(struct daemon *d, size_t i, int64_t now_ms, struct gnm_wait *wait);
/* Writes the finished minutes and the ledger's finished hour; with `all` also the one being filled (at the end). Keeps them when the database refuses. */
void collect_commit(struct daemon *d, int all);

#endif
