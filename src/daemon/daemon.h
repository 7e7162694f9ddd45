/* The daemon: one object over a clock, a configuration and ports; the start list, the loop, the stop list. */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "base/log.h"
#include "daemon/config.h"
#include "daemon/state.h"

struct daemon_options {
    const char *config_path;
    const struct gnm_clock *clock;
    const struct port_maker *ports;
    struct log log;
    uint64_t seed;                /* of jitter */
    double units_per_ms;          /* > 0: virtual time, where the clock pays for work at this rate */
    int never_learns;             /* simulations whose work is stated, not done */
    const char *vfs;              /* the SQLite file layer of state.db by name; NULL: the system's */
    const struct disk *disk;      /* what every durable change asks first; NULL: the machine's own */
    int signal_fd;                /* a signalfd with TERM, INT and HUP, or -1 */
    int watch_inbox;              /* inotify: descriptors are waited for where time is real; where it is virtual they are asked before a look */
};

/* Takes over `config` (on failure too). -EWOULDBLOCK when another daemon holds the database. */
int daemon_new(const struct daemon_options *options, struct config *config, struct daemon **ret, struct gnm_why *why);
/* Until a signal or daemon_stop. 0, or the negative errno of a broken clock. */
int daemon_run(struct daemon *d);
void daemon_stop(struct daemon *d);
/* Newest wall time in state.db: a clock that shows less cannot be right. 0 when empty. */
int64_t daemon_newest_s(struct daemon *d);
/* Commits, checkpoints, closes. */
void daemon_free(struct daemon *d);

#endif
