/* What a busy core draws at the battery, learned; and what a long job drew, measured. Pure.
 *
 * Once a minute the mean DC power of the box meets the mean number of busy cores. Both pass the same filters that take out what changes within
 * minutes (the two are not measured in the very same seconds) and over half an hour (other loads come and go), and the slope between them is the
 * watts per busy core: least squares that forget within two months, with an interval that allows for errors that follow each other. A job of ten
 * minutes or more is also measured directly: its minutes less the quiet ones before it. Where the processor counts
 * its own energy, the same slope is learned for the watts it counts, and this counter is then the key by which the battery's energy is split: it knows which
 * second was expensive. */
#ifndef ENERGY_WATTS_H
#define ENERGY_WATTS_H

#include <stddef.h>

#include "energy/energy.h"

struct energy_watts {
    double fast_busy, fast_w;  /* smoothed over minutes, as readings and CPU time are not of the very same seconds */
    double mean_busy, mean_w;  /* the slow part; NaN before the first minute and after a gap */
    double sxx, sxy, syy, n;   /* of what lies between */
    double quiet_w, quiet_var; /* of minutes without work; NaN before the first */
    int64_t calibrated_s;      /* wall time of the last calibration, 0 = never */
};

struct energy_direct {
    double sum_ws, s, before_w, before_var;
}; /* of a job under way: zero it */

void energy_watts_start(struct energy_watts *watts);
/* DC power of the box in W as the plant's reading shows it: the load output where it carries the box, else charge less battery; NaN where neither is
 * measured. */
double energy_dc_w(const struct gnm_reading *reading);
/* One minute (or what `span_s` it took until there was a reading): busy cores and DC power, both means; a NaN breaks the series. `job` (may be NULL)
 * is the job that worked in it. */
void energy_watts_minute(struct energy_watts *watts, double busy_cores, double dc_w, double span_s, struct energy_direct *job);
/* The same for the processor's own counter (RAPL), in a struct of its own: how many watts at the battery each watt of the package brings about. `quiet`: the
 * box does next to nothing; what the package draws then is nobody's. */
void energy_watts_package(struct energy_watts *package, double package_w, int quiet, double dc_w);
/* 1 when that is known: `ret` then gets the joules at the battery of a stretch of `span_s` in which the package counted `package_j`, split by the work's share of
 * busy time; else `ret` stays as energy_cost made it. */
int energy_cost_split(const struct energy_watts *package, double package_j, double span_s, double share_ratio, struct gnm_cost *ret);
/* Watts per busy core and half the width of its 95 % interval; 0 while it is not known well enough (interval above 30 %). */
int energy_watts_core(const struct energy_watts *watts, double *ret_w, double *ret_half_w);
/* 1 when the direct measurement of a job stands (ten minutes or more): joules and half of their 95 % interval. */
int energy_direct_j(const struct energy_direct *job, double *ret_j, double *ret_half_j);

/* Joules of `cpu_s` CPU seconds. Best first: the direct measurement of the job, CPU seconds x learned watts, the processor's counter split by the
 * job's share of busy time, CPU seconds x configured watts. `watts`, `direct` may be NULL; `package_j` and `share_ratio` may be NaN. */
void energy_cost(const struct energy_policy *policy, const struct energy_watts *watts, const struct energy_direct *direct, double cpu_s,
                 double package_j, double share_ratio, struct gnm_cost *ret);

/* As a short text for a database; restore ignores what it does not understand. */
void energy_watts_row(const struct energy_watts *watts, char *ret, size_t size);
void energy_watts_restore(struct energy_watts *watts, const char *text);

#endif
