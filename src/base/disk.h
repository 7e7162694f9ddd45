/* The gate between this program and its files. Whoever holds one is told of every change before it happens, may refuse it, and learns what has been made
 * durable: a simulation puts a disk behind it that fills up, or loses power in the middle of a write. NULL is the machine's own disk, and costs nothing. */
#ifndef BASE_DISK_H
#define BASE_DISK_H

#include <stddef.h>
#include <stdint.h>

enum disk_change { DISK_CREATE, DISK_WRITE, DISK_TRUNCATE, DISK_RENAME, DISK_REMOVE };

struct disk {
    /* 0: go on. Negative errno: it must not happen. Positive (writes): only so many bytes arrive, then -EIO. `to` of a rename, otherwise NULL;
     * `offset` of a write, the new size of a truncation. */
    int (*change)(void *ctx, enum disk_change change, const char *path, const char *to, int64_t offset, size_t len);
    void (*sync)(void *ctx, const char *path);       /* a file, or the directory that holds what was made, renamed or removed */
    void *ctx;
};

#endif
