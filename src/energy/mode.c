#include <math.h>

#include "energy/policy.h"

#define SAVER1_RATIO 0.50
#define STEP_RATIO 0.10           /* between entering and leaving a state */
#define HALT_ABOVE_CUT_RATIO 0.05
#define GUARD_LEAVE_V 0.6

/* `value` below `enter`, or not yet above `enter` + the step while the state (or a worse one) holds. */
static int holds(double value, double enter, int held)
{
    return value < enter || (held && value <= enter + STEP_RATIO);
}

static int guard_holds(const struct energy_policy *policy, const struct energy_battery *battery, int held)
{
    double v = battery->last.value[GNM_BATTERY_V] * energy_to_12v(policy), guard_v = energy_chemistry(policy)->guard_v;
    return v < guard_v || (held && v <= guard_v + GUARD_LEAVE_V);
}

/* Saving acts on what may be counted on; stopping acts on the best estimate or on the voltage, because it needs evidence, not doubt. */
enum gnm_mode energy_mode(const struct energy_policy *policy, const struct energy_battery *battery, enum gnm_mode previous)
{
    if (guard_holds(policy, battery, previous == GNM_HALT))
        return GNM_HALT;
    if (energy_stage(&battery->last) == GNM_STAGE_FLOAT)
        return GNM_NORMAL;
    if (isnan(battery->soc_ratio))
        return previous == GNM_HALT ? GNM_SAVER2 : previous;
    double sure = energy_battery_sure(battery), halt = fmin(energy_chemistry(policy)->cut_ratio + HALT_ABOVE_CUT_RATIO, policy->reserve_ratio);
    if (holds(battery->soc_ratio, halt, previous == GNM_HALT))
        return GNM_HALT;
    if (holds(sure, policy->reserve_ratio, previous >= GNM_SAVER2))
        return GNM_SAVER2;
    if (holds(sure, fmax(SAVER1_RATIO, policy->reserve_ratio + HALT_ABOVE_CUT_RATIO), previous >= GNM_SAVER1))
        return GNM_SAVER1;
    return GNM_NORMAL;
}
