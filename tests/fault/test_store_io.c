/* Every write, sync, truncation and opening that state.db makes fails in turn, once and for good: each time a clean error or success, no crash, and a sound
 * database with all that was acknowledged once the device works again. */
#include <errno.h>
#include <sqlite3.h>

#include "../unit/store_fixture.h"
#include "base/file.h"

/* ---- a VFS over the system's that fails from the n-th operation ---- */

enum { ONCE, FOR_GOOD };

struct shim {
    sqlite3_vfs vfs;
    sqlite3_vfs *below;
    int armed, how, count, fail_at;
    int error;                     /* SQLITE_FULL or SQLITE_IOERR_... */
};

struct shim_file {
    sqlite3_file base;
    struct shim *shim;
    sqlite3_file *below;
};

static struct shim shim;

static int fails(void)
{
    if (!shim.armed)
        return 0;
    int n = ++shim.count;
    return n == shim.fail_at || (shim.how == FOR_GOOD && n > shim.fail_at);
}

#define BELOW(file) (((struct shim_file *)(file))->below)

static int do_close(sqlite3_file *f)
{
    int rc = BELOW(f)->pMethods != NULL ? BELOW(f)->pMethods->xClose(BELOW(f)) : SQLITE_OK;
    free(BELOW(f));
    return rc;
}
static int do_read(sqlite3_file *f, void *data, int n, sqlite3_int64 at_byte) { return BELOW(f)->pMethods->xRead(BELOW(f), data, n, at_byte); }
static int do_write(sqlite3_file *f, const void *data, int n, sqlite3_int64 at_byte)
{
    if (!fails())
        return BELOW(f)->pMethods->xWrite(BELOW(f), data, n, at_byte);
    /* Half of it reached the device. */
    (void)BELOW(f)->pMethods->xWrite(BELOW(f), data, n / 2, at_byte);
    return shim.error == SQLITE_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}
static int do_truncate(sqlite3_file *f, sqlite3_int64 n) { return fails() ? SQLITE_IOERR_TRUNCATE : BELOW(f)->pMethods->xTruncate(BELOW(f), n); }
/* The machine does not stop here, so what is not synced is not lost: no need to wait for the device thousands of times. */
static int do_sync(sqlite3_file *f, int flags)
{
    (void)f;
    (void)flags;
    return fails() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}
static int do_size(sqlite3_file *f, sqlite3_int64 *n) { return BELOW(f)->pMethods->xFileSize(BELOW(f), n); }
static int do_lock(sqlite3_file *f, int level) { return BELOW(f)->pMethods->xLock(BELOW(f), level); }
static int do_unlock(sqlite3_file *f, int level) { return BELOW(f)->pMethods->xUnlock(BELOW(f), level); }
static int do_reserved(sqlite3_file *f, int *ret) { return BELOW(f)->pMethods->xCheckReservedLock(BELOW(f), ret); }
static int do_control(sqlite3_file *f, int op, void *arg) { return BELOW(f)->pMethods->xFileControl(BELOW(f), op, arg); }
static int do_sector(sqlite3_file *f) { return BELOW(f)->pMethods->xSectorSize(BELOW(f)); }
static int do_traits(sqlite3_file *f) { return BELOW(f)->pMethods->xDeviceCharacteristics(BELOW(f)); }
static int do_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
    return extend && fails() ? SQLITE_IOERR_SHMSIZE : BELOW(f)->pMethods->xShmMap(BELOW(f), page, size, extend, ret);
}
static int do_shm_lock(sqlite3_file *f, int offset, int n, int flags) { return BELOW(f)->pMethods->xShmLock(BELOW(f), offset, n, flags); }
static void do_shm_barrier(sqlite3_file *f) { BELOW(f)->pMethods->xShmBarrier(BELOW(f)); }
static int do_shm_unmap(sqlite3_file *f, int drop) { return BELOW(f)->pMethods->xShmUnmap(BELOW(f), drop); }

