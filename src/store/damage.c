#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/db.h"

enum { PATH_SIZE = 4096, KEEP_SETS = 2, SET_MAX = 999999 };
/* The database last: a cut in between leaves a file that is found damaged and set aside again. */
static const char *const sides[] = { "-wal", "-shm", "" };

/* N of "BASE.corrupt-N" (side files do not count), -1 for another name. */
static long set_number(const char *name, const char *base)
{
    size_t len = strlen(base);
    if (strncmp(name, base, len) != 0 || strncmp(name + len, ".corrupt-", 9) != 0)
        return -1;
    const char *digits = name + len + 9;
    char *end;
    long n = strtol(digits, &end, 10);
    return *digits >= '0' && *digits <= '9' && *end == '\0' && n <= SET_MAX ? n : -1;
}

static void split(const char *path, char dir[PATH_SIZE], const char **base)
{
    const char *slash = strrchr(path, '/');
    *base = slash != NULL ? slash + 1 : path;
    if (slash == NULL)
        snprintf(dir, PATH_SIZE, ".");
    else
        snprintf(dir, PATH_SIZE, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static void remove_set(const struct disk *disk, const char *path, long n)
{
    char name[PATH_SIZE + 32];
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        snprintf(name, sizeof name, "%s.corrupt-%ld%s", path, n, sides[i]);
        (void)file_remove(disk, name);
    }
}

/* The newest set's number, 0 when there is none; sets below `keep_from` are removed on the way. */
static long scan_sets(const struct disk *disk, const char *path, long keep_from)
{
    char dir[PATH_SIZE];
    const char *base;
    split(path, dir, &base);
    long last = 0;
    DIR *handle = opendir(dir);
    if (handle == NULL)
        return 0;
    for (struct dirent *entry = readdir(handle); entry != NULL; entry = readdir(handle)) {
        long n = set_number(entry->d_name, base);
        if (n > last)
            last = n;
        if (n >= 0 && n < keep_from)
            remove_set(disk, path, n);
    }
    closedir(handle);
    return last;
}

static void sync_folder(const struct disk *disk, const char *path)
{
    char dir[PATH_SIZE];
    const char *base;
    split(path, dir, &base);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fsync(fd) == 0 && disk != NULL)
        disk->sync(disk->ctx, dir);
    close(fd);
}

int damage_set_aside(const struct disk *disk, const char *path, struct gnm_why *why)
{
    if (strlen(path) >= PATH_SIZE)
        return gnm_fail(why, -ENAMETOOLONG, "%s: the path is too long", path);
    long n = scan_sets(disk, path, 0) + 1;
    (void)scan_sets(disk, path, n + 1 - KEEP_SETS);
    char from[PATH_SIZE + 8], to[PATH_SIZE + 32];
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        snprintf(from, sizeof from, "%s%s", path, sides[i]);
        snprintf(to, sizeof to, "%s.corrupt-%ld%s", path, n, sides[i]);
        int r = sides[i][0] != '\0' && access(from, F_OK) < 0 ? 0 : file_rename(disk, from, to);
        if (r < 0)
            return gnm_fail(why, r, "%s could not be set aside as %s: %s", from, to, strerror(-r));
    }
    sync_folder(disk, path);
    return 0;
}
