#include "world/provider_faults.h"

#include <ctype.h>
#include <string.h>

const char *const provider_names[PROVIDERS] = {
    [PROVIDER_MET] = "met", [PROVIDER_OPEN_METEO] = "open-meteo", [PROVIDER_OPEN_LIGA] = "openligadb", [PROVIDER_GDELT] = "gdelt", [PROVIDER_EUROSTAT] = "eurostat",
    [PROVIDER_BRIGHT_SKY] = "bright-sky", [PROVIDER_FORECAST_SOLAR] = "forecast-solar", [PROVIDER_PVGIS] = "pvgis", [PROVIDER_NAGER] = "nager",
    [PROVIDER_OPEN_HOLIDAYS] = "openholidays", [PROVIDER_SPORTS_DB] = "thesportsdb", [PROVIDER_FOOTBALL_DATA] = "football-data", [PROVIDER_ACLED] = "acled",
    [PROVIDER_AI_GPR] = "ai-gpr", [PROVIDER_EPU] = "epu", [PROVIDER_BLS] = "bls", [PROVIDER_ECB] = "ecb", [PROVIDER_OECD] = "oecd", [PROVIDER_WORLD_BANK] = "worldbank",
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
    case PROVIDER_FORECAST_SOLAR:
        return reply_say(ret, 429, "application/json", "{\"result\":\"Rate limit for API calls reached.\",\"message\":{\"code\":429,\"type\":\"error\",\"text\":"
                         "\"Rate limit for API calls reached.\",\"ratelimit\":{\"period\":3600,\"limit\":12}}}");
    case PROVIDER_FOOTBALL_DATA:
        ret->retry_after_s = 0;    /* the wait stands in the text alone */
        return reply_say(ret, 429, "application/json", "{\"message\":\"You reached your request limit. Wait %lld seconds.\",\"errorCode\":429}", (long long)wait_s);
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

/* Where a name begins: a key of a JSON document, a column in the first line of a table. */
static int name_at(const struct text *body, size_t i)
{
    if (body->data[0] != '{' && body->data[0] != '[')
        return (i == 0 || body->data[i - 1] == ',') && memchr(body->data, '\n', i) == NULL;
    return i >= 2 && body->data[i - 1] == '"' && islower((unsigned char)body->data[i]) && strchr("{,", body->data[i - 2]) != NULL;
}

/* "name": becomes "new_name":, as when somebody tidies up an interface. */
static int rename_keys(struct text *body)
{
    struct text changed = {0};
    int bad = 0;
    size_t from = 0;
    for (size_t i = 0; i < body->len && bad == 0; i++) {
        if (!name_at(body, i))
            continue;
        bad |= text_append(&changed, body->data + from, i - from);
        bad |= text_append(&changed, "new_", 4);
        from = i;
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
