/* What has been observed of each series, kept in step with the rows that are added, so that a publication does not read all activity again. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/observed.h"

enum { KEPT_MAX = 4096 };           /* more series than this are counted anew each time: 256 KiB are enough to remember */

struct observed_entry {
    int64_t series, newest;         /* newest: of any row, also of one that took a value back */
    struct observed observed;
};

/* ---- counting ---- */

/* One day's newest vintage counts when it is a number. */
static void observe(struct observed *o, int64_t day, double value)
{
    if (isnan(value))
        return;
    if (o->n++ == 0)
        o->first = day;
    o->last = day;
    o->is_integer = (o->n == 1 || o->is_integer) && value == nearbyint(value);
}

static void take(struct observed_entry *ret, int64_t day, double *last, double value)
{
    if (day != ret->newest)
        observe(&ret->observed, ret->newest, *last);
    ret->newest = day;
    *last = value;
}

/* 1 when the rows are in memory anyway. */
static int count_kept(const struct store *store, int64_t series, struct observed_entry *ret)
{
    const struct mirror_group *group = mirror_find(&store->activity, series);
    if (group == NULL)
        return 0;
    double value = NAN;
    uint32_t chunk = group->first;
    for (uint32_t k = 0; k < group->n; k++) {
        const struct mirror_row *row = mirror_step(&store->activity, k, &chunk);
        take(ret, row->day, &value, row->value);
    }
    observe(&ret->observed, ret->newest, value);
    return 1;
}

static int count(struct store *store, int64_t series, struct observed_entry *ret, struct gnm_why *why)
{
    *ret = (struct observed_entry){ .series = series, .newest = INT64_MIN };
    if (count_kept(store, series, ret))
        return 0;
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_PUB_OBSERVED, "SELECT day, value FROM activity WHERE series = ?1 ORDER BY day, available, fetched", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "l", series);
    double value = NAN;
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        take(ret, sqlite3_column_int64(stmt, 0), &value, db_real(stmt, 1));
        r = 0;
    }
    observe(&ret->observed, ret->newest, value);
    return r;
}

/* ---- remembering ---- */

/* Asked for in the same order each time, so the one after the last is the likely one. */
static struct observed_entry *find(struct store *store, int64_t series)
{
    for (size_t i = 0; i < store->n_observed; i++) {
        size_t k = (store->at_observed + i) % store->n_observed;
        if (store->observed[k].series != series)
            continue;
        store->at_observed = k + 1;
        return &store->observed[k];
    }
    return NULL;
}

static void keep(struct store *store, const struct observed_entry *entry)
{
    if (store->n_observed == KEPT_MAX)
        return;
    if ((store->n_observed & (store->n_observed - 1)) == 0) {      /* full at each power of two */
        size_t cap = store->n_observed == 0 ? 1 : store->n_observed * 2;
        struct observed_entry *grown = reallocarray(store->observed, cap, sizeof *grown);
        if (grown == NULL)
            return;
        store->observed = grown;
    }
    store->observed[store->n_observed++] = *entry;
}

int observed_of(struct store *store, int64_t series, struct observed *ret, struct gnm_why *why)
{
    const struct observed_entry *known = find(store, series);
    struct observed_entry fresh;
    int r = known != NULL ? 0 : count(store, series, &fresh, why);
    if (r < 0)
        return r;
    *ret = known != NULL ? known->observed : fresh.observed;
    if (known == NULL)
        keep(store, &fresh);
    return 0;
}

void observed_add(struct store *store, int64_t series, int64_t day, double value)
{
    struct observed_entry *known = find(store, series);
    if (known == NULL)
        return;
    if (day > known->newest) {
        known->newest = day;
        observe(&known->observed, day, value);
    } else {
        *known = store->observed[--store->n_observed];     /* a correction: counted anew when somebody asks */
        store->at_observed = 0;
    }
}

void observed_forget(struct store *store)
{
    free(store->observed);
    store->observed = NULL;
    store->n_observed = store->at_observed = 0;
}
