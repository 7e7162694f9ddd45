/* Rows of a table that models read whole, kept in memory between two readings as long as they are few, so that a refresh does not ask SQLite for three years
 * of them again. Filled by a complete reading, kept in step by mirror_append; whatever does not fit its order, its form or its size empties it, and the next
 * reading is one of the table. The memory is taken whole with the first row and does not grow with the years: a daemon that runs on stays as large as it was.
 * Private to this folder. */
#ifndef STORE_MIRROR_H
#define STORE_MIRROR_H

#include <stddef.h>
#include <stdint.h>

#include "gnomon/types.h"

enum { MIRROR_CHUNK = 32 };
struct mirror_row { double value; int32_t day; uint32_t time; };      /* packed, see mirror_time */
struct mirror_chunk { struct mirror_row row[MIRROR_CHUNK]; };
struct mirror_group { int64_t id; char text[2][GNM_ID]; uint32_t n, first, last; };   /* first and last chunk */
struct mirror {
    struct mirror_group *group;    /* in the order of the reading */
    struct mirror_chunk *chunk;
    uint32_t *next;                /* of each chunk: the one its group goes on with */
    uint32_t n_chunks, max_chunks;
    size_t n;
    int filling, whole;            /* whole 0: nothing may be read from it */
};

/* A reading: begin (for at most `rows`), group and row for each, end. Once it is too big, or memory is short, the rest does nothing. */
void mirror_begin(struct mirror *mirror, uint32_t rows);
void mirror_group(struct mirror *mirror, int64_t id, const char *first, const char *second);
void mirror_row(struct mirror *mirror, int64_t day, int64_t time_s, double value);
void mirror_end(struct mirror *mirror, int complete);
/* A row was added to the table. */
void mirror_append(struct mirror *mirror, int64_t id, int64_t day, int64_t time_s, double value);

const struct mirror_group *mirror_find(const struct mirror *mirror, int64_t id);     /* NULL when it is not whole or has none */
/* The i-th row of a group after the one before it: `*chunk` starts as group->first. */
const struct mirror_row *mirror_step(const struct mirror *mirror, uint32_t i, uint32_t *chunk);
int64_t mirror_time(uint32_t packed);
void mirror_free(struct mirror *mirror);

#endif
