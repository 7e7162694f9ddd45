/* Training: asks for energy, learns in slices, keeps a checkpoint, adopts the finished model. */
#ifndef DAEMON_LEARN_H
#define DAEMON_LEARN_H

#include "daemon/state.h"

int64_t learn_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait);
/* Writes the checkpoint of a training under way and lets it go (stop, reload). */
void learn_park(struct daemon *d);

#endif
