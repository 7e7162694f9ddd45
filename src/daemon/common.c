#include "daemon/common.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "daemon/power.h"

enum { FIRST_TRAINING_S = 600, HORIZON_MONTHS = 6, SLICE_MS = 50, TRUST_GRACE_S = 600, STORE_REPEAT_MS = 3600000, REASON_S = 3600 };

int64_t common_wall_s(const struct daemon *d)
{
    return d->clock->wall_ms(d->clock->ctx) / 1000;
}

int64_t common_span_ms(const struct daemon *d, double calendar_s)
{
    double ms = calendar_s * 1000.0 / d->clock->speed;
    return ms < 1.0 ? 1 : (int64_t)llround(ms);
}

int64_t common_when_ms(const struct daemon *d, int64_t now_ms, int64_t wall_s)
{
    if (wall_s == GNM_NEVER)
        return GNM_NEVER;
    int64_t ahead_s = wall_s - common_wall_s(d);
    return ahead_s <= 0 ? now_ms : now_ms + common_span_ms(d, (double)ahead_s);
}

/* Until the clock is trusted only polling goes on; after ten minutes without synchronisation work goes on, marked degraded. */
int common_trusted(struct daemon *d)
{
    int trusted = d->clock->trusted(d->clock->ctx);
    int64_t mono_ms = d->clock->mono_ms(d->clock->ctx);
    if (trusted != d->trusted) {
        d->trusted = trusted;
        log_line(&d->log, trusted ? LOG_NOTICE : LOG_WARNING, NULL, trusted ? "clock: time is trusted" :
                 "clock: time is not trusted yet (before the newest record or the build); polling only");
    }
    return trusted || mono_ms - d->started_ms > common_span_ms(d, TRUST_GRACE_S);
}

int common_horizon(const struct daemon *d, enum gnm_step step)
{
    return (int)(step == GNM_DAY ? d->config->forecast.horizon_days : step == GNM_WEEK ? d->config->forecast.horizon_weeks : HORIZON_MONTHS);
}

/* The sentence without its numbers: two refusals that differ only in a percentage are the same decision. */
static void kind_of(const char *reason, char *ret, size_t size)
{
    size_t n = 0;
    for (; *reason != '\0' && n + 1 < size; reason++)
        if (!isdigit((unsigned char)*reason) && *reason != '.' && *reason != '-')
            ret[n++] = *reason;
    ret[n] = '\0';
}

static void tell_grant(struct daemon *d, enum gnm_purpose purpose, const struct gnm_grant *grant)
{
    struct told *told = &d->told[purpose];
    char kind[sizeof told->kind];
    kind_of(grant->reason, kind, sizeof kind);
    snprintf(told->reason, sizeof told->reason, "%s", grant->reason);
    int changed = !told->known || told->allowed != grant->allowed;
    int64_t now_ms = d->clock->mono_ms(d->clock->ctx);
    if (!changed && (strcmp(told->kind, kind) == 0 || now_ms - told->at_ms < common_span_ms(d, REASON_S)))
        return;                                 /* another reason for the same answer: once an hour is often enough */
    told->at_ms = now_ms;
    told->known = 1;
    told->allowed = grant->allowed;
    memcpy(told->kind, kind, sizeof kind);
    if (purpose == GNM_TRAIN || (changed && !grant->allowed))
        log_line(&d->log, LOG_NOTICE, grant->allowed ? "58269d73d98c496ab7545d486411a183" : NULL, "%s: %s, %s", gnm_purpose_names[purpose],
                 grant->allowed ? "granted" : "refused", grant->reason);
    struct gnm_why why = { 0 };
    common_store_result(d, store_grant(d->store, common_wall_s(d), purpose, grant, &why), &why);
}

/* Local solar time, NaN where the site is not known. */
static double solar_hour(const struct daemon *d, int64_t now_s)
{
    double hours = (double)now_s / 3600 + d->config->site.longitude / 15;
    return hours - 24 * floor(hours / 24);
}

int common_ask(struct daemon *d, const struct errand *errand, int64_t now_ms, struct gnm_grant *grant)
{
    int64_t now_s = common_wall_s(d);
    struct energy_request request = { .purpose = errand->purpose, .running = errand->running, .now_ms = now_ms, .speed = d->clock->speed, .now_s = now_s,
                                      .solar_hour = solar_hour(d, now_s), .job_s = errand->job_s, .since_s = errand->since_s, .cpu_c = d->metered.cpu_c, .core_w = power_core_w(d), .never_full = d->health.warned[ENERGY_NEVER_FULL],
                                      .outlook = &d->sun.outlook };
    grant->until_ms = now_ms + common_span_ms(d, d->config->energy.decide_s);
    if (!power_refuses(d, errand->purpose, grant))
        energy_decide(&d->config->energy, &d->battery, d->mode, &request, grant);
    tell_grant(d, errand->purpose, grant);
    return grant->allowed;
}

