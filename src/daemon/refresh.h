/* New forecasts from the history and the serving models: cheap, daily, and after new data. */
#ifndef DAEMON_REFRESH_H
#define DAEMON_REFRESH_H

#include "daemon/state.h"

int64_t refresh_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait);

#endif
