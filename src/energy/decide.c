#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "energy/policy.h"

#define PENDING_MS 600000         /* of calendar time: a waiting job is judged again */
#define RUNNING_MS 60000
#define SEARCH_MORE_RATIO 0.10    /* a search costs ten times a training */
#define NIGHT_W 1.0

struct question {
    const struct energy_policy *policy;
    const struct energy_battery *battery;
    const struct energy_request *request;
    enum gnm_mode mode;
};

static int64_t after(const struct energy_request *request, double calendar_ms)
{
    return request->now_ms + (int64_t)(calendar_ms / (request->speed > 0 ? request->speed : 1));
}

static int say(struct gnm_grant *ret, int allowed, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int say(struct gnm_grant *ret, int allowed, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(ret->reason, sizeof ret->reason, format, args);
    va_end(args);
    ret->allowed = allowed;
    return 1;
}

static void span(double s, char *ret, size_t size)
{
    snprintf(ret, size, s < 120 ? "%.0f s" : s < 7200 ? "%.0f min" : "%.0f h", s < 120 ? s : s < 7200 ? s / 60 : s / 3600);
}

/* ---- each rule answers 1 when it has decided ---- */

static int by_age(const struct question *q, struct gnm_grant *ret)
{
    char age[24], limit[24];
    double age_s = (double)(q->request->now_ms - q->battery->last_mono_ms) / 1e3 * q->request->speed;
    if (q->battery->last_mono_ms == 0)
        return say(ret, 0, "no reading from the charge controller yet");
    if (age_s <= q->policy->stale_s)
        return 0;
    span(age_s, age, sizeof age);
    span(q->policy->stale_s, limit, sizeof limit);
    if (age_s > q->policy->lost_s)
        return say(ret, 0, "charge controller lost, last reading %s ago", age);
    return say(ret, 0, "last reading %s old; at most %s", age, limit);
}

static int by_mode(const struct question *q, struct gnm_grant *ret)
{
    if (q->mode == GNM_NORMAL)
        return 0;
    if (isnan(q->battery->soc_ratio) && isnan(q->battery->last.value[GNM_BATTERY_V]))
        return say(ret, 0, "mode %s", gnm_mode_names[q->mode]);
    if (isnan(q->battery->soc_ratio))
        return say(ret, 0, "mode %s, %.1f V", gnm_mode_names[q->mode], q->battery->last.value[GNM_BATTERY_V]);
    return say(ret, 0, "mode %s, %.0f %% +-%.0f", gnm_mode_names[q->mode], 100 * q->battery->soc_ratio, 100 * q->battery->uncertainty_ratio);
}

static int by_fault(const struct question *q, struct gnm_grant *ret)
{
    const double *value = q->battery->last.value;
    double battery_c = value[GNM_BATTERY_C];
    if (energy_stage(&q->battery->last) == GNM_STAGE_FAULT || value[GNM_FAULTS] > 0)
        return say(ret, 0, "the charge controller reports a fault (bits 0x%llX)",
                   value[GNM_FAULTS] > 0 ? (unsigned long long)value[GNM_FAULTS] : 0ULL);
    if (q->policy->chemistry == ENERGY_LIFEPO4 && battery_c < 0)
        return say(ret, 0, "battery at %.0f C cannot be charged", battery_c);
    return battery_c > 50 ? say(ret, 0, "battery at %.0f C is too hot", battery_c) : 0;
}

/* Float or absorption means the panel is throttled: what the job takes, the sun gives on top. A measured battery current decides better than the
 * difference of two powers. A running job may take half its draw from the battery before this rule lets go, so that one cloud does not stop it. */
static int by_surplus(const struct question *q, struct gnm_grant *ret)
{
    const struct gnm_reading *last = &q->battery->last;
    enum gnm_stage stage = energy_stage(last);
    int is_true = 0;
    double pv_w = isnan(last->value[GNM_PV_W]) ? last->value[GNM_CHARGE_W] : last->value[GNM_PV_W];
    double load_w = energy_load_w(q->policy, last), net_w = energy_net_w(q->policy, last, &is_true);
    double spare_w = is_true ? net_w : pv_w - load_w, least_w = q->request->running ? -0.5 * q->policy->watts_per_core : 0;
    if ((stage != GNM_STAGE_FLOAT && stage != GNM_STAGE_ABSORPTION) || !(pv_w > NIGHT_W) || !(spare_w >= least_w))
        return 0;
    if (pv_w > load_w)
        return say(ret, 1, "%s, PV %.0f W above load %.0f W", gnm_stage_names[stage], pv_w, load_w);
    return say(ret, 1, "%s, PV %.0f W carries the load, battery %+.0f W", gnm_stage_names[stage], pv_w, spare_w);
}

static void by_charge(const struct question *q, struct gnm_grant *ret)
{
    double sure = energy_battery_sure(q->battery), need = q->policy->train_soc_ratio + (q->request->purpose == GNM_SEARCH ? SEARCH_MORE_RATIO : 0);
    double pv_w = q->battery->last.value[GNM_PV_W], sunrise_s = (double)(q->request->next_sunrise_ms - q->request->now_ms) / 1e3 * q->request->speed;
    char when[40] = "";
    need = fmin(need, 0.95) - (q->request->running ? q->policy->train_hysteresis_ratio : 0);
    if (isnan(sure)) {
        say(ret, 0, "state of charge unknown; need %.0f %%", 100 * need);
        return;
    }
    if (pv_w > NIGHT_W)
        snprintf(when, sizeof when, " and PV %.0f W", pv_w);
    else if (q->request->next_sunrise_ms != GNM_NEVER && sunrise_s >= 0)
        snprintf(when, sizeof when, " and %.0f h to sunrise", sunrise_s / 3600);
    if (sure >= need)
        say(ret, 1, "%.0f %%%s; needs %.0f %%", floor(100 * sure + 1e-6), when, 100 * need);
    else
        say(ret, 0, "%.0f %%%s; need %.0f %%", floor(100 * sure + 1e-6), when, 100 * need);
}

static void decide_heavy(const struct question *q, struct gnm_grant *ret)
{
    double again_ms = q->request->running ? RUNNING_MS : PENDING_MS;
    if (!by_age(q, ret) && !by_mode(q, ret) && !by_fault(q, ret) && !by_surplus(q, ret))
        by_charge(q, ret);
    ret->until_ms = after(q->request, ret->allowed ? RUNNING_MS : again_ms);
    double left_ms = q->policy->stale_s * 1e3 - (double)(q->request->now_ms - q->battery->last_mono_ms) * q->request->speed;
    if (ret->allowed && left_ms < RUNNING_MS)
        ret->until_ms = after(q->request, left_ms < 0 ? 0 : left_ms);   /* never beyond the reading it rests on */
}

void energy_decide(const struct energy_policy *policy, const struct energy_battery *battery, enum gnm_mode mode, const struct energy_request *request,
                   struct gnm_grant *ret)
{
    const struct question q = { policy, battery, request, mode };
    ret->until_ms = after(request, PENDING_MS);
    switch (request->purpose) {
    case GNM_TRAIN:
    case GNM_SEARCH:
        decide_heavy(&q, ret);
        return;
    case GNM_FETCH:
    case GNM_IMPORT:
    case GNM_REFRESH:
    case GNM_PREDICT:
    case GNM_PUBLISH:
        if (mode < GNM_SAVER2)
            say(ret, 1, "mode %s", gnm_mode_names[mode]);
        else
            by_mode(&q, ret);
        return;
    default:
        say(ret, 1, "always");
    }
}
