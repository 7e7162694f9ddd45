/* The plant as the registers of an EPEver controller, at their addresses, scales and word orders. Pure.
 * Holes answer nothing: a block that crosses one does not exist, as on the device. */
#ifndef WORLD_EPEVER_H
#define WORLD_EPEVER_H

#include <stdint.h>

#include "world/plant.h"

struct epever_clock { int year, month, mday, hour, minute, second; };

/* 0, or -ENXIO when a word is missing. `function` is 2, 3 or 4; `count` at most REGISTERS_MAX. */
int epever_read(const struct plant *plant, const struct epever_clock *clock, int function, int address, int count, uint16_t *ret);

#endif
