/* Housekeeping once a minute: mode, status, watchdog, energy booking; every ten minutes the commit; daily the retention. */
#ifndef DAEMON_HOUSE_H
#define DAEMON_HOUSE_H

#include "daemon/state.h"

int64_t house_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait);
/* What the loop itself used since the last minute goes to polling and idling; then what was spent waits in d->hour for the next commit (collect_commit). */
void house_book(struct daemon *d);

#endif
