#include "daemon/house.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "daemon/announce.h"
#include "daemon/collect.h"
#include "daemon/common.h"
#include "daemon/notify.h"
#include "daemon/power.h"
#include "daemon/sun.h"

enum { MINUTE_S = 60, COMMIT_S = 600, LEDGER_S = 3600, RETAIN_S = 86400, RETAIN_ROWS = 20000, CHECK_MS = 100, LOW_SPACE_MB = 64, UNREAD_S = 6 * 3600 };
#define IDLE_GUESS 0.5            /* half the interval of the configured draw, and of a measured one */
#define IDLE_MEASURED 0.1

static double busy_s(const struct daemon *d, const struct gnm_meter_sample *now)
{
    double box_s = now->box_busy_s - d->metered.box_busy_s, own_s = now->own_cpu_s - d->metered.own_cpu_s;
    return d->metered_ms > 0 ? fmax(isnan(box_s) ? own_s : box_s, 0) : NAN;
}

/* CPU seconds not claimed by a job were spent on polling and on the loop. */
static void meter_minute(struct daemon *d)
{
    struct gnm_meter_sample now = d->metered;
    struct gnm_why why;
    struct gnm_cost cost;
    int64_t now_ms = d->clock->mono_ms(d->clock->ctx);
    if (d->ports.meter.read(d->ports.meter.ctx, &now, &why) < 0)
        return;
    double cpu_s = now.own_cpu_s - d->metered.own_cpu_s, s = (double)(now_ms - d->metered_ms) / 1e3 * d->clock->speed;
    energy_cost(&d->config->energy, &d->watts, NULL, fmax(cpu_s - d->job_cpu_s, 0), NAN, NAN, &cost);
    d->purpose_cpu_s[GNM_POLL] += cost.cpu_s;
    d->purpose_j[GNM_POLL] += cost.joules;
    d->purpose_half_j[GNM_POLL] += cost.half_j;
    d->purpose_method[GNM_POLL] = cost.method;
    d->joules_today += cost.joules;
    power_minute(d, busy_s(d, &now), now.package_j - d->metered.package_j, s);
    if (s >= MINUTE_S / 2)
        d->battery.own_w = d->metered_ms > 0 ? power_core_w(d) * fmin(fmax(cpu_s / s, 0), 1) : 0;
    d->job_cpu_s = 0;
    d->metered = now;
    d->metered_ms = now_ms;
}

/* The box itself runs whatever gnomon does: its quiet draw, measured or as configured, is booked as idle, so that no day looks free. */
static void book_idle(struct daemon *d, int64_t now_ms)
{
    double s = (double)(now_ms - d->ledger_ms) * d->clock->speed / 1e3, w = isnan(d->watts.quiet_w) ? d->config->energy.base_w : d->watts.quiet_w;
    d->purpose_j[GNM_IDLE] += w * s;
    d->purpose_half_j[GNM_IDLE] += (isnan(d->watts.quiet_w) ? IDLE_GUESS : IDLE_MEASURED) * w * s;
    d->purpose_method[GNM_IDLE] = isnan(d->watts.quiet_w) ? GNM_CPU_CONFIG : GNM_DC;
}

/* An hour that could not be written yet goes first; what was spent since then waits for its turn. */
void house_book(struct daemon *d)
{
    int64_t now_ms = d->clock->mono_ms(d->clock->ctx);
    if (d->n_hour > 0)
        return;
    meter_minute(d);
    book_idle(d, now_ms);
    for (int p = 0; p < GNM_PURPOSES; p++) {
        int has_row = p == GNM_TRAIN || p == GNM_SEARCH || p == GNM_REFRESH || p == GNM_IMPORT;      /* these write a row for every job */
        if (!has_row && d->purpose_j[p] > 0 && common_trusted(d)) {
            struct store_cost *row = &d->hour[d->n_hour++];
            *row = (struct store_cost){ .at_s = common_wall_s(d), .purpose = (enum gnm_purpose)p, .wall_s = (double)(now_ms - d->ledger_ms) / 1000.0 * d->clock->speed,
                                        .cost = { d->purpose_cpu_s[p], d->purpose_j[p], d->purpose_method[p], d->purpose_half_j[p] }, .soc_ratio = d->battery.soc_ratio };
            snprintf(row->job, sizeof row->job, "hour");
        }
        d->purpose_cpu_s[p] = d->purpose_j[p] = d->purpose_half_j[p] = 0;
    }
    d->ledger_ms = now_ms;
}

