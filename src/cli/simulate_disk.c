#include "cli/simulate_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 400, SECTOR = 512, SAVED_SIZE = PATH_SIZE + 24 };

struct simulate_undo {
    enum disk_change change;
    char path[PATH_SIZE], to[PATH_SIZE];
    char saved[SAVED_SIZE];       /* a second name of the file that was removed or replaced; "" = there was none */
    int64_t offset, old_size;     /* -1: there was no file */
    size_t len;
    char *old;                    /* what stood there */
};

static int64_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

static void forget(struct simulate_disk *disk, size_t i)
{
    if (disk->undo[i].saved[0] != '\0')
        unlink(disk->undo[i].saved);
    free(disk->undo[i].old);
    memmove(&disk->undo[i], &disk->undo[i + 1], (disk->n - i - 1) * sizeof disk->undo[0]);
    disk->n--;
}

/* ---- remembering ---- */

static int keep_old(struct simulate_undo *u)
{
    int fd = open(u->path, O_RDONLY | O_CLOEXEC);
    u->old = malloc(u->len > 0 ? u->len : 1);
    ssize_t got = fd >= 0 && u->old != NULL ? pread(fd, u->old, u->len, (off_t)u->offset) : 0;
    if (fd >= 0)
        close(fd);
    u->len = got > 0 ? (size_t)got : 0;
    return u->old != NULL ? 0 : -ENOMEM;
}

static void keep_file(struct simulate_disk *disk, struct simulate_undo *u, const char *path)
{
    snprintf(u->saved, sizeof u->saved, "%s.cut%u", path, disk->saved++);
    if (link(path, u->saved) < 0)
        u->saved[0] = '\0';
}

