#include <math.h>
#include <string.h>

#include "energy/policy.h"
#include "energy/row.h"

#define FULL_S (30 * 60.0)        /* "full" must hold this long */
#define GAP_S (11 * 60.0)         /* longer steps are not integrated: two of the longest polls in the saver modes, and some delay */
#define REST_S (2 * 3600.0)       /* surface charge takes hours to go */
#define DAY_S 86400.0
#define HOUR_S 3600.0
#define LOW_RATIO 0.25             /* below, the voltage falls steeply and tells more */
#define LOW_UNCERTAINTY 0.10
#define RECONNECT_UNCERTAINTY 0.10
#define OFF_S 1800.0               /* a cut load comes back after hours, a restarted program sooner */
#define NEAR_CUT_RATIO 0.10
#define NEAR_CUT_V 0.05            /* of a 12 V battery */
#define CUT_MOVED_V 0.03           /* a cut this much above the known one: the controller's setting, or its load, has changed */
#define V_RESOLUTION 0.0005
#define TAKES_W 1.0
#define CYCLE_RATIO 0.10           /* of the capacity: a span from full to full that says something */
#define LEARN_WEIGHT 0.3
#define HINT_UNCERTAINTY 0.20     /* of what a controller reports: most derive it from voltage */
#define FULL_UNCERTAINTY 0.02
#define MOST_UNCERTAINTY 0.50
#define TAIL_RATIO 0.03           /* of the capacity, in A per Ah */
#define STILL_RATIO 0.02
#define ZERO_A 0.05               /* below: noise of the current sensor */

void energy_battery_start(struct energy_battery *battery)
{
    memset(battery, 0, sizeof *battery);
    battery->soc_ratio = battery->uncertainty_ratio = battery->ah_ratio = battery->wh_ratio = NAN;
    battery->full_since_s = battery->rest_since_s = battery->falling_v = battery->cut_v = NAN;
    for (int i = 0; i < GNM_FIELDS; i++)
        battery->last.value[i] = NAN;
    strcpy(battery->source, "none");
}

double energy_battery_sure(const struct energy_battery *battery)
{
    return isnan(battery->soc_ratio) ? NAN : fmax(0, battery->soc_ratio - battery->uncertainty_ratio);
}

static void set(struct energy_battery *battery, double soc, double uncertainty, const char *source)
{
    battery->soc_ratio = fmin(1, fmax(0, soc));
    battery->uncertainty_ratio = fmin(MOST_UNCERTAINTY, uncertainty);
    strncpy(battery->source, source, sizeof battery->source - 1);
}

static double from_voltage(const struct energy_policy *policy, double battery_v)
{
    const double *rest_v = energy_chemistry(policy)->rest_v, v = battery_v * energy_to_12v(policy);
    if (v <= rest_v[0])
        return 0;
    for (int i = 1; i <= 10; i++)
        if (v < rest_v[i])
            return 0.1 * (i - 1 + (v - rest_v[i - 1]) / (rest_v[i] - rest_v[i - 1]));
    return 1;
}

/* No sun and next to no current: only then does the voltage say anything about the charge. A load the controller cannot see is the
 * configured one. */
static int is_still(const struct energy_policy *policy, const struct gnm_reading *reading)
{
    int is_true = 0;
    double pv_w = reading->value[GNM_PV_W], battery_v = reading->value[GNM_BATTERY_V];
    double net_a = energy_net_w(policy, reading, &is_true) / battery_v;
    return pv_w < 1 && battery_v > 0 && fabs(net_a) < STILL_RATIO * policy->capacity_ah;
}

static int is_full_now(const struct energy_policy *policy, const struct gnm_reading *reading)
{
    enum gnm_stage stage = energy_stage(reading);
    double battery_a = reading->value[GNM_BATTERY_A], tail_a = TAIL_RATIO * policy->capacity_ah;
    if (battery_a < -tail_a)      /* a stage of "float" while the battery feeds the load is a leftover */
        return 0;
    if (stage == GNM_STAGE_FLOAT)
        return 1;
    double charge_a = isnan(battery_a) ? reading->value[GNM_CHARGE_A] : battery_a;
    return stage == GNM_STAGE_ABSORPTION && charge_a >= 0 && charge_a < tail_a;
}

/* Since when a state holds without a gap; NaN while it does not. */
static void track(double *since_s, int holds, int gap, double now_s)
{
    if (!holds)
        *since_s = NAN;
    else if (gap || isnan(*since_s))
        *since_s = now_s;
}

/* Between two times full, what came out came from what went in. */
static void note_cycle(struct energy_battery *battery, double net_a, double net_w, double hours)
{
    struct energy_cycle *c = &battery->cycle;
    *(net_a > 0 ? &c->in_ah : &c->out_ah) += fabs(net_a) * hours;
    *(net_w > 0 ? &c->in_wh : &c->out_wh) += fabs(net_w) * hours;
}

