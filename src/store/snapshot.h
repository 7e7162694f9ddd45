/* forecast.db: the published file, built beside from state.db and renamed into place; never modified in place, readable by SQLite 3.22 and newer.
 *
 * What readers may rely on are the v1_* views and their columns (see schema in snapshot_schema.c); tables may change at any time. Times are stored as unix
 * seconds and ages are computed by the views when asked, so that the file of a dead daemon grows old visibly; v1_status.stale is 1 once the next publication
 * is overdue by a quarter of the interval (15 minutes at least). Texts of times are RFC 3339 UTC. Periods are half-open and local civil: a daily target
 * starts at the first moment of the local day, which may have 23 or 25 hours. A weekly label that is a Monday names the week that starts there, any other
 * the week that ends with it.
 *
 * Energy: one row of v1_energy per local day and purpose, the last 92 days. co2e_g = energy_wh * intensity / 1000; the `idle` row of each day in which the
 * box ran (a telemetry minute or a cost exists) carries besides the embodied share, embodied_g_per_day times the part of the day that has passed, even when
 * no energy was measured (energy_wh NULL). So no day of a running box shows 0 g. Where neither figure is known, co2e_g is NULL. `method` is the least exact
 * one among the day's measurements, uncertainty_pct their energy-weighted mean (half of the 95 % interval). */
#ifndef STORE_SNAPSHOT_H
#define STORE_SNAPSHOT_H

#include "almanac/zone.h"
#include "store/store.h"

struct snapshot_status {
    char software_version[32], site[GNM_ID], time_zone[64], message[200];
    int64_t published_s, next_publish_s, last_train_s;   /* last_train_s 0 = never */
    const struct zone *zone;                             /* of the site; NULL = UTC */
    enum gnm_mode mode;
    double soc_ratio, soc_uncertainty_ratio, battery_v, pv_w, load_w;    /* NaN unknown */
    int64_t battery_at_s;                                 /* 0 = never read */
    double intensity_g_per_kwh, embodied_g_per_day;       /* for v1_energy: never 0 */
    const char *const *hidden;                            /* feeds of other companies: neither their events nor they themselves are told of */
    size_t n_hidden;
};

enum { SNAPSHOT_APPLICATION = 1735290733, SNAPSHOT_CONTRACT = 10300 };   /* "gnom"; contract 1.3.0 */

/* `company` NULL: every series. Writes `dir`/forecast.db with mode 0644 and leaves the old file whole on any failure. Not between store_begin and
 * store_commit: what is not committed is not published. */
int snapshot_publish(struct store *store, const char *dir, const char *company, const struct snapshot_status *status, struct gnm_why *why);

#endif
