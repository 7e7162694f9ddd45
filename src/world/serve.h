/* Runs a world in real time or faster: servers, the CRM's inbox, the ready file, the end. One thread. */
#ifndef WORLD_SERVE_H
#define WORLD_SERVE_H

#include "gnomon/why.h"
#include "world/world.h"

struct serve_options {
    struct world_config world;
    double speed;                     /* calendar seconds in one second */
    int modbus_port, http_port;       /* 0 = any free one */
    const char *pty, *ready_file, *inbox, *export_dir;    /* NULL = not wanted */
    double duration_s;                /* real time until the end; 0 = until a signal */
    int towns;                        /* to export; 0 is 1 */
    int verbose;
    int signal_fd;                    /* readable when the run is to end */
};

/* Serves until a signal or the end of the duration. */
int serve_world(const struct serve_options *options, const struct zone *zone, struct gnm_why *why);
/* Writes the town as files and returns; of several towns, each into a folder of its own, town-1 and so on. */
int serve_export(const struct serve_options *options, const struct zone *zone, struct gnm_why *why);

#endif
