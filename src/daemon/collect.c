#include "daemon/collect.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "daemon/common.h"
#include "daemon/power.h"
#include "daemon/sun.h"

enum { REPEAT_S = 3600, STILL_S = 86400, STEP_MAX_S = 660, KEEP_S = 3 * 3600 };

static int is_label(enum gnm_field field)
{
    return field == GNM_STAGE || field == GNM_FAULTS;
}

/* Wall minus calendar-monotonic time: constant until somebody sets the clock. */
static int64_t offset_ms(const struct daemon *d)
{
    return d->clock->wall_ms(d->clock->ctx) - (int64_t)((double)d->clock->mono_ms(d->clock->ctx) * d->clock->speed);
}

static void put_row(struct daemon *d, const struct store_minute *row, int64_t offset)
{
    if (d->n_minutes == DAEMON_MINUTES) {       /* the oldest go first; their number is told at the next commit */
        memmove(d->minutes, d->minutes + 1, (DAEMON_MINUTES - 1) * sizeof *d->minutes);
        d->n_minutes--;
        d->lost_minutes++;
    }
    d->minutes[d->n_minutes++] = (struct minute_row){ *row, offset };
}

static void close_minute(struct daemon *d, struct collect *c)
{
    if (c->minute.n == 0)
        return;
    for (int f = 0; f < GNM_FIELDS; f++)
        c->minute.mean[f] = c->count[f] > 0 && !is_label(f) ? c->sum[f] / c->count[f] : NAN;
    put_row(d, &c->minute, c->minute_offset_ms);
    c->minute.n = 0;
}

static void start_minute(struct daemon *d, struct collect *c, size_t i, int64_t minute)
{
    memset(&c->minute, 0, sizeof c->minute);
    memcpy(c->minute.controller, d->config->controller[i].name, sizeof c->minute.controller);
    c->minute.minute = minute;
    c->minute_offset_ms = offset_ms(d);
    for (int f = 0; f < GNM_FIELDS; f++) {
        c->minute.mean[f] = c->minute.min[f] = c->minute.max[f] = c->minute.last[f] = NAN;
        c->sum[f] = 0;
        c->count[f] = 0;
    }
}

static void add_field(struct collect *c, int f, double x)
{
    if (isnan(x))
        return;
    c->minute.last[f] = x;
    if (is_label(f))
        return;
    c->minute.min[f] = fmin(x, c->count[f] > 0 ? c->minute.min[f] : x);
    c->minute.max[f] = fmax(x, c->count[f] > 0 ? c->minute.max[f] : x);
    c->sum[f] += x;
    c->count[f]++;
}

static void add_sample(struct daemon *d, size_t i, const struct gnm_reading *reading)
{
    struct collect *c = &d->collect[i];
    int64_t minute = reading->at_ms / 60000;
    if (c->minute.n == 0 || c->minute.minute != minute) {
        close_minute(d, c);
        start_minute(d, c, i, minute);
    }
    c->minute.n++;
    for (int f = 0; f < GNM_FIELDS; f++)
        add_field(c, f, reading->value[f]);
}

static int is_fresh(const struct daemon *d, size_t i, int64_t now_ms)
{
    const struct gnm_reading *newest = &d->collect[i].newest;
    return newest->mono_ms > 0 && (double)(now_ms - newest->mono_ms) / 1e3 * d->clock->speed <= d->config->energy.stale_s;
}

/* Without a measured net current the charge is a sum of guesses: worth one line. */
static void tell_balance(struct daemon *d, const struct gnm_reading *whole)
{
    if (d->balance_said || !isnan(whole->value[GNM_BATTERY_A]))
        return;
    d->balance_said = 1;
    log_line(&d->log, LOG_NOTICE, NULL, "battery: no controller measures its net current; the charge is counted from the panel's power less the %s, and is sure to one point an hour only",
             energy_load_is_seen(whole) ? "load output's" : "configured base_w");
}

/* Several controllers on one battery are one plant. Its time goes by the first of them that answers. */
static void take_plant(struct daemon *d, size_t i)
{
    struct gnm_reading part[CONFIG_CONTROLLERS], whole;
    int64_t now_ms = d->collect[i].newest.mono_ms;
    unsigned whole_battery = 0;
    size_t n = 0;
    for (size_t k = 0; k < i; k++)
        if (is_fresh(d, k, now_ms))
            return;
    for (size_t k = 0; k < d->ports.n_controllers; k++)
        if (is_fresh(d, k, now_ms)) {
            whole_battery |= d->ports.controller[k].whole_battery != 0 ? 1U << n : 0;
            part[n++] = d->collect[k].newest;
        }
    energy_sum_plant(part, n, d->ports.n_controllers, whole_battery, &whole);
    whole.at_ms = d->collect[i].newest.at_ms;
    whole.mono_ms = now_ms;
    tell_balance(d, &whole);
    double step_s = d->battery.last_mono_ms > 0 ? (double)(now_ms - d->battery.last_mono_ms) / 1e3 * d->clock->speed : 0;
    energy_battery_update(&d->battery, &d->config->energy, &whole, d->clock->speed);
    power_sample(d, &whole);
    if (d->battery.low_s > 0 && d->mode != GNM_HALT)
        loop_wake(&d->loop, TASK_TICK, d->clock->mono_ms(d->clock->ctx));      /* it halts */
    if (step_s > 0 && step_s <= STEP_MAX_S)
        sun_sample(d, &whole, step_s);
}

