/* Energy by local day and purpose, the last 92 days: what v1_energy shows. Private to this folder.
 *
 * Summed once from the ledger, then kept in step by the rows that came since. A transaction that is undone, retention that removes rows of the ledger, a
 * connection that closes and another time zone forget everything; the store's generation then changes. */
#ifndef STORE_ENERGY_DAYS_H
#define STORE_ENERGY_DAYS_H

#include "almanac/zone.h"
#include "store/db.h"

enum { ENERGY_DAYS = 92 };

struct energy_spent { double joules, weighted_pct; int method; };   /* method -1: nothing measured */
struct energy_day {
    struct energy_spent purpose[GNM_PURPOSES];
    int ran;                       /* a cost or a telemetry minute exists */
    int64_t last_cost;             /* the newest row of the ledger in it */
};
struct energy_days {
    int64_t first, last_cost;      /* day number; id of the newest row of the ledger that is in */
    int64_t start_s[ENERGY_DAYS + 1];
    struct energy_day day[ENERGY_DAYS];   /* the last one is the day of `now_s` */
};

/* `*ret` is the store's own. */
int energy_days(struct store *store, const struct zone *zone, int64_t now_s, const struct energy_days **ret, struct gnm_why *why);
void energy_days_forget(struct store *store);

#endif
