/* A charge controller on a Modbus line (RTU or TCP) behind the controller port: a state machine that never blocks.
 *
 * It only reads (functions 1 to 4), never takes a late or foreign answer for the one it waits for, and closes and reopens the line with a
 * growing pause (1 s to 60 s) when it fails. A sample lives as long as some block answers; fields of blocks that do not are NaN, as are fields
 * of slow blocks in the samples between two slow reads. After a reconnection two readings must agree before one is delivered. */
#ifndef DEVICE_CONTROLLER_H
#define DEVICE_CONTROLLER_H

#include "gnomon/ports.h"
#include "device/map.h"

struct controller;

/* `line`: "tcp:HOST:PORT" (numeric address) or "rtu:/dev/serial/by-id/...:BAUD:8N1" or a bare path (EPEver's 115200 8N1 or the map's `serial`).
 * The line is opened by the first `begin`, so an absent device is not an error here. `map` stays the caller's and must outlive it.
 * `unit`: 1..247, or 255 which some Renogy units answer only. */
int controller_new(const struct map *map, const char *line, int unit, struct controller **ret, struct gnm_why *why);
void controller_free(struct controller *c);
/* Several controllers on one line (units of one RS-485 adapter, or of a gateway that takes one connection) read in turn: each opens the line for
 * its sample and closes it afterwards. All of them get the same `turn`, which is the caller's, NULL to start with, and outlives them. */
void controller_share(struct controller *c, const struct controller **turn);
/* Whether two lines of the configuration are one. */
int controller_same_line(const struct controller *a, const struct controller *b);
/* How many errors in a row close the line: 3 unless said otherwise. One is for whoever only wants to know whether anything answers. */
void controller_patience(struct controller *c, int errors);
void controller_port(struct controller *c, struct gnm_controller *ret);

/* For `status`, `probe` and the metrics. Counters since the start. */
struct controller_status {
    int open, backoff_ms;         /* backoff_ms: pause before the next attempt, while closed */
    unsigned requests, answers, exceptions, errors, opened, samples, failed;
    unsigned left_out;            /* pieces of the map this device refuses or does not answer at present */
    unsigned frozen;              /* samples in a row with the very same registers although the sun shines: a gateway's cache? */
    int echo;                     /* the adapter hears itself; coped with */
    char model[64], serial[64];   /* when the map has [word model] and [word serial] */
    char trouble[240];            /* the last error, empty when there was none since the last good sample */
};
void controller_status(const struct controller *c, struct controller_status *ret);

#endif
