/* The inside of a register map, shared by the files of this folder: what map.c reads, decode.c turns into values and plan.c into requests.
 * Plain data, never changed after map_load. Addresses are as sent on the wire. */
#ifndef DEVICE_MAP_DATA_H
#define DEVICE_MAP_DATA_H

#include <stdint.h>

#include "device/map.h"
#include "gnomon/types.h"

enum {
    MAP_BLOCKS = 16, MAP_FIELDS = 48, MAP_ENUMS = 24, MAP_FACTORS = 3, MAP_MISSING = 4,
    MAP_REGISTERS = 125,          /* what one Modbus request may ask for */
    MAP_LISTS = 4, MAP_UNITS = 256, MAP_SIGNS = 6,
    MAP_NAME = 32
};

enum map_type { MAP_NONE, MAP_U16, MAP_S16, MAP_U32, MAP_S32, MAP_F32, MAP_HALF, MAP_SIGN7, MAP_BITS, MAP_ENUM, MAP_TEXT };
enum map_order { MAP_ORDER_DEFAULT, MAP_HIGH_FIRST, MAP_LOW_FIRST };
enum map_byte { MAP_BOTH, MAP_HIGH, MAP_LOW };

/* Value x number x the product of other values of the device ("@v_pu"), each taken as itself or as a power of ten ("10^@w_sf"). */
struct map_scale {
    double number;
    size_t n;
    struct { char name[MAP_NAME]; int field, power; } by[MAP_FACTORS];
};

/* Unit numbers to try in this order. */
struct map_units { uint8_t unit[MAP_UNITS]; size_t n; };

struct map_field {
    char name[MAP_NAME];
    int slot;                     /* enum gnm_field, or -1 for a [word]: only there for others' sake */
    int line;                     /* where its section starts, for errors */
    int block;                    /* index of the block that holds it */
    int function;                 /* 0 = whichever block fits */
    int at, words;
    enum map_type type;
    enum map_order order;         /* of 32-bit values */
    enum map_byte byte;
    int swap;                     /* text: low byte of each word first */
    int bit_high, bit_low;        /* -1 = all of them */
    uint32_t mask;
    int shift;                    /* of bits: where this part goes in the joined value */
    struct map_scale scale;
    double offset, low, high, bulk_below;
    uint32_t missing[MAP_MISSING];
    size_t n_missing;
    int zero_missing;
    struct { uint32_t raw; enum gnm_stage stage; } code[MAP_ENUMS];
    size_t n_codes;
    int model;                    /* SunSpec: the model that `at` counts in; -1 = not said */
    int repeat, parts;            /* the same again every `repeat` registers, `parts` times at most */
    char needs[MAP_NAME];         /* a field or word without which this one is missing, "" = none */
    int needs_field;
    char sign_by[MAP_NAME];       /* what tells the sign of a number whose own sign is not to be trusted */
    int sign_field;
    struct { uint32_t raw; int sign; } sign[MAP_SIGNS];
    size_t n_signs;
};

struct map_block {
    int line, at, count, function;
    int unit;                     /* -1 = the line's own */
    int list;                     /* the first unit of this list that answers; -1 = no list */
    int model, index;             /* SunSpec: number of the model, and which of several (from 1); `at` is 0 then */
    int slow, optional, single;   /* single: where all of it is not answered twice, its fields are asked for one by one */
    int zero_missing;             /* all registers 0 = nothing was read; -1 = decide by size */
    size_t offset;                /* of its first register in an image of the whole map */
};

struct map {
    char file[128], name[64], serial[32];
    int sunspec, equal_counts, whole_battery;
    enum map_order order;
    int gap_ms, response_ms, byte_ms, slow_s;
    struct map_block block[MAP_BLOCKS];
    struct map_field field[MAP_FIELDS];
    size_t n_blocks, n_fields, n_registers;
    struct map_units probe;       /* units such a device usually has */
    struct map_units list[MAP_LISTS];
    size_t n_lists;
};

/* The register after the last of a field. */
static inline int map_end(const struct map_field *f)
{
    return f->at + f->words + (f->parts > 1 ? (f->parts - 1) * f->repeat : 0);
}

/* map_keys.c: one line of the file. */
struct map_reader { struct map *map; char section[128]; struct map_block *block; struct map_field *field; };
int map_line(void *ctx, const char *section, const char *key, const char *value, int line, struct gnm_why *why);
/* map_check.c: everything that needs the whole file. Resolves names, places fields in blocks, lays out the image. */
int map_check(struct map *map, struct gnm_why *why);

#endif
