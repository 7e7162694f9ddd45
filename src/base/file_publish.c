/* Putting a whole new file in the place of a whole old one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { NAME_SIZE = 256, PATH_SIZE = 1024 };

static int fail_at(struct gnm_why *why, int code, const char *dir, const char *name, const char *what)
{
    return gnm_fail(why, code, "%s/%s: %s: %s", dir, name, what, strerror(-code));
}

static int check_name(const char *dir, const char *name, struct gnm_why *why)
{
    if (name[0] == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return gnm_fail(why, -EINVAL, "%s: \"%s\" is not a file name", dir, name);
    return 0;
}

static int open_dir(const char *dir, struct gnm_why *why)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? gnm_fail(why, -errno, "%s: cannot open directory: %s", dir, strerror(errno)) : fd;
}

/* A left-over of a process that had our number is removed; what appears again meanwhile is somebody's attack. */
static int create(int dirfd, const char *name)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(dirfd, name, flags, 0600);
    if (fd < 0 && errno == EEXIST && unlinkat(dirfd, name, 0) == 0)
        fd = openat(dirfd, name, flags, 0600);
    return fd < 0 ? -errno : fd;
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* ---- the disk is asked first; without one there is nothing to ask ---- */

static int ask(const struct disk *disk, enum disk_change change, const char *dir, const char *name, const char *to, size_t len)
{
    char path[PATH_SIZE], target[PATH_SIZE];
    if (disk == NULL)
        return 0;
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path || snprintf(target, sizeof target, "%s/%s", dir, to != NULL ? to : "") >= (int)sizeof target)
        return -ENAMETOOLONG;
    return disk->change(disk->ctx, change, path, to != NULL ? target : NULL, 0, len);
}

static void tell_synced(const struct disk *disk, const char *dir, const char *name)
{
    char path[PATH_SIZE];
    if (disk == NULL || snprintf(path, sizeof path, "%s%s%s", dir, name != NULL ? "/" : "", name != NULL ? name : "") >= (int)sizeof path)
        return;
    disk->sync(disk->ctx, path);
}

struct target { const struct disk *disk; const char *dir; int dirfd; mode_t mode; int durable; };

static int write_content(const struct target *t, int fd, const char *name, const void *data, size_t len)
{
    int r = ask(t->disk, DISK_WRITE, t->dir, name, NULL, len);
    if (r == 0)
        return write_all(fd, data, len);
    if (r > 0)
        write_all(fd, data, (size_t)r < len ? (size_t)r : len);      /* the power failed meanwhile */
    return r < 0 ? r : -EIO;
}

static int write_temporary(const struct target *t, const char *name, const void *data, size_t len)
{
    int r = ask(t->disk, DISK_CREATE, t->dir, name, NULL, 0);
    int fd = r == 0 ? create(t->dirfd, name) : r;
    if (fd < 0)
        return fd;
    r = write_content(t, fd, name, data, len);
    if (r == 0 && (fchmod(fd, t->mode) < 0 || (t->durable && fsync(fd) < 0)))
        r = -errno;
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && t->durable)
        tell_synced(t->disk, t->dir, name);
    if (r < 0 && ask(t->disk, DISK_REMOVE, t->dir, name, NULL, 0) == 0)
        unlinkat(t->dirfd, name, 0);
    return r;
}

static int put_in_place(const struct target *t, const char *temporary, const char *name)
{
    int r = ask(t->disk, DISK_RENAME, t->dir, temporary, name, 0);
    if (r == 0 && renameat(t->dirfd, temporary, t->dirfd, name) < 0)
        r = -errno;
    if (r < 0) {
        if (ask(t->disk, DISK_REMOVE, t->dir, temporary, NULL, 0) == 0)
            unlinkat(t->dirfd, temporary, 0);
        return r;
    }
    if (t->durable && fsync(t->dirfd) < 0)
        return -errno;
    if (t->durable)
        tell_synced(t->disk, t->dir, NULL);
    return 0;
}

static int write_file(const struct disk *disk, const char *dir, const char *name, const void *data, size_t len, mode_t mode, int durable, struct gnm_why *why)
{
    char temporary[NAME_SIZE];
    if (check_name(dir, name, why) < 0)
        return -EINVAL;
    int n = snprintf(temporary, sizeof temporary, "%s.tmp.%ld", name, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof temporary)
        return gnm_fail(why, -ENAMETOOLONG, "%s: the name \"%.40s...\" is too long", dir, name);
    int dirfd = open_dir(dir, why);
    if (dirfd < 0)
        return dirfd;
    const struct target target = { disk, dir, dirfd, mode, durable };
    int r = write_temporary(&target, temporary, data, len);
    if (r == 0)
        r = put_in_place(&target, temporary, name);
    close(dirfd);
    return r < 0 ? fail_at(why, r, dir, name, "cannot write") : 0;
}

int file_publish(const char *dir, const char *name, const void *data, size_t len, mode_t mode, struct gnm_why *why)
{
    return write_file(NULL, dir, name, data, len, mode, 1, why);
}

int file_publish_on(const struct disk *disk, const char *dir, const char *name, const void *data, size_t len, mode_t mode, struct gnm_why *why)
{
    return write_file(disk, dir, name, data, len, mode, 1, why);
}

int file_replace(const char *dir, const char *name, const void *data, size_t len, mode_t mode, struct gnm_why *why)
{
    return write_file(NULL, dir, name, data, len, mode, 0, why);
}

int file_replace_on(const struct disk *disk, const char *dir, const char *name, const void *data, size_t len, mode_t mode, struct gnm_why *why)
{
    return write_file(disk, dir, name, data, len, mode, 0, why);
}

static int make_durable(int dirfd, const char *name, mode_t mode)
{
    int fd = openat(dirfd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    struct stat st;
    int r = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
    if (r == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
        r = -errno;
    if (close(fd) < 0 && r == 0)
        r = -errno;
    return r;
}

int file_commit_on(const struct disk *disk, const char *dir, const char *temporary, const char *name, mode_t mode, struct gnm_why *why)
{
    if (check_name(dir, name, why) < 0 || check_name(dir, temporary, why) < 0)
        return -EINVAL;
    int dirfd = open_dir(dir, why);
    if (dirfd < 0)
        return dirfd;
    int r = make_durable(dirfd, temporary, mode);
    if (r == 0) {
        tell_synced(disk, dir, temporary);
        r = ask(disk, DISK_RENAME, dir, temporary, name, 0);
    }
    if (r == 0 && renameat(dirfd, temporary, dirfd, name) < 0)
        r = -errno;
    if (r == 0 && fsync(dirfd) < 0)
        r = -errno;
    if (r == 0)
        tell_synced(disk, dir, NULL);
    close(dirfd);
    return r < 0 ? fail_at(why, r, dir, name, "cannot put in place") : 0;
}

int file_commit(const char *dir, const char *temporary, const char *name, mode_t mode, struct gnm_why *why)
{
    return file_commit_on(NULL, dir, temporary, name, mode, why);
}

int file_remove(const struct disk *disk, const char *path)
{
    int r = disk != NULL ? disk->change(disk->ctx, DISK_REMOVE, path, NULL, 0, 0) : 0;
    return r != 0 ? r : unlink(path) < 0 ? -errno : 0;
}

int file_rename(const struct disk *disk, const char *path, const char *to)
{
    int r = disk != NULL ? disk->change(disk->ctx, DISK_RENAME, path, to, 0, 0) : 0;
    return r != 0 ? r : rename(path, to) < 0 ? -errno : 0;
}
