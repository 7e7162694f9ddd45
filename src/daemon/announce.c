#include "daemon/announce.h"

#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "daemon/common.h"
#include "daemon/notify.h"
#include "daemon/shown.h"
#include "publish/status.h"
#include "store/snapshot.h"

enum { AGAIN_S = 600, FORECAST_UNITS = 31250 };

/* ---- forecast.db ---- */

static double load_w(const struct daemon *d)
{
    double w = d->battery.last.value[GNM_LOAD_W];
    return isnan(w) ? d->config->energy.base_w : w;
}

/* The first warning about the plant, where nothing else is to be said. */
static void warn(const struct daemon *d, char *ret, size_t size)
{
    for (int i = 0; i < ENERGY_WARNINGS && ret[0] == '\0'; i++)
        energy_health_says(&d->health, (enum energy_warning)i, &d->sun.profile, common_wall_s(d), ret, size);
}

static void fill_snapshot(const struct daemon *d, struct snapshot_status *s)
{
    const struct config *c = d->config;
    *s = (struct snapshot_status){ .published_s = common_wall_s(d), .last_train_s = d->learn.last_train_s, .mode = d->mode, .soc_ratio = d->battery.soc_ratio,
                                   .soc_uncertainty_ratio = d->battery.uncertainty_ratio, .battery_v = NAN, .pv_w = NAN, .load_w = NAN, .zone = d->zone };
    s->next_publish_s = s->published_s + d->config->publish.every_s;
    snprintf(s->software_version, sizeof s->software_version, "%s", GNM_VERSION);
    snprintf(s->site, sizeof s->site, "%s", c->site.name);
    snprintf(s->time_zone, sizeof s->time_zone, "%s", c->site.zone);
    snprintf(s->message, sizeof s->message, "%s", d->n_forecasts > 0 ? "" : "no forecast yet: no series has enough observations");
    warn(d, s->message, sizeof s->message);
    if (d->battery.last_mono_ms != 0) {
        s->battery_at_s = d->battery.last.at_ms / 1000;
        s->battery_v = d->battery.last.value[GNM_BATTERY_V];
        s->pv_w = d->battery.last.value[GNM_PV_W];
        s->load_w = load_w(d);
    }
    s->intensity_g_per_kwh = c->carbon.intensity_g_per_kwh;
    s->embodied_g_per_day = c->carbon.embodied_g_per_day;
}

size_t announce_hidden(const struct daemon *d, const char *company, const char *ret[ANNOUNCE_HIDDEN])
{
    size_t n = 0;
    for (size_t i = 0; i < d->config->n_feeds; i++)
        if (d->config->feed[i].company[0] != '\0' && strcmp(d->config->feed[i].company, company) != 0)
            ret[n++] = d->config->feed[i].name;
    for (size_t i = 0; i < d->fetch.n; i++) {
        const struct feed_slot *slot = &d->fetch.slot[i];
        if (feed_kind(slot->feed) == FEED_ACTIVITY && (slot->config == NULL || slot->config->company[0] == '\0'))
            ret[n++] = feed_name(slot->feed);
    }
    return n;
}

static int publish_all(struct daemon *d, struct gnm_why *why)
{
    char dir[512];
    const char *hidden[ANNOUNCE_HIDDEN];
    struct snapshot_status status;
    fill_snapshot(d, &status);
    snprintf(dir, sizeof dir, "%s/public", d->config->paths.state);
    int r = snapshot_publish(d->store, dir, NULL, &status, why);
    for (size_t i = 0; i < d->config->n_companies && r == 0; i++) {
        snprintf(dir, sizeof dir, "%s/public/%s", d->config->paths.state, d->config->company[i].name);
        status.hidden = hidden;
        status.n_hidden = announce_hidden(d, d->config->company[i].name, hidden);
        r = snapshot_publish(d->store, dir, d->config->company[i].name, &status, why);
    }
    return r;
}

/* The history that made forecasts is gone, and so is the file: neither's pages are needed before the next one. Once for both, where the file follows at once. */
static void trim(struct daemon *d)
{
    if (d->untrimmed)
        malloc_trim(0);
    d->untrimmed = 0;
}

