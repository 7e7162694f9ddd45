#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/energy_days.h"

/* What each method is worth, in a ledger of before intervals were stored. */
static const double uncertainty_pct[4] = { [GNM_DC] = 10, [GNM_RAPL] = 25, [GNM_CPU_DC] = 40, [GNM_CPU_CONFIG] = 60 };

static void empty(struct energy_day *day)
{
    memset(day, 0, sizeof *day);
    for (int p = 0; p < GNM_PURPOSES; p++)
        day->purpose[p].method = -1;
}

static void start_anew(struct energy_days *days, int64_t first, const struct zone *zone)
{
    days->first = first;
    days->last_cost = 0;
    for (int i = 0; i < ENERGY_DAYS; i++)
        empty(&days->day[i]);
    for (int i = 0; i <= ENERGY_DAYS; i++)
        days->start_s[i] = zone_day_start_s(zone, first + i);
}

/* Moves the window to `first`; 0 when what it knows is of no use there, or of another zone. */
static int move(struct energy_days *days, int64_t first, const struct zone *zone)
{
    int64_t shift = first - days->first;
    if (shift < 0 || shift >= ENERGY_DAYS)
        return 0;
    size_t kept = (size_t)(ENERGY_DAYS - shift);
    memmove(days->day, days->day + shift, kept * sizeof *days->day);
    memmove(days->start_s, days->start_s + shift, (kept + 1) * sizeof *days->start_s);
    for (size_t i = 0; i <= ENERGY_DAYS; i++) {
        int64_t start_s = zone_day_start_s(zone, first + (int64_t)i);
        if (i <= kept && days->start_s[i] != start_s)
            return 0;
        days->start_s[i] = start_s;
        if (i >= kept && i < ENERGY_DAYS)
            empty(&days->day[i]);
    }
    days->first = first;
    return 1;
}

static void spend(struct energy_days *days, int64_t id, int64_t at_s, int purpose, int method, double joules, double half_j)
{
    int i = ENERGY_DAYS - 1;       /* new rows are about the last day or two */
    while (i > 0 && at_s < days->start_s[i])
        i--;
    struct energy_day *day = &days->day[i];
    day->ran = 1;
    day->last_cost = id;
    if (!(joules > 0))
        return;
    struct energy_spent *spent = &day->purpose[purpose];
    spent->joules += joules;
    spent->weighted_pct += half_j > 0 ? 100 * half_j : joules * uncertainty_pct[method];
    spent->method = method > spent->method ? method : spent->method;
}

/* Rows since the last time; a ledger is only appended to, what retention takes away is forgotten by energy_days_forget. */
static int read_costs(struct store *store, struct energy_days *days, struct gnm_why *why)
{
    sqlite3_stmt *in;
    int r = db_stmt(store, DB_PUB_COST, "SELECT id, at_s, purpose, method, joules, half_j FROM cost WHERE id > ?1 AND at_s >= ?2 AND at_s < ?3 ORDER BY id", &in, why);
    if (r == 0)
        r = db_bind(store, in, why, "lll", days->last_cost, days->start_s[0], days->start_s[ENERGY_DAYS]);
    while (r == 0 && (r = db_step(store, in, why)) > 0) {
        int purpose = sqlite3_column_int(in, 2);
        days->last_cost = sqlite3_column_int64(in, 0);
        if (purpose >= 0 && purpose < GNM_PURPOSES)
            spend(days, days->last_cost, sqlite3_column_int64(in, 1), purpose, sqlite3_column_int(in, 3) & 3, db_real(in, 4), db_real(in, 5));
        r = 0;
    }
    return r;
}

/* A day with a telemetry minute is a day in which the box ran. */
static int look_for_minutes(struct store *store, struct energy_days *days, struct gnm_why *why)
{
    int r = 0;
    for (int i = 0; r == 0 && i < ENERGY_DAYS; i++) {
        sqlite3_stmt *in;
        if (days->day[i].ran)
            continue;
        r = db_stmt(store, DB_PUB_RAN, "SELECT EXISTS(SELECT 1 FROM minute WHERE key >= (?1 / 60) << 4 AND key < (?2 / 60) << 4)", &in, why);
        if (r == 0)
            r = db_bind(store, in, why, "ll", days->start_s[i], days->start_s[i + 1]);
        if (r == 0)
            r = db_step(store, in, why);
        if (r > 0) {
            days->day[i].ran = sqlite3_column_int(in, 0);
            sqlite3_reset(in);
            r = 0;
        }
    }
    return r;
}

int energy_days(struct store *store, const struct zone *zone, int64_t now_s, const struct energy_days **ret, struct gnm_why *why)
{
    int64_t first = zone_day(zone, now_s) - (ENERGY_DAYS - 1);
    if (store->energy == NULL && (store->energy = calloc(1, sizeof *store->energy)) == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    if (store->energy->last_cost == 0 || !move(store->energy, first, zone)) {
        start_anew(store->energy, first, zone);
        store->epoch++;
    }
    int r = read_costs(store, store->energy, why);
    if (r == 0)
        r = look_for_minutes(store, store->energy, why);
    if (r < 0) {
        energy_days_forget(store);
        return r;
    }
    *ret = store->energy;
    return 0;
}

void energy_days_forget(struct store *store)
{
    free(store->energy);
    store->energy = NULL;
}
