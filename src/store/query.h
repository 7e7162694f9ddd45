/* Reading forecast.db: what `gnomon status`, `forecast`, `accuracy` and `energy` show, and what any reader of the published file could ask.
 *
 * Only the v1_* views are used, so a file of another gnomon version with the same contract reads as well. The file is opened with
 * mode=ro&immutable=1: it is replaced as a whole and never modified in place, so open, ask and close; a reader that wants news opens again.
 * In the rows a missing number is NaN, a missing text is "" and a time that never was is 0. Lists are one malloc()ed array, free() it; they are
 * NULL with *n = 0 when the view has no row. `now` in ages is the time of the question. */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "gnomon/types.h"
#include "gnomon/why.h"

struct query;

/* -ENOENT when there is no such file, -EUCLEAN when it is not a database, -EINVAL when it is not a forecast.db, -ENOTSUP for a contract of another major version. */
int query_open(const char *path, struct query **ret, struct gnm_why *why);
void query_close(struct query *query);

struct query_status {
    char contract[16], software_version[32], site[GNM_ID], time_zone[64], mode[16], message[200];
    int64_t published_s, next_publish_s, last_train_s, battery_at_s;
    int64_t age_s, battery_age_s, oldest_feed_age_s;     /* -1 when there is nothing to be old */
    int stale;                                           /* the next publication is overdue: the daemon is probably down */
    double battery_v, soc_ratio, soc_uncertainty_ratio, pv_w, load_w;
};
int query_status(struct query *query, struct query_status *ret, struct gnm_why *why);

struct query_series {
    char series[GNM_ID], title[128], unit[32], currency[8], parent[GNM_ID], step[8];
    char first_date[11], last_date[11];                  /* label days of the first and last observation, "" when there is none */
    int non_negative, is_integer;
    int64_t n_obs, n_missing;
};
int query_series(struct query *query, struct query_series **ret, size_t *n, struct gnm_why *why);                        /* by series */

struct query_forecast {
    char series[GNM_ID], unit[32], model[GNM_ID], quality[16];
    char target_date[11];                                /* label day, local civil date */
    int64_t issued_s, target_start_s, target_end_s, data_age_s;   /* data_age_s -1: no data */
    int horizon;
    double mean, p10, p50, p90, baseline;
};
/* `series` NULL: all. By series and target. */
int query_forecasts(struct query *query, const char *series, struct query_forecast **ret, size_t *n, struct gnm_why *why);

struct query_quantile { char series[GNM_ID]; int64_t target_start_s; double q, value; };
int query_quantiles(struct query *query, const char *series, struct query_quantile **ret, size_t *n, struct gnm_why *why);   /* by series, target, q */

struct query_accuracy {
    char series[GNM_ID], model[GNM_ID], baseline[GNM_ID];
    int64_t n;
    double mae, wape, bias, mase, pinball, coverage_80, width_80, baseline_mae, skill;
    char window_start[11], window_end[11];
};
int query_accuracies(struct query *query, const char *series, struct query_accuracy **ret, size_t *n, struct gnm_why *why);  /* by series, mae */

struct query_model { char model[GNM_ID], family[GNM_ID], trained[24], choice[280]; };
int query_models(struct query *query, struct query_model **ret, size_t *n, struct gnm_why *why);  /* those that serve, by family */

struct query_feed {
    char feed[GNM_ID], place[GNM_ID], error[200], licence[200], quality[16];   /* place "": the site */
    int64_t last_ok_s, age_s, bytes_30d;                 /* age_s -1: never answered */
};
int query_feeds(struct query *query, struct query_feed **ret, size_t *n, struct gnm_why *why);                           /* by feed, place */

struct query_event {
    char id[192], category[32], title[128], place[96], source[GNM_ID], licence[200], first_date[11], last_date[11];
    int64_t start_s, end_s, fetched_s;
    int all_day, rank;
    double attendance;           /* NaN: not told */
};
int query_events(struct query *query, struct query_event **ret, size_t *n, struct gnm_why *why);                         /* by start */

struct query_energy {
    char purpose[16], method[16];                        /* method "" when no energy was measured */
    int64_t start_s, end_s;
    double energy_wh, uncertainty_pct, co2e_g, intensity_g_per_kwh;
};
int query_energy(struct query *query, int64_t since_s, struct query_energy **ret, size_t *n, struct gnm_why *why);       /* periods that end after since_s; by start, purpose */

#endif