int64_t announce_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait)
{
    (void)wait;
    struct gnm_grant grant;
    int64_t next_s = d->last_publish_s + d->config->publish.every_s;
    if (!d->publish_due && common_wall_s(d) < next_s)
        return common_when_ms(d, now_ms, next_s);
    if (!common_trusted(d) || !common_grant(d, GNM_PUBLISH, 0, now_ms, &grant)) {
        trim(d);
        return now_ms + common_span_ms(d, AGAIN_S);
    }
    struct gnm_why why = { 0 };
    struct stretch work;
    common_open(d, &work);
    int r = shown_update(d, &why);
    if (r == 0)
        r = publish_all(d, &why);
    d->untrimmed = 1;
    trim(d);
    common_pay(d, d->n_forecasts, FORECAST_UNITS);
    common_close(d, &work, GNM_PUBLISH, NULL);
    common_store_result(d, r, &why);
    if (r < 0)
        return now_ms + common_span_ms(d, AGAIN_S);
    if (d->publish_due)
        log_line(&d->log, LOG_ROUTINE, "a577f35b81d840cd8d945146b542448b", "published: forecast.db with %zu forecasts", d->n_forecasts);
    d->publish_due = 0;
    d->last_publish_s = common_wall_s(d);
    return common_when_ms(d, now_ms, d->last_publish_s + d->config->publish.every_s);
}

/* ---- status.json ---- */

static struct status_source *source(struct status *s, const char *kind, const char *name)
{
    struct status_source *ret = &s->source[s->n_sources < STATUS_SOURCES ? s->n_sources++ : STATUS_SOURCES - 1];
    *ret = (struct status_source){ .next_s = GNM_NEVER };
    snprintf(ret->kind, sizeof ret->kind, "%s", kind);
    snprintf(ret->name, sizeof ret->name, "%s", name);
    return ret;
}

static int64_t wall_of(const struct daemon *d, int64_t mono_ms)
{
    return common_wall_s(d) - (int64_t)((double)(d->clock->mono_ms(d->clock->ctx) - mono_ms) * d->clock->speed / 1000.0);
}

static void add_controllers(const struct daemon *d, struct status *s)
{
    for (size_t i = 0; i < d->ports.n_controllers; i++) {
        const struct collect *c = &d->collect[i];
        struct status_source *row = source(s, "controller", d->config->controller[i].name);
        snprintf(row->state, sizeof row->state, "%s", c->in_row > 0 ? "failed" : c->polls > 0 ? "ok" : "waiting");
        snprintf(row->text, sizeof row->text, "%s", c->error);
        row->last_ok_s = c->polls > 0 ? wall_of(d, c->last_ok_ms) : 0;
    }
}

static void add_feeds(const struct daemon *d, struct status *s)
{
    for (size_t i = 0; i < d->fetch.n; i++) {
        const struct feed_slot *slot = &d->fetch.slot[i];
        struct status_source *row = source(s, "feed", feed_name(slot->feed));
        if (slot->place[0] != '\0')
            snprintf(row->name, sizeof row->name, "%.40s@%.20s", feed_name(slot->feed), slot->place);
        const struct feed_state *f = &slot->state;
        int stale = f->last_ok_s > 0 && common_wall_s(d) - f->last_ok_s > feed_max_age_s(slot->feed);
        snprintf(row->state, sizeof row->state, "%s", f->disabled ? "off" : slot->suspect ? "suspect" : f->error[0] != '\0' ? "failed" : f->last_ok_s == 0 ? "waiting" : stale ? "stale" : "ok");
        snprintf(row->text, sizeof row->text, "%s", f->error);
        row->last_ok_s = f->last_ok_s;
        row->next_s = f->next_s;
    }
}

static void add_store(const struct daemon *d, struct status *s)
{
    struct status_source *row = source(s, "store", "state.db");
    snprintf(row->state, sizeof row->state, "%s", d->store_failed != 0 ? "failed" : "ok");
    snprintf(row->text, sizeof row->text, "%s", d->store_failed != 0 ? strerror(-d->store_failed) : "");
}

