#include "daemon/fetch.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "daemon/common.h"

enum { DEFINITION_MAX = 65536, HISTORY_D = 85, SLACK_S = 60, REPEAT_S = 86400, PAUSE_S = 1, IDLE_S = 600 };

/* ---- loading ---- */

static const char *read_secret(void *ctx, const char *name)
{
    char *space = ctx;
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    char path[300], *data;
    size_t len;
    if (dir == NULL || strchr(name, '/') != NULL || snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return NULL;
    if (file_read(path, 255, &data, &len, NULL) < 0)
        return NULL;
    memcpy(space, data, len);
    space[len] = '\0';
    free(data);
    space[strcspn(space, "\r\n")] = '\0';
    return space;
}

void fetch_site(const struct config *config, const struct config_feed *feed, struct feed_site *ret)
{
    *ret = (struct feed_site){ .latitude = config->site.latitude, .longitude = config->site.longitude, .timezone = config->site.zone,
                               .country = config->site.country, .region = config->site.region, .contact = config->site.contact };
    if (feed == NULL)
        return;
    ret->base = feed->base[0] != '\0' ? feed->base : NULL;
    ret->local = feed->local;
    ret->var = feed->var;
    ret->n_vars = feed->n_vars;
}

int fetch_load(const char *path, struct feed **ret, struct gnm_why *why)
{
    char *data;
    size_t len;
    int r = file_read(path, DEFINITION_MAX, &data, &len, why);
    if (r < 0)
        return r;
    r = feed_load(path, data, len, ret, why);
    free(data);
    return r;
}

static const struct config_feed *configured(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->n_feeds; i++)
        if (strcmp(config->feed[i].name, name) == 0)
            return &config->feed[i];
    return NULL;
}

/* A request with any range proves that every name in the template can be filled. */
static int try_request(const struct daemon *d, const struct feed_slot *slot, struct gnm_why *why)
{
    struct feed_site site;
    struct gnm_request *request = malloc(sizeof *request);
    if (request == NULL)
        return gnm_fail(why, -ENOMEM, "feed %s: no memory", feed_name(slot->feed));
    char secret[256];
    fetch_site(d->config, slot->config, &site);
    site.secret = read_secret;
    site.secret_ctx = secret;
    int r = feed_request(slot->feed, &site, 0, 1, request, why);
    free(request);
    return r;
}

static void recall(struct daemon *d, struct feed_slot *slot)
{
    struct store_feed row;
    struct gnm_why why;
    if (store_feed_get(d->store, feed_name(slot->feed), slot->place, &row, &why) < 0)
        return;
    struct feed_state *s = &slot->state;
    *s = (struct feed_state){ .next_s = row.next_s, .last_ok_s = row.last_ok_s, .last_try_s = row.last_try_s, .failures = row.failures, .body_hash = row.body_hash };
    memcpy(s->etag, row.etag, sizeof s->etag);
    memcpy(s->last_modified, row.last_modified, sizeof s->last_modified);
    memcpy(s->error, row.error, sizeof s->error);
    slot->bytes_30d = row.bytes_30d;
}

static int add_slot(struct daemon *d, const char *path, struct gnm_why *why)
{
    struct fetch *f = &d->fetch;
    struct feed *feed = NULL;
    int r = fetch_load(path, &feed, why);
    if (r < 0)
        return r;
    const struct config_feed *config = configured(d->config, feed_name(feed));
    int use = config != NULL && config->use >= 0 ? config->use : feed_enabled(feed);
    if (!use || f->n == DAEMON_FEEDS) {
        feed_free(feed);
        return use ? gnm_fail(why, -E2BIG, "more than %d feeds in use", DAEMON_FEEDS) : 0;
    }
    struct feed_slot *slot = &f->slot[f->n];
    *slot = (struct feed_slot){ .feed = feed, .config = config };
    r = try_request(d, slot, why);
    if (r < 0) {
        feed_free(feed);
        return r;
    }
    recall(d, slot);
    f->n++;
    return 0;
}

static int is_definition(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 5 && strcmp(entry->d_name + n - 5, ".conf") == 0;
}

