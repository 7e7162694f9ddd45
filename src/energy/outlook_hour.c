/* One hour of readings: what the panel gave, what was used, and whether the panel could give what it had. */
#include <math.h>

#include "energy/outlook.h"
#include "energy/policy.h"

#define DARK_W 1.0
#define HELD_V 0.4 /* below the absorption voltage: without a stage, from here on the charger may be holding back */

/* Float and absorption give what the battery wants, a current limit what the charger can: neither is what the sun had. */
static int is_throttled(const struct energy_policy *policy, const struct gnm_reading *reading)
{
    enum gnm_stage stage = energy_stage(reading);
    double v = reading->value[GNM_BATTERY_V] * energy_to_12v(policy);
    if (stage == GNM_STAGE_UNKNOWN)
        return !(v < energy_chemistry(policy)->absorption_v - HELD_V);
    return stage != GNM_STAGE_BULK && stage != GNM_STAGE_OFF;
}

void outlook_hour_add(struct outlook_hour *hour, const struct energy_policy *policy, const struct gnm_reading *reading, double step_s, int busy)
{
    double pv_w = isnan(reading->value[GNM_PV_W]) ? reading->value[GNM_CHARGE_W] : reading->value[GNM_PV_W];
    if (isnan(pv_w) || step_s <= 0)
        return;
    hour->covered_s += step_s;
    hour->pv_ws += pv_w * step_s;
    hour->throttled |= is_throttled(policy, reading);
    if (energy_stage(reading) == GNM_STAGE_OFF && pv_w < DARK_W)
        hour->off_s += step_s;
    if (busy)
        return;
    hour->load_ws += energy_load_w(policy, reading) * step_s;
    hour->load_s += step_s;
}