static const sqlite3_io_methods methods = {
    2, do_close, do_read, do_write, do_truncate, do_sync, do_size, do_lock, do_unlock, do_reserved, do_control, do_sector, do_traits,
    do_shm_map, do_shm_lock, do_shm_barrier, do_shm_unmap, NULL, NULL,
};

static int do_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct shim_file *f = (struct shim_file *)file;
    (void)vfs;
    memset(f, 0, sizeof *f);
    if (fails())
        return SQLITE_CANTOPEN;
    f->below = calloc(1, (size_t)shim.below->szOsFile);
    if (f->below == NULL)
        return SQLITE_NOMEM;
    int rc = shim.below->xOpen(shim.below, name, f->below, flags, out);
    if (rc != SQLITE_OK) {
        free(f->below);
        return rc;
    }
    f->base.pMethods = &methods;
    return SQLITE_OK;
}

static int do_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)sync;                    /* as above */
    (void)vfs;
    return fails() ? SQLITE_IOERR_DELETE : shim.below->xDelete(shim.below, name, 0);
}

static void shim_register(void)
{
    shim.below = sqlite3_vfs_find(NULL);
    shim.vfs = *shim.below;
    shim.vfs.pNext = NULL;
    shim.vfs.zName = "failing";
    shim.vfs.szOsFile = sizeof(struct shim_file);
    shim.vfs.xOpen = do_open;
    shim.vfs.xDelete = do_delete;
    ck_assert_int_eq(sqlite3_vfs_register(&shim.vfs, 0), SQLITE_OK);
}

/* ---- a scenario ---- */

enum { BATCHES = 4 };

static int batch(struct store *store, int i)
{
    static struct store_minute m[40];
    static struct gnm_signal s[40];
    static char blob[9000];
    for (int k = 0; k < 40; k++) {
        m[k] = minute_row("roof", 1000 + i * 40 + k, i);
        s[k] = signal_row("x", k, 1000 + i, i);
    }
    char number[16];
    snprintf(number, sizeof number, "%d", i);
    memset(blob, i, sizeof blob);
    struct store_model model = { .family = "ridge", .model = "one", .trained_s = i, .serving = 1 };
    int r = store_begin(store, &why);
    if (r < 0)
        return r;
    r = store_minutes(store, m, 40, &why);
    r = r == 0 ? store_signals(store, s, 40, NULL, &why) : r;
    r = r == 0 ? store_model_put(store, &model, blob, sizeof blob, &why) : r;
    r = r == 0 ? store_meta_set(store, "batch", number, &why) : r;
    if (r == 0)
        return store_commit(store, &why);
    store_rollback(store);
    return r;
}

static int clean_error(int r)
{
    return r == -EIO || r == -ENOSPC || r == -ECANCELED || r == -EBUSY || r == -ENOMEM;
}

/* Opens, commits batches, closes; goes on by reopening as a daemon would. The last batch acknowledged, -1 for none. */
static int scenario(void)
{
    struct store *store = NULL;
    int r = store_open_on(at("state.db"), "failing", NULL, &store, NULL, &why);
    if (r < 0) {
        ck_assert_msg(clean_error(r), "opening: %d %s", r, why.text);
        return -1;
    }
    int last = -1;
    for (int i = 0; i < BATCHES; i++) {
        r = batch(store, i);
        if (r == 0) {
            last = i;
            continue;
        }
        ck_assert_msg(clean_error(r), "batch %d: %d %s", i, r, why.text);
        if (r == -EIO)   /* the handle is not trusted again */
            ck_assert_int_eq(store_meta_set(store, "again", "1", NULL), -EIO);
        if (r == -EIO && (r = store_reopen(store, NULL, &why)) < 0) {
            ck_assert_msg(clean_error(r), "reopening: %d %s", r, why.text);
            ck_assert_int_eq(batch(store, i), -EIO);   /* closed, and says so */
            ck_assert_int_eq(store_newest_s(store, &(int64_t){ 0 }, NULL), -EIO);
            break;
        }
    }
    store_close(store);
    return last;
}