static struct status_job *job(struct status *s, const char *name, const char *state, int64_t last_s, int64_t next_s)
{
    struct status_job *ret = &s->job[s->n_jobs < STATUS_JOBS ? s->n_jobs++ : STATUS_JOBS - 1];
    *ret = (struct status_job){ .last_s = last_s, .next_s = next_s };
    snprintf(ret->name, sizeof ret->name, "%s", name);
    snprintf(ret->state, sizeof ret->state, "%s", state);
    return ret;
}

static void add_jobs(const struct daemon *d, struct status *s)
{
    const struct told *train = &d->told[GNM_TRAIN];
    int waiting = common_wall_s(d) >= d->learn.next_train_s && d->n_series > 0;
    const char *state = d->learn.learner != NULL ? "running" : train->known && !train->allowed && waiting ? "refused" : waiting ? "waiting" : "idle";
    struct status_job *row = job(s, "train", state, d->learn.last_train_s, d->learn.next_train_s);
    snprintf(row->reason, sizeof row->reason, "%s", train->reason);
    job(s, "refresh", d->refresh_due ? "waiting" : "idle", d->last_refresh_s, d->last_refresh_s + d->config->forecast.refresh_s);
    job(s, "publish", d->publish_due ? "waiting" : "idle", d->last_publish_s, d->last_publish_s + d->config->publish.every_s);
}

static void fill_status(const struct daemon *d, struct status *s)
{
    double w, half_w;
    memset(s, 0, sizeof *s);
    snprintf(s->version, sizeof s->version, "%s", GNM_VERSION);
    snprintf(s->site, sizeof s->site, "%s", d->config->site.name);
    snprintf(s->zone, sizeof s->zone, "%s", d->config->site.zone);
    s->now_s = common_wall_s(d);
    s->started_s = d->started_s;
    s->time_trusted = d->trusted;
    s->mode = d->mode;
    s->reading = d->battery.last;
    s->soc_ratio = d->battery.soc_ratio;
    s->soc_uncertainty_ratio = d->battery.uncertainty_ratio;
    memcpy(s->soc_source, d->battery.source, sizeof s->soc_source);
    s->cpu_s = d->metered.own_cpu_s;
    s->joules_today = d->joules_today;
    snprintf(s->joules_method, sizeof s->joules_method, "%s", gnm_method_names[energy_watts_core(&d->watts, &w, &half_w) ? GNM_CPU_DC : isfinite(d->metered.package_j) ? GNM_RAPL : GNM_CPU_CONFIG]);
    warn(d, s->message, sizeof s->message);
    s->last_publish_s = d->last_publish_s;
    s->last_train_s = d->learn.last_train_s;
    s->series = d->n_series;
    s->forecasts = d->n_forecasts;
    add_controllers(d, s);
    add_feeds(d, s);
    add_store(d, s);
    add_jobs(d, s);
}

static void tell_systemd(const struct daemon *d)
{
    char text[200];
    double v = d->battery.last_mono_ms != 0 ? d->battery.last.value[GNM_BATTERY_V] : NAN;
    int n = isnan(v) ? snprintf(text, sizeof text, "no reading of the battery") :
            snprintf(text, sizeof text, "%.2f V, %.0f %% +- %.0f", v, 100 * d->battery.soc_ratio, 100 * d->battery.uncertainty_ratio);
    snprintf(text + n, sizeof text - (size_t)n, ", %s, %zu forecasts, %s", gnm_mode_names[d->mode], d->n_forecasts, d->learn.learner != NULL ? "training" : "waiting");
    notify_status(text);
}

void announce_status(struct daemon *d)
{
    struct status status;
    struct text json = { 0 };
    struct gnm_why why = { 0 };
    fill_status(d, &status);
    if (status_json(&status, &json) == 0 && file_replace_on(d->disk, d->config->paths.runtime, "status.json", json.data, json.len, 0644, &why) < 0) {
        char text[240];
        snprintf(text, sizeof text, "status.json: %.180s", why.text);
        log_change(&d->log, &d->status_once, d->clock->mono_ms(d->clock->ctx), 3600000, LOG_WARNING, NULL, text);
    }
    text_free(&json);
    tell_systemd(d);
}
