/* The nouns all stages share.
 *
 * Times are UTC: `_s` seconds and `_ms` milliseconds since 1970 in 64 bits. Civil days are day numbers (0 = 1970-01-01).
 * A missing number is NaN, a missing time is GNM_NEVER; neither is ever 0. Battery current and power are positive when charging.
 */
#ifndef GNOMON_TYPES_H
#define GNOMON_TYPES_H

#include <stddef.h>
#include <stdint.h>

#define GNM_NEVER INT64_MAX      /* a time that is not known, or will not come */
#define GNM_ALWAYS INT64_MIN     /* available since ever: known in advance */

enum { GNM_ID = 64 };            /* bytes of an identifier (series, feed, driver), NUL included */

/* ---- a charge controller's reading ---- */

enum gnm_field {
    GNM_BATTERY_V, GNM_BATTERY_A, GNM_CHARGE_A, GNM_SOC_PCT, GNM_BATTERY_C, GNM_CASE_C,
    GNM_PV_V, GNM_PV_A, GNM_PV_W, GNM_CHARGE_W, GNM_LOAD_V, GNM_LOAD_A, GNM_LOAD_W,
    GNM_STAGE, GNM_FAULTS, GNM_PV_TODAY_KWH, GNM_LOAD_TODAY_KWH, GNM_PV_TOTAL_KWH, GNM_LOAD_TOTAL_KWH,
    GNM_FIELDS
};

enum gnm_stage {
    GNM_STAGE_OFF, GNM_STAGE_BULK, GNM_STAGE_ABSORPTION, GNM_STAGE_FLOAT, GNM_STAGE_EQUALIZE, GNM_STAGE_LIMITED,
    GNM_STAGE_FAULT, GNM_STAGE_UNKNOWN
};

/* The names used in register maps, in state.db and in --json: "battery_v", ... and "off", "bulk", ... Defined in base/names.c. */
extern const char *const gnm_field_names[GNM_FIELDS];
extern const char *const gnm_stage_names[GNM_STAGE_UNKNOWN + 1];

struct gnm_reading {
    int64_t at_ms;                /* wall time of the sample */
    int64_t mono_ms;              /* the same moment on the monotonic clock */
    double value[GNM_FIELDS];     /* NaN where the device has no such value or it was refused */
    unsigned rejected;            /* fields refused as implausible in this sample */
};

/* ---- a fact from outside, with its four times ---- */

enum gnm_step { GNM_HOUR, GNM_DAY, GNM_WEEK, GNM_MONTH };
extern const char *const gnm_step_names[4];

enum gnm_quality { GNM_OK, GNM_PARTIAL, GNM_DEGRADED, GNM_FALLBACK };
extern const char *const gnm_quality_names[4];

struct gnm_signal {
    char feed[GNM_ID], series[GNM_ID], place[GNM_ID];
    enum gnm_step step;           /* what `valid` counts */
    int64_t valid;                /* GNM_HOUR: hours since 1970 UTC, interval start; else day number of the period's first day */
    int64_t issued_s, available_s, fetched_s;
    double value;                 /* NaN: the provider withdrew it */
    int rows;                     /* input rows that made this value */
    enum gnm_quality quality;     /* GNM_PARTIAL: period not complete; no model uses it */
};

/* ---- one company's activity ---- */

struct gnm_activity {
    char series[GNM_ID];
    int64_t day;                  /* day number as given: of a week its label day, of a month any day */
    double value;
    int64_t available_s, fetched_s;
};

/* ---- forecasts ---- */

enum { GNM_LEVELS = 7 };                             /* default quantile levels */
extern const double gnm_levels[GNM_LEVELS];          /* .025 .1 .25 .5 .75 .9 .975 */

struct gnm_forecast {
    char series[GNM_ID], model[GNM_ID];
    enum gnm_step step;
    int64_t origin;               /* label day of the last period that was observed or could have been */
    int64_t target;               /* label day of the period forecast */
    int horizon;                  /* periods ahead, 1.. */
    double mean, baseline, q[GNM_LEVELS];
    enum gnm_quality quality;
};

/* ---- energy ---- */

enum gnm_mode { GNM_NORMAL, GNM_SAVER1, GNM_SAVER2, GNM_HALT };
extern const char *const gnm_mode_names[4];

enum gnm_purpose { GNM_IDLE, GNM_POLL, GNM_FETCH, GNM_IMPORT, GNM_REFRESH, GNM_TRAIN, GNM_SEARCH, GNM_PREDICT, GNM_PUBLISH, GNM_PURPOSES };
extern const char *const gnm_purpose_names[GNM_PURPOSES];

enum gnm_method { GNM_DC, GNM_RAPL, GNM_CPU_DC, GNM_CPU_CONFIG };
extern const char *const gnm_method_names[4];

struct gnm_grant {
    int allowed;
    int64_t until_ms;             /* ask again at this monotonic time at the latest */
    char reason[160];             /* one sentence with the numbers that decided */
};

struct gnm_cost {                 /* what a piece of work cost */
    double cpu_s, joules;
    enum gnm_method method;
    double half_j;                /* half the width of the 95 % interval of `joules`; 0 unknown */
};

#endif
