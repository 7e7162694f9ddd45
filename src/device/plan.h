/* Which reads make one sample: the map's blocks, cut into smaller pieces where this device refuses a block. Pure. */
#ifndef DEVICE_PLAN_H
#define DEVICE_PLAN_H

#include "device/sunspec.h"

struct piece {
    uint8_t block;
    int base;                     /* SunSpec: where the model is on the device; else 0 */
    int at, count;
    int refused;                  /* left out until the plan is made anew */
    int64_t out_until_ms;         /* or for a while, because it only makes trouble; 0 = not */
};

struct plan {
    const struct map *map;
    struct piece piece[MAP_BLOCKS + MAP_FIELDS];
    size_t n;
    int alike;                    /* two pieces have answers of one length: a serial answer could be taken for another's */
};

/* `found` says where a SunSpec device has its models; not looked at for other maps. */
void plan_init(struct plan *plan, const struct map *map, const struct sunspec *found);
/* Piece `i` was refused: halves it around the fields it holds; 1 when smaller pieces now stand at `i`, 0 when it is left out. */
int plan_shrink(struct plan *plan, size_t i);
/* Piece `i` is not answered: one piece for each of its fields (or fields that share registers) instead; 0 when it cannot be cut. */
int plan_singles(struct plan *plan, size_t i);
size_t plan_left_out(const struct plan *plan, int64_t now_ms);

#endif
