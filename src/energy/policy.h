/* Private to energy: what the chemistry decides. Voltages are of a 12 V battery at rest near 25 degrees. */
#ifndef ENERGY_POLICY_H
#define ENERGY_POLICY_H

#include "energy/energy.h"

struct chemistry {
    double nominal_v;
    double reserve_ratio;         /* where planning stops */
    double early_h;               /* lead wears with every cycle */
    double cut_ratio;             /* where controllers usually cut the load */
    double reconnect_ratio;       /* and where they give it back */
    double rest_doubt;            /* of a charge told by the voltage at rest, above a quarter */
    double guard_v;               /* under load: the last warning before that */
    double charge_ah_ratio;       /* of the ampere-hours pushed in, what comes back */
    double charge_wh_ratio, discharge_wh_ratio;
    double absorption_v;
    double accept_ratio, accept_soc, accept_fall;   /* of the capacity per hour it takes, up to this charge; beyond: e-folding, 0 = straight to nothing at full */
    double spare_soc;             /* sun turned away below this charge is not spare: less of what is taken out now comes back than would */
    double cold_per_k;            /* capacity lost per degree below 20 */
    double rest_v[11];            /* at 0, 10 .. 100 % */
};

const struct chemistry *energy_chemistry(const struct energy_policy *policy);
/* Of the bank as configured: nominal voltage, capacity in Wh, and the factor that turns its voltage into that of a 12 V battery. */
double energy_nominal_v(const struct energy_policy *policy);
double energy_capacity_wh(const struct energy_policy *policy);
double energy_to_12v(const struct energy_policy *policy);
/* As configured, else the chemistry's; the voltage as that of a 12 V battery. */
double energy_guard_v(const struct energy_policy *policy);
double energy_cut_ratio(const struct energy_policy *policy);
double energy_early_h(const struct energy_policy *policy);
double energy_reconnect_ratio(const struct energy_policy *policy);
/* What leaves the battery side in W besides charging: the load output, and the box where that output does not carry it. */
double energy_load_w(const struct energy_policy *policy, const struct gnm_reading *reading);
/* Of the watt-hours pushed in, what is stored, and of those, what comes out: learned from full to full, else by chemistry. */
void energy_efficiency(const struct energy_policy *policy, const struct energy_battery *battery, double *charge, double *discharge);
/* W into the battery: measured (`*is_true` 1) or what the panel gives less the load (0); NaN when neither is known. */
double energy_net_w(const struct energy_policy *policy, const struct gnm_reading *reading, int *is_true);
/* The charge the cold locks away, as a ratio of the capacity; 0 where the temperature is not known. */
double energy_locked_ratio(const struct energy_policy *policy, const struct energy_battery *battery);
/* What the battery can still give at its temperature, of what a full one could: what reserve and modes are held against. */
double energy_usable_ratio(const struct energy_policy *policy, const struct energy_battery *battery, double soc_ratio);
/* How many times the energy of a job must be spare: a battery that takes less the fuller it is makes up for only a part of it in a day. */
double energy_spare_factor(const struct energy_policy *policy);
/* W the battery takes at this charge. */
double energy_accepts_w(const struct energy_policy *policy, double soc_ratio);
enum gnm_stage energy_stage(const struct gnm_reading *reading);

#endif
