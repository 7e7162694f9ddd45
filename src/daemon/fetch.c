#include "daemon/fetch.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "daemon/common.h"
#include "daemon/fetch_load.h"
#include "daemon/fetch_history.h"
#include "daemon/keep.h"

enum { DAY_S = 86400, SLACK_S = 60, REPEAT_S = 86400, PAUSE_S = 1, IDLE_S = 600 };

static void remember(struct daemon *d, const struct feed_slot *slot)
{
    const struct feed_state *s = &slot->state;
    struct store_feed row = { .next_s = s->next_s, .last_ok_s = s->last_ok_s, .last_try_s = s->last_try_s, .bytes_30d = slot->bytes_30d,
                              .failures = s->failures, .disabled = s->disabled, .body_hash = s->body_hash, .calls_day = slot->calls_day,
                              .calls = slot->calls, .history_day = slot->history_day, .suspect = slot->suspect, .max_age_s = feed_max_age_s(slot->feed) };
    snprintf(row.feed, sizeof row.feed, "%s", feed_name(slot->feed));
    snprintf(row.place, sizeof row.place, "%s", slot->place);
    snprintf(row.licence, sizeof row.licence, "%s", feed_licence(slot->feed));
    memcpy(row.etag, s->etag, sizeof row.etag);
    memcpy(row.last_modified, s->last_modified, sizeof row.last_modified);
    memcpy(row.error, s->error, sizeof row.error);
    struct gnm_why why = { 0 };
    common_store_result(d, store_feed_put(d->store, &row, &why), &why);
}

/* Once when a feed falls silent or is given up, then one line a day for all that are silent, however many and for whatever reasons: those stand in status.json. */
static void tell_silence(struct daemon *d, struct feed_slot *slot, const char *error, int64_t now_ms)
{
    static const char id[] = "97537540c9ff4d179c1f4ebb9533f128";
    struct fetch *f = &d->fetch;
    size_t silent = 0;
    for (size_t i = 0; i < f->n; i++)
        silent += f->slot[i].told_silent;
    if (!slot->told_silent || slot->state.disabled) {
        log_line(&d->log, LOG_WARNING, id, "feed %.40s: %.120s; the last good values stay%s", feed_name(slot->feed), error, slot->state.disabled ? ", not asked again until reload" : "");
        f->silence_ms = silent == 0 ? now_ms : f->silence_ms;
        slot->told_silent = 1;
    } else if (now_ms - f->silence_ms >= common_span_ms(d, REPEAT_S)) {
        if (silent == 1)
            log_line(&d->log, LOG_WARNING, id, "feed %.40s: still silent: %.120s; the last good values stay", feed_name(slot->feed), error);
        else
            log_line(&d->log, LOG_WARNING, id, "%zu of %zu feeds are silent, %.40s: %.120s; the last good values stay", silent, f->n, feed_name(slot->feed), error);
        f->silence_ms = now_ms;
    }
}

static void finish(struct daemon *d, struct feed_slot *slot, const struct gnm_answer *answer, const char *error)
{
    int64_t now_s = common_wall_s(d), now_ms = d->clock->mono_ms(d->clock->ctx);
    feed_plan(slot->feed, &slot->state, answer, error, now_s, random_unit(&d->random));
    remember(d, slot);
    if (error == NULL) {
        d->fetch.fetched++;
        slot->told_silent = 0;
        return;
    }
    d->fetch.failed++;
    tell_silence(d, slot, error, now_ms);
}

/* About the last 30 days: what is older fades instead of being remembered row by row. */
static void count_bytes(struct feed_slot *slot, int64_t bytes, int64_t now_s)
{
    double age_d = slot->state.last_try_s > 0 ? (double)(now_s - slot->state.last_try_s) / 86400.0 : 0;
    slot->bytes_30d = bytes + (int64_t)((double)slot->bytes_30d * exp(-fmax(age_d, 0) / 30.0));
}

/* The same bytes again say nothing new, unless what they are about may meanwhile be over. */
static int is_repeated(const struct feed_slot *slot, uint64_t hash)
{
    enum feed_kind kind = feed_kind(slot->feed);
    return hash == slot->taken_hash && slot->state.failures == 0 && (kind == FEED_FORECAST || kind == FEED_SCHEDULE || kind == FEED_CALENDAR);
}

static void tell_news(struct daemon *d, const struct feed_slot *slot)
{
    if (feed_kind(slot->feed) == FEED_ACTIVITY)
        d->refresh_due = 1;
    else if (!slot->unread)
        d->drivers_changed = 1;
    else
        return;
    loop_wake(&d->loop, TASK_REFRESH, d->clock->mono_ms(d->clock->ctx));
}

