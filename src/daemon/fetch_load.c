#include "daemon/fetch_load.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "daemon/common.h"
#include "daemon/places.h"

enum { DEFINITION_MAX = 65536, PAUSE_S = 120 };

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
    fetch_site_at(config, feed, 0, ret);
}

void fetch_site_at(const struct config *config, const struct config_feed *feed, int place, struct feed_site *ret)
{
    *ret = (struct feed_site){ .latitude = places_latitude(config, place), .longitude = places_longitude(config, place), .timezone = config->site.zone,
                               .country = places_country(config, place), .region = places_region(config, place), .contact = config->site.contact };
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
        if (strcmp(config->feed[i].name, name) == 0 && config->feed[i].definition[0] == '\0')
            return &config->feed[i];
    return NULL;
}

/* A request with any range proves that every name in the template can be filled, and tells which places ask the same. */
static int try_request(const struct daemon *d, const struct feed_slot *slot, int place, uint64_t *hash, struct gnm_why *why)
{
    struct feed_site site;
    struct gnm_request *request = malloc(sizeof *request);
    if (request == NULL)
        return gnm_fail(why, -ENOMEM, "feed %s: no memory", feed_name(slot->feed));
    char secret[256];
    fetch_site_at(d->config, slot->config, place, &site);
    site.secret = fetch_secret;
    site.secret_ctx = secret;
    int r = feed_request(slot->feed, &site, 0, 1, request, why);
    if (r == 0)
        *hash = hash_bytes(HASH_START, request->url, strlen(request->url));
    free(request);
    return r;
}

static void recall(struct daemon *d, struct feed_slot *slot)
{
    struct store_feed row;
    struct gnm_why why;
    slot->history_day = GNM_NEVER;
    if (store_feed_get(d->store, feed_name(slot->feed), slot->place, &row, &why) < 0)
        return;
    struct feed_state *s = &slot->state;
    *s = (struct feed_state){ .next_s = row.next_s, .last_ok_s = row.last_ok_s, .last_try_s = row.last_try_s, .failures = row.failures, .body_hash = row.body_hash };
    memcpy(s->etag, row.etag, sizeof s->etag);
    memcpy(s->last_modified, row.last_modified, sizeof s->last_modified);
    memcpy(s->error, row.error, sizeof s->error);
    slot->bytes_30d = row.bytes_30d;
    slot->calls_day = row.calls_day;
    slot->calls = row.calls;
    slot->history_day = row.history_day;
    slot->suspect = row.suspect;
}

static int tells_light(const struct feed_slot *slot)
{
    int tells = 0;
    for (size_t k = 0; k < feed_series_count(slot->feed); k++)
        tells |= strcmp(feed_series_name(slot->feed, k), "ghi_w") == 0 || strcmp(feed_series_name(slot->feed, k), "cloud_hour") == 0;
    return tells && slot->place[0] == '\0';
}

/* A slot of this feed that asks the very same, or room for a new one. */
static int place_slot(struct daemon *d, const struct feed_slot *made, size_t begin, int place, uint64_t hash, struct gnm_why *why)
{
    struct fetch *f = &d->fetch;
    for (size_t i = begin; i < f->n; i++)
        if (f->slot[i].url_hash == hash) {
            f->slot[i].places |= 1u << place;
            return 0;
        }
    if (f->n == DAEMON_SLOTS)
        return gnm_fail(why, -E2BIG, "feed %s at %s: more than %d requests in use (feeds times places); switch feeds off or let series share a place",
                        feed_name(made->feed), place == 0 ? "the site" : places_name(d->config, place), DAEMON_SLOTS);
    struct feed_slot *slot = &f->slot[f->n];
    *slot = *made;
    slot->first = place;
    slot->places = 1u << place;
    slot->url_hash = hash;
    snprintf(slot->place, sizeof slot->place, "%s", places_name(d->config, place));
    slot->tells_light = tells_light(slot);
    recall(d, slot);
    f->n++;
    return 0;
}

/* Where it cannot be asked is said. */
static int add_places(struct daemon *d, const struct feed_slot *made, struct gnm_why *why)
{
    size_t begin = d->fetch.n;
    unsigned used = places_used(d->config);
    struct gnm_why first = { 0 };
    int r = 0;
    for (int place = 0; place < PLACES && r == 0; place++) {
        uint64_t hash = 0;
        struct gnm_why here = { 0 };
        if ((used & 1u << place) == 0)
            continue;
        if (try_request(d, made, place, &hash, &here) == 0)
            r = place_slot(d, made, begin, place, hash, why);
        else if (first.code == 0)
            first = here;
    }
    if (r < 0 || first.code == 0)
        return r;
    int asked = d->fetch.n == begin && made->config != NULL && made->config->use == 1;
    log_line(&d->log, LOG_WARNING, NULL, "%s%s: %s", asked ? "asked for, but not in use" : "not in use", d->fetch.n > begin ? " everywhere" : "", first.text);
    return 0;
}

static int add_feed(struct daemon *d, const char *path, const struct config_feed *section, struct gnm_why *why)
{
    struct feed *feed = NULL;
    int r = fetch_load(path, &feed, why);
    if (r < 0 && r != -ENOMEM) {
        log_line(&d->log, LOG_WARNING, NULL, "not in use: %s", why->text);
        return 0;
    }
    if (r < 0)
        return r;
    if (section == NULL)
        section = configured(d->config, feed_name(feed));
    else
        feed_rename(feed, section->name);
    int use = section != NULL && section->use >= 0 ? section->use : feed_enabled(feed) || (section != NULL && section->definition[0] != '\0');
    size_t begin = d->fetch.n;
    struct feed_slot made = { .feed = feed, .config = section };
    if (use)
        r = add_places(d, &made, why);
    if (d->fetch.n == begin)
        feed_free(feed);
    return r;
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
        const struct config_feed *feed = &d->config->feed[i];
        const char *name = feed->definition[0] != '\0' ? feed->definition : feed->name;
        size_t len = strlen(name);
        int k = 0;
        while (k < n && (strncmp(entries[k]->d_name, name, len) != 0 || strcmp(entries[k]->d_name + len, ".conf") != 0))
            k++;
        if (k == n)
            return gnm_fail(why, -ENOENT, "[feed %s]: no definition %s.conf in %s/feeds", feed->name, name, d->config->paths.share);
    }
    return 0;
}

static int is_in_use(void *ctx, const char *feed, const char *place)
{
    const struct fetch *f = &((const struct daemon *)ctx)->fetch;
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(feed_name(f->slot[i].feed), feed) == 0 && strcmp(f->slot[i].place, place) == 0)
            return 1;
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
            r = add_feed(d, path, NULL, why);
        free(entries[i]);
    }
    free(entries);
    for (size_t i = 0; i < d->config->n_feeds && r == 0; i++) {
        const struct config_feed *section = &d->config->feed[i];
        if (section->definition[0] != '\0' && snprintf(path, sizeof path, "%s/%s.conf", dir, section->definition) < (int)sizeof path)
            r = add_feed(d, path, section, why);
    }
    d->fetch.history_s = common_wall_s(d) + PAUSE_S;     /* a daemon that is started again and again keeps the pauses too */
    if (r == 0)
        r = store_feeds_in_use(d->store, is_in_use, d, why);
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
        if (i == 0 || f->slot[i].feed != f->slot[i - 1].feed)
            feed_free(f->slot[i].feed);
    memset(f, 0, sizeof *f);
}
