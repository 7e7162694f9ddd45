/* Finding the models of a SunSpec device: the marker 'SunS' at 40000, 50000 or 0, then a chain of models, each with its number and length. Pure.
 *
 * The caller sends the reads of two or three registers this asks for and gives back what came: by turns, so that on a serial line a doubled answer
 * cannot pass for the next one. (Beyond the end mark there may be no third register; the refusal ends the chain as well.) Nothing the device says is trusted: the walk ends after
 * SUNSPEC_MODELS models, at the end of the address space or at the end mark, and lengths only bound what is read. */
#ifndef DEVICE_SUNSPEC_H
#define DEVICE_SUNSPEC_H

#include "device/map_data.h"

enum { SUNSPEC_MODELS = 100 };

struct sunspec {
    int base;                     /* which of the places of the marker is looked at */
    int walking, done;
    int at;                       /* next register to read */
    int walked;
    char seen[48];                /* the first numbers, for a message */
    struct { int at, length, passed; } found[MAP_BLOCKS];      /* at = -1: not there */
};

/* Anew; the marker is looked for where it was last. */
void sunspec_start(struct sunspec *s);
uint16_t sunspec_at(const struct sunspec *s);
uint16_t sunspec_count(const struct sunspec *s);
/* What was read, of which the first two registers count: 1 when all is found, 0 to go on, -ENODEV when there is no marker anywhere or none of the map's models (`why` says which). */
int sunspec_take(struct sunspec *s, const struct map *map, const uint16_t *word, struct gnm_why *why);
/* The device refused the read: as sunspec_take. */
int sunspec_refused(struct sunspec *s, const struct map *map, struct gnm_why *why);
/* The place did not answer at all: the next attempt looks elsewhere. */
void sunspec_silent(struct sunspec *s);

#endif
