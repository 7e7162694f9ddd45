/* Rows of a table that models read whole, kept in memory between two readings as long as they are few, so that a refresh does not ask SQLite for three years
 * of them again. Filled by a complete reading, kept in step by mirror_append; whatever does not fit its order or its size empties it, and the next reading is
 * one of the table. Private to this folder. */
#ifndef STORE_MIRROR_H
#define STORE_MIRROR_H

#include <stddef.h>
#include <stdint.h>

#include "gnomon/types.h"

struct mirror_row { double value; int32_t day; uint32_t available, fetched; };    /* times packed, see mirror_time */
struct mirror_group { int64_t id; char text[2][GNM_ID]; struct mirror_row *row; uint32_t n, cap; };
struct mirror {
    struct mirror_group *group;    /* in the order of the reading */
    size_t n, bytes;
    int whole;                     /* 0: nothing may be read from it */
};

/* A reading: begin, group and row for each, end. Once it is too big, or memory is short, the rest does nothing. */
void mirror_begin(struct mirror *mirror);
void mirror_group(struct mirror *mirror, int64_t id, const char *first, const char *second);
void mirror_row(struct mirror *mirror, int64_t day, int64_t available_s, int64_t fetched_s, double value);
void mirror_end(struct mirror *mirror, int complete);
/* A row was added to the table. */
void mirror_append(struct mirror *mirror, int64_t id, int64_t day, int64_t available_s, int64_t fetched_s, double value);
int64_t mirror_time(uint32_t packed);
void mirror_free(struct mirror *mirror);

#endif
