/* Putting a whole new file in the place of a whole old one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { NAME_SIZE = 256 };

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

static int write_temporary(int dirfd, const char *name, const void *data, size_t len, mode_t mode, int durable)
{
    int fd = create(dirfd, name);
    if (fd < 0)
        return fd;
    int r = write_all(fd, data, len);
    if (r == 0 && (fchmod(fd, mode) < 0 || (durable && fsync(fd) < 0)))
        r = -errno;
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r < 0)
        unlinkat(dirfd, name, 0);
    return r;
}

static int put_in_place(int dirfd, const char *temporary, const char *name, int durable)
{
    if (renameat(dirfd, temporary, dirfd, name) < 0) {
        int error = errno;
        unlinkat(dirfd, temporary, 0);
        return -error;
    }
    return durable && fsync(dirfd) < 0 ? -errno : 0;
}

static int write_file(const char *dir, const char *name, const void *data, size_t len, mode_t mode, int durable, struct gnm_why *why)
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
    int r = write_temporary(dirfd, temporary, data, len, mode, durable);
    if (r == 0)
        r = put_in_place(dirfd, temporary, name, durable);
    close(dirfd);
    return r < 0 ? fail_at(why, r, dir, name, "cannot write") : 0;
}

int file_publish(const char *dir, const char *name, const void *data, size_t len, mode_t mode, struct gnm_why *why)
{
    return write_file(dir, name, data, len, mode, 1, why);
}

int file_replace(const char *dir, const char *name, const void *data, size_t len, mode_t mode, struct gnm_why *why)
{
    return write_file(dir, name, data, len, mode, 0, why);
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

int file_commit(const char *dir, const char *temporary, const char *name, mode_t mode, struct gnm_why *why)
{
    if (check_name(dir, name, why) < 0 || check_name(dir, temporary, why) < 0)
        return -EINVAL;
    int dirfd = open_dir(dir, why);
    if (dirfd < 0)
        return dirfd;
    int r = make_durable(dirfd, temporary, mode);
    if (r == 0 && renameat(dirfd, temporary, dirfd, name) < 0)
        r = -errno;
    if (r == 0 && fsync(dirfd) < 0)
        r = -errno;
    close(dirfd);
    return r < 0 ? fail_at(why, r, dir, name, "cannot put in place") : 0;
}