/* A [feed X] section that names no shipped definition is a typing error, not silence. */
static int all_known(const struct daemon *d, struct gnm_why *why)
{
    for (size_t i = 0; i < d->config->n_feeds; i++) {
        const char *name = d->config->feed[i].name;
        size_t k = 0;
        while (k < d->fetch.n && strcmp(feed_name(d->fetch.slot[k].feed), name) != 0)
            k++;
        if (k == d->fetch.n && d->config->feed[i].use == 1)
            return gnm_fail(why, -ENOENT, "[feed %s]: no definition %s.conf in %s/feeds", name, name, d->config->paths.share);
    }
    return 0;
}

int fetch_open(struct daemon *d, struct gnm_why *why)
{
    char dir[256], path[520];
    struct dirent **entries = NULL;
    snprintf(dir, sizeof dir, "%s/feeds", d->config->paths.share);
    int n = scandir(dir, &entries, is_definition, alphasort);
    if (n < 0)
        return gnm_fail(why, -errno, "%s: %s", dir, strerror(errno));
    int r = 0;
    for (int i = 0; i < n; i++) {
        if (r == 0 && snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name) < (int)sizeof path)
            r = add_slot(d, path, why);
        free(entries[i]);
    }
    free(entries);
    r = r == 0 ? all_known(d, why) : r;
    if (r < 0)
        fetch_close(d);
    return r;
}

void fetch_close(struct daemon *d)
{
    struct fetch *f = &d->fetch;
    if (f->running > 0)
        d->ports.web.cancel(d->ports.web.ctx, f->request_id);
    for (size_t i = 0; i < f->n; i++)
        feed_free(f->slot[i].feed);
    memset(f, 0, sizeof *f);
}

/* ---- asking and taking ---- */

static void remember(struct daemon *d, const struct feed_slot *slot)
{
    const struct feed_state *s = &slot->state;
    struct store_feed row = { .next_s = s->next_s, .last_ok_s = s->last_ok_s, .last_try_s = s->last_try_s, .bytes_30d = slot->bytes_30d,
                              .failures = s->failures, .disabled = s->disabled, .body_hash = s->body_hash };
    snprintf(row.feed, sizeof row.feed, "%s", feed_name(slot->feed));
    snprintf(row.place, sizeof row.place, "%s", slot->place);
    snprintf(row.licence, sizeof row.licence, "%s", feed_licence(slot->feed));
    memcpy(row.etag, s->etag, sizeof row.etag);
    memcpy(row.last_modified, s->last_modified, sizeof row.last_modified);
    memcpy(row.error, s->error, sizeof row.error);
    struct gnm_why why = { 0 };
    common_store_result(d, store_feed_put(d->store, &row, &why), &why);
}

static void finish(struct daemon *d, struct feed_slot *slot, const struct gnm_answer *answer, const char *error)
{
    int64_t now_s = common_wall_s(d), now_ms = d->clock->mono_ms(d->clock->ctx);
    feed_plan(slot->feed, &slot->state, answer, error, now_s, random_unit(&d->random));
    remember(d, slot);
    if (error == NULL) {
        d->fetch.fetched++;
        slot->once = (struct log_once){ 0 };
        return;
    }
    d->fetch.failed++;
    char text[240];
    snprintf(text, sizeof text, "feed %.40s: %.120s; the last good values stay%s", feed_name(slot->feed), error, slot->state.disabled ? ", not asked again until reload" : "");
    log_change(&d->log, &slot->once, now_ms, common_span_ms(d, REPEAT_S), LOG_WARNING, "97537540c9ff4d179c1f4ebb9533f128", text);
}

static void keep_values(struct daemon *d, struct feed_slot *slot, const struct gnm_answer *answer)
{
    struct feed_yield yield = { 0 };
    struct gnm_why why = { 0 };
    int64_t now_s = common_wall_s(d);
    int was_failing = slot->state.failures > 0;
    slot->bytes_30d += (int64_t)answer->len;
    if (feed_extract(slot->feed, answer->body, answer->len, d->zone, slot->place, now_s, &yield, &why) < 0) {
        finish(d, slot, answer, why.text);
        return;
    }
    size_t added = 0;
    int r = store_signals(d->store, yield.signal, yield.n, &added, &why);
    common_store_result(d, r, &why);
    free(yield.signal);
    finish(d, slot, answer, NULL);
    log_line(&d->log, was_failing ? LOG_NOTICE : LOG_ROUTINE, was_failing ? "7cf4ecc0289743aabc1b8015b4d0549e" : NULL, "feed %s: %zu values, %zu new, %zu bytes",
             feed_name(slot->feed), yield.n, added, answer->len);
    if (added > 0)
        d->refresh_due = 1;
}

