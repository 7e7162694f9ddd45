/* Going on with the file that was published before: the new file begins as its copy, and only what changed since is written anew (status, feeds and energy always,
 * events and the rows of series when they did). The copy is taken from the very file this process put there (same inode, size and time), never from another; everything else, and the first
 * publication after a start, is built from nothing. Private to this folder. */
#ifndef STORE_SNAPSHOT_KEPT_H
#define STORE_SNAPSHOT_KEPT_H

#include "store/snapshot_out.h"

/* 1 when `path` (the published file) may be gone on with; then `s` says so. */
int snapshot_may_keep(struct snapshot *s, const char *path);
/* Copies `path` into the open, empty s->out. */
int snapshot_copy(struct snapshot *s, const char *path, struct gnm_why *why);
/* Remembers that `path` is now the file of this state; s->generation was read before it was built. */
void snapshot_mark(struct snapshot *s, const char *path);
void snapshot_forget(struct store *store);

#endif
