/* GDELT DOC 2.0 timelines: resolution by span, empty buckets left out, refusals in plain text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/random.h"
#include "world/news.h"
#include "world/noise.h"
#include "world/providers.h"

enum { DAY_S = 86400 };

static int say(struct reply *ret, const char *text)
{
    return reply_say(ret, 200, "text/html; charset=utf-8", "%s\n", text) == 0 ? 1 : -ENOMEM;
}

/* "3months", "2weeks", "10days", "24h", "90min". */
static int timespan_s(const char *text, int64_t *ret)
{
    static const struct { const char *unit; int64_t s; } units[] = {
        {"min", 60}, {"minutes", 60}, {"h", 3600}, {"hours", 3600}, {"d", DAY_S}, {"days", DAY_S}, {"w", 7 * DAY_S}, {"weeks", 7 * DAY_S}, {"m", 30 * DAY_S}, {"months", 30 * DAY_S},
    };
    char *end;
    long n = strtol(text, &end, 10);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (n < 1 || n > 100000 || strcmp(end, units[i].unit) != 0)
            continue;
        *ret = n * units[i].s;
        return 0;
    }
    return -EINVAL;
}

static int take_span(const struct ask *ask, int64_t *start_s, int64_t *end_s)
{
    const char *start = ask_get(ask, "startdatetime"), *end = ask_get(ask, "enddatetime"), *timespan = ask_get(ask, "timespan");
    int has_time;
    int64_t span_s = 90 * DAY_S;
    *end_s = ask->now_s;
    if (timespan != NULL && timespan_s(timespan, &span_s) < 0)
        return -EINVAL;
    if (end != NULL && civil_parse_format(end, "%Y%m%d%H%M%S", end_s, &has_time) < 0)
        return -EINVAL;
    *start_s = *end_s - span_s;
    if (start != NULL && civil_parse_format(start, "%Y%m%d%H%M%S", start_s, &has_time) < 0)
        return -EINVAL;
    if (*end_s > ask->now_s)
        *end_s = ask->now_s;
    return 0;
}

static int64_t bucket_s(int64_t span_s)
{
    return span_s <= 2 * DAY_S ? 900 : span_s <= 8 * DAY_S ? 3600 : DAY_S;
}

/* A part of a day has its part of the day's articles, by chance. The current bucket ends now. */
static void count(uint64_t seed, const char *query, int64_t from_s, int64_t to_s, int64_t now_s, int64_t *mentions, int64_t *articles)
{
    int64_t day = from_s / DAY_S;
    double found = news_found_ratio(seed, day, now_s - now_s % 900);
    *mentions = (int64_t)(found * (double)news_mentions(seed, query, day));
    *articles = (int64_t)(found * (double)news_articles(seed, day));
    if (to_s - from_s >= DAY_S)
        return;
    double part = (double)(to_s - from_s) / DAY_S;
    struct random r;
    noise_random(noise_stream(noise_stream(seed, query), "bucket"), from_s, &r);
    *mentions = random_poisson(&r, part * (double)*mentions);
    *articles = (int64_t)(part * (double)*articles);
}

static int bucket(uint64_t seed, const char *query, int raw, int64_t from_s, int64_t to_s, int64_t now_s, int *first, struct text *ret)
{
    int64_t mentions, articles;
    char time[21];
    count(seed, query, from_s, to_s, now_s, &mentions, &articles);
    if (mentions == 0 || articles == 0)
        return 0;
    civil_format_time(from_s, time);    /* 2026-08-31T18:15:00Z becomes 20260831T181500Z */
    int bad = text_printf(ret, "%s{\"date\":\"%.4s%.2s%.2sT%.2s%.2s%.2sZ\",", *first ? "" : ",", time, time + 5, time + 8, time + 11, time + 14, time + 17);
    *first = 0;
    if (raw)
        return bad | text_printf(ret, "\"value\":%lld,\"norm\":%lld}", (long long)mentions, (long long)articles);
    return bad | text_printf(ret, "\"value\":%.4f}", 100 * (double)mentions / (double)articles);
}

static int timeline(uint64_t seed, const char *query, int raw, int64_t start_s, int64_t end_s, int64_t now_s, struct text *ret)
{
    int64_t step_s = bucket_s(end_s - start_s);
    int first = 1, bad = text_printf(ret, "{\"query_details\":{\"title\":");
    bad |= text_json_string(ret, query);
    bad |= text_printf(ret, ",\"date_resolution\":\"%s\"},\"timeline\":[{\"series\":\"%s\",\"data\":[", step_s == 900 ? "15m" : step_s == 3600 ? "hour" : "day",
                       raw ? "Article Count" : "Volume Intensity");
    for (int64_t t = start_s - start_s % step_s; t < end_s && bad == 0; t += step_s)
        bad = bucket(seed, query, raw, t, t + step_s < end_s ? t + step_s : end_s, now_s, &first, ret);
    return bad | text_append(ret, "]}]}", 4);
}

int provider_gdelt(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    if (strcmp(ask->path, "/api/v2/doc/doc") != 0)
        return 0;
    const char *query = ask_get(ask, "query"), *mode = ask_get(ask, "mode"), *format = ask_get(ask, "format");
    int64_t start_s, end_s;
    if (providers->news_last_ms >= 0 && ask->real_ms - providers->news_last_ms < providers->news_gap_ms)
        return say(ret, "Please limit requests to one every 5 seconds");
    providers->news_last_ms = ask->real_ms;
    if (query == NULL || strlen(query) < 3)
        return say(ret, "The specified phrase is too short.");
    if (format == NULL || strcmp(format, "json") != 0 || mode == NULL || (strcmp(mode, "timelinevol") != 0 && strcmp(mode, "timelinevolraw") != 0))
        return say(ret, "Invalid mode.");
    if (take_span(ask, &start_s, &end_s) < 0)
        return say(ret, "Invalid timespan.");
    if (end_s - start_s < 3600)
        return say(ret, "Timespan is too short.");
    ret->status = 200;
    ret->type = "application/json; charset=utf-8";
    if (strncmp(query, "theme:", 6) == 0)    /* this world's articles carry no themes: an unknown theme is an empty object */
        return text_append(&ret->body, "{}", 2) == 0 ? 1 : -ENOMEM;
    int64_t earliest_s = civil_day(2017, 1, 1) * DAY_S;
    return timeline(providers->seed, query, strcmp(mode, "timelinevolraw") == 0, start_s > earliest_s ? start_s : earliest_s, end_s, ask->now_s, &ret->body) == 0 ? 1 : -ENOMEM;
}