static void take_sample(struct daemon *d, size_t i, const struct gnm_reading *reading)
{
    struct collect *c = &d->collect[i];
    if (c->told || c->polls == 0)
        log_line(&d->log, LOG_NOTICE, c->told ? "cd7f42484be149c3aa7b291dcec9379a" : NULL, "controller %s: answers%s (%.2f V)", d->config->controller[i].name,
                 c->told ? " again" : "", reading->value[GNM_BATTERY_V]);
    c->in_row = c->told = 0;
    c->error[0] = '\0';
    c->polls++;
    c->last_ok_ms = reading->mono_ms;
    add_sample(d, i, reading);
    c->newest = *reading;
    take_plant(d, i);
}

static void take_failure(struct daemon *d, size_t i, int64_t now_ms, const struct gnm_why *why)
{
    struct collect *c = &d->collect[i];
    c->failures++;
    c->in_row++;
    snprintf(c->error, sizeof c->error, "%s", why->text);
    if (c->failures > 1 && now_ms - c->told_ms < common_span_ms(d, c->told ? STILL_S : REPEAT_S))
        return;                                 /* a line that comes and goes is told of once an hour, one that stays away once a day */
    c->told = 1;
    c->told_ms = now_ms;
    log_line(&d->log, LOG_WARNING, "a95df07c14454428aaa341516c9e2ffc", "controller %s: %s; working without it", d->config->controller[i].name, why->text);
}

/* The configured interval, stretched in the saver modes. */
static int64_t interval_ms(const struct daemon *d, size_t i)
{
    const struct energy_policy *policy = &d->config->energy;
    double saver_s = d->mode >= GNM_SAVER2 ? policy->saver2_poll_s : d->mode == GNM_SAVER1 ? policy->saver1_poll_s : 0;
    return common_span_ms(d, fmax((double)d->config->controller[i].poll_s, saver_s));
}

/* Keeps the rhythm: the next multiple of the interval, never a burst after a late answer. */
static int64_t next_poll_ms(struct daemon *d, size_t i, int64_t now_ms)
{
    struct collect *c = &d->collect[i];
    int64_t every = interval_ms(d, i);
    c->next_ms = c->next_ms == 0 || now_ms - c->next_ms >= every ? now_ms + every : c->next_ms + every;
    return c->next_ms;
}

int64_t collect_poll(struct daemon *d, size_t i, int64_t now_ms, struct gnm_wait *wait)
{
    if (i >= d->ports.n_controllers)
        return GNM_NEVER;
    struct collect *c = &d->collect[i];
    const struct gnm_controller *port = &d->ports.controller[i];
    struct gnm_why why = { 0 };
    struct gnm_reading reading;
    int r = 0;
    if (!c->polling)
        r = port->begin(port->ctx, now_ms, &why);
    c->polling = r == 0;
    if (r == 0)
        r = port->poll(port->ctx, now_ms, d->clock->wall_ms(d->clock->ctx), &reading, wait, &why);
    if (r == -EAGAIN && c->polling)
        return GNM_NEVER;
    *wait = (struct gnm_wait){ .deadline_ms = GNM_NEVER };
    c->polling = 0;
    if (r == 0)
        take_sample(d, i, &reading);
    else
        take_failure(d, i, now_ms, &why);
    return next_poll_ms(d, i, now_ms);
}

/* Rows made before the clock was set carry the wrong minute: their calendar-monotonic time is right, so the offset of now corrects them. */
static void correct_minutes(struct daemon *d)
{
    int64_t now = offset_ms(d);
    for (size_t k = 0; k < d->n_minutes; k++) {
        int64_t shift = now - d->minutes[k].offset_ms;
        if (shift > 60000 || shift < -60000)
            d->minutes[k].row.minute += shift / 60000;
    }
}

/* What is learned slowly goes with a commit that happens anyway, a few times a day: a cut costs hours of learning, not the profile. */
static int keep_learned(struct daemon *d, int now, struct gnm_why *why)
{
    int64_t now_s = common_wall_s(d);
    int due = now || now_s - d->kept_s >= KEEP_S || now_s < d->kept_s;
    int r = due || d->mode >= GNM_SAVER2 ? power_keep_battery(d, why) : 0;
    if (r < 0 || !due)
        return r;
    r = sun_keep(d, why);
    if (r == 0)
        r = power_keep(d, why);
    if (r == 0) {
        d->kept_s = now_s;
        d->sun.profile.changed = 0;
    }
    return r;
}

void collect_commit(struct daemon *d, int all)
{
    for (size_t i = 0; all && i < d->ports.n_controllers; i++)
        close_minute(d, &d->collect[i]);
    if ((d->n_minutes == 0 && d->n_hour == 0 && !all) || !common_trusted(d))
        return;
    correct_minutes(d);
    static const size_t chunk = 64;
    struct store_minute rows[64];
    struct gnm_why why = { 0 };
    int r = store_begin(d->store, &why);
    for (size_t k = 0; r == 0 && k < d->n_minutes; k += chunk) {
        size_t n = 0;
        for (; n < chunk && k + n < d->n_minutes; n++)
            rows[n] = d->minutes[k + n].row;
        r = store_minutes(d->store, rows, n, &why);
    }
    if (r == 0 && d->n_hour > 0)
        r = store_cost(d->store, d->hour, d->n_hour, &why);
    if (r == 0)
        r = keep_learned(d, all, &why);
    if (r == 0)
        r = store_commit(d->store, &why);
    else
        store_rollback(d->store);
    common_store_result(d, r, &why);
    if (r == 0)
        d->n_minutes = d->n_hour = 0;
    if (d->lost_minutes > 0)
        log_line(&d->log, LOG_WARNING, NULL, "store: %zu minutes of readings were lost while the database could not be written", d->lost_minutes);
    d->lost_minutes = 0;
}
