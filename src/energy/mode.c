#include <math.h>

#include "energy/policy.h"

#define SUN_W 1.0
#define SAVER1_ABOVE_RATIO 0.05 /* the reserve, at least */

struct looking {
    const struct energy_policy *policy;
    const struct energy_battery *battery;
    const struct energy_ahead *ahead;
    enum gnm_mode previous;
};

/* `value` below `enter`, or not yet above `enter` + the step while the state (or a worse one) holds. */
static int holds(const struct looking *l, double value, double enter, int held)
{
    return value < enter || (held && value <= enter + l->policy->step_ratio);
}

static int is_charging(const struct looking *l)
{
    int is_true = 0;
    return energy_net_w(l->policy, &l->battery->last, &is_true) > SUN_W;
}

/* A sag of one reading is no evidence, and what a load that goes off gives back no recovery. */
static int guard_holds(const struct looking *l)
{
    const struct energy_policy *policy = l->policy;
    const struct energy_battery *b = l->battery;
    double v = b->last.value[GNM_BATTERY_V], to_12v = energy_to_12v(policy);
    double leave_v = fmax(energy_guard_v(policy) + policy->guard_leave_v, (b->cut_v + policy->halt_margin_v) * to_12v + policy->halt_leave_v);
    return b->low_s >= policy->halt_after_s || (l->previous == GNM_HALT && v * to_12v <= leave_v && !is_charging(l));
}

/* Saving acts on what may be counted on, and early: what a battery is spared on the first of ten dark days is there on the last. One that will be full again
 * soon need not save, and one that is not low will not become so before. */
static enum gnm_mode by_charge(const struct looking *l)
{
    const struct energy_policy *policy = l->policy;
    double sure = energy_usable_ratio(policy, l->battery, energy_battery_sure(l->battery)), enter = fmax(policy->saver1_ratio, policy->reserve_ratio + SAVER1_ABOVE_RATIO);
    if (holds(l, sure, policy->reserve_ratio, l->previous >= GNM_SAVER2))
        return GNM_SAVER2;
    if (l->previous < GNM_SAVER1 && l->ahead->full_h <= policy->saver1_refill_h)
        return GNM_NORMAL;
    return holds(l, fmin(sure, l->ahead->lowest_ratio), enter, l->previous >= GNM_SAVER1) ? GNM_SAVER1 : GNM_NORMAL;
}

static enum gnm_mode wanted(const struct looking *l)
{
    if (guard_holds(l))
        return GNM_HALT;
    if (energy_stage(&l->battery->last) == GNM_STAGE_FLOAT)
        return GNM_NORMAL;
    if (isnan(l->battery->soc_ratio))
        return l->previous == GNM_HALT ? GNM_SAVER2 : l->previous;
    return by_charge(l);
}

enum gnm_mode energy_mode(const struct energy_policy *policy, const struct energy_battery *battery, const struct energy_ahead *ahead, enum gnm_mode previous, double held_s)
{
    const struct looking l = {policy, battery, ahead, previous};
    enum gnm_mode mode = wanted(&l);
    return mode < previous && held_s < policy->mode_min_s ? previous : mode;
}
