#include "store/db.h"

#include <errno.h>
#include <math.h>

static int put_cost(struct store *store, const struct store_cost *c, struct gnm_why *why)
{
    if ((int)c->purpose >= GNM_PURPOSES || c->cost.method > GNM_CPU_CONFIG)
        return gnm_fail(why, -EINVAL, "the cost of %s has no valid purpose or method", c->job);
    int64_t job = db_name(store, c->job, why);
    if (job < 0)
        return (int)job;
    return db_do(store, DB_COST_PUT, "INSERT INTO cost(at_s, purpose, job, method, cpu_s, joules, wall_s, soc_ratio, half_j) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", why,
                 "liliddddd", c->at_s, (int)c->purpose, job, (int)c->cost.method, c->cost.cpu_s, c->cost.joules, c->wall_s, c->soc_ratio, c->cost.half_j > 0 ? c->cost.half_j : NAN);
}

int store_cost(struct store *store, const struct store_cost *row, size_t n, struct gnm_why *why)
{
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    for (size_t i = 0; r == 0 && i < n; i++)
        r = put_cost(store, &row[i], why);
    return db_leave(store, r, why);
}

int store_each_cost(struct store *store, int64_t since_s, store_cost_fn *fn, void *ctx, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_COST_EACH,
                    "SELECT c.at_s, c.purpose, j.text, c.method, c.cpu_s, c.joules, c.wall_s, c.soc_ratio, c.half_j FROM cost c JOIN name j ON j.id = c.job"
                    " WHERE c.at_s >= ?1 ORDER BY c.id", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "l", since_s);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        struct store_cost row = { .at_s = sqlite3_column_int64(stmt, 0), .purpose = (enum gnm_purpose)sqlite3_column_int(stmt, 1) };
        db_text(stmt, 2, row.job, sizeof row.job);
        row.cost = (struct gnm_cost){ db_real(stmt, 4), db_real(stmt, 5), (enum gnm_method)sqlite3_column_int(stmt, 3), sqlite3_column_double(stmt, 8) };
        row.wall_s = db_real(stmt, 6);
        row.soc_ratio = db_real(stmt, 7);
        r = fn(ctx, &row);
    }
    if (r != 0)
        sqlite3_reset(stmt);
    return r < 0 ? r : 0;
}

int store_grant(struct store *store, int64_t at_s, enum gnm_purpose purpose, const struct gnm_grant *grant, struct gnm_why *why)
{
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    r = db_do(store, DB_GRANT_PUT, "INSERT INTO decision(at_s, purpose, allowed, reason) VALUES(?1, ?2, ?3, ?4)", why, "liis", at_s, (int)purpose,
              grant->allowed != 0, grant->reason);
    return db_leave(store, r, why);
}