/* The longest of the last runs, less what is done: nine of ten take no longer. */
static double training_left_s(const struct daemon *d, int running)
{
    double longest_s = 0;
    for (int i = 0; i < LEARN_REMEMBERED; i++)
        longest_s = fmax(longest_s, d->learn.took_s[i]);
    if (longest_s == 0)
        longest_s = FIRST_TRAINING_S;
    return running ? fmax(longest_s - d->learn.cpu_s, 0.1 * longest_s) : longest_s;
}

int common_grant(struct daemon *d, enum gnm_purpose purpose, int running, int64_t now_ms, struct gnm_grant *grant)
{
    struct errand errand = { .purpose = purpose, .running = running, .since_s = INFINITY };
    int64_t last_s = purpose == GNM_TRAIN || purpose == GNM_SEARCH ? d->learn.last_train_s : purpose == GNM_PUBLISH ? d->last_publish_s : d->last_refresh_s;
    if (last_s > 0)
        errand.since_s = (double)(common_wall_s(d) - last_s);
    if (purpose == GNM_TRAIN)
        errand.job_s = training_left_s(d, running);
    if (purpose == GNM_SEARCH)
        errand.job_s = fmax((double)d->config->forecast.search_effort_s - (running ? d->learn.cpu_s : 0), 1);
    return common_ask(d, &errand, now_ms, grant);
}

void common_open(struct daemon *d, struct stretch *s)
{
    struct gnm_why why;
    memset(s, 0, sizeof *s);
    s->start_ms = d->clock->mono_ms(d->clock->ctx);
    d->ports.meter.read(d->ports.meter.ctx, &s->start, &why);
}

struct gnm_cost common_close(struct daemon *d, const struct stretch *s, enum gnm_purpose purpose, const char *job)
{
    struct gnm_meter_sample end = s->start;
    struct gnm_why why = { 0 };
    struct gnm_cost cost = { 0 };
    d->ports.meter.read(d->ports.meter.ctx, &end, &why);
    double cpu_s = end.own_cpu_s - s->start.own_cpu_s, package_j = end.package_j - s->start.package_j, share = cpu_s / (end.box_busy_s - s->start.box_busy_s);
    double wall_s = (double)(d->clock->mono_ms(d->clock->ctx) - s->start_ms) / 1000.0 * d->clock->speed;
    energy_cost(&d->config->energy, &d->watts, NULL, cpu_s, package_j, share, &cost);
    energy_cost_split(&d->package, package_j, wall_s, share, &cost);
    d->job_cpu_s += cpu_s;
    d->purpose_cpu_s[purpose] += cpu_s;
    d->purpose_j[purpose] += cost.joules;
    d->purpose_half_j[purpose] += cost.half_j;
    d->purpose_method[purpose] = cost.method;
    d->joules_today += cost.joules;
    power_use(d, purpose, cost.joules);
    if (job != NULL) {
        struct store_cost row = { .at_s = common_wall_s(d), .purpose = purpose, .cost = cost, .wall_s = wall_s, .soc_ratio = d->battery.soc_ratio };
        snprintf(row.job, sizeof row.job, "%s", job);
        common_store_result(d, store_cost(d->store, &row, 1, &why), &why);
    }
    return cost;
}

size_t common_units(const struct daemon *d, double ms)
{
    double units = d->units_per_ms * (ms > 0 ? ms : SLICE_MS);
    return units < 1000 ? 1000 : units > 1e9 ? 1000000000 : (size_t)units;
}

void common_worked(struct daemon *d, size_t units, int64_t start_ms)
{
    int64_t now_ms = d->clock->mono_ms(d->clock->ctx);
    if (d->fixed_rate) {
        d->clock->wait(d->clock->ctx, now_ms + (int64_t)((double)units / d->units_per_ms), NULL, 0);
        return;
    }
    if (now_ms - start_ms < 2)
        return;
    double rate = (double)units / (double)(now_ms - start_ms);
    d->units_per_ms += 0.25 * (rate - d->units_per_ms);
}

void common_pay(struct daemon *d, size_t n, double units)
{
    if (d->fixed_rate)
        d->clock->wait(d->clock->ctx, d->clock->mono_ms(d->clock->ctx) + (int64_t)((double)n * units / d->units_per_ms), NULL, 0);
}

void common_store_result(struct daemon *d, int r, const struct gnm_why *why)
{
    int64_t now_ms = d->clock->mono_ms(d->clock->ctx);
    if (r >= 0) {
        if (d->store_failed)
            log_line(&d->log, LOG_NOTICE, NULL, "store: writing again");
        d->store_failed = 0;
        return;
    }
    d->store_failed = r;
    char text[240];
    snprintf(text, sizeof text, "store: %.180s; polling goes on, nothing is kept meanwhile", why->text);
    log_change(&d->log, &d->store_once, now_ms, STORE_REPEAT_MS, LOG_ERROR, NULL, text);
}