/* The controller may cut the load soon: what is known goes to the disk. */
static void write_out(struct daemon *d)
{
    collect_commit(d, 0);
    store_checkpoint(d->store);
}

static void expect_cut(struct daemon *d)
{
    int near = energy_near_cut(&d->config->energy, &d->battery);
    if (near && !d->near_cut && !isnan(d->battery.falling_v)) {
        write_out(d);
        d->near_cut = 1;
    }
    d->near_cut &= near;
}

/* The last moment before the load is cut: training is parked. */
static void halt_work(struct daemon *d)
{
    struct gnm_why why = { 0 };
    struct gnm_grant halt = { .allowed = 0 };
    snprintf(halt.reason, sizeof halt.reason, "halt: %.2f V, %.0f %% +-%.0f; all work stopped and state.db written out", d->battery.last.value[GNM_BATTERY_V],
             100 * d->battery.soc_ratio, 100 * d->battery.uncertainty_ratio);
    loop_wake(&d->loop, TASK_TRAIN, d->clock->mono_ms(d->clock->ctx));      /* it parks itself */
    common_store_result(d, store_grant(d->store, common_wall_s(d), GNM_IDLE, &halt, &why), &why);
    write_out(d);
}

/* What the next days bring changes with the hour, not with the minute. */
static void look_ahead(struct daemon *d, int64_t now_ms)
{
    const struct config *c = d->config;
    if (!isnan(d->ahead.lowest_ratio) && d->looked_ms > 0 && now_ms - d->looked_ms < common_span_ms(d, c->energy.decide_s))
        return;
    energy_look_ahead(&c->energy, &d->battery, &d->sun.outlook, common_wall_s(d), &d->ahead);
    d->looked_ms = now_ms;
}

static void change_mode(struct daemon *d)
{
    int64_t now_ms = d->clock->mono_ms(d->clock->ctx);
    double held_s = (double)(now_ms - d->mode_ms) / 1e3 * d->clock->speed;
    look_ahead(d, now_ms);
    enum gnm_mode mode = energy_mode(&d->config->energy, &d->battery, &d->ahead, d->mode, held_s);
    if (mode == d->mode)
        return;
    char foreseen[48] = "";
    if (mode == GNM_SAVER1 && d->ahead.lowest_ratio < energy_battery_sure(&d->battery))
        snprintf(foreseen, sizeof foreseen, ", %.0f %% if the days are dull", 100 * d->ahead.lowest_ratio);
    log_line(&d->log, LOG_NOTICE, "7288a96c173f41e5a41b65bca2bd0eff", "mode: %s instead of %s, battery %.0f %% +- %.0f%s", gnm_mode_names[mode], gnm_mode_names[d->mode],
             100 * d->battery.soc_ratio, 100 * d->battery.uncertainty_ratio, foreseen);
    d->mode = mode;
    d->mode_ms = now_ms;
    if (mode == GNM_HALT)
        halt_work(d);
}

static void new_day(struct daemon *d)
{
    int64_t today = zone_day(d->zone, common_wall_s(d));
    if (today != d->today)
        d->joules_today = 0;
    d->today = today;
}

static void watch_space(struct daemon *d)
{
    double free_bytes, free_ratio;
    struct gnm_why why;
    char text[240];
    if (file_space(d->config->paths.state, &free_bytes, &free_ratio, &why) < 0 || free_bytes > LOW_SPACE_MB * 1048576.0) {
        d->space_once = (struct log_once){ 0 };
        return;
    }
    snprintf(text, sizeof text, "disk: %.0f MB left below %.120s", free_bytes / 1048576.0, d->config->paths.state);
    if (d->space_once.text[0] == '\0')
        log_change(&d->log, &d->space_once, d->clock->mono_ms(d->clock->ctx), 0, LOG_WARNING, NULL, text);
}

