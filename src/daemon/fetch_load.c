#include "daemon/fetch_load.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { DEFINITION_MAX = 65536 };

const char *fetch_secret(void *ctx, const char *name)
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
    site.secret = fetch_secret;
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
    if (r == 0) {
        recall(d, slot);
        f->n++;
        return 0;
    }
    feed_free(feed);
    if (config != NULL && config->use == 1)      /* somebody asked for it: then it must be possible */
        return r;
    log_line(&d->log, LOG_WARNING, NULL, "not in use: %s", why->text);
    return 0;
}

static int is_definition(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 5 && strcmp(entry->d_name + n - 5, ".conf") == 0;
}

/* A [feed X] section that names no definition is a typing error, not silence. */
static int all_known(const struct daemon *d, struct dirent **entries, int n, struct gnm_why *why)
{
    for (size_t i = 0; i < d->config->n_feeds; i++) {
        const char *name = d->config->feed[i].name;
        size_t len = strlen(name);
        int k = 0;
        while (k < n && (strncmp(entries[k]->d_name, name, len) != 0 || strcmp(entries[k]->d_name + len, ".conf") != 0))
            k++;
        if (k == n)
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
    int r = all_known(d, entries, n, why);
    for (int i = 0; i < n; i++) {
        if (r == 0 && snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name) < (int)sizeof path)
            r = add_slot(d, path, why);
        free(entries[i]);
    }
    free(entries);
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
