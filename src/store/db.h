/* The connection behind state.db: statements, transactions and errors. Private to this folder.
 *
 * A call that writes stands between db_enter and db_leave: a transaction of its own, or a savepoint inside store_begin .. store_commit, so that a failed call
 * leaves nothing behind. Statements are prepared once and kept; values go in as bound parameters only. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <sqlite3.h>

#include "store/mirror.h"
#include "store/store.h"

/* One slot per statement text. A slot belongs to one place in the source. */
enum db_slot {
    DB_BEGIN, DB_COMMIT, DB_SAVEPOINT, DB_RELEASE, DB_META_SET, DB_META_GET, DB_META_DROP, DB_META_FLAG, DB_NAME_GET, DB_NAME_ADD, DB_CONTROLLER_GET, DB_CONTROLLER_ADD, DB_MINUTE_PUT, DB_MINUTE_EACH,
    DB_CHANNEL_GET, DB_CHANNEL_ADD, DB_CHANNEL_EACH, DB_SIGNAL_TOP, DB_SIGNAL_TOP_PUT, DB_SIGNAL_TOP_ADD, DB_SIGNAL_ASOF, DB_SIGNAL_ADD, DB_SIGNAL_AGAIN, DB_SIGNAL_EACH, DB_SIGNAL_BRIEF, DB_SIGNAL_BRIEF_LOG, DB_SIGNAL_FROM, DB_SIGNAL_ASOF_LOG, DB_SIGNAL_EACH_LOG, DB_SIGNAL_HOURS, DB_SIGNAL_NEWEST,
    DB_SIGNAL_LATE, DB_SIGNAL_BATCH, DB_SETTLE_CHANNELS, DB_SETTLE_BOUND,
    DB_SETTLE_COPY, DB_SETTLE_MARK, DB_SETTLE_DROP, DB_FEED_PUT, DB_FEED_GET, DB_FEED_EACH, DB_FEED_RETIRE, DB_EVENT_TOP, DB_EVENT_PUT, DB_EVENT_EACH, DB_PUB_EVENT, DB_PUB_EVENT_FEEDS, DB_OUT_EVENT, DB_SERIES_GET, DB_SERIES_OWNED, DB_SERIES_PUT, DB_SERIES_EACH, DB_ACTIVITY_ASOF, DB_ACTIVITY_PUT, DB_ACTIVITY_GROUPS,
    DB_ACTIVITY_EACH, DB_DRIVER_GET, DB_DRIVER_ADD, DB_DRIVER_ASOF, DB_DRIVER_PUT, DB_DRIVER_GROUPS, DB_DRIVER_EACH, DB_MODEL_GET, DB_MODEL_ADD,
    DB_MODEL_REPLACE, DB_MODEL_RETIRE, DB_MODEL_PRUNE, DB_CHUNK_PRUNE, DB_CHUNK_PUT, DB_CHUNK_GET, DB_FORECAST_PUT, DB_FORECAST_AGAIN, DB_FORECAST_TOP, DB_FORECAST_DRIVER_PUT, DB_FORECAST_DRIVER_DROP, DB_FORECAST_READS_PUT, DB_FORECAST_READS_DROP, DB_PUB_DRIVER, DB_OUT_DRIVER, DB_PUB_READS, DB_OUT_READS, DB_FORECAST_EACH,
    DB_TOLD, DB_EFFECTS, DB_CHANGE_PUT, DB_CHANGE_DROP, DB_PUB_CHANGE, DB_OUT_CHANGE,
    DB_ACCURACY_DROP, DB_ACCURACY_PUT, DB_COST_PUT, DB_COST_EACH, DB_COST_SPENT, DB_GRANT_PUT, DB_NEWEST, DB_FETCHED_MARK, DB_RETAIN_MINUTE, DB_RETAIN_SIGNAL,
    DB_RETAIN_TOP, DB_RETAIN_FORECAST, DB_RETAIN_COST, DB_RETAIN_GRANT, DB_PAGES, DB_PUB_SERIES, DB_PUB_OBSERVED, DB_PUB_FORECAST, DB_PUB_ACCURACY, DB_PUB_MODEL, DB_PUB_FEED, DB_PUB_COST, DB_PUB_RAN,
    DB_OUT_STATUS, DB_OUT_SERIES, DB_OUT_FORECAST, DB_OUT_ACCURACY, DB_OUT_MODEL, DB_OUT_FEED, DB_OUT_ENERGY, DB_OUT_ENERGY_DROP, DB_CHECK_TABLE, DB_CHECK,
    DB_SLOTS
};

enum { DB_KNOWN_NAMES = 16 };

