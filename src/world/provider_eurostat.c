/* Eurostat's dissemination API: consumer prices as JSON-stat 2.0, only what has been published by now. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "almanac/civil.h"
#include "world/prices.h"
#include "world/providers.h"

enum { FIRST_MONTH = 45 * 12 };    /* 2015-01 */

struct cube {
    int first_published, index;       /* dataset prc_hicp_fpd; unit I15 */
    const char *unit;
    char geo[3];
    int64_t from, to, today;          /* months and a day */
    uint64_t seed;
};

static int refuse(struct reply *ret, int id, const char *label, const char *what)
{
    return reply_say(ret, 400, "application/json", "{\"error\":{\"status\":\"400\",\"id\":\"%d\",\"label\":\"%s%.40s\"}}", id, label, what);
}

static int must_be(const struct ask *ask, const char *name, const char *value)
{
    const char *text = ask_get(ask, name);
    return ask_count(ask, name) <= 1 && (text == NULL || strcasecmp(text, value) == 0);
}

static int take_codes(const struct ask *ask, struct cube *cube, struct reply *ret)
{
    const char *unit = ask_get(ask, "unit"), *geo = ask_get(ask, "geo");
    cube->unit = unit == NULL || strcasecmp(unit, "RCH_A") == 0 ? "RCH_A" : "I15";
    cube->index = strcmp(cube->unit, "I15") == 0;
    if (unit != NULL && strcasecmp(unit, cube->unit) != 0)
        return refuse(ret, 100, "Invalid filter value: unit=", unit);
    if (ask_count(ask, "unit") > 1 || (cube->index && cube->first_published))
        return refuse(ret, 100, "Invalid filter value: unit=", "I15");
    if (geo == NULL || ask_count(ask, "geo") > 1 || strlen(geo) != 2 || !isalpha((unsigned char)geo[0]) || !isalpha((unsigned char)geo[1]))
        return refuse(ret, 100, "Invalid filter value: geo=", geo == NULL ? "" : geo);
    snprintf(cube->geo, sizeof cube->geo, "%c%c", toupper((unsigned char)geo[0]), toupper((unsigned char)geo[1]));
    if (!must_be(ask, "coicop18", "TOTAL") || !must_be(ask, "freq", "M") || !must_be(ask, "format", "JSON"))
        return refuse(ret, 150, "Invalid filter value", "");
    return 0;
}

static int take_time(const struct ask *ask, struct cube *cube, struct reply *ret)
{
    double last;
    cube->from = FIRST_MONTH;
    int64_t now = civil_month_index(cube->today);
    cube->to = now;
    if (ask_month(ask, "sinceTimePeriod", &cube->from) < 0 || ask_month(ask, "untilTimePeriod", &cube->to) < 0 ||
        ask_number(ask, "lastTimePeriod", 1, 10000, 10000, &last) < 0)
        return refuse(ret, 140, "Invalid time period", "");
    cube->from = cube->from < FIRST_MONTH ? FIRST_MONTH : cube->from;
    cube->to = cube->to > now ? now : cube->to;
    /* Periods without any published value are not part of the cube. */
    while (cube->to >= cube->from && (cube->first_published ? prices_flash_day(cube->to) : prices_final_day(cube->to)) > cube->today)
        cube->to--;
    if (cube->to - cube->from + 1 > (int64_t)last)
        cube->from = cube->to + 1 - (int64_t)last;
    if (cube->from > cube->to)
        return refuse(ret, 100, "No results found", "");
    return 0;
}

/* Position in the cube: release first, time fastest. */
static int values(const struct cube *cube, struct text *ret)
{
    int64_t n = cube->to - cube->from + 1;
    int bad = text_printf(ret, "\"value\":{"), first = 1;
    for (int64_t i = 0; i < n * (cube->first_published ? 2 : 1) && bad == 0; i++) {
        int64_t month = cube->from + i % n;
        int final = !cube->first_published || i >= n;
        if ((final ? prices_final_day(month) : prices_flash_day(month)) > cube->today)
            continue;
        double value = cube->index ? prices_index(cube->seed, cube->geo, month)
                       : !cube->first_published ? prices_revised_pct(cube->seed, cube->geo, month, cube->today)
                       : final     ? prices_final_pct(cube->seed, cube->geo, month)
                                   : prices_flash_pct(cube->seed, cube->geo, month);
        bad = text_printf(ret, "%s\"%lld\":%.*f", first ? "" : ",", (long long)i, cube->index ? 2 : 1, value);
        first = 0;
    }
    return bad | text_append(ret, "}", 1);
}

