/* The box's own meters: CPU time of this process, busy time of the box (/proc/stat), RAPL where readable, temperature (/sys/class/thermal).
 *
 * What the box does not have, or does not let us read (RAPL is root's on most kernels), is NaN and no error. The RAPL counter is unwrapped as
 * long as it is read at least once per turn of the counter (an hour or so at 60 W). */
#ifndef DEVICE_METER_H
#define DEVICE_METER_H

#include "gnomon/ports.h"

struct meter;
int meter_new(struct meter **ret, struct gnm_why *why);
/* The same with another folder for / ("/proc/stat" and "/sys/class" are looked for under it), so that tests can plant their own. */
int meter_new_at(const char *root, struct meter **ret, struct gnm_why *why);
void meter_free(struct meter *meter);
void meter_port(struct meter *meter, struct gnm_meter *ret);

#endif
