#include "store/meter.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "store/db.h"

enum { PAGE = 4096, SYNC_COST = 8192, SEEN_PAGES = 1024 };

struct store_meter {
    sqlite3_vfs vfs, *below;
    char *name;
    int sync;
    int64_t pages, syncs;
};

/* SQLite gives szOsFile bytes for both: ours, then the system's file behind it. */
struct metered_file {
    sqlite3_file base;
    struct store_meter *meter;
    uint64_t seen[SEEN_PAGES / 64]; /* bit per page counted since the last sync */
    int64_t last_page;             /* the same for pages beyond those; -1 = none */
    sqlite3_int64 below[];
};

static sqlite3_file *below(sqlite3_file *file)
{
    return (sqlite3_file *)((struct metered_file *)file)->below;
}

/* ---- what is counted ---- */

/* Whether the page counts: the kernel holds it until the sync, so it goes to the device once however often it is written. */
static int is_new(struct metered_file *f, int64_t page)
{
    if (page >= SEEN_PAGES)
        return page != f->last_page;
    uint64_t bit = UINT64_C(1) << page % 64, *word = &f->seen[page / 64];
    int is = (*word & bit) == 0;
    *word |= bit;
    return is;
}

static int meter_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
    struct metered_file *f = (struct metered_file *)file;
    int64_t first = offset / PAGE, last = (offset + len - 1) / PAGE;
    for (int64_t page = first; page <= last; page++)
        f->meter->pages += is_new(f, page);
    f->last_page = last;
    return below(file)->pMethods->xWrite(below(file), data, len, offset);
}

static int meter_sync(sqlite3_file *file, int flags)
{
    struct metered_file *f = (struct metered_file *)file;
    f->meter->syncs++;
    f->last_page = -1;
    memset(f->seen, 0, sizeof f->seen);
    return f->meter->sync ? below(file)->pMethods->xSync(below(file), flags) : SQLITE_OK;
}

/* ---- locks ---- */

/* Files that do not wait for the device belong to one simulation: nobody is there to be locked out, and asking the kernel costs more than the work done meanwhile. */
static int is_shared(sqlite3_file *f)
{
    return ((struct metered_file *)f)->meter->sync;
}

static int meter_lock(sqlite3_file *f, int level) { return is_shared(f) ? below(f)->pMethods->xLock(below(f), level) : SQLITE_OK; }
static int meter_unlock(sqlite3_file *f, int level) { return is_shared(f) ? below(f)->pMethods->xUnlock(below(f), level) : SQLITE_OK; }
static int meter_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return is_shared(f) ? below(f)->pMethods->xShmLock(below(f), offset, n, flags) : SQLITE_OK;
}

/* ---- what is passed on ---- */

static int meter_close(sqlite3_file *f) { return below(f)->pMethods->xClose(below(f)); }
static int meter_fetch(sqlite3_file *f, void *data, int len, sqlite3_int64 at) { return below(f)->pMethods->xRead(below(f), data, len, at); }
static int meter_truncate(sqlite3_file *f, sqlite3_int64 size) { return below(f)->pMethods->xTruncate(below(f), size); }
static int meter_size(sqlite3_file *f, sqlite3_int64 *size) { return below(f)->pMethods->xFileSize(below(f), size); }
static int meter_reserved(sqlite3_file *f, int *ret) { return below(f)->pMethods->xCheckReservedLock(below(f), ret); }
static int meter_control(sqlite3_file *f, int op, void *arg) { return below(f)->pMethods->xFileControl(below(f), op, arg); }
static int meter_sector(sqlite3_file *f) { return below(f)->pMethods->xSectorSize(below(f)); }
static int meter_traits(sqlite3_file *f) { return below(f)->pMethods->xDeviceCharacteristics(below(f)); }
static int meter_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
    return below(f)->pMethods->xShmMap(below(f), page, size, extend, ret);
}
static void meter_shm_barrier(sqlite3_file *f) { below(f)->pMethods->xShmBarrier(below(f)); }
static int meter_shm_unmap(sqlite3_file *f, int drop) { return below(f)->pMethods->xShmUnmap(below(f), drop); }

static const sqlite3_io_methods methods = {
    2, meter_close, meter_fetch, meter_write, meter_truncate, meter_sync, meter_size, meter_lock, meter_unlock, meter_reserved, meter_control, meter_sector,
    meter_traits, meter_shm_map, meter_shm_lock, meter_shm_barrier, meter_shm_unmap, NULL, NULL,
};

static int meter_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct store_meter *meter = vfs->pAppData;
    struct metered_file *f = (struct metered_file *)file;
    f->base.pMethods = NULL;       /* not open yet: SQLite does not close it then */
    f->meter = meter;
    f->last_page = -1;
    memset(f->seen, 0, sizeof f->seen);
    int rc = meter->below->xOpen(meter->below, name, below(file), flags, out);
    if (rc == SQLITE_OK)
        f->base.pMethods = &methods;
    return rc;
}

/* ---- life ---- */

int store_meter_new(const char *name, int sync, struct store_meter **ret, struct gnm_why *why)
{
    db_single();
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    if (system == NULL || sqlite3_vfs_find(name) != NULL)
        return gnm_fail(why, -EEXIST, "a SQLite file layer \"%s\" exists already, or there is none below it", name);
    struct store_meter *meter = calloc(1, sizeof *meter);
    char *own = strdup(name);
    if (meter == NULL || own == NULL) {
        free(meter);
        free(own);
        return gnm_fail(why, -ENOMEM, "out of memory");
    }
    /* Everything about paths, time and randomness is the system's own: its functions get our vfs, whose fields they read are copies. */
    *meter = (struct store_meter){ .vfs = *system, .below = system, .name = own, .sync = sync };
    meter->vfs.pNext = NULL;
    meter->vfs.zName = own;
    meter->vfs.pAppData = meter;
    meter->vfs.szOsFile = (int)sizeof(struct metered_file) + system->szOsFile;
    meter->vfs.xOpen = meter_open;
    if (sqlite3_vfs_register(&meter->vfs, 0) != SQLITE_OK) {
        store_meter_free(meter);
        return gnm_fail(why, -ENOMEM, "out of memory");
    }
    *ret = meter;
    return 0;
}

void store_meter_free(struct store_meter *meter)
{
    if (meter == NULL)
        return;
    sqlite3_vfs_unregister(&meter->vfs);
    free(meter->name);
    free(meter);
}

void store_meter_read(const struct store_meter *meter, struct store_meter_count *ret)
{
    *ret = (struct store_meter_count){ meter->pages, meter->syncs, meter->pages * PAGE + meter->syncs * SYNC_COST };
}
