#include "gnomon/types.h"

const char *const gnm_field_names[GNM_FIELDS] = {
    "battery_v", "battery_a", "charge_a", "soc_pct", "battery_c", "case_c", "pv_v", "pv_a", "pv_w", "charge_w", "load_v", "load_a", "load_w",
    "stage", "faults", "pv_today_kwh", "load_today_kwh", "pv_total_kwh", "load_total_kwh",
};
const char *const gnm_stage_names[GNM_STAGE_UNKNOWN + 1] = { "off", "bulk", "absorption", "float", "equalize", "limited", "fault", "unknown" };
const char *const gnm_step_names[4] = { "hour", "day", "week", "month" };
const char *const gnm_quality_names[4] = { "ok", "partial", "degraded", "fallback" };
const char *const gnm_mode_names[4] = { "normal", "saver1", "saver2", "halt" };
const char *const gnm_purpose_names[GNM_PURPOSES] = { "idle", "poll", "fetch", "import", "refresh", "train", "search", "predict", "publish" };
const char *const gnm_method_names[4] = { "dc", "rapl", "cpu_dc", "cpu_config" };
const double gnm_levels[GNM_LEVELS] = { .025, .1, .25, .5, .75, .9, .975 };
