#include "store/db.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

static int errno_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_FULL: return -ENOSPC;
    case SQLITE_IOERR: return rc == SQLITE_IOERR_NOMEM ? -ENOMEM : -EIO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return -EUCLEAN;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return -EBUSY;
    case SQLITE_NOMEM: return -ENOMEM;
    case SQLITE_READONLY: return -EROFS;
    case SQLITE_PERM:
    case SQLITE_AUTH: return -EACCES;
    case SQLITE_TOOBIG: return -EFBIG;
    case SQLITE_CONSTRAINT: return -EINVAL;
    case SQLITE_INTERRUPT: return -EAGAIN;
    default: return -EIO;
    }
}

int db_fail(struct store *store, int rc, const char *what, struct gnm_why *why)
{
    int code = errno_of(rc);
    /* After a failed fsync the kernel may have dropped the dirty pages: what this connection believes about the file is no longer known to be true. */
    if ((rc & 0xff) == SQLITE_IOERR && code == -EIO)
        store->broken = 1;
    if (code == -EUCLEAN)
        store->broken = store->damaged = 1;
    return gnm_fail(why, code, "%s: %s", what, store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(rc));
}

int db_stmt(struct store *store, enum db_slot slot, const char *sql, sqlite3_stmt **ret, struct gnm_why *why)
{
    sqlite3_stmt **stmt = &store->stmt[slot];
    if (*stmt == NULL) {
        int rc = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
        if (rc != SQLITE_OK)
            return db_fail(store, rc, store->label, why);
    }
    sqlite3_reset(*stmt);
    *ret = *stmt;
    return 0;
}

static int bind_one(sqlite3_stmt *stmt, int i, char type, va_list *args)
{
    int64_t number;
    switch (type) {
    case 'i': return sqlite3_bind_int(stmt, i, va_arg(*args, int));
    case 'l': return sqlite3_bind_int64(stmt, i, va_arg(*args, int64_t));
    case 't':
        number = va_arg(*args, int64_t);
        return number == GNM_NEVER ? sqlite3_bind_null(stmt, i) : sqlite3_bind_int64(stmt, i, number);
    case 'd': return sqlite3_bind_double(stmt, i, va_arg(*args, double));   /* SQLite stores NaN as NULL */
    case 's': return sqlite3_bind_text(stmt, i, va_arg(*args, const char *), -1, SQLITE_STATIC);
    default: return SQLITE_MISUSE;
    }
}

static int bind_all(struct store *store, sqlite3_stmt *stmt, struct gnm_why *why, const char *types, va_list *args)
{
    for (int i = 0; types[i] != '\0'; i++) {
        int rc = bind_one(stmt, i + 1, types[i], args);
        if (rc != SQLITE_OK)
            return db_fail(store, rc, store->label, why);
    }
    return 0;
}

int db_bind(struct store *store, sqlite3_stmt *stmt, struct gnm_why *why, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    int r = bind_all(store, stmt, why, types, &args);
    va_end(args);
    return r;
}

int db_step(struct store *store, sqlite3_stmt *stmt, struct gnm_why *why)
{
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        return 1;
    int r = rc == SQLITE_DONE ? 0 : db_fail(store, rc, store->label, why);
    sqlite3_reset(stmt);
    return r;
}

int db_run(struct store *store, sqlite3_stmt *stmt, struct gnm_why *why)
{
    int r = db_step(store, stmt, why);
    if (r > 0)
        sqlite3_reset(stmt);
    return r < 0 ? r : 0;
}

static int run_with(struct store *store, enum db_slot slot, const char *sql, struct gnm_why *why, const char *types, va_list *args)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, slot, sql, &stmt, why);
    if (r == 0)
        r = bind_all(store, stmt, why, types, args);
    return r < 0 ? r : db_run(store, stmt, why);
}

int db_do(struct store *store, enum db_slot slot, const char *sql, struct gnm_why *why, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    int r = run_with(store, slot, sql, why, types, &args);
    va_end(args);
    return r;
}

int db_insert(struct store *store, const struct db_insert *insert, struct gnm_why *why, const char *types, ...)
{
    va_list args, again;
    va_start(args, types);
    va_copy(again, args);
    int r = run_with(store, insert->slot, insert->ignore, why, types, &args);
    if (r == 0 && sqlite3_changes(store->db) == 0)
        r = run_with(store, insert->again, insert->replace, why, types, &again);
    va_end(again);
    va_end(args);
    return r;
}

int db_exec(struct store *store, const char *sql, struct gnm_why *why)
{
    int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : db_fail(store, rc, store->label, why);
}

int db_number(struct store *store, const char *sql, int64_t *ret, struct gnm_why *why)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    int r = 0;
    if (rc == SQLITE_ROW && sqlite3_column_type(stmt, 0) != SQLITE_NULL)
        *ret = sqlite3_column_int64(stmt, 0);
    else if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        r = db_fail(store, rc, store->label, why);
    sqlite3_finalize(stmt);
    return r;
}

double db_real(sqlite3_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt, column) == SQLITE_NULL ? NAN : sqlite3_column_double(stmt, column);
}

int64_t db_time(sqlite3_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt, column) == SQLITE_NULL ? GNM_NEVER : sqlite3_column_int64(stmt, column);
}

void db_text(sqlite3_stmt *stmt, int column, char *ret, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    size_t len = text != NULL ? strnlen(text, size - 1) : 0;
    if (len > 0)
        memcpy(ret, text, len);
    ret[len] = '\0';
}