static void take_answer(struct daemon *d, struct feed_slot *slot, struct gnm_answer *answer)
{
    char text[160];
    if (answer->status == 304) {
        finish(d, slot, answer, NULL);
        log_line(&d->log, LOG_ROUTINE, NULL, "feed %s: not changed", feed_name(slot->feed));
    } else if (answer->status == 200 || answer->status == 203) {
        keep_values(d, slot, answer);
    } else {
        snprintf(text, sizeof text, "answered with status %d", answer->status);
        finish(d, slot, answer, text);
    }
    free(answer->body);
}

/* Submits unless the host wants a pause first: the slot is then due when the pause is over. */
static int submit(struct daemon *d, struct feed_slot *slot, struct gnm_why *why)
{
    struct fetch *f = &d->fetch;
    struct feed_site site;
    char secret[256], space[2][320];
    int64_t now_s = common_wall_s(d), today = zone_day(d->zone, now_s);
    fetch_site(d->config, slot->config, &site);
    site.secret = read_secret;
    site.secret_ctx = secret;
    int r = feed_request(slot->feed, &site, today - HISTORY_D, today, &f->request, why);
    if (r < 0)
        return r;
    int64_t turn_s = feed_turn(&f->turns, &f->request, now_s);
    if (turn_s > now_s) {
        slot->state.next_s = turn_s;
        return -EAGAIN;
    }
    feed_conditional(&slot->state, &f->request, space);
    r = d->ports.web.submit(d->ports.web.ctx, &f->request, why);
    if (r >= 0)
        feed_turn_begin(&f->turns, &f->request);
    return r;
}

static void ask(struct daemon *d, size_t i)
{
    struct fetch *f = &d->fetch;
    struct gnm_why why = { 0 };
    int r = submit(d, &f->slot[i], &why);
    if (r >= 0) {
        f->running = (int)i + 1;
        f->request_id = r;
    } else if (r != -EAGAIN) {
        finish(d, &f->slot[i], NULL, why.text);
    }
}

/* The slot that is due first; its number, or n when none is in use. */
static size_t first_due(const struct fetch *f)
{
    size_t best = f->n;
    for (size_t i = 0; i < f->n; i++)
        if (!f->slot[i].state.disabled && (best == f->n || f->slot[i].state.next_s < f->slot[best].state.next_s))
            best = i;
    return best;
}

/* 1 while the request is still under way. */
static int take_running(struct daemon *d, int64_t now_ms, struct gnm_wait *wait)
{
    struct fetch *f = &d->fetch;
    struct feed_slot *slot = &f->slot[f->running - 1];
    struct gnm_answer answer = { 0 };
    struct gnm_why why = { 0 };
    struct stretch work;
    common_open(d, &work);
    int r = d->ports.web.take(d->ports.web.ctx, f->request_id, now_ms, &answer, wait, &why);
    if (r == -EAGAIN)
        return 1;
    wait->n = 0;
    f->running = 0;
    feed_turn_end(&f->turns, &f->request, slot->feed, common_wall_s(d));
    if (r < 0)
        finish(d, slot, NULL, why.text);
    else
        take_answer(d, slot, &answer);
    common_close(d, &work, GNM_FETCH, NULL);
    return 0;
}

int64_t fetch_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait)
{
    struct fetch *f = &d->fetch;
    if (f->running > 0 && take_running(d, now_ms, wait))
        return GNM_NEVER;
    size_t i = first_due(f);
    if (i == f->n)
        return GNM_NEVER;
    if (!common_trusted(d))
        return now_ms + common_span_ms(d, SLACK_S);
    int64_t due_ms = common_when_ms(d, now_ms, f->slot[i].state.next_s);
    struct gnm_grant grant;
    if (due_ms > now_ms)
        return due_ms;
    if (!common_grant(d, GNM_FETCH, 0, now_ms, &grant))
        return now_ms + common_span_ms(d, IDLE_S);
    ask(d, i);
    return f->running > 0 ? now_ms : now_ms + common_span_ms(d, PAUSE_S);
}
