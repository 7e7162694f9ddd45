/* A layer between SQLite and the system's files that counts what reaches the device, and may leave out the waiting.
 *
 * Simulated years open state.db through it without syncing; with syncing it is the meter behind "device bytes a day". A page of 4 KiB written counts once
 * between two syncs, a sync counts 8 KiB (journal and metadata of the file system). */
#ifndef STORE_METER_H
#define STORE_METER_H

#include <stdint.h>

#include "gnomon/why.h"

struct store_meter;

struct store_meter_count {
    int64_t pages, syncs;          /* 4 KiB pages, fsyncs asked for */
    int64_t device_bytes;          /* pages * 4096 + syncs * 8192 */
};

/* Registers the layer under `name`, which is the `vfs` of store_open_on. `sync` 0: fsync is counted, not done, and nothing is locked:
 * one connection to a file at a time. -EEXIST when the name is taken. */
int store_meter_new(const char *name, int sync, struct store_meter **ret, struct gnm_why *why);
/* Not while a store is open through it. */
void store_meter_free(struct store_meter *meter);
void store_meter_read(const struct store_meter *meter, struct store_meter_count *ret);

#endif
