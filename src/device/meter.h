/* The box's own meters: CPU time of this process, busy time of the box (/proc/stat), RAPL where readable, temperature (/sys/class/thermal). */
#ifndef DEVICE_METER_H
#define DEVICE_METER_H

#include "gnomon/ports.h"

struct meter;
int meter_new(struct meter **ret, struct gnm_why *why);
void meter_free(struct meter *meter);
void meter_port(struct meter *meter, struct gnm_meter *ret);

#endif