static int remember(struct simulate_disk *disk, enum disk_change change, const char *path, const char *to, int64_t offset, size_t len)
{
    if (disk->n == disk->cap) {
        size_t cap = disk->cap == 0 ? 64 : disk->cap * 2;
        struct simulate_undo *grown = reallocarray(disk->undo, cap, sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        disk->undo = grown;
        disk->cap = cap;
    }
    struct simulate_undo *u = &disk->undo[disk->n];
    memset(u, 0, sizeof *u);
    if (snprintf(u->path, sizeof u->path, "%s", path) >= (int)sizeof u->path || snprintf(u->to, sizeof u->to, "%s", to != NULL ? to : "") >= (int)sizeof u->to)
        return -ENAMETOOLONG;
    u->change = change;
    u->offset = offset;
    u->old_size = size_of(path);
    u->len = change == DISK_TRUNCATE && u->old_size > offset ? (size_t)(u->old_size - offset) : len;
    if ((change == DISK_WRITE || change == DISK_TRUNCATE) && keep_old(u) < 0)
        return -ENOMEM;
    if (change == DISK_REMOVE || change == DISK_RENAME)
        keep_file(disk, u, change == DISK_RENAME ? to : path);
    disk->n++;
    for (size_t i = 0; change == DISK_RENAME && i + 1 < disk->n; i++)      /* what was written to it is in it wherever it goes */
        if (disk->undo[i].change <= DISK_TRUNCATE && strcmp(disk->undo[i].path, path) == 0)
            snprintf(disk->undo[i].path, sizeof u->path, "%s", to);
    return 0;
}

/* ---- the gate ---- */

static int cut_here(struct simulate_disk *disk, enum disk_change change, size_t len)
{
    if (disk->writes_left < 0 || --disk->writes_left > 0)
        return 0;
    simulate_disk_die(disk);
    if (change != DISK_WRITE || len < 2 * SECTOR)
        return -EIO;
    return (int)((1 + random_below(&disk->random, len / SECTOR - 1)) * SECTOR);
}

static int ask(void *ctx, enum disk_change change, const char *path, const char *to, int64_t offset, size_t len)
{
    struct simulate_disk *disk = ctx;
    if (disk->dead)
        return -EIO;
    if (disk->full && change == DISK_WRITE && offset + (int64_t)len > size_of(path))      /* there is always room for a name */
        return -ENOSPC;
    if (!disk->armed || (change == DISK_WRITE && len == 0))
        return 0;
    int r = remember(disk, change, path, to, offset, len);
    return r < 0 ? r : cut_here(disk, change, len);
}

static int is_in(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    return strncmp(path, dir, n) == 0 && path[n] == '/' && strchr(path + n + 1, '/') == NULL;
}

/* A synced file has its data and its name; a synced directory all its names. */
static void synced(void *ctx, const char *path)
{
    struct simulate_disk *disk = ctx;
    for (size_t i = disk->n; i > 0 && !disk->dead; i--) {
        const struct simulate_undo *u = &disk->undo[i - 1];
        int own = u->change <= DISK_TRUNCATE && strcmp(u->path, path) == 0;
        int listed = (u->change == DISK_CREATE || u->change >= DISK_RENAME) && is_in(u->path, path);
        if (own || listed)
            forget(disk, i - 1);
    }
}

/* ---- taking back ---- */

static void put_back(const struct simulate_undo *u)
{
    int fd = open(u->path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (u->len > 0 && pwrite(fd, u->old, u->len, (off_t)u->offset) != (ssize_t)u->len)
        perror("gnomon simulate: cannot take back a write");
    /* A file that grew: the device may have the new length and nothing in it. */
    close(fd);
}

static void take_back(struct simulate_disk *disk, size_t i)
{
    struct simulate_undo *u = &disk->undo[i];
    disk->taken_back++;
    switch (u->change) {
    case DISK_WRITE:
        put_back(u);
        if (u->old_size >= 0 && u->offset >= u->old_size && size_of(u->path) > u->old_size && truncate(u->path, (off_t)u->old_size) < 0)
            perror("gnomon simulate: cannot take back a length");
        break;
    case DISK_TRUNCATE:
        put_back(u);
        break;
    case DISK_CREATE:
        (void)remove(u->path);        /* a file, or a directory that is still empty */
        break;
    case DISK_RENAME:
        if (rename(u->to, u->path) == 0 && u->saved[0] != '\0')
            rename(u->saved, u->to);
        for (size_t k = 0; k < i; k++)
            if (disk->undo[k].change <= DISK_TRUNCATE && strcmp(disk->undo[k].path, u->to) == 0)
                snprintf(disk->undo[k].path, sizeof u->path, "%s", u->path);
        break;
    case DISK_REMOVE:
        if (u->saved[0] != '\0')
            rename(u->saved, u->path);
        break;
    }
}

void simulate_disk_recover(struct simulate_disk *disk)
{
    size_t names_from = disk->n > 0 ? (size_t)random_below(&disk->random, disk->n + 1) : 0;
    for (size_t i = disk->n; disk->dead && i > 0; i--) {
        const struct simulate_undo *u = &disk->undo[i - 1];
        int data = u->change == DISK_WRITE || u->change == DISK_TRUNCATE;
        if (data ? random_below(&disk->random, 2) == 0 : i - 1 >= names_from)
            take_back(disk, i - 1);
    }
    disk->dead = 0;
    simulate_disk_disarm(disk);
}

/* ---- life ---- */

void simulate_disk_start(struct simulate_disk *disk, uint64_t seed)
{
    *disk = (struct simulate_disk){ .writes_left = -1 };
    disk->gate = (struct disk){ ask, synced, disk };
    random_seed(&disk->random, seed);
}

void simulate_disk_end(struct simulate_disk *disk)
{
    simulate_disk_disarm(disk);
    free(disk->undo);
    disk->undo = NULL;
    disk->cap = 0;
}

void simulate_disk_arm(struct simulate_disk *disk, long writes)
{
    disk->armed = 1;
    disk->writes_left = writes;
}

void simulate_disk_disarm(struct simulate_disk *disk)
{
    while (disk->n > 0)
        forget(disk, disk->n - 1);
    disk->armed = 0;
    disk->writes_left = -1;
}

void simulate_disk_die(struct simulate_disk *disk)
{
    if (!disk->dead && disk->armed)
        disk->cuts++;
    disk->dead = 1;
}
