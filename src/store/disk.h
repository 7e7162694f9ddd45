/* A SQLite file layer over a given disk (base/disk.h): every write, truncation and removal of state.db, its log and forecast.db asks it first.
 * Only the shared index of the log (-shm) does not: SQLite makes it anew from the log. */
#ifndef STORE_DISK_H
#define STORE_DISK_H

#include "base/disk.h"
#include "gnomon/why.h"

struct store_disk;

/* Registers the layer as `name`, above the layer `below` (NULL: the system's). `disk` must outlive it. -EEXIST when the name is taken. */
int store_disk_new(const char *name, const char *below, const struct disk *disk, struct store_disk **ret, struct gnm_why *why);
/* Not while a store is open through it. */
void store_disk_free(struct store_disk *layer);
#endif
