#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "energy/policy.h"

#define NIGHT_W 1.0
#define TAIL_RATIO 0.03           /* of the capacity an hour: an absorbing battery that takes less is full */
#define DAY_SLACK_S 1800.0        /* what is done daily may drift a little */

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

/* A battery that saves ahead of dark days while it is not low yet leaves training to the rule. */
static int saves_ahead(const struct question *q)
{
    return q->mode == GNM_SAVER1 && energy_usable_ratio(q->policy, q->battery, energy_battery_sure(q->battery)) >= q->policy->saver1_ratio;
}

static int by_mode(const struct question *q, struct gnm_grant *ret)
{
    if (q->mode == GNM_NORMAL || saves_ahead(q))
        return 0;
    if (isnan(q->battery->soc_ratio) && isnan(q->battery->last.value[GNM_BATTERY_V]))
        return say(ret, 0, "mode %s", gnm_mode_names[q->mode]);
    if (isnan(q->battery->soc_ratio))
        return say(ret, 0, "mode %s, %.1f V", gnm_mode_names[q->mode], q->battery->last.value[GNM_BATTERY_V]);
    return say(ret, 0, "mode %s, %.0f %% +-%.0f", gnm_mode_names[q->mode], 100 * q->battery->soc_ratio, 100 * q->battery->uncertainty_ratio);
}

static int by_heat(const struct question *q, struct gnm_grant *ret)
{
    double battery_c = q->battery->last.value[GNM_BATTERY_C], cpu_c = q->request->cpu_c;
    if (q->policy->chemistry == ENERGY_LIFEPO4 && battery_c < 0)
        return say(ret, 0, "battery at %.0f C cannot be charged", battery_c);
    if (battery_c > q->policy->battery_max_c)
        return say(ret, 0, "battery at %.0f C is too hot; at most %.0f C", battery_c, q->policy->battery_max_c);
    return cpu_c > q->policy->cpu_max_c ? say(ret, 0, "processor at %.0f C is too hot; at most %.0f C", cpu_c, q->policy->cpu_max_c) : 0;
}

static int by_fault(const struct question *q, struct gnm_grant *ret)
{
    double faults = q->battery->last.value[GNM_FAULTS];
    if (energy_stage(&q->battery->last) != GNM_STAGE_FAULT && !(faults > 0))
        return 0;
    return say(ret, 0, "the charge controller reports a fault (bits 0x%llX)", faults > 0 ? (unsigned long long)faults : 0ULL);
}

static double core_w(const struct question *q)
{
    return q->request->core_w > 0 ? q->request->core_w : q->policy->watts_per_core;
}

static int is_throttled(const struct question *q)
{
    enum gnm_stage stage = energy_stage(&q->battery->last);
    return stage == GNM_STAGE_FLOAT || stage == GNM_STAGE_ABSORPTION || stage == GNM_STAGE_EQUALIZE;
}

static double pv_w(const struct question *q)
{
    const double *value = q->battery->last.value;
    return isnan(value[GNM_PV_W]) ? value[GNM_CHARGE_W] : value[GNM_PV_W];
}

/* An absorbing lead battery takes less the fuller it is, for hours: what work leaves it short of then is only partly made up for later. */
static int still_fills(const struct question *q)
{
    int is_true = 0;
    double net_w = energy_net_w(q->policy, &q->battery->last, &is_true);
    return energy_chemistry(q->policy)->accept_fall > 0 && energy_stage(&q->battery->last) == GNM_STAGE_ABSORPTION && net_w > TAIL_RATIO * energy_capacity_wh(q->policy);
}

/* A throttled panel that already gives what load and job need gives it again: no forecast is needed to know that. */
static int by_surplus(const struct question *q, struct gnm_grant *ret)
{
    double load_w = energy_load_w(q->policy, &q->battery->last), need_w = load_w + (q->request->running ? 0 : core_w(q));
    if (!is_throttled(q) || still_fills(q) || !(pv_w(q) >= need_w))
        return 0;
    return say(ret, 1, "%s, PV %.0f W covers load %.0f W and the job", gnm_stage_names[energy_stage(&q->battery->last)], pv_w(q), load_w);
}

/* ---- the refill rule ---- */

