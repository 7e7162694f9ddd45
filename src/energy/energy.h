/* How full the battery is, how sure that is, what the sun will give, and whether work may start now. Pure.
 *
 * The rule ("refill"): work may start when, on a dull forecast and with the state of charge less its uncertainty, the sun will throw away at least the
 * energy of the job before the battery comes near its reserve. Everything else here serves that question or the saver modes. */
#ifndef ENERGY_ENERGY_H
#define ENERGY_ENERGY_H

#include "gnomon/types.h"

enum energy_chemistry { ENERGY_LIFEPO4, ENERGY_AGM, ENERGY_GEL, ENERGY_FLOODED };
extern const char *const energy_chemistry_names[4];

/* When heavy work (train, search) may run. All but the first are for comparison: they ignore the saver modes and what tomorrow brings. */
enum energy_rule { ENERGY_REFILL, ENERGY_SOC, ENERGY_NOON, ENERGY_THROTTLED, ENERGY_NONE };

struct energy_policy {
    enum energy_chemistry chemistry;
    double capacity_ah, nominal_v;        /* nominal_v 0: 12.8 LiFePO4, 12.0 lead */
    double reserve_ratio;                 /* planning never goes below */
    double early_h;                       /* before there is sun to spare, longer work begins at most so long; NaN: the chemistry's */
    double guard_v;                       /* the last warning under load; this and the next two NaN: the chemistry's */
    double cut_ratio, reconnect_ratio;    /* charge at which controllers cut the load, and give it back */
    double base_w;                        /* the box's own consumption where the controller cannot see it */
    double watts_per_core;                /* of a busy core, for method cpu_config */
    double stale_s, lost_s;               /* age of the last reading */

    enum energy_rule rule;
    double soc_start_ratio, soc_stop_ratio;   /* of rule soc */
    double lookahead_h, quantile;         /* quantile of the sun used for decisions */
    double margin, search_margin;         /* sun thrown away / energy of the job */
    double lead_margin;                   /* times that on a battery that takes less the fuller it is */
    double small_job_ratio;               /* of the capacity: work up to this waits for no sun */
    double start_margin_ratio, stop_margin_ratio;   /* above the reserve, to start and to go on */
    double eager_s, overdue_s, overdue_ratio;   /* a model this old is trained on the median forecast; this old also at this charge */
    double saver1_ratio, saver1_ahead_h, saver1_refill_h, step_ratio, mode_min_s;
    double saver1_poll_s, saver2_poll_s, saver1_fetch_s, saver2_work_s;     /* in the saver modes, at most as often as this */
    double search_from_h, search_to_h;    /* local solar time */
    double undersized_ratio, drop_ratio, never_full_s;      /* of the warnings of energy/health.h */
    double halt_margin_v, cut_margin_ratio;   /* above the voltage of the last cut: halt; above its usual charge: state is written out */
    double halt_after_s, halt_leave_v, guard_leave_v;   /* halt: below for so long; left so far above the known cut and above guard_v (of a 12 V battery), or in the sun */
    double decide_s, watch_s;             /* how often a waiting and a running job are judged */
    double profile_d;                     /* memory of the panel's profile */
    double fresh_s, forecast_max_s;       /* age of the weather forecast: as new, and no longer used */
    double battery_max_c, cpu_max_c;
};
void energy_policy_default(struct energy_policy *ret);
double energy_reserve_default(enum energy_chemistry chemistry);
/* Sets what is NaN (reserve, guard, cut and reconnection) to the chemistry's. */
void energy_policy_fill(struct energy_policy *policy);
/* 0 when the load would be given back no higher than where it is cut. */
int energy_cuts_are_possible(const struct energy_policy *policy);
/* "refill", "soc:START,STOP" (percent, or ratios up to 1), "noon", "throttled", "none". -EINVAL leaves `policy` as it was. */
int energy_rule_parse(const char *text, struct energy_policy *policy);

/* What went in and came out since the battery was full last; known 0: something went unmeasured. */
struct energy_cycle { int known; double in_ah, out_ah, in_wh, out_wh; };

/* State of charge with uncertainty. Zero it, then energy_battery_start. */
struct energy_battery {
    double soc_ratio, uncertainty_ratio;  /* NaN before the first reading */
    char source[16];                      /* "none voltage controller resumed counted full" */
    double full_since_s;                  /* monotonic seconds since when "full" holds, NaN otherwise */
    double rest_since_s;                  /* the same for "at rest": no sun on the panel and next to no current */
    double falling_v;                     /* of the newest reading while the battery gives; NaN while it takes */
    double cut_v;                         /* where this controller cuts the load: learned from cuts, NaN before the first */
    double low_s;                         /* calendar seconds for which the power may go at any moment; 0 = not now */
    struct energy_cycle cycle;
    double ah_ratio, wh_ratio;            /* out / in from full to full, learned; NaN before the first such span */
    double own_w;                         /* set by the caller: what our own work draws above base_w, where the controller cannot see it */
    struct gnm_reading last;
    int64_t last_mono_ms;                 /* 0 = no reading yet */
};
void energy_battery_start(struct energy_battery *battery);
/* What may be counted on: the state of charge minus its uncertainty, not below 0; NaN when unknown. */
double energy_battery_sure(const struct energy_battery *battery);
/* What a database remembers: a short text of the estimate at `at_s`. */
void energy_battery_row(const struct energy_battery *battery, int64_t at_s, char *ret, size_t size);
/* Goes on from such a text at `now_s`: doubt grew meanwhile. A low battery whose box vanished in the middle of its work (`unclean`) and is back after hours
 * was cut off at the voltage it was seen at last, which is learned (then it answers 1), and charged to where controllers reconnect. A text that is not understood
 * is ignored. */