struct store {
    sqlite3 *db;
    const char *label;             /* what to call the file in an error: "state.db" */
    char *path, *vfs;              /* vfs NULL: SQLite's own */
    const struct disk *disk;       /* where forecast.db is put in place; NULL: the machine's own */
    int lock_fd, readonly;
    int open_tx;                   /* between store_begin and store_commit */
    int broken;                    /* an I/O error happened: nothing more is written on this connection */
    int damaged;                   /* the file is corrupt: it is set aside when the connection closes */
    int migrating;                 /* the tables are not all there yet */
    int flagged;                   /* "store.open" stands in this transaction or before */
    int unclean;                   /* the last writer did not close */
    int checked;                   /* tables that store_check has seen */
    sqlite3_stmt *stmt[DB_SLOTS];
    struct { char feed[GNM_ID], series[GNM_ID], place[GNM_ID]; int step; int64_t id, settled; } channel;   /* the last one looked up; id 0 = none */
    struct db_known_name { char text[GNM_ID]; int64_t id; } name[DB_KNOWN_NAMES];                             /* looked up before; id 0 = none */
    struct db_known_name controller;                                                                          /* the last one */
    struct observed_entry *observed;                                                                          /* see observed.h */
    size_t n_observed, at_observed;
    struct energy_days *energy;                                                                               /* see energy_days.h */
    struct snapshot_mark *mark;                                                                               /* see snapshot_kept.h */
    size_t n_marks;
    struct mirror activity, driver;
    uint64_t event_changes;        /* rises with every event that is added */
    uint64_t epoch;                /* rises when nothing that was published may be gone on with */
    uint64_t generation;           /* rises with every change of series, activity, forecasts or accuracies */
};

/* Maps a SQLite result to a negative errno, notes what it means for the connection and fills `why` with "WHAT: SQLite's words". */
int db_fail(struct store *store, int rc, const char *what, struct gnm_why *why);

/* A cached statement, reset and ready to bind. */
int db_stmt(struct store *store, enum db_slot slot, const char *sql, sqlite3_stmt **ret, struct gnm_why *why);
/* Binds from parameter 1: 'i' int, 'l' int64_t, 't' int64_t with GNM_NEVER as NULL, 'd' double with NaN as NULL, 's' const char *. */
int db_bind(struct store *store, sqlite3_stmt *stmt, struct gnm_why *why, const char *types, ...);
/* 1: a row, 0: done (and reset), negative: failed (and reset). */
int db_step(struct store *store, sqlite3_stmt *stmt, struct gnm_why *why);
/* Steps a statement without rows. */
int db_run(struct store *store, sqlite3_stmt *stmt, struct gnm_why *why);
/* Prepare, bind and run in one. */
int db_do(struct store *store, enum db_slot slot, const char *sql, struct gnm_why *why, const char *types, ...);
/* Inserts a row whose key is nearly always new, "INSERT OR IGNORE ..." under `slot`; only where it is not, "INSERT OR REPLACE ..." under `again`. SQLite copies each
 * page that OR REPLACE may touch, to undo it: half the price of a row. */
struct db_insert { enum db_slot slot, again; const char *ignore, *replace; };
#define DB_INSERT(slot, again, into) { slot, again, "INSERT OR IGNORE INTO " into, "INSERT OR REPLACE INTO " into }
int db_insert(struct store *store, const struct db_insert *insert, struct gnm_why *why, const char *types, ...);
/* Constant text without parameters, for pragmas and transactions. */
int db_exec(struct store *store, const char *sql, struct gnm_why *why);
/* The first column of the first row; *ret untouched when there is no row or it is NULL. */
int db_number(struct store *store, const char *sql, int64_t *ret, struct gnm_why *why);

int db_enter(struct store *store, struct gnm_why *why);
int db_leave(struct store *store, int result, struct gnm_why *why);

/* Columns: NaN, GNM_NEVER or "" for NULL. */
double db_real(sqlite3_stmt *stmt, int column);
int64_t db_time(sqlite3_stmt *stmt, int column);
void db_text(sqlite3_stmt *stmt, int column, char *ret, size_t size);

/* The id of an interned text, made when it is new; negative errno on failure. */
int64_t db_name(struct store *store, const char *text, struct gnm_why *why);
/* What was looked up or made inside a transaction that is gone, or on another connection, may not exist any more. */
void db_forget(struct store *store);
/* Raises the newest time at which something was fetched, for store_newest_s. */
int db_fetched(struct store *store, int64_t fetched_s, struct gnm_why *why);

/* Before the first use of SQLite in the process. */
void db_single(void);
/* A new connection with all settings checked; `store->path`, `vfs` and `readonly` are set. -EUCLEAN marks a damaged file. */
int db_connect(struct store *store, struct gnm_why *why);
/* Closes the connection and all statements; a broken one does not checkpoint. */
void db_disconnect(struct store *store);

/* Statements with the version they lead to, in order; those of one version run in one transaction. */
struct schema_step { int version; const char *sql; };
extern const struct schema_step schema_steps[];
extern const size_t schema_steps_n;
enum { SCHEMA_APPLICATION = 0x676e6f73 };   /* "gnos" */
/* Refuses other programs' files and newer schemas, before anything is changed in them. */
int schema_identify(struct store *store, struct gnm_why *why);
/* Brings an older or empty file to the last step. A read-only connection refuses an older one. */
int schema_apply(struct store *store, const struct schema_step *step, size_t n, struct gnm_why *why);

/* Moves signals whose period is over from the log to the sorted table, at most *left rows, which it lowers. */
int settle_signals(struct store *store, int64_t now_s, size_t *left, struct gnm_why *why);

/* Renames PATH, PATH-wal and PATH-shm to PATH.corrupt-N and so on; keeps the two newest sets. */
int damage_set_aside(const struct disk *disk, const char *path, struct gnm_why *why);

#endif