static const char *outlook_words(const struct energy_outlook *outlook, int eager)
{
    static const char *const words[] = { [ENERGY_UNKNOWN] = "no outlook", [ENERGY_FORECAST] = "on a dull forecast",
                                         [ENERGY_OLD_FORECAST] = "on an old forecast, dull", [ENERGY_CLIMATE] = "by the season alone, dull" };
    return eager ? "by the median forecast, as the model is old" : words[outlook->source];
}

static void say_refill(const struct energy_refill *found, double sure, const struct question *q, int eager, struct gnm_grant *ret)
{
    const char *words = outlook_words(q->request->outlook, eager);
    double percent = floor(100 * sure + 1e-6);
    switch (found->end) {
    case ENERGY_REFILLED:
        say(ret, 1, "full again in %.0f h %s (%.0f %%, not below %.0f %%, job %.2g Wh)", found->hours, words, percent,
            floor(100 * found->lowest_ratio), found->job_wh);
        return;
    case ENERGY_TOO_LOW:
        say(ret, 0, "%.0f %%; need %.0f %% to start", percent, 100 * (q->policy->reserve_ratio + q->policy->start_margin_ratio));
        return;
    case ENERGY_NEAR_RESERVE:
        say(ret, 0, "%.0f %%; reserve of %.0f %% reached in %.0f h %s", percent, 100 * q->policy->reserve_ratio, found->hours, words);
        return;
    default:
        say(ret, 0, "%.0f %%; no refill in %.0f h %s (%.2g Wh spare, need %.2g)", percent, found->hours, words, found->spare_wh,
            found->job_wh * energy_spare_factor(q->policy) * (q->request->purpose == GNM_SEARCH ? q->policy->search_margin : q->policy->margin));
    }
}

/* A search is long and can wait: only around noon, or while the battery is known to be full. */
static int by_hour(const struct question *q, struct gnm_grant *ret)
{
    double hour = q->request->solar_hour;
    if (q->request->purpose == GNM_SEARCH && q->request->never_full)
        return say(ret, 0, "no search while the lead battery was not full for %.0f days", q->policy->never_full_s / 86400);
    if (q->request->purpose != GNM_SEARCH || energy_stage(&q->battery->last) == GNM_STAGE_FLOAT || (hour >= q->policy->search_from_h && hour < q->policy->search_to_h))
        return 0;
    if (isnan(hour))
        return say(ret, 0, "no search outside of float: [site] has no longitude to tell noon by");
    return say(ret, 0, "no search outside of %g..%g h solar time or float, it is %.0f h", q->policy->search_from_h, q->policy->search_to_h, floor(hour));
}

static int by_overdue(const struct question *q, double sure, struct gnm_grant *ret)
{
    if (q->request->purpose != GNM_TRAIN || !(q->request->since_s > q->policy->overdue_s) || !(sure >= q->policy->overdue_ratio))
        return 0;
    return say(ret, 1, "%.0f %%, and the model is older than %.0f days", floor(100 * sure + 1e-6), q->policy->overdue_s / 86400);
}

/* Sun that is foreseen half a day or three ahead does not always come, and then a dark spell begins with what the job took already missing. Hours before
 * it comes, the battery is nearly full and there is little left to be wrong about; a cycle is spared as well. */
static int waits(const struct question *q, const struct energy_job *job, const struct energy_refill *found)
{
    return found->allowed && !job->running && !job->eager && found->spare_h > energy_early_h(q->policy) &&
           found->job_wh > q->policy->small_job_ratio * energy_capacity_wh(q->policy);
}

static void by_refill(const struct question *q, struct gnm_grant *ret)
{
    const struct energy_request *r = q->request;
    double sure = energy_battery_sure(q->battery);
    int eager = r->purpose == GNM_TRAIN && r->since_s > q->policy->eager_s;
    struct energy_job job = { .job_w = core_w(q), .job_s = fmax(r->job_s, 1), .running = r->running, .eager = eager,
                              .margin = r->purpose == GNM_SEARCH ? q->policy->search_margin : q->policy->margin };
    struct energy_refill found;
    if (isnan(sure)) {
        say(ret, 0, "state of charge unknown");
        return;
    }
    if (by_overdue(q, sure, ret))
        return;
    if (r->outlook == NULL || r->outlook->source == ENERGY_UNKNOWN) {
        say(ret, 0, "%.0f %%; no sun outlook without latitude and longitude in [site]", floor(100 * sure + 1e-6));
        return;
    }
    energy_refill(q->policy, q->battery, r->outlook, r->now_s, &job, &found);
    if (waits(q, &job, &found))
        say(ret, 0, "%.0f %%; sun to spare in %.0f h, begins at most %g h before", floor(100 * sure + 1e-6), found.spare_h, energy_early_h(q->policy));
    else
        say_refill(&found, sure, q, eager, ret);
}

