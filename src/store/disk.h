/* A SQLite file layer over a given disk (base/disk.h): every write, truncation and removal of state.db, its log and forecast.db asks it first. */
#ifndef STORE_DISK_H
#define STORE_DISK_H

#include "base/disk.h"
#include "gnomon/why.h"

struct store_disk;
struct store;

/* Registers the layer as `name`, above the layer `below` (NULL: the system's). `disk` must outlive it. -EEXIST when the name is taken. */
int store_disk_new(const char *name, const char *below, const struct disk *disk, struct store_disk **ret, struct gnm_why *why);
/* Not while a store is open through it. */
void store_disk_free(struct store_disk *layer);
/* forecast.db is put in its place on this disk. */
void store_use_disk(struct store *store, const struct disk *disk);

#endif