static int dimension(const char *name, const char *label, const char *code, const char *code_label, struct text *ret)
{
    return text_printf(ret, "\"%s\":{\"label\":\"%s\",\"category\":{\"index\":{\"%s\":0},\"label\":{\"%s\":\"%s\"}}},", name, label, code, code, code_label);
}

static int months(const struct cube *cube, int labels, struct text *ret)
{
    int bad = 0;
    for (int64_t month = cube->from; month <= cube->to && bad == 0; month++) {
        char date[11];
        const char *comma = month > cube->from ? "," : "";
        civil_format_date(civil_month_first(month), date);
        if (labels)
            bad = text_printf(ret, "%s\"%.7s\":\"%.7s\"", comma, date, date);
        else
            bad = text_printf(ret, "%s\"%.7s\":%lld", comma, date, (long long)(month - cube->from));
    }
    return bad;
}

static int dimensions(const struct cube *cube, struct text *ret)
{
    int bad = text_printf(ret, "\"dimension\":{");
    bad |= dimension("freq", "Time frequency", "M", "Monthly", ret);
    if (cube->first_published)
        bad |= text_printf(ret, "\"release\":{\"label\":\"Release\",\"category\":{\"index\":{\"FLS\":0,\"FIN\":1},\"label\":{\"FLS\":\"Flash estimate\","
                                "\"FIN\":\"Final\"}}},");
    bad |= dimension("unit", "Unit of measure", cube->unit, cube->index ? "Index, 2015=100" : "Annual rate of change", ret);
    bad |= dimension("coicop18", "Classification of individual consumption by purpose", "TOTAL", "All items", ret);
    bad |= dimension("geo", "Geopolitical entity (reporting)", cube->geo, cube->geo, ret);
    bad |= text_printf(ret, "\"time\":{\"label\":\"Time\",\"category\":{\"index\":{");
    bad |= months(cube, 0, ret);
    bad |= text_printf(ret, "},\"label\":{");
    bad |= months(cube, 1, ret);
    return bad | text_printf(ret, "}}}}");
}

static int whole(const struct cube *cube, int64_t now_s, struct text *ret)
{
    char updated[21];
    int64_t n = cube->to - cube->from + 1;
    civil_format_time(now_s - now_s % 86400 - 86400 + 11 * 3600, updated);
    int bad = text_printf(ret, "{\"version\":\"2.0\",\"class\":\"dataset\",\"label\":\"HICP, %s\",\"source\":\"ESTAT\",\"updated\":\"%.19s+0200\",",
                          cube->first_published ? "first published data" : "indices and rates of change, monthly", updated);
    bad |= values(cube, ret);
    if (cube->first_published)
        bad |= text_printf(ret, ",\"id\":[\"freq\",\"release\",\"unit\",\"coicop18\",\"geo\",\"time\"],\"size\":[1,2,1,1,1,%lld],", (long long)n);
    else
        bad |= text_printf(ret, ",\"id\":[\"freq\",\"unit\",\"coicop18\",\"geo\",\"time\"],\"size\":[1,1,1,1,%lld],", (long long)n);
    bad |= dimensions(cube, ret);
    return bad | text_printf(ret, ",\"extension\":{\"lang\":\"EN\",\"id\":\"%s\",\"agencyId\":\"ESTAT\",\"version\":\"1.0\"}}",
                             cube->first_published ? "PRC_HICP_FPD" : "PRC_HICP_MINR");
}

int provider_eurostat(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    static const char prefix[] = "/eurostat/api/dissemination/statistics/1.0/data/";
    if (strncmp(ask->path, prefix, sizeof prefix - 1) != 0)
        return 0;
    const char *dataset = ask->path + sizeof prefix - 1;
    struct cube cube = {.first_published = strcasecmp(dataset, "prc_hicp_fpd") == 0, .seed = providers->seed};
    if (!cube.first_published && strcasecmp(dataset, "prc_hicp_minr") != 0)
        return reply_say(ret, 404, "application/json", "{\"error\":{\"status\":\"404\",\"id\":\"100\",\"label\":\"unknown dataset\"}}") == 0 ? 1 : -ENOMEM;
    cube.today = zone_day(providers->zone, ask->now_s - 11 * 3600);    /* figures come out at eleven */
    if (take_codes(ask, &cube, ret) != 0 || ret->status != 0 || take_time(ask, &cube, ret) != 0 || ret->status != 0)
        return ret->status != 0 ? 1 : -ENOMEM;
    ret->status = 200;
    ret->type = "application/json";
    return whole(&cube, ask->now_s, &ret->body) == 0 ? 1 : -ENOMEM;
}
