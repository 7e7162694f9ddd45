#include <errno.h>

#include "store/energy_days.h"
#include "store/observed.h"

void db_forget(struct store *store)
{
    store->channel.id = store->controller.id = 0;
    store->flagged = 0;
    for (int i = 0; i < DB_KNOWN_NAMES; i++)
        store->name[i].id = 0;
    observed_forget(store);
    energy_days_forget(store);
    mirror_free(&store->activity);
    mirror_free(&store->driver);
    store->epoch++;
}

static int usable(const struct store *store, struct gnm_why *why)
{
    if (store->readonly)
        return gnm_fail(why, -EROFS, "state.db is open for reading only");
    if (store->damaged)
        return gnm_fail(why, -EUCLEAN, "state.db is damaged: it must be reopened");
    if (store->broken || store->db == NULL)
        return gnm_fail(why, -EIO, "state.db had an input or output error: it must be reopened");
    return 0;
}

/* SQLite rolls back by itself on some errors (a full disk); then the open transaction of the caller is gone. */
static int lost(const struct store *store)
{
    return store->open_tx && sqlite3_get_autocommit(store->db);
}

/* Part of the first transaction, so that a start costs no commit of its own: an fsync takes a good card 10 ms. */
static int raise_flag(struct store *store, struct gnm_why *why)
{
    int r = store->flagged ? 0 : db_do(store, DB_META_FLAG, "INSERT OR IGNORE INTO meta(key, value) VALUES(?1, '1')", why, "s", "store.open");
    store->flagged = r == 0;
    return r;
}

int db_enter(struct store *store, struct gnm_why *why)
{
    int r = usable(store, why);
    if (r < 0)
        return r;
    if (lost(store))
        return gnm_fail(why, -ECANCELED, "state.db: the transaction was rolled back by an earlier error");
    r = store->open_tx ? db_do(store, DB_SAVEPOINT, "SAVEPOINT call", why, "") : db_do(store, DB_BEGIN, "BEGIN IMMEDIATE", why, "");
    if (r < 0)
        return r;
    r = store->migrating ? 0 : raise_flag(store, why);
    return r < 0 ? db_leave(store, r, why) : 0;
}

static void undo(struct store *store)
{
    /* The reason is already in the caller's hands; a rollback that fails leaves SQLite to roll back at close. */
    if (!sqlite3_get_autocommit(store->db))
        (void)db_exec(store, store->open_tx ? "ROLLBACK TO call; RELEASE call" : "ROLLBACK", NULL);
    db_forget(store);
}

int db_leave(struct store *store, int result, struct gnm_why *why)
{
    int r = result;
    if (r >= 0)
        r = store->open_tx ? db_do(store, DB_RELEASE, "RELEASE call", why, "") : db_do(store, DB_COMMIT, "COMMIT", why, "");
    if (r < 0)
        undo(store);
    return r < 0 ? r : 0;
}

int store_begin(struct store *store, struct gnm_why *why)
{
    if (store->open_tx)
        return gnm_fail(why, -EALREADY, "state.db: a transaction is open already");
    int r = db_enter(store, why);
    if (r == 0)
        store->open_tx = 1;
    return r;
}

int store_commit(struct store *store, struct gnm_why *why)
{
    if (!store->open_tx)
        return gnm_fail(why, -EINVAL, "state.db: no transaction is open");
    int gone = lost(store);
    store->open_tx = 0;
    if (gone) {
        db_forget(store);
        return gnm_fail(why, -ECANCELED, "state.db: the transaction was rolled back by an earlier error");
    }
    return db_leave(store, 0, why);
}

void store_rollback(struct store *store)
{
    if (!store->open_tx)
        return;
    store->open_tx = 0;
    undo(store);
}