static double blend(double old, double out, double in)
{
    double ratio = fmin(fmax(out / in, 0.7), 1);
    return isnan(old) ? ratio : old + LEARN_WEIGHT * (ratio - old);
}

/* Full: the span is over, and the next begins. */
static void close_cycle(struct energy_battery *battery, const struct energy_policy *policy)
{
    const struct energy_cycle *c = &battery->cycle;
    if (c->known && c->out_ah >= CYCLE_RATIO * policy->capacity_ah && c->in_ah > 0 && c->in_wh > 0) {
        battery->ah_ratio = blend(battery->ah_ratio, c->out_ah, c->in_ah);
        battery->wh_ratio = blend(battery->wh_ratio, c->out_wh, c->in_wh);
    }
    battery->cycle = (struct energy_cycle){ .known = 1 };
}

/* The charge that went in or out in `step_s`, as a ratio of the capacity: mean of both ends. NaN when it is not known. */
static double counted(struct energy_battery *battery, const struct energy_policy *policy, const struct gnm_reading *b, double step_s, int *is_true)
{
    const struct gnm_reading *a = &battery->last;
    int true_a = 0, true_b = 0;
    double net_w = 0.5 * (energy_net_w(policy, a, &true_a) + energy_net_w(policy, b, &true_b)), charge, discharge;
    *is_true = true_a && true_b;
    if (!*is_true) {
        net_w -= energy_load_is_seen(b) ? 0 : battery->own_w;
        energy_efficiency(policy, battery, &charge, &discharge);
        return net_w * (net_w > 0 ? charge : 1 / discharge) * step_s / HOUR_S / energy_capacity_wh(policy);
    }
    double net_a = 0.5 * (a->value[GNM_BATTERY_A] + b->value[GNM_BATTERY_A]);
    if (fabs(net_a) < ZERO_A)
        net_a = 0;
    note_cycle(battery, net_a, net_w, step_s / HOUR_S);
    double came_back = isnan(battery->ah_ratio) ? energy_chemistry(policy)->charge_ah_ratio : battery->ah_ratio;
    return net_a * (net_a > 0 ? came_back : 1) * step_s / HOUR_S / policy->capacity_ah;
}

static void count(struct energy_battery *battery, const struct energy_policy *policy, const struct gnm_reading *reading, double step_s)
{
    int is_true = 0;
    double change = counted(battery, policy, reading, step_s, &is_true);
    battery->cycle.known &= is_true && step_s <= GAP_S;
    if (isnan(battery->soc_ratio))
        return;
    double uncertainty = battery->uncertainty_ratio + 0.01 * step_s / (is_true ? DAY_S : HOUR_S);
    if (step_s > GAP_S || isnan(change)) {
        /* Nobody measured: what flowed last may have gone on or stopped, and the box took its share. */
        double last_w = energy_net_w(policy, &battery->last, &is_true), unseen_w = fmax(policy->base_w, isnan(last_w) ? 0 : fabs(last_w));
        battery->uncertainty_ratio = fmin(MOST_UNCERTAINTY, uncertainty + unseen_w * step_s / HOUR_S / energy_capacity_wh(policy));
        return;
    }
    set(battery, battery->soc_ratio + change, uncertainty, strcmp(battery->source, "none") == 0 ? "none" : "counted");
}

static double rest_doubt(const struct energy_policy *policy, double soc)
{
    return soc < LOW_RATIO ? LOW_UNCERTAINTY : energy_chemistry(policy)->rest_doubt;
}

/* Adopts what voltage or the controller say where the own estimate is worse, or there is none yet. */
static void take_hints(struct energy_battery *battery, const struct energy_policy *policy, const struct gnm_reading *reading, int rested)
{
    double soc_pct = reading->value[GNM_SOC_PCT];
    double told = from_voltage(policy, reading->value[GNM_BATTERY_V]), doubt = rest_doubt(policy, told);
    int unknown = isnan(battery->soc_ratio);
    if (soc_pct >= 0 && soc_pct <= 100 && (unknown || battery->uncertainty_ratio > HINT_UNCERTAINTY))
        set(battery, soc_pct / 100, HINT_UNCERTAINTY, "controller");
    else if ((unknown && is_still(policy, reading)) || (rested && battery->uncertainty_ratio > doubt))
        set(battery, told, doubt, "voltage");
}

int energy_near_cut(const struct energy_policy *policy, const struct energy_battery *battery)
{
    double usable = energy_usable_ratio(policy, battery, battery->soc_ratio);
    return !isnan(battery->soc_ratio) && usable < energy_cut_ratio(policy) + policy->cut_margin_ratio;
}

/* Near the voltage at which the load was cut before, or below the chemistry's last warning. A controller cuts by the voltage under load, and so this looks
 * at that too; the estimated charge may be off by many points at night and has no say. A box that lives below the known cut shows that it lies lower. */
