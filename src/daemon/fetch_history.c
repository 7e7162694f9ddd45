#include "daemon/fetch_history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "daemon/common.h"
#include "daemon/fetch_load.h"

enum { BETWEEN_S = 120, TRY_AGAIN_S = 6 * 3600, LOOK_S = 6 * 3600, BEFORE_DAYS = 35, LONGEST_DAYS = 2200, SLICE_LOW_D = 28, SLICE_HIGH_D = 185, TRIES = 3,
       LOOKS_MAX = 60, RETRY_LOW_S = 600, RETRY_HIGH_S = 86400 };
#define FINISHED INT64_MIN        /* of slot->history_day */

static int is_wanted(const struct feed *feed)
{
    if (feed_kind(feed) == FEED_ACTIVITY || feed_is_index(feed))
        return 0;
    if (feed_has_events(feed))
        return 1;
    for (size_t i = 0; i < feed_series_count(feed); i++)
        if (strcmp(feed_series_driver(feed, i), "none") != 0)
            return 1;
    return 0;
}

static uint64_t url_of(struct daemon *d, const struct feed_slot *slot, int64_t from_day, int64_t to_day)
{
    struct feed_site site;
    struct gnm_why why;
    char secret[256];
    struct gnm_request *request = malloc(sizeof *request);
    uint64_t hash = 0;
    fetch_site_at(d->config, slot->config, slot->first, &site);
    site.secret = fetch_secret;
    site.secret_ctx = secret;
    if (request != NULL && feed_request(slot->feed, &site, from_day, to_day, request, &why) == 0)
        hash = hash_bytes(HASH_START, request->url, strlen(request->url));
    free(request);
    return hash;
}

/* How far back it is worth going; INT64_MAX while there is no activity to explain. Looked up a few times a day. */
static int64_t target_day(struct daemon *d)
{
    struct fetch *f = &d->fetch;
    int64_t now_s = common_wall_s(d), first = INT64_MAX;
    struct gnm_why why;
    if (f->target_looked_s > 0 && now_s - f->target_looked_s < LOOK_S && f->target_imports == d->imports)
        return f->target_day;
    f->target_looked_s = now_s;
    f->target_imports = d->imports;
    f->target_day = INT64_MAX;
    if (store_first_activity(d->store, &first, &why) == 0 && first != INT64_MAX)
        f->target_day = first - BEFORE_DAYS > now_s / 86400 - LONGEST_DAYS ? first - BEFORE_DAYS : now_s / 86400 - LONGEST_DAYS;
    return f->target_day;
}

/* The next slice of one slot; 0 when its past is complete. Steps over ranges that would repeat the request before them (a season, a year). */
static int slice_of(struct daemon *d, size_t i, int64_t target, struct history_slice *ret)
{
    struct feed_slot *slot = &d->fetch.slot[i];
    int64_t from_day, to_day, today = zone_day(d->zone, common_wall_s(d));
    feed_range(slot->feed, today, &from_day, &to_day);
    int64_t width = to_day - from_day;
    width = width < SLICE_LOW_D ? SLICE_LOW_D : width > SLICE_HIGH_D ? SLICE_HIGH_D : width;
    if (slot->history_day != GNM_NEVER)
        from_day = slot->history_day;
    uint64_t before = slot->history_day == GNM_NEVER ? url_of(d, slot, from_day, to_day) : slot->history_hash;
    for (int looks = 0; looks < LOOKS_MAX && from_day > target; looks++, from_day -= width) {
        uint64_t hash = url_of(d, slot, from_day - width, from_day - 1);
        if (hash == before || hash == 0)
            continue;
        *ret = (struct history_slice){ i, from_day - width, from_day - 1, hash };
        return 1;
    }
    slot->history_day = from_day;                /* reached, until there is older activity */
    return 0;
}

/* A slot's past is asked for once its present was answered, and only while it is well. */
static int is_open(const struct feed_slot *slot)
{
    return slot->history_day != FINISHED && slot->state.last_ok_s > 0 && slot->state.failures == 0 && !slot->state.disabled && !slot->suspect && is_wanted(slot->feed);
}

int history_pick(struct daemon *d, struct history_slice *ret)
{
    int64_t target = target_day(d);
    for (size_t i = 0; i < d->fetch.n && target != INT64_MAX; i++)
        if (is_open(&d->fetch.slot[i]) && slice_of(d, i, target, ret))
            return 1;
    return 0;
}

int64_t history_due_s(struct daemon *d)
{
    struct fetch *f = &d->fetch;
    int64_t now_s = common_wall_s(d);
    if (f->history_s > now_s)
        return f->history_s;
    int64_t target = target_day(d);
    for (size_t i = 0; i < f->n && target != INT64_MAX; i++)
        if (is_open(&f->slot[i]) && (f->slot[i].history_day == GNM_NEVER || f->slot[i].history_day > target))
            return now_s;
    return now_s + LOOK_S;
}

/* What cannot be had is passed over after a few tries; a provider that refuses has nothing older. */
void history_done(struct daemon *d, const struct history_slice *slice, int status, int64_t retry_after_s, const char *error)
{
    struct fetch *f = &d->fetch;
    struct feed_slot *slot = &f->slot[slice->slot];
    f->history_s = common_wall_s(d) + BETWEEN_S + (int64_t)(BETWEEN_S * random_unit(&d->random));
    if (error == NULL) {
        slot->history_day = slice->from_day;
        slot->history_hash = slice->url_hash;
        slot->history_tries = 0;
        return;
    }
    int64_t pause_s = retry_after_s < RETRY_LOW_S ? TRY_AGAIN_S : retry_after_s > RETRY_HIGH_S ? RETRY_HIGH_S : retry_after_s;
    f->history_s += pause_s;
    if (status == 400 || status == 404 || status == 410)
        slot->history_day = FINISHED;
    else if (++slot->history_tries >= TRIES) {
        slot->history_day = slice->from_day;
        slot->history_tries = 0;
    }
    log_line(&d->log, LOG_ROUTINE, NULL, "feed %s: no history before day %lld: %.120s", feed_name(slot->feed), (long long)slice->to_day + 1, error);
}
