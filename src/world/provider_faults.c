#include "world/provider_faults.h"

#include <ctype.h>
#include <string.h>

const char *const provider_names[PROVIDERS] = {
    [PROVIDER_MET] = "met", [PROVIDER_OPEN_METEO] = "open-meteo", [PROVIDER_OPEN_LIGA] = "openligadb", [PROVIDER_GDELT] = "gdelt", [PROVIDER_EUROSTAT] = "eurostat",
};

struct provider_fault *provider_fault_at(struct provider_faults *faults, int provider, enum provider_fault_kind kind, int64_t now_s)
{
    for (size_t i = 0; faults != NULL && i < faults->n; i++) {
        struct provider_fault *fault = &faults->fault[i];
        if (fault->kind == kind && (fault->provider == PROVIDERS || fault->provider == provider) && now_s >= fault->from_s && now_s < fault->until_s)
            return fault;
    }
    return NULL;
}

static int down(int status, struct reply *ret)
{
    return reply_say(ret, status, "text/html", "<html><head><title>%d</title></head><body><h1>%d</h1><p>The service is temporarily unavailable.</p></body></html>\n", status,
                     status);
}

/* Each provider says it in its own way, and one of them with status 200. */
static int too_many(int provider, int64_t wait_s, struct reply *ret)
{
    ret->retry_after_s = wait_s;
    switch (provider) {
    case PROVIDER_OPEN_METEO:
        return reply_say(ret, 429, "application/json", "{\"error\":true,\"reason\":\"%s API request limit exceeded. Please try again %s.\"}",
                         wait_s <= 60 ? "Minutely" : wait_s <= 3600 ? "Hourly" : "Daily", wait_s <= 60 ? "in one minute" : wait_s <= 3600 ? "in the next hour" : "tomorrow");
    case PROVIDER_GDELT:
        return reply_say(ret, 200, "text/html; charset=utf-8", "Please limit requests to one every 5 seconds\n");
    case PROVIDER_EUROSTAT:
        return reply_say(ret, 429, "application/json", "{\"error\":{\"status\":\"429\",\"id\":\"429\",\"label\":\"Too many requests\"}}");
    default:
        return reply_say(ret, 429, "text/plain", "Too many requests\n");
    }
}

int provider_fault_before(struct provider_faults *faults, int provider, const struct ask *ask, struct reply *ret)
{
    struct provider_fault *fault = provider_fault_at(faults, provider, PROVIDER_GONE, ask->now_s);
    if (fault != NULL) {
        ret->gone = 1;
        return down(503, ret), 1;    /* for callers without connections */
    }
    fault = provider_fault_at(faults, provider, PROVIDER_DOWN, ask->now_s);
    if (fault != NULL)
        return down((int)fault->arg, ret), 1;
    fault = provider_fault_at(faults, provider, PROVIDER_LIMIT, ask->now_s);
    if (fault == NULL)
        return 0;
    int64_t wait_s = fault->last_s[provider] + (int64_t)fault->arg - ask->now_s;
    if (fault->last_s[provider] != 0 && wait_s > 0)
        return too_many(provider, wait_s, ret), 1;
    fault->last_s[provider] = ask->now_s;
    return 0;
}

/* Keys of a document: "name": becomes "new_name":, as when somebody tidies up an interface. */
static int rename_keys(struct text *body)
{
    struct text changed = {0};
    int bad = 0;
    size_t from = 0;
    for (size_t i = 0; i < body->len && bad == 0; i++) {
        if (body->data[i] != '"' || i + 1 >= body->len || !islower((unsigned char)body->data[i + 1]) || i == 0 || strchr("{,", body->data[i - 1]) == NULL)
            continue;
        bad |= text_append(&changed, body->data + from, i + 1 - from);
        bad |= text_append(&changed, "new_", 4);
        from = i + 1;
    }
    bad |= text_append(&changed, body->data + from, body->len - from);
    if (bad != 0) {
        text_free(&changed);
        return bad;
    }
    text_free(body);
    *body = changed;
    return 0;
}

static int move_down(struct text *body)
{
    struct text moved = {0};
    int bad = text_printf(&moved, "{\"version\":2,\"result\":");
    bad |= text_append(&moved, body->data, body->len);
    bad |= text_append(&moved, "}", 1);
    if (bad != 0) {
        text_free(&moved);
        return bad;
    }
    text_free(body);
    *body = moved;
    return 0;
}

static int break_body(enum provider_break how, struct reply *ret)
{
    switch (how) {
    case BREAK_HTML:
        return reply_say(ret, 200, "text/html", "<!DOCTYPE html><html><body><h1>We are moving</h1><p>This interface will be back soon.</p></body></html>\n");
    case BREAK_CUT:
        ret->body.len /= 2;
        return 0;
    case BREAK_MOVED:
        return move_down(&ret->body);
    case BREAK_RENAMED:
        return rename_keys(&ret->body);
    default:
        return reply_say(ret, 200, "application/json", "{}");
    }
}

int provider_fault_after(struct provider_faults *faults, int provider, const struct ask *ask, struct reply *ret)
{
    const struct provider_fault *slow = provider_fault_at(faults, provider, PROVIDER_SLOW, ask->now_s);
    const struct provider_fault *broken = provider_fault_at(faults, provider, PROVIDER_BROKEN, ask->now_s);
    if (slow != NULL)
        ret->delay_ms = (int64_t)(slow->arg * 1000);
    if (broken == NULL || ret->status != 200 || ret->body.len == 0)
        return 0;
    return break_body((enum provider_break)(int)broken->arg, ret);
}
