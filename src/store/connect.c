#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "store/db.h"

/* One thread, and nobody asks how much memory SQLite holds: locks and counts at each allocation are for nothing. Refused, and no harm, once SQLite is in use. */
void db_single(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static void limit(sqlite3 *db)
{
    static const struct { int id, value; } limits[] = {
        { SQLITE_LIMIT_LENGTH, 1 << 20 }, { SQLITE_LIMIT_SQL_LENGTH, 1 << 16 }, { SQLITE_LIMIT_ATTACHED, 0 }, { SQLITE_LIMIT_COLUMN, 128 },
        { SQLITE_LIMIT_VARIABLE_NUMBER, 128 }, { SQLITE_LIMIT_TRIGGER_DEPTH, 0 }, { SQLITE_LIMIT_WORKER_THREADS, 0 },
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(db, limits[i].id, limits[i].value);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    sqlite3_busy_timeout(db, 5000);
}

static int open_connection(struct store *store, struct gnm_why *why)
{
    int flags = (store->readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int rc = sqlite3_open_v2(store->path, &store->db, flags, store->vfs);
    if (rc == SQLITE_OK)
        return 0;
    if ((rc & 0xff) == SQLITE_CANTOPEN && access(store->path, F_OK) != 0 && errno == ENOENT)
        return gnm_fail(why, -ENOENT, "%s: there is no such database", store->path);
    return db_fail(store, rc, store->path, why);
}

struct setting { const char *set, *get; int64_t expect; };

static int apply(struct store *store, const struct setting *setting, struct gnm_why *why)
{
    if (setting->set != NULL) {
        int r = db_exec(store, setting->set, why);
        if (r < 0)
            return r;
    }
    int64_t value = -1;
    int r = db_number(store, setting->get, &value, why);
    if (r < 0)
        return r;
    if (value != setting->expect)
        return gnm_fail(why, -EPROTO, "state.db: \"%s\" is %lld, not %lld", setting->get, (long long)value, (long long)setting->expect);
    return 0;
}

static int apply_all(struct store *store, const struct setting *setting, size_t n, struct gnm_why *why)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++)
        r = apply(store, &setting[i], why);
    return r;
}

static const struct setting common[] = {
    { "PRAGMA cell_size_check = ON", "PRAGMA cell_size_check", 1 },
    { "PRAGMA mmap_size = 0", "PRAGMA mmap_size", 0 },
    { "PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", 1 },
    { "PRAGMA temp_store = MEMORY", "PRAGMA temp_store", 2 },
    { "PRAGMA cache_size = -768", "PRAGMA cache_size", -768 },
    { NULL, "PRAGMA trusted_schema", 0 },
    { NULL, "PRAGMA busy_timeout", 5000 },
};

static const struct setting writer[] = {
    { "PRAGMA synchronous = FULL", "PRAGMA synchronous", 2 },
    { "PRAGMA secure_delete = OFF", "PRAGMA secure_delete", 0 },      /* some distributions build it in: each page that becomes free would be written once more, as zeros */
    { "PRAGMA wal_autocheckpoint = 1000", "PRAGMA wal_autocheckpoint", 1000 },
    { "PRAGMA journal_size_limit = 4194304", "PRAGMA journal_size_limit", 4194304 },
};

static int use_wal(struct store *store, struct gnm_why *why)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(store->db, "PRAGMA journal_mode = WAL", -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    const unsigned char *mode = rc == SQLITE_ROW ? sqlite3_column_text(stmt, 0) : NULL;
    int is_wal = mode != NULL && strcmp((const char *)mode, "wal") == 0;
    sqlite3_finalize(stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return db_fail(store, rc, "state.db: write-ahead log", why);
    return is_wal ? 0 : gnm_fail(why, -EPROTO, "state.db: the write-ahead log could not be switched on");
}

int db_connect(struct store *store, struct gnm_why *why)
{
    int r = open_connection(store, why);
    if (r < 0)
        return r;
    limit(store->db);
    r = apply_all(store, common, sizeof common / sizeof *common, why);
    if (r == 0)
        r = schema_identify(store, why);
    int64_t version = 0;
    if (r == 0)
        r = db_number(store, "PRAGMA user_version", &version, why);
    /* Only an empty file takes these two; on others they would change nothing, at the price of a commit. */
    if (r == 0 && version == 0 && !store->readonly)
        r = db_exec(store, "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL", why);
    if (r == 0 && !store->readonly)
        r = use_wal(store, why);
    if (r == 0 && !store->readonly)
        r = apply_all(store, writer, sizeof writer / sizeof *writer, why);
    return r;
}

void db_disconnect(struct store *store)
{
    for (int i = 0; i < DB_SLOTS; i++)
        sqlite3_finalize(store->stmt[i]);
    memset(store->stmt, 0, sizeof store->stmt);
    if (store->db != NULL && store->broken)
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    sqlite3_close(store->db);
    store->db = NULL;
    store->broken = store->open_tx = 0;
    db_forget(store);
}
