/* What depends on the configuration: zone, ports, feeds, inbox. Opened at start, replaced as a whole on SIGHUP. */
#ifndef DAEMON_INSIDE_H
#define DAEMON_INSIDE_H

#include "daemon/state.h"

/* The site's zone, from `zoneinfo`. */
int inside_zone(const struct config *config, struct zone **ret, struct gnm_why *why);
/* State, runtime and published folders, with the modes other users rely on; the inbox makes its own. */
int inside_folders(const struct config *config, const struct disk *disk, struct gnm_why *why);
/* All or nothing. `watch`: have the kernel tell of new files in the inbox. */
int inside_open(struct daemon *d, int watch, struct gnm_why *why);
void inside_close(struct daemon *d);

#endif