static void keep_values(struct daemon *d, struct feed_slot *slot, struct gnm_answer *answer)
{
    struct feed_yield yield = { 0 };
    struct gnm_why why = { 0 };
    int64_t now_s = common_wall_s(d);
    int was_failing = slot->state.failures > 0;
    answer->body_hash = hash_block(answer->body, answer->len);
    if (is_repeated(slot, answer->body_hash)) {
        finish(d, slot, answer, NULL);
        log_line(&d->log, LOG_ROUTINE, NULL, "feed %s: the same %zu bytes again", feed_name(slot->feed), answer->len);
        return;
    }
    if (feed_extract(slot->feed, answer->body, answer->len, d->zone, slot->place, now_s, &yield, &why) < 0) {
        finish(d, slot, answer, why.text);
        return;
    }
    size_t added = 0, n = yield.n, events = yield.n_events;
    int r = keep_yield(d, slot, &yield, 0, &added, &why);
    feed_yield_free(&yield);
    slot->suspect = r == -EBADMSG;
    slot->taken_hash = r == 0 ? answer->body_hash : 0;
    if (r != -EBADMSG)
        common_store_result(d, r, &why);
    finish(d, slot, answer, r < 0 ? why.text : NULL);
    if (r < 0)
        return;
    log_line(&d->log, was_failing ? LOG_NOTICE : LOG_ROUTINE, was_failing ? "7cf4ecc0289743aabc1b8015b4d0549e" : NULL, "feed %s%s%s: %zu values, %zu events, %zu new, %zu bytes",
             feed_name(slot->feed), slot->place[0] != '\0' ? " at " : "", slot->place, n, events, added, answer->len);
    if (added > 0)
        tell_news(d, slot);
}

