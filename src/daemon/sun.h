/* The sun outlook's place in the daemon: hours of readings go into the profile, weather comes out of state.db, rows go back there. */
#ifndef DAEMON_SUN_H
#define DAEMON_SUN_H

#include "daemon/state.h"

/* What state.db remembers of the profile. */
void sun_recall(struct daemon *d);
/* A stretch of `step_s` of calendar time that ended with this reading of the whole plant. */
void sun_sample(struct daemon *d, const struct gnm_reading *reading, double step_s);
/* Once a minute: learns a finished hour, looks ahead anew when the hour or the weather changed. */
void sun_tick(struct daemon *d);
/* Writes changed rows; to be called inside a transaction. */
int sun_keep(struct daemon *d, struct gnm_why *why);

#endif
