/* A charge controller on a Modbus line (RTU or TCP) behind the controller port: a state machine that never blocks. */
#ifndef DEVICE_CONTROLLER_H
#define DEVICE_CONTROLLER_H

#include "gnomon/ports.h"
#include "device/map.h"

struct controller;

/* `line`: "tcp:HOST:PORT" (numeric address) or "rtu:/dev/serial/by-id/...:BAUD:8N1" or a bare path (EPEver's 115200 8N1 or the map's `serial`).
 * The line is opened by the first `begin`, so an absent device is not an error here. `map` stays the caller's and must outlive it. */
int controller_new(const struct map *map, const char *line, int unit, struct controller **ret, struct gnm_why *why);
void controller_free(struct controller *c);
void controller_port(struct controller *c, struct gnm_controller *ret);

#endif