static void take_answer(struct daemon *d, struct feed_slot *slot, struct gnm_answer *answer)
{
    char text[160];
    int asked = slot->state.etag[0] != '\0' || slot->state.last_modified[0] != '\0';
    if (answer->status == 304 && !asked) {
        finish(d, slot, answer, "answered \"not modified\" although it was not asked whether");
    } else if (answer->status == 304) {
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

/* ---- asking ---- */

static int64_t calls_today(const struct fetch *f, const struct feed *feed, int64_t today)
{
    int64_t sum = 0;
    for (size_t i = 0; i < f->n; i++)
        if (f->slot[i].feed == feed && f->slot[i].calls_day == today)
            sum += f->slot[i].calls;
    return sum;
}

/* A daemon that falls over while it asks must not ask at each start: until the answer is there, state.db has it that this attempt failed. */
static void tell_store(struct daemon *d, struct feed_slot *slot)
{
    if (slot->told_of)
        return;
    struct feed_state is = slot->state;
    feed_plan(slot->feed, &slot->state, NULL, "stopped while asking", common_wall_s(d), 1);
    remember(d, slot);
    slot->state = is;
    slot->told_of = 1;
}

static void count_call(struct daemon *d, struct feed_slot *slot)
{
    int64_t today = common_wall_s(d) / DAY_S;
    slot->calls = slot->calls_day == today ? slot->calls + 1 : 1;
    slot->calls_day = today;
    tell_store(d, slot);
}

/* Earliest time for a request that is filled in: 0 now; another when the host wants a pause or the feed's calls of today are used up. */
static int64_t not_before_s(struct daemon *d, const struct feed_slot *slot)
{
    int64_t now_s = common_wall_s(d), turn_s = feed_turn(&d->fetch.turns, &d->fetch.request, now_s);
    if (calls_today(&d->fetch, slot->feed, now_s / DAY_S) >= feed_calls(slot->feed))
        return (now_s / DAY_S + 1) * DAY_S + 60 + (int64_t)(random_unit(&d->random) * 900);
    return turn_s > now_s ? turn_s : 0;
}

/* -EAGAIN and the time when it has to wait. */
static int submit(struct daemon *d, struct feed_slot *slot, int64_t from_day, int64_t to_day, int64_t *later_s, struct gnm_why *why)
{
    struct fetch *f = &d->fetch;
    struct feed_site site;
    char secret[256], space[2][320];
    fetch_site_at(d->config, slot->config, slot->first, &site);
    site.secret = fetch_secret;
    site.secret_ctx = secret;
    int r = feed_request(slot->feed, &site, from_day, to_day, &f->request, why);
    if (r < 0)
        return r;
    *later_s = not_before_s(d, slot);
    if (*later_s > 0)
        return -EAGAIN;
    uint64_t hash = hash_bytes(HASH_START, f->request.url, strlen(f->request.url));
    if (!f->past && hash == slot->url_hash)      /* a range that moves makes another resource of it, which nobody vouched for */
        feed_conditional(&slot->state, &f->request, space);
    count_call(d, slot);
    r = d->ports.web.submit(d->ports.web.ctx, &f->request, why);
    if (r < 0)
        return r;
    if (!f->past)
        slot->url_hash = hash;
    feed_turn_begin(&f->turns, &f->request);
    f->running = (int)(slot - f->slot) + 1;
    f->request_id = r;
    return 0;
}

static void ask(struct daemon *d, size_t i)
{
    struct feed_slot *slot = &d->fetch.slot[i];
    struct gnm_why why = { 0 };
    int64_t from_day, to_day, later_s = 0;
    feed_range(slot->feed, zone_day(d->zone, common_wall_s(d)), &from_day, &to_day);
    d->fetch.past = 0;
    int r = submit(d, slot, from_day, to_day, &later_s, &why);
    if (r == -EAGAIN)
        slot->state.next_s = later_s;
    else if (r < 0)
        finish(d, slot, NULL, why.text);
}

static void ask_past(struct daemon *d)
{
    struct fetch *f = &d->fetch;
    struct history_slice slice;
    struct gnm_why why = { 0 };
    int64_t later_s = 0;
    if (!history_pick(d, &slice))
        return;
    f->past = 1;
    f->past_slot = slice.slot;
    f->past_from = slice.from_day;
    f->past_to = slice.to_day;
    f->past_hash = slice.url_hash;
    int r = submit(d, &f->slot[slice.slot], slice.from_day, slice.to_day, &later_s, &why);
    if (r == -EAGAIN)
        f->history_s = later_s;
    else if (r < 0)
        history_done(d, &slice, 0, 0, why.text);
}

/* A slice of the past changes neither when the feed is asked next nor what is thought of it. New forecasts wait until the past is complete. */
static void take_past(struct daemon *d, const struct gnm_answer *answer, const char *error)
{
    struct fetch *f = &d->fetch;
    struct history_slice slice = { f->past_slot, f->past_from, f->past_to, f->past_hash }, next;
    struct feed_slot *slot = &f->slot[slice.slot];
    struct feed_yield yield = { 0 };
    struct gnm_why why = { 0 };
    size_t added = 0;
    int r = error != NULL ? -EIO : answer->status != 200 && answer->status != 203 ? gnm_fail(&why, -EBADMSG, "answered with status %d", answer->status) : 0;
    if (r == 0)
        r = feed_extract(slot->feed, answer->body, answer->len, d->zone, slot->place, common_wall_s(d), &yield, &why);
    if (r == 0)
        r = keep_yield(d, slot, &yield, 1, &added, &why);
    feed_yield_free(&yield);
    history_done(d, &slice, answer != NULL ? answer->status : 0, answer != NULL ? answer->retry_after_s : 0, r == 0 ? NULL : error != NULL ? error : why.text);
    remember(d, slot);
    if (r == 0)
        log_line(&d->log, LOG_ROUTINE, NULL, "feed %s: history back to day %lld: %zu new", feed_name(slot->feed), (long long)slice.from_day, added);
    if (!history_pick(d, &next) || next.slot != slice.slot)
        tell_news(d, slot);
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
    *wait = (struct gnm_wait){ .deadline_ms = GNM_NEVER };
    f->running = 0;
    feed_turn_end(&f->turns, &f->request, slot->feed, common_wall_s(d));
    if (r == 0)
        count_bytes(slot, answer.traffic_bytes, common_wall_s(d));
    if (f->past) {
        take_past(d, r < 0 ? NULL : &answer, r < 0 ? why.text : NULL);
        free(answer.body);
    } else if (r < 0) {
        finish(d, slot, NULL, why.text);
    } else {
        take_answer(d, slot, &answer);
    }
    common_close(d, &work, GNM_FETCH, NULL);
    return 0;
}

/* The present goes before the past. */
static int64_t run_past(struct daemon *d, int64_t now_ms, int64_t due_ms)
{
    const struct errand errand = { .purpose = GNM_FETCH, .since_s = 0 };
    struct gnm_grant grant;
    int64_t past_ms = common_when_ms(d, now_ms, history_due_s(d));
    if (past_ms > now_ms)
        return past_ms < due_ms ? past_ms : due_ms;
    if (!common_ask(d, &errand, now_ms, &grant)) {
        past_ms = now_ms + common_span_ms(d, IDLE_S);
        return past_ms < due_ms ? past_ms : due_ms;
    }
    ask_past(d);
    return d->fetch.running > 0 ? now_ms : now_ms + common_span_ms(d, PAUSE_S);
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
    const struct feed_state *state = &f->slot[i].state;
    const struct errand errand = { .purpose = GNM_FETCH, .since_s = state->last_try_s > 0 ? (double)(common_wall_s(d) - state->last_try_s) : INFINITY };
    struct gnm_grant grant;
    if (due_ms > now_ms)
        return run_past(d, now_ms, due_ms);
    if (!common_ask(d, &errand, now_ms, &grant))
        return now_ms + common_span_ms(d, IDLE_S);
    ask(d, i);
    return f->running > 0 ? now_ms : now_ms + common_span_ms(d, PAUSE_S);
}
