/* Indices made from the world's news: AI-GPR and the policy uncertainty of the United States as CSV by the day, and ACLED's events one by one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/random.h"
#include "world/news.h"
#include "world/noise.h"
#include "world/providers.h"

enum { RELEASE_DAYS = 10, LATE_DAYS = 18, CODING_DAYS = 3, LIMIT = 5000, SPAN_DAYS = 1100 };

/* ---- AI-GPR: comes in batches every ten days, more or less late, and each year's method rewrites all of it ---- */

static int gpr_day(uint64_t seed, double method, int64_t day, struct text *ret)
{
    uint64_t parts = noise_stream(seed, "geopolitics");
    double all = 130 * method * news_share_pct(seed, "war", day), oil = all * (0.1 + 0.15 * noise_unit(parts, 2 * day)), acts = all * (0.7 + 0.5 * noise_unit(parts, 2 * day + 1));
    char date[11];
    civil_format_date(day, date);
    return text_printf(ret, "%s,%.1f,%.1f,%.1f,%.1f,%.1f,%.1f,%.1f,%.1f,0,0,0,0,0,0\n", date, all, 0.88 * all, oil, all - oil, 2 * all - acts, acts, 0.8 * oil, 0.2 * oil);
}

int provider_ai_gpr(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    uint64_t releases = noise_stream(providers->seed, "geopolitics released");
    int64_t release = ask->now_s / 86400 / RELEASE_DAYS * RELEASE_DAYS, last = release - 1 - (int64_t)(LATE_DAYS * noise_unit(releases, release));
    int year, month, mday;
    civil_date(release, &year, &month, &mday);
    reply_begin(ret, "text/csv");
    ret->last_modified_s = release * 86400;
    int bad = text_printf(&ret->body, "Date,GPR_AI,GPR_AER,GPR_OIL,GPR_NONOIL,THREATS_GPR_AI,ACTS_GPR_AI,GPR_OIL_MiddleEast,GPR_OIL_Russia,GPR_OIL_USA,GPR_OIL_Venezuela,GPR_OIL_Africa,"
                                      "GPR_OIL_Americas,GPR_OIL_Asia,GPR_OIL_NorthSea\n");
    for (int64_t day = civil_day(1960, 1, 1); day <= last && bad == 0; day++)
        bad = gpr_day(providers->seed, 1 + 0.03 * noise_normal(releases, -year), day, &ret->body);
    return bad == 0 ? 1 : -ENOMEM;
}

/* ---- policy uncertainty: up to yesterday, and the last days change while more newspapers are read ---- */

int provider_epu(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    int64_t today = ask->now_s / 86400;
    reply_begin(ret, "text/csv");
    int bad = text_printf(&ret->body, "day,month,year,daily_policy_index\n");
    for (int64_t day = civil_day(1985, 1, 1); day < today && bad == 0; day++) {
        int year, month, mday;
        civil_date(day, &year, &month, &mday);
        bad = text_printf(&ret->body, "%d,%d,%d,%.2f\n", mday, month, year,
                          130 * news_share_pct(providers->seed, "policy uncertainty", day) * news_found_ratio(providers->seed, day, ask->now_s));
    }
    return bad == 0 ? 1 : -ENOMEM;
}

/* ---- ACLED: all values are text; published on Tuesdays, and an event may be coded weeks after it happened ---- */

static int events_of(uint64_t stream, const char *country, const char *query, uint64_t seed, int64_t day, int64_t released, int *n, int limit, struct text *ret)
{
    struct random r;
    char date[11];
    int bad = 0;
    noise_random(stream, day, &r);
    int64_t count = random_poisson(&r, 6 * news_share_pct(seed, query, day));
    civil_format_date(day, date);
    for (int64_t i = 0; i < count && bad == 0; i++) {
        int64_t coded = day + CODING_DAYS + (int64_t)(6 * random_exponential(&r)), dead = random_poisson(&r, 0.04);
        if (coded > released || *n == limit)
            continue;
        bad = text_printf(ret, "%s{\"event_id_cnty\":\"%.3s%lld\",\"event_date\":\"%s\",\"year\":\"%.4s\",\"time_precision\":\"1\",\"disorder_type\":\"Demonstrations\",\"event_type\":\"Protests\","
                               "\"sub_event_type\":\"Peaceful protest\",\"country\":",
                          (*n)++ > 0 ? "," : "", country, (long long)(day * 100 + i), date, date);
        bad |= text_json_string(ret, country);
        bad |= text_printf(ret, ",\"fatalities\":\"%lld\",\"timestamp\":\"%lld\"}", (long long)dead, (long long)coded * 86400);
    }
    return bad;
}

/* "2026-08-01|2026-08-31" */
static int take_days(const char *text, int64_t *from, int64_t *to)
{
    char first[11];
    if (text == NULL || strlen(text) != 21 || text[10] != '|')
        return -EINVAL;
    snprintf(first, sizeof first, "%.10s", text);
    return civil_parse_date(first, from) < 0 || civil_parse_date(text + 11, to) < 0 || *to < *from || *to - *from > SPAN_DAYS ? -EINVAL : 0;
}

int provider_acled(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    const char *country = ask_get(ask, "country");
    int64_t from, to, today = ask->now_s / 86400;
    char query[80];
    double limit;
    struct text rows = {0};
    int n = 0, bad = 0;
    if (country == NULL || strlen(country) < 3 || !ask_is(ask, "event_date_where", "BETWEEN") || take_days(ask_get(ask, "event_date"), &from, &to) < 0 ||
        ask_number(ask, "limit", 1, LIMIT, LIMIT, &limit) < 0)
        return reply_say(ret, 400, "application/json", "{\"status\":400,\"success\":false,\"error\":[{\"message\":\"invalid filter\"}]}") == 0 ? 1 : -ENOMEM;
    snprintf(query, sizeof query, "protest %.60s", country);
    int64_t released = today - (civil_weekday(today) + 6) % 7;    /* the last Tuesday */
    for (int64_t day = to < released ? to : released; day >= from && bad == 0; day--)
        bad = events_of(noise_stream(providers->seed, query), country, query, providers->seed, day, released, &n, (int)limit, &rows);
    reply_begin(ret, "application/json");
    bad |= text_printf(&ret->body, "{\"status\":200,\"success\":true,\"count\":%d,\"data\":[", n);
    bad |= rows.len > 0 ? text_append(&ret->body, rows.data, rows.len) : 0;
    text_free(&rows);
    return (bad | text_append(&ret->body, "]}", 2)) == 0 ? 1 : -ENOMEM;
}
