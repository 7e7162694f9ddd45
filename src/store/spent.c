#include "store/db.h"

/* The ledger grows at its end: from there back until it is older. */
int store_spent(struct store *store, int64_t since_s, double joules[GNM_PURPOSES], struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    for (int p = 0; p < GNM_PURPOSES; p++)
        joules[p] = 0;
    int r = db_stmt(store, DB_COST_SPENT, "SELECT at_s, purpose, joules FROM cost ORDER BY id DESC", &stmt, why);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        int purpose = sqlite3_column_int(stmt, 1);
        if (sqlite3_column_int64(stmt, 0) < since_s)
            break;
        if (purpose >= 0 && purpose < GNM_PURPOSES)
            joules[purpose] += sqlite3_column_double(stmt, 2);
        r = 0;
    }
    if (r != 0)
        sqlite3_reset(stmt);
    return r < 0 ? r : 0;
}