static void say_hour(struct daemon *d)
{
    const double *v = d->battery.last.value;
    if (d->battery.last_mono_ms == 0)
        return;
    int stage = isnan(v[GNM_STAGE]) ? GNM_STAGE_UNKNOWN : (int)v[GNM_STAGE];
    log_line(&d->log, LOG_ROUTINE, NULL, "battery: %.2f V, %.0f %% +- %.0f (%s), %s, PV %.0f W, load %.0f W; %u polls, %u failed", v[GNM_BATTERY_V], 100 * d->battery.soc_ratio,
             100 * d->battery.uncertainty_ratio, d->battery.source, gnm_stage_names[stage], v[GNM_PV_W], isnan(v[GNM_LOAD_W]) ? d->config->energy.base_w : v[GNM_LOAD_W],
             d->collect[0].polls, d->collect[0].failures);
}

/* One bounded step; 1 when there is more to remove. */
static int retain(struct daemon *d)
{
    struct store_retention keep = { (int)d->config->keep.minute_d, (int)d->config->keep.signal_d, (int)d->config->keep.forecast_d, (int)d->config->keep.ledger_d };
    struct gnm_why why = { 0 };
    size_t removed = 0;
    common_store_result(d, store_retain(d->store, &keep, common_wall_s(d), RETAIN_ROWS, &removed, &why), &why);
    return removed == RETAIN_ROWS;
}

/* After a power cut the file is looked through table by table, a moment each minute, until it is known to be sound. */
static void check_store(struct daemon *d)
{
    struct gnm_why why = { 0 };
    if (d->store_checked || d->store_failed != 0)
        return;
    int r = store_unclean(d->store) ? store_check(d->store, CHECK_MS, &why) : 0;
    d->store_checked = r == 0;
    if (r < 0 && r != -EAGAIN)
        common_store_result(d, r, &why);
}

/* A handle that met an I/O error or a damaged page is not used again: a new one reads what is really there. */
static int reopen_store(struct daemon *d, struct gnm_why *why)
{
    int renamed = 0;
    int r = store_reopen(d->store, &renamed, why);
    for (size_t i = 0; i < d->fetch.n; i++)
        d->fetch.slot[i].taken_hash = 0;         /* what was stored may be gone */
    if (r == 0)
        log_line(&d->log, renamed ? LOG_ERROR : LOG_WARNING, NULL, "store: state.db opened anew%s", renamed ? "; the damaged file was set aside" : "");
    return r;
}

/* One small write tells whether the trouble is over; what waited (the inbox, buffered minutes) then goes on. */
static void mend_store(struct daemon *d)
{
    struct gnm_why why = { 0 };
    int r = 0;
    if (d->store_failed == 0)
        return;
    if (d->store_failed == -EIO || d->store_failed == -EUCLEAN)
        r = reopen_store(d, &why);
    if (r == 0)
        r = store_meta_set(d->store, "daemon.mended", "1", &why);
    common_store_result(d, r, &why);
    if (r == 0)
        loop_wake(&d->loop, TASK_INBOX, d->clock->mono_ms(d->clock->ctx));
}

static int due(int64_t *last_ms, int64_t now_ms, int64_t every_ms)
{
    if (now_ms - *last_ms < every_ms - every_ms / 20)
        return 0;
    *last_ms = now_ms;
    return 1;
}

/* With a commit that happens anyway. */
static void end_hour(struct daemon *d, int64_t now_ms)
{
    if (now_ms - d->ledger_ms < common_span_ms(d, LEDGER_S - MINUTE_S / 2))
        return;
    say_hour(d);
    house_book(d);
    watch_space(d);
}

int64_t house_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait)
{
    (void)wait;
    new_day(d);
    sun_tick(d);
    change_mode(d);
    expect_cut(d);
    meter_minute(d);
    if (due(&d->commit_ms, now_ms, common_span_ms(d, COMMIT_S))) {
        mend_store(d);
        end_hour(d, now_ms);
        collect_commit(d, 0);
    } else if (power_sinks(d)) {
        collect_commit(d, 0);
    }
    if (due(&d->retain_ms, now_ms, common_span_ms(d, RETAIN_S)) && d->trusted && retain(d))
        d->retain_ms = now_ms - common_span_ms(d, RETAIN_S);     /* the rest at the next minute */
    check_store(d);
    if (!d->fixed_rate || due(&d->status_ms, now_ms, common_span_ms(d, UNREAD_S)))      /* in virtual time nobody reads it */
        announce_status(d);
    notify_alive();
    return now_ms + common_span_ms(d, MINUTE_S);
}
