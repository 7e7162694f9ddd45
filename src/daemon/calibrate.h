/* Once a month, while the battery is known to be full: ten minutes of work for the processor, to learn what it draws at the battery. */
#ifndef DAEMON_CALIBRATE_H
#define DAEMON_CALIBRATE_H

#include "daemon/state.h"

int64_t calibrate_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait);

#endif
