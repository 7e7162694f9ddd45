/* How full the battery is, how sure that is, and whether work may start now. Pure.
 * First honest rule: stage float or absorption with PV above load, or state of charge (minus its uncertainty) above a level with hysteresis. */
#ifndef ENERGY_ENERGY_H
#define ENERGY_ENERGY_H

#include "gnomon/types.h"

enum energy_chemistry { ENERGY_LIFEPO4, ENERGY_AGM, ENERGY_GEL, ENERGY_FLOODED };
extern const char *const energy_chemistry_names[4];

struct energy_policy {
    enum energy_chemistry chemistry;
    double capacity_ah, nominal_v;        /* nominal_v 0: 12.8 LiFePO4, 12.0 lead */
    double reserve_ratio;                 /* below: nothing but polling */
    double train_soc_ratio, train_hysteresis_ratio;   /* start at or above; a running job goes on down to soc - hysteresis */
    double base_w;                        /* the box's own consumption where the controller cannot see it */
    double watts_per_core;                /* of a busy core, for method cpu_config */
    double stale_s, lost_s;               /* age of the last reading */
};
void energy_policy_default(struct energy_policy *ret);
double energy_reserve_default(enum energy_chemistry chemistry);

/* State of charge with uncertainty. Zero it, then energy_battery_start. */
struct energy_battery {
    double soc_ratio, uncertainty_ratio;  /* NaN before the first reading */
    char source[16];                      /* "none voltage controller counted full" */
    double full_since_s;                  /* monotonic seconds since when "full" holds, NaN otherwise */
    double rest_since_s;                  /* the same for "at rest": no sun on the panel and next to no current */
    struct gnm_reading last;
    int64_t last_mono_ms;                 /* 0 = no reading yet */
};
void energy_battery_start(struct energy_battery *battery);
/* What may be counted on: the state of charge minus its uncertainty, not below 0; NaN when unknown. */
double energy_battery_sure(const struct energy_battery *battery);
/* Takes a reading; `speed` is the clock's (calendar per monotonic). Steps <= 0 or longer than 5 minutes of calendar time are not integrated. */
void energy_battery_update(struct energy_battery *battery, const struct energy_policy *policy, const struct gnm_reading *reading, double speed);

/* Mode from the battery, with hysteresis against the previous one. */
enum gnm_mode energy_mode(const struct energy_policy *policy, const struct energy_battery *battery, enum gnm_mode previous);

struct energy_request { enum gnm_purpose purpose; int running; int64_t now_ms; double speed; int64_t next_sunrise_ms; };   /* monotonic */
void energy_decide(const struct energy_policy *policy, const struct energy_battery *battery, enum gnm_mode mode, const struct energy_request *request, struct gnm_grant *ret);

/* Joules of a job: RAPL difference when both samples have it, else CPU seconds x configured watts. */
void energy_cost(const struct energy_policy *policy, double cpu_s, double package_j, struct gnm_cost *ret);

#endif