static int count_signal(void *ctx, const struct gnm_signal *row)
{
    (void)row;
    ++*(int *)ctx;
    return 0;
}

/* With a working device: sound, whole batches, nothing acknowledged is missing. */
static void verify(int acknowledged, int fail_at)
{
    shim.armed = 0;
    struct store *store = NULL;
    int renamed = 0;
    ck_assert_msg(store_open_on(at("state.db"), "failing", NULL, &store, &renamed, &why) == 0, "operation %d: %s", fail_at, why.text);
    ck_assert_msg(renamed == 0, "operation %d damaged the file", fail_at);
    ck_assert_msg(store_check(store, 10000, &why) == 0, "operation %d: %s", fail_at, why.text);
    char text[16] = "-1";
    (void)store_meta_get(store, "batch", text, sizeof text, &why);
    int kept = atoi(text), signals = 0;
    ck_assert_msg(kept >= acknowledged, "operation %d: batch %d was acknowledged, %d is there", fail_at, acknowledged, kept);
    ok(store_each_signal(store, count_signal, &signals, &why));
    ck_assert_int_eq(signals % 40, 0);
    if (kept >= 0) {
        struct store_model got;
        void *blob = NULL;
        size_t len = 0;
        ok(store_model_get(store, "ridge", &got, &blob, &len, &why));
        ck_assert_int_eq(*(char *)blob, kept);
        free(blob);
    }
    ok(batch(store, BATCHES));
    store_close(store);
}

static void remove_database(void)
{
    static const char *const name[] = { "state.db", "state.db-wal", "state.db-shm", "state.db-journal" };
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        (void)unlink(at(name[i]));
}

/* A database with its schema, as every start but the first finds it. */
static char *made;
static size_t made_len;

static void make_database(void)
{
    struct store *store = NULL;
    ok(store_open(at("state.db"), 0, &store, NULL, &why));
    store_close(store);
    ok(file_read(at("state.db"), 1 << 20, &made, &made_len, &why));
}

static void place_database(void)
{
    remove_database();
    if (made == NULL)
        return;
    FILE *f = fopen(at("state.db"), "wb");
    ck_assert_uint_eq(fwrite(made, 1, made_len, f), made_len);
    fclose(f);
}

static int run(int how, int error, int fail_at)
{
    shim.how = how;
    shim.error = error;
    shim.fail_at = fail_at;
    shim.count = 0;
    shim.armed = 1;
    return scenario();
}

static void sweep(int how, int error)
{
    shim_register();
    place_database();
    ck_assert_int_eq(run(ONCE, error, 0), BATCHES - 1);
    int operations = shim.count;
    ck_assert_int_gt(operations, 40);
    verify(BATCHES - 1, 0);
    for (int fail_at = 1; fail_at <= operations; fail_at++) {
        place_database();
        int acknowledged = run(how, error, fail_at);
        verify(acknowledged, fail_at);
    }
    sqlite3_vfs_unregister(&shim.vfs);
    free(made);
    made = NULL;
}

START_TEST(each_operation_fails_once_while_the_database_is_made)
{
    sweep(ONCE, SQLITE_IOERR);
}
END_TEST

START_TEST(each_operation_fails_once)
{
    make_database();
    sweep(ONCE, SQLITE_IOERR);
}
END_TEST

START_TEST(the_device_dies_at_each_operation)
{
    make_database();
    sweep(FOR_GOOD, SQLITE_IOERR);
}
END_TEST

START_TEST(the_disk_is_full_once_at_each_operation)
{
    make_database();
    sweep(ONCE, SQLITE_FULL);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, each_operation_fails_once_while_the_database_is_made);
    tcase_add_test(t, each_operation_fails_once);
    tcase_add_test(t, the_device_dies_at_each_operation);
    tcase_add_test(t, the_disk_is_full_once_at_each_operation);
}

int main(void)
{
    return fixture_main("store io", add, 150);    /* thousands of openings, under sanitizers too */
}
