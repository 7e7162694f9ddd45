/* What a Modbus server reads from and what it must never be asked to change: the seam between a simulated device and the lines it is
 * served on. */
#ifndef WORLD_REGISTERS_H
#define WORLD_REGISTERS_H

#include <stdint.h>

enum { REGISTERS_DISCRETE = 2, REGISTERS_HOLDING = 3, REGISTERS_INPUT = 4, REGISTERS_MAX = 125 };

struct registers {
    /* 0 and `count` words (bits: 0 or 1), -ENXIO when any of them does not exist. */
    int (*read)(void *ctx, int function, int address, int count, uint16_t *ret);
    void *ctx;
    int unit;
    uint64_t reads, refused, writes;    /* answered, refused (writes included), and attempts to write */
};

/* Whether a function code changes something in a device. */
int registers_is_write(int function);

#endif
