#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/snapshot_kept.h"

/* READY may take 100 ms; a bigger file is checked later, when the daemon has time. */
enum { CHECK_AT_OPEN_MS = 40, CHECK_AT_OPEN_PAGES = 1024 };

/* SQLite makes the file with the process's umask and its side files with the file's mode: so the file is made here, private. */
static int private_file(const struct disk *disk, const char *path, struct gnm_why *why)
{
    if (disk != NULL && access(path, F_OK) < 0 && disk->change(disk->ctx, DISK_CREATE, path, NULL, 0, 0) != 0)
        return gnm_fail(why, -EIO, "%s: %s", path, strerror(EIO));
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        return close(fd) == 0 ? 0 : gnm_fail(why, -errno, "%s: %s", path, strerror(errno));
    if (errno != EEXIST)
        return gnm_fail(why, -errno, "%s: %s", path, strerror(errno));
    return chmod(path, 0600) == 0 ? 0 : gnm_fail(why, -errno, "%s: %s", path, strerror(errno));
}

static int lock_file(struct store *store, struct gnm_why *why)
{
    size_t size = strlen(store->path) + sizeof ".lock";
    char *path = malloc(size);
    if (path == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    snprintf(path, size, "%s.lock", store->path);
    store->lock_fd = file_lock(path, why);
    free(path);
    return store->lock_fd < 0 ? store->lock_fd : 0;
}

/* The flag stands from the first write to the last (db_enter sets it, store_close takes it away); who finds it follows one that was cut off. */
static int look_at_flag(struct store *store, struct gnm_why *why)
{
    char value[8];
    int r = store_meta_get(store, "store.open", value, sizeof value, why);
    store->unclean = r == 0;
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    int64_t pages = 0;
    r = db_number(store, "PRAGMA page_count", &pages, why);
    if (r < 0 || pages > CHECK_AT_OPEN_PAGES)
        return r;
    r = store_check(store, CHECK_AT_OPEN_MS, why);
    return r == -EAGAIN ? 0 : r;
}

static int start(struct store *store, struct gnm_why *why)
{
    int r = store->readonly ? 0 : private_file(store->disk, store->path, why);
    if (r == 0)
        r = db_connect(store, why);
    if (r == 0)
        r = schema_apply(store, schema_steps, schema_steps_n, why);
    if (r == 0 && !store->readonly)
        r = look_at_flag(store, why);
    if (r < 0)
        db_disconnect(store);
    return r;
}

/* Starts; a damaged file is set aside once and an empty one begun. */
static int start_or_replace(struct store *store, int *renamed, struct gnm_why *why)
{
    *renamed = 0;
    int r = store->damaged ? -EUCLEAN : start(store, why);
    if (r != -EUCLEAN || store->readonly)
        return r;
    store->damaged = 0;
    r = damage_set_aside(store->disk, store->path, why);
    if (r < 0)
        return r;
    *renamed = 1;
    return start(store, why);
}

static struct store *new_store(const char *path, const char *vfs, int readonly)
{
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return NULL;
    db_single();
    store->path = strdup(path);
    store->vfs = vfs != NULL ? strdup(vfs) : NULL;
    store->lock_fd = -1;
    store->label = "state.db";
    store->readonly = readonly != 0;
    return store;
}

static void free_store(struct store *store)
{
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    snapshot_forget(store);
    free(store->path);
    free(store->vfs);
    free(store);
}

static int open_it(const char *path, const char *vfs, const struct disk *disk, int readonly, struct store **ret, int *ret_renamed, struct gnm_why *why)
{
    struct store *store = new_store(path, vfs, readonly);
    if (store == NULL || store->path == NULL || (vfs != NULL && store->vfs == NULL)) {
        if (store != NULL)
            free_store(store);
        return gnm_fail(why, -ENOMEM, "out of memory");
    }
    int renamed = 0;
    store->disk = disk;
    int r = readonly ? 0 : lock_file(store, why);
    if (r == 0)
        r = start_or_replace(store, &renamed, why);
    if (r < 0) {
        free_store(store);
        return r;
    }
    if (ret_renamed != NULL)
        *ret_renamed = renamed;
    *ret = store;
    return 0;
}

int store_open(const char *path, int readonly, struct store **ret, int *ret_renamed, struct gnm_why *why)
{
    return open_it(path, NULL, NULL, readonly, ret, ret_renamed, why);
}

int store_open_on(const char *path, const char *vfs, const struct disk *disk, struct store **ret, int *ret_renamed, struct gnm_why *why)
{
    return open_it(path, vfs, disk, 0, ret, ret_renamed, why);
}

int store_reopen(struct store *store, int *ret_renamed, struct gnm_why *why)
{
    int renamed = 0;
    db_disconnect(store);
    int r = start_or_replace(store, &renamed, why);
    if (r < 0)
        return r;
    if (ret_renamed != NULL)
        *ret_renamed = renamed;
    return 0;
}

int store_unclean(const struct store *store)
{
    return store->unclean;
}

void store_checkpoint(struct store *store)
{
    if (store->db != NULL && !store->readonly && !store->broken)
        (void)sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    int set_aside = store->damaged && !store->readonly;
    if (store->db != NULL && !store->readonly && !store->broken) {
        store_rollback(store);
        /* The flag falls only when everything before it is in the file. */
        (void)db_do(store, DB_META_DROP, "DELETE FROM meta WHERE key = ?1", NULL, "s", "store.open");
        store_checkpoint(store);
    }
    db_disconnect(store);
    if (set_aside)
        (void)damage_set_aside(store->disk, store->path, NULL);
    free_store(store);
}
