#include "daemon/power.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"

enum { GAP_S = 660 };
#define SUNK_V 0.005
#define QUIET_CORES 0.05

/* Not the one of common, which books its joules here. */
static int64_t wall_s(const struct daemon *d)
{
    return d->clock->wall_ms(d->clock->ctx) / 1000;
}

/* Local midnight, and that of the first of the next month. */
static void set_ends(struct daemon *d, int64_t now_s)
{
    int64_t today = zone_day(d->zone, now_s);
    d->used.day_end_s = zone_day_start_s(d->zone, today + 1);
    d->used.month_end_s = zone_day_start_s(d->zone, civil_month_first(civil_month_index(today) + 1));
}

static void roll(struct daemon *d)
{
    int64_t now_s = wall_s(d);
    if (now_s < d->used.day_end_s)
        return;
    memset(d->used.day_j, 0, sizeof d->used.day_j);
    if (now_s >= d->used.month_end_s)
        memset(d->used.month_j, 0, sizeof d->used.month_j);
    set_ends(d, now_s);
}

void power_recall(struct daemon *d)
{
    char text[200];
    struct gnm_why why;
    int64_t now_s = wall_s(d), today = zone_day(d->zone, now_s);
    energy_watts_start(&d->watts);
    energy_watts_start(&d->package);
    if (store_meta_get(d->store, "power.watts", text, sizeof text, &why) == 0)
        energy_watts_restore(&d->watts, text);
    if (store_meta_get(d->store, "power.package", text, sizeof text, &why) == 0)
        energy_watts_restore(&d->package, text);
    set_ends(d, now_s);
    int64_t month_s = zone_day_start_s(d->zone, civil_month_first(civil_month_index(today)));
    store_spent(d->store, zone_day_start_s(d->zone, today), d->used.day_j, &why);
    store_spent(d->store, month_s, d->used.month_j, &why);
}

void power_sample(struct daemon *d, const struct gnm_reading *reading)
{
    d->dc_sum_w += energy_dc_w(reading);
    d->dc_n++;
}

void power_minute(struct daemon *d, double busy_s, double package_j, double span_s)
{
    d->dc_busy_s += busy_s;
    d->dc_package_j += package_j;
    d->dc_span_s += span_s;
    if (d->dc_n == 0 && d->dc_span_s < GAP_S)
        return;
    struct energy_direct *job = d->learn.learner != NULL && d->told[d->learn.purpose].allowed ? &d->learn.direct : NULL;
    double dc_w = d->dc_n > 0 ? d->dc_sum_w / d->dc_n : NAN, busy = d->dc_busy_s / d->dc_span_s;
    energy_watts_minute(&d->watts, busy, dc_w, d->dc_span_s, job);
    energy_watts_package(&d->package, d->dc_package_j / d->dc_span_s, job == NULL && busy < QUIET_CORES, dc_w);
    d->dc_sum_w = d->dc_busy_s = d->dc_package_j = d->dc_span_s = 0;
    d->dc_n = 0;
}

void power_use(struct daemon *d, enum gnm_purpose purpose, double joules)
{
    roll(d);
    d->used.day_j[purpose] += joules;
    d->used.month_j[purpose] += joules;
}

int power_refuses(struct daemon *d, enum gnm_purpose purpose, struct gnm_grant *ret)
{
    roll(d);
    return energy_budget_refuses(&d->config->limit[purpose], &d->used, purpose, d->config->carbon.intensity_g_per_kwh, wall_s(d), ret);
}

double power_core_w(const struct daemon *d)
{
    double w, half_w;
    return energy_watts_core(&d->watts, &w, &half_w) ? w : d->config->energy.watts_per_core;
}

void power_recall_battery(struct daemon *d)
{
    char text[400];
    struct gnm_why why;
    if (store_meta_get(d->store, "power.battery", text, sizeof text, &why) == 0 &&
        energy_battery_resume(&d->battery, &d->config->energy, text, wall_s(d), store_unclean(d->store)))
        log_line(&d->log, LOG_NOTICE, NULL, "battery: the controller had cut the load; halt is at %.2f V from now on", d->battery.cut_v + d->config->energy.halt_margin_v);
    energy_health_start(&d->health);
    if (store_meta_get(d->store, "power.health", text, sizeof text, &why) == 0)
        energy_health_restore(&d->health, text);
}

int power_keep_battery(struct daemon *d, struct gnm_why *why)
{
    char text[400];
    d->kept_v = d->mode < GNM_SAVER2 ? INFINITY : fmin(d->kept_v, d->battery.falling_v);
    energy_battery_row(&d->battery, wall_s(d), text, sizeof text);
    return store_meta_set(d->store, "power.battery", text, why);
}

int power_sinks(const struct daemon *d)
{
    return d->mode >= GNM_SAVER2 && d->battery.falling_v < d->kept_v - SUNK_V;
}

int power_keep(struct daemon *d, struct gnm_why *why)
{
    char text[400];
    energy_watts_row(&d->watts, text, sizeof text);
    int r = store_meta_set(d->store, "power.watts", text, why);
    energy_watts_row(&d->package, text, sizeof text);
    if (r == 0 && d->package.n > 0)
        r = store_meta_set(d->store, "power.package", text, why);
    energy_health_row(&d->health, text, sizeof text);
    if (r == 0)
        r = store_meta_set(d->store, "power.health", text, why);
    return r;
}
