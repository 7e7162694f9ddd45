/* The plant as its controller sees and tells it. */
#include <math.h>

#include "world/plant.h"

int plant_guess_soc_pct(const struct plant *plant)
{
    return (int)lround(100 * battery_guess_ratio(plant->kind, plant->battery_v));
}

void plant_show(struct plant *plant)
{
    const struct plant_config *config = &plant->config;
    double gain = 1 + config->gain_error;
    plant->shown = (struct plant_shown){.pv_v = plant->pv_v, .pv_w = gain * plant->pv_w, .charge_w = gain * plant->charge_w, .load_w = gain * plant->load_w,
                                        .battery_v = plant->battery_v, .battery_a = gain * plant->battery_a + config->offset_a, .case_c = plant->case_c, .used = 1};
    plant->shown.battery_c = config->no_probe ? 25 : plant->battery_c;
    plant->shown.soc_pct = plant_guess_soc_pct(plant);
}

static double hundredths(double x)
{
    return round(x * 100) / 100;
}

void plant_reading(const struct plant *plant, int64_t at_ms, int64_t mono_ms, struct gnm_reading *ret)
{
    const struct plant_shown *shown = &plant->shown;
    for (int i = 0; i < GNM_FIELDS; i++)
        ret->value[i] = NAN;
    ret->at_ms = at_ms;
    ret->mono_ms = mono_ms;
    ret->rejected = 0;
    double *value = ret->value;
    value[GNM_BATTERY_V] = hundredths(shown->battery_v);
    value[GNM_BATTERY_A] = hundredths(shown->battery_a);
    value[GNM_CHARGE_A] = hundredths(shown->charge_w / shown->battery_v);
    value[GNM_SOC_PCT] = shown->soc_pct;
    value[GNM_BATTERY_C] = hundredths(shown->battery_c);
    value[GNM_CASE_C] = hundredths(shown->case_c);
    value[GNM_PV_V] = hundredths(shown->pv_v);
    value[GNM_PV_A] = shown->pv_v > 0 ? hundredths(shown->pv_w / shown->pv_v) : 0;
    value[GNM_PV_W] = hundredths(shown->pv_w);
    value[GNM_CHARGE_W] = hundredths(shown->charge_w);
    value[GNM_LOAD_V] = plant->load_on ? hundredths(shown->battery_v) : 0;
    value[GNM_LOAD_A] = hundredths(shown->load_w / shown->battery_v);
    value[GNM_LOAD_W] = hundredths(shown->load_w);
    value[GNM_STAGE] = plant->stage;
    value[GNM_FAULTS] = 0;
    value[GNM_PV_TODAY_KWH] = hundredths(plant->pv_today_wh / 1000);
    value[GNM_LOAD_TODAY_KWH] = hundredths(plant->load_today_wh / 1000);
    value[GNM_PV_TOTAL_KWH] = hundredths(plant->pv_wh / 1000);
    value[GNM_LOAD_TOTAL_KWH] = hundredths(plant->load_wh / 1000);
}
