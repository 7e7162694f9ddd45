/* Politeness: when to ask again, and what to say so that an unchanged answer need not be sent. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "feeds/feed.h"

enum { BACKOFF_BASE_S = 60, BACKOFF_CAP_S = 6 * 3600, RETRY_LOW_S = 60, RETRY_HIGH_S = 86400, JITTER_S = 900, FAILURES_MAX = 1000 };

static int is_good(int status)
{
    return status == 200 || status == 203 || status == 304;
}

static int is_final(int status)
{
    return status == 400 || status == 401 || status == 403 || status == 404 || status == 410;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* Expires as far as a day (or one poll) ahead is believed; dates in the year 9999 occur. */
static int64_t next_regular(const struct feed *feed, const struct gnm_answer *answer, int64_t now_s, double jitter)
{
    int64_t poll_s = feed_poll_s(feed), next_s = now_s + poll_s;
    int64_t far_s = now_s + (poll_s > 86400 ? poll_s : 86400);
    if (answer != NULL && answer->expires_s != GNM_NEVER && answer->expires_s > next_s)
        next_s = answer->expires_s < far_s ? answer->expires_s : far_s;
    int64_t spread_s = poll_s / 4 < JITTER_S ? poll_s / 4 : JITTER_S;
    next_s += (int64_t)(jitter * (double)spread_s);
    if (next_s / 60 % 60 == 0)           /* everybody else asks on the full hour */
        next_s += 60 + (int64_t)(jitter * 60);
    return next_s;
}

static void remember(struct feed_state *state, const struct gnm_answer *answer)
{
    if (answer == NULL || answer->status == 304)
        return;
    text_copy(state->etag, sizeof state->etag, answer->etag);
    text_copy(state->last_modified, sizeof state->last_modified, answer->last_modified);
    if (answer->body != NULL)
        state->body_hash = answer->body_hash != 0 ? answer->body_hash : hash_block(answer->body, answer->len);
}

/* A 429 whose text says "Hourly" or "Daily ... limit" states the wait in words only. */
static int64_t wait_in_words(const struct gnm_answer *answer, int64_t now_s)
{
    if (answer->status != 429 || answer->body == NULL || answer->len > 4096)
        return 0;
    if (strstr(answer->body, "Daily") != NULL)
        return 86400 - now_s % 86400;
    return strstr(answer->body, "Hourly") != NULL ? 3600 : 0;
}

static int64_t next_after_failure(const struct feed_state *state, const struct gnm_answer *answer, int64_t now_s, double jitter)
{
    int64_t wait_s = BACKOFF_BASE_S;
    for (int i = 1; i < state->failures && wait_s < BACKOFF_CAP_S; i++)
        wait_s *= 2;
    wait_s = (int64_t)((double)clamp(wait_s, BACKOFF_BASE_S, BACKOFF_CAP_S) * (0.5 + 0.5 * jitter));
    if (answer == NULL)
        return now_s + wait_s;
    int64_t said_s = answer->retry_after_s > 0 ? clamp(answer->retry_after_s, RETRY_LOW_S, RETRY_HIGH_S) : wait_in_words(answer, now_s);
    if (answer->status == 429 || answer->status == 503)
        wait_s = wait_s < BACKOFF_BASE_S ? BACKOFF_BASE_S : wait_s;
    return now_s + (said_s > wait_s ? said_s : wait_s);
}

void feed_plan(const struct feed *feed, struct feed_state *state, const struct gnm_answer *answer, const char *error, int64_t now_s, double jitter)
{
    char status[48];
    state->last_try_s = now_s;
    if (error == NULL && answer != NULL && !is_good(answer->status)) {
        snprintf(status, sizeof status, "the provider answered with status %d", answer->status);
        error = status;
    }
    if (error == NULL) {
        state->last_ok_s = now_s;
        state->failures /= 2;            /* one good answer in a flapping series does not end the patience */
        state->disabled = 0;
        state->error[0] = '\0';
        remember(state, answer);
        state->next_s = next_regular(feed, answer, now_s, jitter);
        return;
    }
    text_clean(state->error, sizeof state->error, error, strlen(error));
    if (state->failures < FAILURES_MAX)
        state->failures++;
    state->disabled = answer != NULL && is_final(answer->status);
    state->next_s = state->disabled ? GNM_NEVER : next_after_failure(state, answer, now_s, jitter);
}

/* A validator with control characters would split the header. */
static int is_clean(const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 127)
            return 0;
    return text[0] != '\0';
}

void feed_conditional(const struct feed_state *state, struct gnm_request *request, char space[2][320])
{
    enum { LAST = sizeof request->header / sizeof request->header[0] - 1 };
    size_t n = 0;
    while (n < LAST && request->header[n] != NULL)
        n++;
    if (n < LAST && is_clean(state->etag)) {
        snprintf(space[0], sizeof space[0], "If-None-Match: %s", state->etag);
        request->header[n++] = space[0];
    }
    if (n < LAST && is_clean(state->last_modified)) {
        snprintf(space[1], sizeof space[1], "If-Modified-Since: %s", state->last_modified);
        request->header[n] = space[1];
    }
}