static void watch_fall(struct energy_battery *battery, const struct energy_policy *policy, const struct gnm_reading *reading, int gap, double step_s)
{
    int is_true = 0;
    double v = reading->value[GNM_BATTERY_V];
    battery->falling_v = energy_net_w(policy, reading, &is_true) > TAKES_W ? NAN : v;
    if (battery->falling_v < battery->cut_v)
        battery->cut_v = battery->falling_v;
    int low = v * energy_to_12v(policy) < energy_guard_v(policy) || battery->falling_v <= battery->cut_v + policy->halt_margin_v + V_RESOLUTION;
    battery->low_s = !low ? 0 : gap ? 1 : battery->low_s + step_s;
}

static void learn_cut(struct energy_battery *battery, const struct energy_policy *policy, double seen_v)
{
    int moved = seen_v > battery->cut_v + CUT_MOVED_V / energy_to_12v(policy);
    battery->cut_v = isnan(battery->cut_v) || moved ? seen_v : fmin(battery->cut_v, seen_v);
}

static void become_full(struct energy_battery *battery, const struct energy_policy *policy)
{
    set(battery, 1, FULL_UNCERTAINTY, "full");
    close_cycle(battery, policy);
}

void energy_battery_update(struct energy_battery *battery, const struct energy_policy *policy, const struct gnm_reading *reading, double speed)
{
    int first = battery->last_mono_ms == 0;
    double now_s = (double)reading->mono_ms / 1e3, step_s = (double)(reading->mono_ms - battery->last_mono_ms) / 1e3 * speed;
    if (!first && step_s <= 0)
        return;
    int gap = first || step_s > GAP_S;
    if (!first)
        count(battery, policy, reading, step_s);
    track(&battery->full_since_s, is_full_now(policy, reading), gap, now_s);
    track(&battery->rest_since_s, is_still(policy, reading), gap, now_s);
    watch_fall(battery, policy, reading, gap, step_s);
    take_hints(battery, policy, reading, (now_s - battery->rest_since_s) * speed >= REST_S);
    if ((now_s - battery->full_since_s) * speed >= FULL_S)
        become_full(battery, policy);
    battery->last = *reading;
    battery->last_mono_ms = reading->mono_ms;
}

void energy_battery_row(const struct energy_battery *battery, int64_t at_s, char *ret, size_t size)
{
    const struct energy_cycle *c = &battery->cycle;
    const double value[] = { (double)at_s, battery->soc_ratio, battery->uncertainty_ratio, battery->ah_ratio, battery->wh_ratio, c->known,
                             c->in_ah, c->out_ah, c->in_wh, c->out_wh, battery->falling_v, battery->cut_v };
    struct row_writer w = { ret, size };
    ret[0] = '\0';
    for (size_t i = 0; i < sizeof value / sizeof value[0]; i++)
        row_put(&w, value[i], i == 0 ? 12 : 6);
}

static int is_ratio(double x, double low)
{
    return isnan(x) || (x >= low && x <= 1);
}

/* The last that was written of a box that is back after `gone_s`: had the controller cut the load? */
static int was_cut(const struct energy_battery *battery, const struct energy_policy *policy, double seen_v, double gone_s)
{
    double sure = energy_battery_sure(battery);
    return gone_s > OFF_S && (sure < policy->reserve_ratio || seen_v <= battery->cut_v + NEAR_CUT_V / energy_to_12v(policy));
}

int energy_battery_resume(struct energy_battery *battery, const struct energy_policy *policy, const char *text, int64_t now_s, int unclean)
{
    double v[12];
    if (!row_take_all(text, v, 12) || !(v[0] > 0) || !is_ratio(v[1], 0) || !is_ratio(v[2], 0) || !is_ratio(v[3], 0.7) || !is_ratio(v[4], 0.7))
        return 0;
    double gone_s = fmax((double)now_s - v[0], 0);
    battery->ah_ratio = v[3];
    battery->wh_ratio = v[4];
    battery->cut_v = v[11];
    if (gone_s < GAP_S && v[5] == 1 && v[6] >= 0 && v[7] >= 0 && v[8] >= 0 && v[9] >= 0)
        battery->cycle = (struct energy_cycle){ 1, v[6], v[7], v[8], v[9] };
    if (isnan(v[1]) || isnan(v[2]))
        return 0;
    set(battery, v[1], v[2], "resumed");
    int cut = unclean && v[10] > 0 && was_cut(battery, policy, v[10], gone_s);
    if (cut)
        learn_cut(battery, policy, v[10]);
    if (cut || (v[1] < energy_cut_ratio(policy) + NEAR_CUT_RATIO && gone_s > OFF_S))
        set(battery, energy_reconnect_ratio(policy), RECONNECT_UNCERTAINTY, "resumed");
    else
        set(battery, v[1], v[2] + gone_s / HOUR_S * (0.01 + policy->base_w / energy_capacity_wh(policy)), "resumed");
    return cut;
}
