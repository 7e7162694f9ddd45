#include "store/changes.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

char *effects_text(const double *effect, int n)
{
    char *ret = malloc((size_t)n * EFFECT_WIDTH + 1), *at = ret;
    for (int i = 0; ret != NULL && i < n; i++, at += EFFECT_WIDTH) {
        char number[64] = "";
        if (isfinite(effect[i]) && fabs(effect[i]) < 1e100)
            (void)text_number(number, sizeof number, fabs(effect[i]) < 1e-99 ? 0 : effect[i], 4);
        snprintf(at, EFFECT_WIDTH + 1, "%*s", EFFECT_WIDTH, number);
    }
    if (ret != NULL)
        *at = '\0';
    return ret;
}

static double effect_at(const char *text, int i)
{
    char number[EFFECT_WIDTH + 1];
    double x;
    memcpy(number, text + i * EFFECT_WIDTH, EFFECT_WIDTH);
    number[EFFECT_WIDTH] = '\0';
    return text_double(text_trim(number), &x) == 0 ? x : NAN;
}

static int give_effects(sqlite3_stmt *stmt, store_effects_fn *fn, void *ctx, struct gnm_why *why)
{
    char driver[GNM_ID];
    const char *text = (const char *)sqlite3_column_text(stmt, 1);
    int n = sqlite3_column_bytes(stmt, 1) / EFFECT_WIDTH;
    double *effect = malloc(((size_t)n + 1) * sizeof *effect);
    if (effect == NULL || text == NULL) {
        free(effect);
        return gnm_fail(why, -ENOMEM, "no memory for the effects of drivers");
    }
    for (int i = 0; i < n; i++)
        effect[i] = effect_at(text, i);
    db_text(stmt, 0, driver, sizeof driver);
    int r = fn(ctx, driver, effect, n);
    free(effect);
    return r;
}

int store_each_effects(struct store *store, enum gnm_step step, const char *series, store_effects_fn *fn, void *ctx, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_EFFECTS,
                    "SELECT d.text, x.effects FROM forecast_reads x JOIN name d ON d.id = x.driver WHERE x.step = ?1 AND x.series = (SELECT id FROM name WHERE text = ?2)"
                    " AND x.effects IS NOT NULL ORDER BY 1", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "is", (int)step, series);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0)
        r = give_effects(stmt, fn, ctx, why);
    if (r != 0)
        sqlite3_reset(stmt);
    return r < 0 ? r : 0;
}

int store_each_told(struct store *store, const char *series, store_told_fn *fn, void *ctx, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_TOLD,
                    "SELECT f.target, ifnull(c.issued, f.issued), f.origin, f.horizon, ifnull(c.now, f.q50) FROM forecast_top t CROSS JOIN forecast f ON f.issued = t.issued"
                    " AND f.series = t.series LEFT JOIN forecast_change c ON c.series = f.series AND c.target = f.target"
                    " WHERE t.series = (SELECT id FROM name WHERE text = ?1) ORDER BY 1", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "s", series);
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        struct store_told row = { sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 2), sqlite3_column_int(stmt, 3), db_real(stmt, 4) };
        r = fn(ctx, &row);
    }
    if (r != 0)
        sqlite3_reset(stmt);
    return r < 0 ? r : 0;
}

static int put_change(struct store *store, int64_t series, int64_t issued_s, const struct store_change *c, struct gnm_why *why)
{
    int64_t reason = db_name(store, c->reason, why);
    return reason < 0 ? (int)reason
                      : db_do(store, DB_CHANGE_PUT, "INSERT OR REPLACE INTO forecast_change VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", why, "llddlll", series, c->target, c->previous,
                              c->now, c->previous_issued_s, issued_s, reason);
}

int store_changes(struct store *store, const char *name, int64_t issued_s, int64_t first_target, const struct store_change *row, size_t n, struct gnm_why *why)
{
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    int64_t series = db_name(store, name, why);
    r = series < 0 ? (int)series : db_do(store, DB_CHANGE_DROP, "DELETE FROM forecast_change WHERE series = ?1 AND target < ?2", why, "ll", series, first_target);
    for (size_t i = 0; i < n && r == 0; i++)
        r = put_change(store, series, issued_s, &row[i], why);
    store->generation++;
    return db_leave(store, r, why);
}
