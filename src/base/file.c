#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { PATH_SIZE = 1024 };

static int fail_errno(struct gnm_why *why, int error, const char *what, const char *path)
{
    return gnm_fail(why, -error, "%s: %s: %s", path, what, strerror(error));
}

/* Reads to the end, one byte beyond `max` at most, because the size that fstat tells may be old or zero (/proc, /sys). */
static int read_all(int fd, size_t max, size_t cap, char **ret, size_t *len)
{
    char *data = NULL;
    size_t used = 0;
    for (;;) {
        char *grown = realloc(data, cap + 1);
        if (grown == NULL)
            return free(data), -ENOMEM;
        data = grown;
        ssize_t n = 1;
        while (used < cap && ((n = read(fd, data + used, cap - used)) > 0 || (n < 0 && errno == EINTR)))
            used += n > 0 ? (size_t)n : 0;
        if (n < 0 || used > max) {
            int error = n < 0 ? errno : EFBIG;
            return free(data), -error;
        }
        if (n == 0)
            break;
        cap = cap > max / 2 ? max + 1 : cap * 2;
    }
    data[used] = '\0';
    *ret = data;
    *len = used;
    return 0;
}

int file_read(const char *path, size_t max, char **ret, size_t *len, struct gnm_why *why)
{
    /* O_NONBLOCK: a FIFO in the inbox must not hold the daemon. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail_errno(why, errno, "cannot open", path);
    struct stat st;
    int r = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
    if (r == 0 && st.st_size > 0 && (uint64_t)st.st_size > max)
        r = -EFBIG;
    if (r == 0)
        r = read_all(fd, max, st.st_size > 0 ? (size_t)st.st_size + 1 : 4096, ret, len);
    close(fd);
    if (r == -EFBIG)
        return gnm_fail(why, r, "%s: larger than %zu bytes", path, max);
    return r == -EINVAL ? gnm_fail(why, r, "%s: not a regular file", path) : r < 0 ? fail_errno(why, -r, "cannot read", path) : 0;
}

int file_mkdir_on(const struct disk *disk, const char *path, mode_t mode, struct gnm_why *why)
{
    struct stat st;
    int r = disk != NULL && stat(path, &st) < 0 ? disk->change(disk->ctx, DISK_CREATE, path, NULL, 0, 0) : 0;
    if (r != 0)
        return fail_errno(why, r < 0 ? -r : EIO, "cannot make directory", path);
    if (mkdir(path, mode) == 0)          /* the mode is part of the contract with other users: the umask has no say */
        return chmod(path, mode) == 0 ? 0 : fail_errno(why, errno, "cannot set the mode of", path);
    if (errno != EEXIST)
        return fail_errno(why, errno, "cannot make directory", path);
    if (stat(path, &st) < 0)
        return fail_errno(why, errno, "cannot look at", path);
    return S_ISDIR(st.st_mode) ? 0 : gnm_fail(why, -ENOTDIR, "%s: exists and is not a directory", path);
}

int file_mkdir(const char *path, mode_t mode, struct gnm_why *why)
{
    return file_mkdir_on(NULL, path, mode, why);
}

static int ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n > m && strcmp(name + n - m, end) == 0;
}

/* Ours are "NAME.tmp.PID", "NAME.tmp" and what SQLite puts beside the latter. */
static int is_temporary(const char *name)
{
    static const char *const ends[] = { ".tmp", ".tmp-journal", ".tmp-wal", ".tmp-shm" };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (ends_with(name, ends[i]))
            return 1;
    const char *dot = strrchr(name, '.');
    if (dot == NULL || dot - name < 5 || memcmp(dot - 4, ".tmp", 4) != 0 || dot[1] == '\0')
        return 0;
    return dot[1 + strspn(dot + 1, "0123456789")] == '\0';
}

void file_sweep(const struct disk *disk, const char *dir)
{
    char path[PATH_SIZE];
    DIR *d = opendir(dir);
    if (d == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(d)) != NULL; )
        if (is_temporary(entry->d_name) && snprintf(path, sizeof path, "%s/%s", dir, entry->d_name) < (int)sizeof path)
            (void)file_remove(disk, path);       /* what stays is swept the next time */
    closedir(d);
}

int file_lock(const char *path, struct gnm_why *why)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return fail_errno(why, errno, "cannot open", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    int error = errno;
    close(fd);
    return error == EWOULDBLOCK ? gnm_fail(why, -EWOULDBLOCK, "%s: held by another process", path) : fail_errno(why, error, "cannot lock", path);
}

int file_space(const char *path, double *free_bytes, double *free_ratio, struct gnm_why *why)
{
    struct statvfs st;
    if (statvfs(path, &st) < 0)
        return fail_errno(why, errno, "cannot look at the file system of", path);
    *free_bytes = (double)st.f_bavail * (double)st.f_frsize;
    *free_ratio = st.f_blocks == 0 ? 0 : (double)st.f_bavail / (double)st.f_blocks;
    return 0;
}
