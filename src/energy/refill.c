/* The refill rule: seventy-two one-hour steps, no search. */
#include <math.h>

#include "energy/policy.h"

struct walk {
    const struct energy_policy *policy;
    const struct energy_outlook *outlook;
    double charge_ratio, discharge_ratio;
    double capacity_wh;
    double soc, wasted_wh, lowest;
};

/* One hour, or the rest of it, at `net_w` into (or out of) the battery. */
static void step(struct walk *w, double net_w, double hours)
{
    if (net_w <= 0) {
        w->soc += net_w * hours / (w->discharge_ratio * w->capacity_wh);
        w->lowest = fmin(w->lowest, w->soc);
        return;
    }
    double room_w = fmax(1 - w->soc, 0) * w->capacity_wh / (w->charge_ratio * hours);
    double taken_w = fmin(net_w, fmin(energy_accepts_w(w->policy, w->soc), room_w));
    w->wasted_wh += w->soc >= energy_chemistry(w->policy)->spare_soc ? (net_w - taken_w) * hours : 0;
    w->soc = fmin(1, w->soc + taken_w * hours * w->charge_ratio / w->capacity_wh);
}

static double floor_ratio(const struct energy_policy *policy, const struct energy_battery *battery, double margin)
{
    double locked = energy_locked_ratio(policy, battery);
    return fmin(policy->reserve_ratio + margin, 0.97) * (1 - locked) + locked;
}

static void answer(struct energy_refill *ret, const struct walk *w, int end, double hours)
{
    ret->allowed = end == ENERGY_REFILLED;
    ret->end = end;
    ret->hours = hours;
    ret->lowest_ratio = w->lowest;
    ret->spare_wh = w->wasted_wh;
}

void energy_refill(const struct energy_policy *policy, const struct energy_battery *battery, const struct energy_outlook *outlook, int64_t now_s,
                   const struct energy_job *job, struct energy_refill *ret)
{
    double sure = energy_battery_sure(battery), start = floor_ratio(policy, battery, policy->start_margin_ratio);
    double least = floor_ratio(policy, battery, policy->stop_margin_ratio), gone_h = 0;
    double first_h = (double)((outlook->from_hour + 1) * 3600 - now_s) / 3600;
    const float *pv_w = job->eager ? outlook->median_w : outlook->dull_w;
    struct walk w = {.policy = policy, .outlook = outlook, .capacity_wh = energy_capacity_wh(policy), .soc = sure, .lowest = sure};
    energy_efficiency(policy, battery, &w.charge_ratio, &w.discharge_ratio);
    *ret = (struct energy_refill){.job_wh = job->job_w * job->job_s / 3600, .spare_h = NAN};
    if (!job->running && !(sure >= start)) {
        answer(ret, &w, ENERGY_TOO_LOW, 0);
        return;
    }
    for (int j = first_h > 0 ? 0 : (int)-first_h + 1; j < ENERGY_HOURS && gone_h < policy->lookahead_h; j++) {
        double hours = gone_h == 0 && first_h > 0 ? fmin(first_h, 1) : 1, left_h = fmin(fmax(job->job_s / 3600 - gone_h, 0), hours);
        step(&w, pv_w[j] - outlook->load_w[j] - job->job_w * left_h / hours, hours);
        ret->spare_h = isnan(ret->spare_h) && w.wasted_wh > 0 ? gone_h : ret->spare_h;
        gone_h += hours;
        if (w.lowest < least || w.wasted_wh >= energy_spare_factor(policy) * job->margin * ret->job_wh) {
            answer(ret, &w, w.lowest < least ? ENERGY_NEAR_RESERVE : ENERGY_REFILLED, gone_h);
            return;
        }
    }
    answer(ret, &w, ENERGY_NO_REFILL, gone_h);
}

void energy_look_ahead(const struct energy_policy *policy, const struct energy_battery *battery, const struct energy_outlook *outlook, int64_t now_s,
                       struct energy_ahead *ret)
{
    struct energy_policy bold = *policy;
    struct energy_refill found;
    const struct energy_job left_over = {.job_w = 1, .job_s = 3600, .margin = 1, .running = 1};
    int frozen = policy->chemistry == ENERGY_LIFEPO4 && battery->last.value[GNM_BATTERY_C] < 0;
    *ret = (struct energy_ahead){NAN, INFINITY};
    if (isnan(battery->soc_ratio))
        return;
    ret->lowest_ratio = energy_usable_ratio(policy, battery, energy_battery_sure(battery));
    if (outlook == NULL || outlook->source == ENERGY_UNKNOWN || !outlook->judged || frozen)
        return;
    bold.lookahead_h = policy->saver1_ahead_h;
    bold.reserve_ratio = -1;
    energy_refill(&bold, battery, outlook, now_s, &left_over, &found);
    ret->lowest_ratio = energy_usable_ratio(policy, battery, found.lowest_ratio);
    ret->full_h = found.allowed ? found.hours : INFINITY;
}