int energy_battery_resume(struct energy_battery *battery, const struct energy_policy *policy, const char *text, int64_t now_s, int unclean);
/* 1 when the estimate has come near the charge at which controllers cut the load. */
int energy_near_cut(const struct energy_policy *policy, const struct energy_battery *battery);
/* Takes a reading; `speed` is the clock's (calendar per monotonic). Steps <= 0 or longer than 11 minutes of calendar time are not integrated. */
void energy_battery_update(struct energy_battery *battery, const struct energy_policy *policy, const struct gnm_reading *reading, double speed);

/* Several controllers on one battery as one reading: currents and powers are added, the stage is the least advanced; of what cannot be added, as the
 * battery's voltage, the first that has it counts. The battery's current is that of the first of the parts that measures it whole (bit in `whole`), and its
 * voltage and charge come from there too; else the sum of what each moved, of a part without a net current charge less load. With fewer than `n_all` parts
 * that sum is not known: NaN. Times are the caller's to set. */
void energy_sum_plant(const struct gnm_reading *part, size_t n, size_t n_all, unsigned whole, struct gnm_reading *ret);

/* Whether the load output carries the box: less than a watt does not. */
int energy_load_is_seen(const struct gnm_reading *reading);
int energy_is_float(const struct gnm_reading *reading);

/* The coming hours as energy/outlook.h foresees them. */
enum { ENERGY_HOURS = 96 };
enum energy_source { ENERGY_UNKNOWN, ENERGY_FORECAST, ENERGY_OLD_FORECAST, ENERGY_CLIMATE };
struct energy_outlook {
    enum energy_source source;            /* ENERGY_UNKNOWN: nothing below is set */
    int judged;                           /* on at least one day it was seen how far it holds; before that it is a guess */
    int64_t from_hour;                    /* UTC hours since 1970 */
    float dull_w[ENERGY_HOURS], median_w[ENERGY_HOURS], load_w[ENERGY_HOURS];
};

/* A job of `job_s` at `job_w`, laid into the hours from `now_s` on: the answer of the refill rule. */
struct energy_job { double job_w, job_s, margin; int running, eager; };
struct energy_refill {
    int allowed;
    enum { ENERGY_REFILLED, ENERGY_TOO_LOW, ENERGY_NEAR_RESERVE, ENERGY_NO_REFILL } end;
    double hours, lowest_ratio, spare_wh, job_wh;   /* when it was decided; up to then: lowest charge, sun thrown away */
    double spare_h;                                 /* when the first sun is thrown away; NaN not up to then */
};
void energy_refill(const struct energy_policy *policy, const struct energy_battery *battery, const struct energy_outlook *outlook, int64_t now_s,
                   const struct energy_job *job, struct energy_refill *ret);
/* Where the battery goes on a dull forecast if no work is done: what the saver modes act on. Costs as much as a decision. */
struct energy_ahead {
    double lowest_ratio;                  /* of the charge in policy->saver1_ahead_h, up to when it is full again; as it is now where nothing reliable is foreseen, NaN unknown */
    double full_h;                        /* until it is full with something left over; INFINITY: not in that time */
};
void energy_look_ahead(const struct energy_policy *policy, const struct energy_battery *battery, const struct energy_outlook *outlook, int64_t now_s,
                       struct energy_ahead *ret);

/* Mode from the battery, with hysteresis against the previous one, which holds for `held_s`. */
enum gnm_mode energy_mode(const struct energy_policy *policy, const struct energy_battery *battery, const struct energy_ahead *ahead, enum gnm_mode previous, double held_s);

struct energy_request {
    enum gnm_purpose purpose;
    int running;
    int64_t now_ms;                       /* monotonic */
    double speed;
    int64_t now_s;                        /* wall time */
    double solar_hour;                    /* local solar time 0..24, NaN unknown */
    double job_s;                         /* CPU seconds the job still needs */
    double since_s;                       /* since this was done last; INFINITY: never */
    double core_w;                        /* of a busy core; 0: as configured */
    int never_full;                       /* a lead battery that was not full for two weeks: no searches */
    double cpu_c;                         /* processor temperature, NaN unknown */
    const struct energy_outlook *outlook; /* NULL: none */
};
void energy_decide(const struct energy_policy *policy, const struct energy_battery *battery, enum gnm_mode mode, const struct energy_request *request,
                   struct gnm_grant *ret);

#endif
