#include <errno.h>
#include <string.h>
#include <time.h>

#include "store/db.h"

static int64_t mono_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The name of the store->checked-th table; 0 when there are no more. */
static int next_table(struct store *store, char *ret, size_t size, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_CHECK_TABLE, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name LIMIT 1 OFFSET ?1", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "i", store->checked);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r > 0) {
        db_text(stmt, 0, ret, size);
        sqlite3_reset(stmt);
    }
    return r;
}

static int check_table(struct store *store, const char *table, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_CHECK, "SELECT quick_check FROM pragma_quick_check(?1)", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "s", table);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r <= 0)
        return r;
    char verdict[120];
    db_text(stmt, 0, verdict, sizeof verdict);
    sqlite3_reset(stmt);
    if (strcmp(verdict, "ok") == 0)
        return 0;
    store->broken = store->damaged = 1;
    return gnm_fail(why, -EUCLEAN, "state.db: table %s: %s", table, verdict);
}

int store_check(struct store *store, int64_t limit_ms, struct gnm_why *why)
{
    int64_t until = mono_ms() + limit_ms;
    char table[GNM_ID];
    int r;
    while ((r = next_table(store, table, sizeof table, why)) > 0) {
        r = check_table(store, table, why);
        if (r < 0)
            break;
        store->checked++;
        if (mono_ms() >= until) {
            r = gnm_fail(why, -EAGAIN, "state.db: the check goes on after table %s", table);
            break;
        }
    }
    if (r == 0)
        store->checked = 0;
    return r;
}

void store_trim(struct store *store)
{
    if (store->db != NULL)
        sqlite3_db_release_memory(store->db);
}
