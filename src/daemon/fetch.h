/* Feeds: which to ask when, one request at a time, answers into dated values. */
#ifndef DAEMON_FETCH_H
#define DAEMON_FETCH_H

#include "daemon/state.h"

int64_t fetch_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait);

#endif
