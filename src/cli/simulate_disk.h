/* A disk that can fill up and lose power: the files of the run are real, but while it is armed it remembers how to take back whatever was not made durable.
 *
 * After the cut every change is refused, as by a dead machine. simulate_disk_recover then leaves what a device may hold: all that was synced, and of the rest
 * what chance decides, page by page; names come back in the order they were changed, up to some point. */
#ifndef CLI_SIMULATE_DISK_H
#define CLI_SIMULATE_DISK_H

#include "base/disk.h"
#include "base/random.h"

struct simulate_undo;

struct simulate_disk {
    struct disk gate;
    struct random random;
    struct simulate_undo *undo;
    size_t n, cap;
    int armed, dead, full;
    long writes_left;             /* the power fails in the write that makes it 0; negative: not by itself */
    unsigned cuts, taken_back, saved;     /* `saved` numbers the copies of removed files */
};

void simulate_disk_start(struct simulate_disk *disk, uint64_t seed);
void simulate_disk_end(struct simulate_disk *disk);
/* From now on changes are remembered; after `writes` more writes the power fails (negative: never by itself). */
void simulate_disk_arm(struct simulate_disk *disk, long writes);
void simulate_disk_disarm(struct simulate_disk *disk);
void simulate_disk_die(struct simulate_disk *disk);
void simulate_disk_recover(struct simulate_disk *disk);

#endif
