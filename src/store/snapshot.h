/* forecast.db: the published file, built beside from state.db and renamed into place; never modified in place, readable by SQLite 3.22 and newer. */
#ifndef STORE_SNAPSHOT_H
#define STORE_SNAPSHOT_H

#include "store/store.h"

struct snapshot_status {
    char software_version[32], site[GNM_ID], time_zone[64], message[200];
    int64_t published_s, next_publish_s, last_train_s;   /* last_train_s 0 = never */
    enum gnm_mode mode;
    double soc_ratio, soc_uncertainty_ratio, battery_v, pv_w, load_w;    /* NaN unknown */
    int64_t battery_at_s;                                 /* 0 = never read */
    double intensity_g_per_kwh, embodied_g_per_day;       /* for v1_energy: never 0 */
};

/* `company` NULL: every series. Writes `dir`/forecast.db with mode 0644. */
int snapshot_publish(struct store *store, const char *dir, const char *company, const struct snapshot_status *status, struct gnm_why *why);

#endif
