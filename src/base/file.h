/* Files that survive a power cut. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/disk.h"
#include "gnomon/why.h"

/* Whole file, at most `max` bytes (-EFBIG), NUL after the end; `*ret` is free()d by the caller. Regular files only, O_NOFOLLOW off. */
int file_read(const char *path, size_t max, char **ret, size_t *len, struct gnm_why *why);
/* Writes `dir/name` by temporary file, fsync, rename, fsync of the directory. The old content stays whole on any failure. */
int file_publish(const char *dir, const char *name, const void *data, size_t len, mode_t mode, struct gnm_why *why);
/* The same without the two fsyncs, for a runtime directory in memory. */
int file_replace(const char *dir, const char *name, const void *data, size_t len, mode_t mode, struct gnm_why *why);
/* Makes a file that was written elsewhere (SQLite) durable and puts it in place: fsync, chmod, rename, fsync of the directory. */
int file_commit(const char *dir, const char *temporary, const char *name, mode_t mode, struct gnm_why *why);
/* The same on a given disk, and removing and renaming there; NULL is the machine's own. The last two answer 0 or a negative errno. */
int file_publish_on(const struct disk *disk, const char *dir, const char *name, const void *data, size_t len, mode_t mode, struct gnm_why *why);
int file_commit_on(const struct disk *disk, const char *dir, const char *temporary, const char *name, mode_t mode, struct gnm_why *why);
int file_replace_on(const struct disk *disk, const char *dir, const char *name, const void *data, size_t len, mode_t mode, struct gnm_why *why);
int file_remove(const struct disk *disk, const char *path);
int file_rename(const struct disk *disk, const char *path, const char *to);
/* Makes the last component with exactly this mode, whatever the umask; an existing directory is left as it is. */
int file_mkdir(const char *path, mode_t mode, struct gnm_why *why);
int file_mkdir_on(const struct disk *disk, const char *path, mode_t mode, struct gnm_why *why);
/* Removes "NAME.tmp.*" and "*.tmp" left by a cut. */
void file_sweep(const struct disk *disk, const char *dir);
/* Exclusive advisory lock, on no disk: the file holds nothing and the kernel drops the lock with the process, so a loss of power cannot harm it. Returns the descriptor (close it to unlock), -EWOULDBLOCK when another process holds it. */
int file_lock(const char *path, struct gnm_why *why);
/* Free space of the file system that holds `path`. */
int file_space(const char *path, double *free_bytes, double *free_ratio, struct gnm_why *why);

#endif