/* ---- the rules it is compared with ---- */

/* A running job may take half its draw from the battery before this lets go, so that one cloud does not stop it. */
static void while_throttled(const struct question *q, struct gnm_grant *ret)
{
    int is_true = 0;
    double load_w = energy_load_w(q->policy, &q->battery->last), net_w = energy_net_w(q->policy, &q->battery->last, &is_true);
    double spare_w = is_true ? net_w : pv_w(q) - load_w, least_w = q->request->running ? -0.5 * core_w(q) : 0;
    say(ret, is_throttled(q) && pv_w(q) > NIGHT_W && spare_w >= least_w, "policy throttled: %s, PV %.0f W, load %.0f W",
        gnm_stage_names[energy_stage(&q->battery->last)], pv_w(q), load_w);
}

static void by_other_rule(const struct question *q, struct gnm_grant *ret)
{
    const struct energy_policy *p = q->policy;
    double soc = q->battery->soc_ratio, need = q->request->running ? p->soc_stop_ratio : p->soc_start_ratio, hour = q->request->solar_hour;
    if (p->rule == ENERGY_SOC)
        say(ret, soc >= need, "policy soc: %.0f %%, needs %.0f %%", floor(100 * soc + 1e-6), 100 * need);
    else if (p->rule == ENERGY_NOON)
        say(ret, q->request->running || (hour >= 12 && hour < 14), "policy noon: %.0f h solar time", floor(hour));
    else if (p->rule == ENERGY_THROTTLED)
        while_throttled(q, ret);
    else
        say(ret, 0, "policy none");
}

static void decide_heavy(const struct question *q, struct gnm_grant *ret)
{
    double again_ms = 1e3 * (q->request->running ? q->policy->watch_s : q->policy->decide_s), watch_ms = 1e3 * q->policy->watch_s;
    if (q->policy->rule != ENERGY_REFILL) {
        if (!by_age(q, ret) && (q->mode != GNM_HALT || !by_mode(q, ret)))
            by_other_rule(q, ret);
    } else if (!by_age(q, ret) && !by_mode(q, ret) && !by_fault(q, ret) && !by_heat(q, ret) && !by_hour(q, ret) && !by_surplus(q, ret)) {
        by_refill(q, ret);
    }
    ret->until_ms = after(q->request, ret->allowed ? watch_ms : again_ms);
    double left_ms = q->policy->stale_s * 1e3 - (double)(q->request->now_ms - q->battery->last_mono_ms) * q->request->speed;
    if (ret->allowed && left_ms < watch_ms)
        ret->until_ms = after(q->request, left_ms < 0 ? 0 : left_ms);   /* never beyond the reading it rests on */
}

/* Forecasts must keep coming out: the saver states thin light work, only the last one stops it. */
static void decide_light(const struct question *q, struct gnm_grant *ret)
{
    double least_s = q->mode == GNM_SAVER2 ? q->policy->saver2_work_s : q->mode == GNM_SAVER1 && q->request->purpose == GNM_FETCH ? q->policy->saver1_fetch_s : 0;
    if (q->mode == GNM_HALT)
        by_mode(q, ret);
    else if (least_s == 0 || q->request->since_s >= least_s - DAY_SLACK_S)
        say(ret, 1, "mode %s", gnm_mode_names[q->mode]);
    else
        say(ret, 0, "mode %s, once in %.0f h", gnm_mode_names[q->mode], least_s / 3600);
}

void energy_decide(const struct energy_policy *policy, const struct energy_battery *battery, enum gnm_mode mode, const struct energy_request *request,
                   struct gnm_grant *ret)
{
    const struct question q = { policy, battery, request, mode };
    ret->until_ms = after(request, 1e3 * policy->decide_s);
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
        decide_light(&q, ret);
        return;
    default:
        say(ret, 1, "always");
    }
}
