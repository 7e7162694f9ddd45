#include "store/disk.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "store/db.h"

struct store_disk {
    sqlite3_vfs vfs, *below;
    char *name;
    const struct disk *disk;
};

/* SQLite gives szOsFile bytes for both: ours, then the file of the layer below. */
struct gated_file {
    sqlite3_file base;
    struct store_disk *layer;
    const char *path;              /* SQLite keeps it as long as the file is open; NULL: a temporary nobody will miss */
    sqlite3_int64 below[];
};

static sqlite3_file *below(sqlite3_file *file)
{
    return (sqlite3_file *)((struct gated_file *)file)->below;
}

static int ask(const struct gated_file *f, enum disk_change change, int64_t offset, size_t len)
{
    const struct disk *disk = f->layer->disk;
    return f->path == NULL ? 0 : disk->change(disk->ctx, change, f->path, NULL, offset, len);
}

static int result(int r, int error)
{
    return r == -ENOSPC ? SQLITE_FULL : error;
}

/* ---- what the disk is asked ---- */

static int gated_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
    int r = ask((struct gated_file *)file, DISK_WRITE, offset, (size_t)len);
    if (r == 0)
        return below(file)->pMethods->xWrite(below(file), data, len, offset);
    if (r > 0)                     /* the power failed meanwhile */
        (void)below(file)->pMethods->xWrite(below(file), data, r < len ? r : len, offset);
    return result(r, SQLITE_IOERR_WRITE);
}

static int gated_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int r = ask((struct gated_file *)file, DISK_TRUNCATE, size, 0);
    return r == 0 ? below(file)->pMethods->xTruncate(below(file), size) : result(r, SQLITE_IOERR_TRUNCATE);
}

static int gated_sync(sqlite3_file *file, int flags)
{
    struct gated_file *f = (struct gated_file *)file;
    int rc = ask(f, DISK_WRITE, 0, 0) < 0 ? SQLITE_IOERR_FSYNC : below(file)->pMethods->xSync(below(file), flags);
    if (rc == SQLITE_OK && f->path != NULL)
        f->layer->disk->sync(f->layer->disk->ctx, f->path);
    return rc;
}

static int gated_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
    struct store_disk *layer = vfs->pAppData;
    int r = layer->disk->change(layer->disk->ctx, DISK_REMOVE, name, NULL, 0, 0);
    return r == 0 ? layer->below->xDelete(layer->below, name, sync_dir) : SQLITE_IOERR_DELETE;
}

/* ---- what is passed on ---- */

static int gated_close(sqlite3_file *f) { return below(f)->pMethods->xClose(below(f)); }
static int gated_read(sqlite3_file *f, void *data, int len, sqlite3_int64 at) { return below(f)->pMethods->xRead(below(f), data, len, at); }
static int gated_size(sqlite3_file *f, sqlite3_int64 *size) { return below(f)->pMethods->xFileSize(below(f), size); }
static int gated_lock(sqlite3_file *f, int level) { return below(f)->pMethods->xLock(below(f), level); }
static int gated_unlock(sqlite3_file *f, int level) { return below(f)->pMethods->xUnlock(below(f), level); }
static int gated_reserved(sqlite3_file *f, int *ret) { return below(f)->pMethods->xCheckReservedLock(below(f), ret); }
/* Nothing grows or is mapped past the gate. */
static int gated_control(sqlite3_file *f, int op, void *arg)
{
    return op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE ? SQLITE_OK : below(f)->pMethods->xFileControl(below(f), op, arg);
}
static int gated_sector(sqlite3_file *f) { return below(f)->pMethods->xSectorSize(below(f)); }
static int gated_traits(sqlite3_file *f) { return below(f)->pMethods->xDeviceCharacteristics(below(f)); }
static int gated_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret) { return below(f)->pMethods->xShmMap(below(f), page, size, extend, ret); }
static int gated_shm_lock(sqlite3_file *f, int offset, int n, int flags) { return below(f)->pMethods->xShmLock(below(f), offset, n, flags); }
static void gated_shm_barrier(sqlite3_file *f) { below(f)->pMethods->xShmBarrier(below(f)); }
static int gated_shm_unmap(sqlite3_file *f, int drop) { return below(f)->pMethods->xShmUnmap(below(f), drop); }

static const sqlite3_io_methods methods = {
    2, gated_close, gated_read, gated_write, gated_truncate, gated_sync, gated_size, gated_lock, gated_unlock, gated_reserved, gated_control, gated_sector,
    gated_traits, gated_shm_map, gated_shm_lock, gated_shm_barrier, gated_shm_unmap, NULL, NULL,
};

static int gated_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct store_disk *layer = vfs->pAppData;
    struct gated_file *f = (struct gated_file *)file;
    int exists = 1;
    f->base.pMethods = NULL;       /* not open yet: SQLite does not close it then */
    f->layer = layer;
    f->path = name;
    if (name != NULL && (flags & SQLITE_OPEN_CREATE) != 0)
        layer->below->xAccess(layer->below, name, SQLITE_ACCESS_EXISTS, &exists);
    if (!exists && ask(f, DISK_CREATE, 0, 0) != 0)
        return SQLITE_CANTOPEN;
    int rc = layer->below->xOpen(layer->below, name, below(file), flags, out);
    if (rc == SQLITE_OK)
        f->base.pMethods = &methods;
    return rc;
}

/* ---- life ---- */

int store_disk_new(const char *name, const char *under, const struct disk *disk, struct store_disk **ret, struct gnm_why *why)
{
    sqlite3_vfs *system = sqlite3_vfs_find(under);
    if (system == NULL || sqlite3_vfs_find(name) != NULL)
        return gnm_fail(why, -EEXIST, "a SQLite file layer \"%s\" exists already, or there is none below it", name);
    struct store_disk *layer = calloc(1, sizeof *layer);
    char *own = strdup(name);
    if (layer == NULL || own == NULL) {
        free(layer);
        free(own);
        return gnm_fail(why, -ENOMEM, "out of memory");
    }
    *layer = (struct store_disk){ .vfs = *system, .below = system, .name = own, .disk = disk };
    layer->vfs.pNext = NULL;
    layer->vfs.zName = own;
    layer->vfs.pAppData = layer;
    layer->vfs.szOsFile = (int)sizeof(struct gated_file) + system->szOsFile;
    layer->vfs.xOpen = gated_open;
    layer->vfs.xDelete = gated_delete;
    if (sqlite3_vfs_register(&layer->vfs, 0) != SQLITE_OK) {
        store_disk_free(layer);
        return gnm_fail(why, -ENOMEM, "out of memory");
    }
    *ret = layer;
    return 0;
}

void store_disk_free(struct store_disk *layer)
{
    if (layer == NULL)
        return;
    sqlite3_vfs_unregister(&layer->vfs);
    free(layer->name);
    free(layer);
}
